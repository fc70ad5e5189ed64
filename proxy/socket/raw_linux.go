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
	raw   syscall.RawConn
	fn    func(fd uintptr) bool
	p     []byte
	n     int
	err   error
	wrote func(error) // what Ask is to tell; nil but between Ask and the end of its write
}

func (w *writer) init(c *Conn) {
	if c.raw != nil {
		w.raw, w.fn = c.raw, w.ready
	}
}

// write writes all of p. Only one goroutine may write at a time, which the race
// detector, under which this is not used, does not show.
func (c *Conn) write(p []byte) (int, error) {
	w := &c.writer
	if c.layer != nil || !w.quick(p) {
		return c.Conn.Write(p)
	}
	w.p, w.n, w.err = p, 0, nil
	return w.rest()
}

// quick reports whether p can be written without the scheduler's knowledge.
func (w *writer) quick(p []byte) bool { return w.fn != nil && len(p) <= quickWrite && len(p) > 0 }

// rest writes what p has beyond the first n.
func (w *writer) rest() (int, error) {
	err := w.raw.Write(w.fn)
	if err == nil {
		err = w.err
	}
	w.p = nil
	return w.n, err
}

// ask is Ask below TLS.
func (c *Conn) ask(p []byte, wrote func(error)) {
	if c.layer != nil || !c.writer.quick(p) || c.r != c.w || c.paced.Load() != nil {
		_, err := c.Write(p)
		wrote(err)
		return
	}
	c.writer.p, c.writer.n, c.writer.err, c.writer.wrote = p, 0, nil, wrote
}

// asked writes what Ask holds, on a connection whose reading has been made ready to wait: who
// answers is noticed from now on. It reports whether all is written, and nothing can have come.
func (w *writer) asked(fd uintptr) bool {
	if w.wrote == nil || !w.ready(fd) {
		return false
	}
	err := w.err
	w.told(err)
	return err == nil
}

// holds reports whether some of what Ask holds is still to be written.
func (w *writer) holds() bool { return w.wrote != nil }

// finish writes what of that the socket did not take at once.
func (w *writer) finish() {
	_, err := w.rest()
	w.told(err)
}

// Rouse has the Fill behind Ask see an end that came before Fill was ready to wait, which nothing
// else would tell it of. It is safe from any goroutine, and nothing that has come is lost: behind
// an end nothing comes. It costs a system call.
func (c *Conn) Rouse() {
	if c.tcp != nil && c.Look().Ended {
		_ = c.tcp.CloseRead()
	}
}

// told ends Ask.
func (w *writer) told(err error) {
	wrote := w.wrote
	w.p, w.wrote = nil, nil
	wrote(err)
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
