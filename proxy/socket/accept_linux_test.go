//go:build linux && !race

package socket

import (
	"testing"

	"golang.org/x/sys/unix"
)

// What is accepted sends small pieces without delay and is not handed to programs that are started, as with package net.
func TestAcceptedConnectionsAreAsOthers(t *testing.T) {
	c, _ := acceptedPair(t, listen(t), "x")
	err := c.raw.Control(func(fd uintptr) {
		if on, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY); on != 1 {
			t.Errorf("TCP_NODELAY is %d, %v", on, err)
		}
		if flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("flags %x, %v", flags, err)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// A connection that brings its request and ends with the answer is never told to the scheduler.
func TestAcceptedConnectionsNeedNoWait(t *testing.T) {
	c, _ := acceptedPair(t, listen(t), "ping")
	readAll(t, c, 4)
	write(t, c, "pong")
	a := c.Conn.(*accepted)
	if a.file != nil {
		t.Error("it is known to the scheduler")
	}
	if err := c.Close(); err != nil || a.fd != -1 {
		t.Errorf("%v; descriptor %d", err, a.fd)
	}
}
