package history

import "golang.org/x/sys/unix"

// lowerPriority has what runs on this thread wait for all else that wants the processor.
func lowerPriority() { _ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), 10) }
