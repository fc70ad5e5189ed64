package socket

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// QuickAck has what was received acknowledged before the next wait for more, without
// delay. A peer that writes a message in small pieces without TCP_NODELAY sends the
// next piece only once the one before is acknowledged (RFC 9293 section 3.7.4), for
// which a system waits some 40 ms on a connection that has been in use for a while. It
// is for when a message is known to have more to come, costs a packet, and costs
// nothing where more has come meanwhile. The reader's alone.
func (c *Conn) QuickAck() {
	if c.layer != nil {
		c = c.layer.under
	}
	c.ackDue = c.raw != nil
}

// acknowledge does what QuickAck has asked for.
func (p *poller) acknowledge(raw syscall.RawConn) {
	if p.ackDue {
		p.ackDue = false
		_ = raw.Control(quickAck) // without it the peer only waits
	}
}

func quickAck(fd uintptr) {
	_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
}
