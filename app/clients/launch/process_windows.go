package launch

import (
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/windows"
)

func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// askToEnd closes the windows of a program, as a person would.
func askToEnd(cmd *exec.Cmd) { taskkill(cmd, "/T") }

func killGroup(cmd *exec.Cmd) {
	taskkill(cmd, "/T", "/F")
	_ = cmd.Process.Kill() // it may have ended
}

// killRest does nothing: helpers end with their browser, and its number may be
// another program's by now.
func killRest(*exec.Cmd) {}

func taskkill(cmd *exec.Cmd, flags ...string) {
	kill := exec.Command("taskkill", append(flags, "/PID", strconv.Itoa(cmd.Process.Pid))...)
	kill.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW}
	_ = kill.Run() // what cannot be ended is killed
}

// detach gives a program a console of its own.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_CONSOLE}
}

// reap lets go of a program: Windows keeps nothing of it that has to be waited for.
func reap(cmd *exec.Cmd) (ended bool, err error) {
	_ = cmd.Process.Release()
	return true, nil
}
