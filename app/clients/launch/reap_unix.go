//go:build unix

package launch

import (
	"os/exec"
	"strconv"
	"syscall"
)

// reap reports whether a program that was detached has ended, and how.
func reap(cmd *exec.Cmd) (ended bool, err error) {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WNOHANG, nil)
	switch {
	case err == syscall.EINTR || err == nil && pid == 0:
		return false, nil
	case err != nil:
		return true, nil // another process waited for it
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
