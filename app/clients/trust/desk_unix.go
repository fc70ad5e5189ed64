//go:build unix

package trust

import (
	"os/exec"
	"syscall"
)

// detach gives a program a session of its own, which has no terminal: certutil
// and sudo would open /dev/tty to ask for a password.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
