//go:build unix

package host

import (
	"os/exec"
	"syscall"
)

// Group is the processes of one program, which end together.
type Group struct{ id int }

// StartGroup starts a program in a new group, without a window.
func StartGroup(cmd *exec.Cmd) (Group, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return Group{}, err
	}
	return Group{cmd.Process.Pid}, nil
}

// StartVisible is StartGroup for a program that shows windows.
func StartVisible(cmd *exec.Cmd) (Group, error) { return StartGroup(cmd) }

// Ask asks the group to end.
func (g Group) Ask() { _ = syscall.Kill(-g.id, syscall.SIGTERM) }

// Kill ends what is left of the group. No other group has the number while one of its processes lives.
func (g Group) Kill() { _ = syscall.Kill(-g.id, syscall.SIGKILL) }

// Close ends what has outlived the program, which was waited for.
func (g Group) Close() { g.Kill() }

// Detach gives a program a new session. It outlives this process, and has
// no terminal to ask on: certutil and sudo would open /dev/tty for a password.
func Detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// DetachWithConsole is Detach for a program that is a terminal.
func DetachWithConsole(cmd *exec.Cmd) { Detach(cmd) }
