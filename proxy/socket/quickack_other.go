//go:build !linux

package socket

import "syscall"

// QuickAck is known on Linux alone.
func (c *Conn) QuickAck() {}

func (*poller) acknowledge(syscall.RawConn) {}
