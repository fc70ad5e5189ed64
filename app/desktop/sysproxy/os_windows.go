package sysproxy

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/windows"

	"posthouse/proxy/filelock"
)

// inheritLock: here no helper program writes.
func inheritLock(*exec.Cmd, *filelock.Lock) {}

func hideWindow(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true} }

// orphan: the task manager ends a program with its children, and the watchdog with
// them, if it were one: it is started by a process that ends right away.
const orphan = true

// detachments give the watchdog no console and a new process group, so
// that neither Ctrl+C nor the end of the console reaches it; and take it out of a
// job that ends with the app, where the job lets it go.
var detachments = []func() *syscall.SysProcAttr{
	func() *syscall.SysProcAttr { return detached(windows.CREATE_BREAKAWAY_FROM_JOB) },
	func() *syscall.SysProcAttr { return detached(0) },
}

func detached(more uint32) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.DETACHED_PROCESS | more}
}

func outlive() { signal.Ignore(os.Interrupt, syscall.SIGTERM) }

// syncDir: NTFS keeps names in its own journal.
func syncDir(string) error { return nil }
