//go:build unix

package sysproxy

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"posthouse/proxy/filelock"
)

// inheritLock hands the lock to a program: it is held until that has ended too.
func inheritLock(cmd *exec.Cmd, held *filelock.Lock) {
	if held != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, held.File)
	}
}

func hideWindow(*exec.Cmd) {}

// orphan: here a new session does it.
const orphan = false

// detachments put the watchdog into a new session, so that neither the end
// of the terminal nor a signal to the app's process group reaches it.
var detachments = []func() *syscall.SysProcAttr{
	func() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} },
}

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

// onSessionEnd: here the app is told by signals, or loses its display.
func onSessionEnd(func()) {}
