package socket

import (
	"time"

	"golang.org/x/sys/unix"
)

// deadRetries is how many retransmissions in a row must have gone unanswered
// before a peer may be called dead.
const deadRetries = 3

// Stalled reports whether bytes that were sent have been retransmitted again and
// again, and the peer has acknowledged nothing at all for as long as limit. A peer
// that only takes no bytes for now (a closed window) still acknowledges, and is
// not meant. It costs one system call; where the system cannot tell it is false.
func (c *Conn) Stalled(limit time.Duration) bool {
	if c.raw == nil {
		return false
	}
	stalled := false
	_ = c.raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		stalled = err == nil && info.Unacked > 0 && info.Retransmits >= deadRetries &&
			time.Duration(info.Last_ack_recv)*time.Millisecond >= limit
	})
	return stalled
}
