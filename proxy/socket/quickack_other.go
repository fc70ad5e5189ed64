//go:build !linux

package socket

// QuickAck is known on Linux alone.
func (c *Conn) QuickAck() {}

func (c *Conn) acknowledge() {}
