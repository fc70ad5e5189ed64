//go:build unix

package sysproxy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

func lockHandle(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

// inheritLock hands the lock to a program: it is held until that has ended too.
func inheritLock(cmd *exec.Cmd, lock *fileLock) {
	if lock != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, lock.f)
	}
}

func hideWindow(*exec.Cmd) {}

// detach puts the watchdog into a session of its own, so that neither the end of
// the terminal nor a signal to the app's process group reaches it.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// outlive ignores what ends other processes of a session.
func outlive() {
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGPIPE, syscall.SIGQUIT)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}

func fileID(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprint(s.Ino, s.Size)
	}
	return ""
}
