package host

import (
	"os/exec"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Group is the processes of one program, which end together.
type Group struct {
	cmd *exec.Cmd
	job windows.Handle // which all belong to; 0: the program shows windows
}

// StartGroup starts a program in a new group, without a window.
func StartGroup(cmd *exec.Cmd) (Group, error) {
	cmd.SysProcAttr = hidden()
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return Group{}, err
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return Group{}, err
	}
	// What it starts before this line would be outside; a process takes longer to begin.
	if h, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid)); err == nil {
		_ = windows.AssignProcessToJobObject(job, h)
		_ = windows.CloseHandle(h)
	}
	return Group{cmd, job}, nil
}

// StartVisible is StartGroup for a program that shows windows. It is in no job: what
// a person opens from it may outlive it.
func StartVisible(cmd *exec.Cmd) (Group, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	return Group{cmd: cmd}, cmd.Start()
}

// Ask closes the windows of the program, as a person would.
func (g Group) Ask() { g.taskkill("/T") }

// Kill ends what is left of the group.
func (g Group) Kill() {
	if g.job != 0 {
		_ = windows.TerminateJobObject(g.job, 1)
	} else {
		g.taskkill("/T", "/F")
	}
	_ = g.cmd.Process.Kill() // where it is in no job; it may have ended
}

// Close ends what has outlived the program, which was waited for. Without a job
// nothing is done: helpers of a browser end with it, and its number may be another
// program's by now.
func (g Group) Close() {
	if g.job != 0 {
		_ = windows.CloseHandle(g.job)
	}
}

func (g Group) taskkill(flags ...string) {
	kill := exec.Command("taskkill", append(flags, "/PID", strconv.Itoa(g.cmd.Process.Pid))...)
	kill.SysProcAttr = hidden()
	_ = kill.Run() // what cannot be ended is killed
}

func hidden() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW}
}

// Detach keeps a program from opening a console window.
func Detach(cmd *exec.Cmd) { cmd.SysProcAttr = hidden() }

// DetachWithConsole gives a program its own console; it outlives this process.
func DetachWithConsole(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_CONSOLE}
}
