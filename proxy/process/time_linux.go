package process

import (
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// processorTime runs do and says how much of a processor's time it took.
func processorTime(do func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began, known := threadTime()
	wall := time.Now()
	do()
	if ended, still := threadTime(); known && still {
		return ended - began
	}
	return time.Since(wall)
}

func threadTime() (time.Duration, bool) {
	var t unix.Timespec
	_, _, errno := unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_THREAD_CPUTIME_ID, uintptr(unsafe.Pointer(&t)), 0) // see node
	return time.Duration(t.Nano()), errno == 0
}
