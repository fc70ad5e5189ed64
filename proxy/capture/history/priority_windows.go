package history

import "golang.org/x/sys/windows"

var setThreadPriority = windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadPriority")

// lowerPriority has what runs on this thread wait for all else that wants the processor.
func lowerPriority() {
	const belowNormal = ^uintptr(0) // -1
	_, _, _ = setThreadPriority.Call(uintptr(windows.CurrentThread()), belowNormal)
}
