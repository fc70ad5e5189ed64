//go:build unix

package launch

import (
	"os/exec"
	"strconv"
	"syscall"
)

// ownGroup lets a program and its helpers be ended together.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func askToEnd(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// killRest ends helpers that have outlived their browser, if there are any.
func killRest(cmd *exec.Cmd) { killGroup(cmd) }

// detach makes a program one that outlives this one.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// reap reports whether a program that was detached has ended, and how.
func reap(cmd *exec.Cmd) (ended bool, err error) {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WNOHANG, nil)
	switch {
	case err == syscall.EINTR || err == nil && pid == 0:
		return false, nil
	case err != nil:
		return true, nil // it is somebody else's by now
	case status.Exited() && status.ExitStatus() != 0, status.Signaled():
		return true, statusError(status)
	}
	return true, nil
}

type statusError syscall.WaitStatus

func (s statusError) Error() string {
	w := syscall.WaitStatus(s)
	if w.Signaled() {
		return "signal " + w.Signal().String()
	}
	return "exit status " + strconv.Itoa(w.ExitStatus())
}
