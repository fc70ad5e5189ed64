//go:build linux && !race

package socket

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The sockets do not block, so the calls here return immediately, and the scheduler
// need not be told of them: that would cost a tenth of a microsecond each, and
// on a busy machine it would hand the rest of the work to another thread. Under
// the race detector, which takes what passes sockets for synchronization, the
// ordinary calls are used.

// readNow reads what is there, EAGAIN if there is nothing.
func readNow(fd int, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// pollNow looks at descriptors without waiting.
func pollNow(fds []unix.PollFd) (int, error) {
	var zero unix.Timespec
	n, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds[0])), uintptr(len(fds)),
		uintptr(unsafe.Pointer(&zero)), 0, 0, 0)
	if errno != 0 {
		return 0, syscall.Errno(errno)
	}
	return int(n), nil
}

// quickWrite is the most that is written without the scheduler's knowledge, in
// bytes: on loopback a write is also the peer's receiving.
const quickWrite = 16 << 10

// writer is the state of a Write under way, and its callback, made once so that
// calls allocate nothing.
type writer struct {
	fn  func(fd uintptr) bool
	p   []byte
	n   int
	err error
}

func (w *writer) init(c *Conn) {
	if c.raw != nil {
		w.fn = c.writer.ready
	}
}

// write writes all of p. Only one goroutine may write at a time, which the race
// detector, under which this is not used, does not show.
func (c *Conn) write(p []byte) (int, error) {
	w := &c.writer
	if w.fn == nil || c.layer != nil || len(p) > quickWrite || len(p) == 0 {
		return c.Conn.Write(p)
	}
	w.p, w.n, w.err = p, 0, nil
	err := c.raw.Write(w.fn)
	if err == nil {
		err = w.err
	}
	w.p = nil
	return w.n, err
}

// ready writes what the socket takes; false asks to be called again once it takes more.
func (w *writer) ready(fd uintptr) bool {
	for w.n < len(w.p) {
		n, _, errno := unix.RawSyscall(unix.SYS_WRITE, fd, uintptr(unsafe.Pointer(&w.p[w.n])), uintptr(len(w.p)-w.n))
		switch errno {
		case 0:
			w.n += int(n)
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			w.err = &sysError{"write", errno}
			return true
		}
	}
	return true
}
