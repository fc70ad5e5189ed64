//go:build unix

package clientcheck

import (
	"os/exec"
	"syscall"
)

// group is the processes of one program.
type group struct{ id int }

func startGroup(cmd *exec.Cmd) (group, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return group{}, err
	}
	return group{cmd.Process.Pid}, nil
}

// kill ends what is left; nobody else has the number while one of the group lives.
func (g group) kill() { _ = syscall.Kill(-g.id, syscall.SIGKILL) }

func (group) close() {}
