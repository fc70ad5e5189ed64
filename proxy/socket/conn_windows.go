package socket

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

type poller struct{}

func (poller) init(*Conn) {}

// fillEmpty holds its buffer while it waits: Windows sockets complete reads
// into memory that is given beforehand.
func (c *Conn) fillEmpty() error { return c.fillPlain() }

// Look tells what waits on an idle socket without reading it.
type Look struct {
	Readable bool // bytes, an end, or an error
	Ended    bool // the peer has closed its sending side, or all
	Broken   bool // reset, or closed both ways
}

var wsaPoll = windows.NewLazySystemDLL("ws2_32.dll").NewProc("WSAPoll")

type wsaPollFd struct {
	fd      syscall.Handle
	events  int16
	revents int16
}

const (
	pollRead   = 0x0100 // POLLRDNORM
	pollBroken = 0x0001 | 0x0002 | 0x0004
)

// Look does not wait. Where it cannot look it says that nothing is there.
func (c *Conn) Look() Look {
	if c.raw == nil || wsaPoll.Find() != nil {
		return Look{}
	}
	var p wsaPollFd
	var n uintptr
	err := c.raw.Control(func(fd uintptr) {
		p = wsaPollFd{fd: syscall.Handle(fd), events: pollRead}
		n, _, _ = wsaPoll.Call(uintptr(unsafe.Pointer(&p)), 1, 0)
	})
	if err != nil {
		return Look{Readable: true, Ended: true, Broken: true}
	}
	if int32(n) <= 0 {
		return Look{}
	}
	broken := p.revents&pollBroken != 0
	return Look{Readable: true, Ended: broken, Broken: broken}
}
