//go:build !linux

package socket

import "time"

// Stalled is known on Linux alone. Elsewhere the system's own limits apply: Windows
// gives a connection up after about 20 seconds of retransmissions.
func (c *Conn) Stalled(time.Duration) bool { return false }
