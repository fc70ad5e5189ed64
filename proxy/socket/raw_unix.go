//go:build unix && (!linux || race)

package socket

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// readNow reads what is there, EAGAIN if there is nothing.
func readNow(fd int, p []byte) (int, error) { return syscall.Read(fd, p) }

// pollNow looks at descriptors without waiting.
func pollNow(fds []unix.PollFd) (int, error) { return unix.Poll(fds, 0) }

// Ask holds nothing here.
func (writer) asked(uintptr) bool { return false }
func (writer) holds() bool        { return false }
func (writer) finish()            {}
