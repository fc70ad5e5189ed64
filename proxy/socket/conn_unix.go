//go:build unix

package socket

import (
	"io"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// poller holds the callbacks for the raw connection, made once so that calls allocate nothing.
type poller struct {
	ackDue bool // see QuickAck
	readFn func(fd uintptr) bool
	n      int
	err    error

	mu     sync.Mutex // for what follows: the sweeper looks beside the owner
	lookFn func(fd uintptr)
	looked int
	fds    [1]unix.PollFd
}

func (p *poller) init(c *Conn) {
	if c.raw != nil {
		p.readFn = c.readReady
		p.lookFn = p.look
	}
}

// fillEmpty waits for bytes and only then takes a buffer to read them into.
func (c *Conn) fillEmpty() error {
	if c.raw == nil {
		return c.fillPlain()
	}
	c.poller.n, c.poller.err = 0, nil
	err := c.raw.Read(c.poller.readFn)
	if c.writer.holds() {
		c.writer.finish() // interrupted, or more than the socket took
		if err == nil {
			err = c.raw.Read(c.poller.readFn)
		}
	}
	if err != nil {
		c.Release()
		return err
	}
	if c.poller.n > 0 {
		c.w = c.poller.n
		return nil
	}
	c.Release()
	if c.poller.err != nil {
		return c.poller.err
	}
	return io.EOF
}

// readReady reads what is there; false asks to be called again once the socket is readable.
func (c *Conn) readReady(fd uintptr) bool {
	if c.writer.holds() {
		if c.writer.asked(fd) {
			c.Release()
			return false
		}
		if c.writer.holds() {
			return true // to go on with the write
		}
	}
	if c.buf == nil {
		c.buf = getBuffer(c.bulk)
	}
	for {
		n, err := readNow(int(fd), c.buf.b)
		switch err {
		case nil:
			c.poller.n = n
			return true
		case syscall.EINTR:
		case syscall.EAGAIN:
			giveBuffer(c.buf)
			c.buf = nil
			if c.ackDue {
				c.ackDue = false
				quickAck(fd)
			}
			return false
		default:
			c.poller.err = &sysError{"read", err.(syscall.Errno)}
			return true
		}
	}
}

type sysError struct {
	op  string
	err syscall.Errno
}

func (e *sysError) Error() string { return e.op + ": " + e.err.Error() }
func (e *sysError) Unwrap() error { return e.err }

// Look tells what waits on an idle socket without reading it.
type Look struct {
	Readable bool // bytes, an end, or an error
	Ended    bool // the peer has closed its sending side, or all
	Broken   bool // reset, or closed both ways
}

// Look does not wait, and is safe from any goroutine. Where it cannot look it
// says that nothing is there.
func (c *Conn) Look() Look {
	if c.raw == nil {
		return Look{}
	}
	c.poller.mu.Lock()
	defer c.poller.mu.Unlock()
	if err := c.raw.Control(c.poller.lookFn); err != nil {
		return Look{Readable: true, Ended: true, Broken: true}
	}
	got := c.poller.fds[0].Revents
	if c.poller.looked <= 0 {
		return Look{}
	}
	broken := got&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0
	return Look{
		Readable: got != 0,
		Ended:    broken || pollEnded != 0 && got&pollEnded != 0,
		Broken:   broken,
	}
}

func (p *poller) look(fd uintptr) {
	p.fds[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN | pollEnded}
	for {
		var err error
		if p.looked, err = pollNow(p.fds[:]); err != unix.EINTR {
			return
		}
	}
}
