package socket

import "golang.org/x/sys/unix"

// QuickAck acknowledges immediately what has been received. A peer that writes a
// message in small pieces without TCP_NODELAY sends the next piece only once the
// one before is acknowledged (RFC 9293 section 3.7.4), for which a system waits
// some 40 ms on a connection that has been in use for a while. It costs one system
// call, and is for when a message is known to have more to come.
func (c *Conn) QuickAck() {
	if c.raw != nil {
		_ = c.raw.Control(quickAck) // without it the peer only waits
	}
}

func quickAck(fd uintptr) {
	_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
}
