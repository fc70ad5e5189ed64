package socket

import (
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

func TestQuickAckIsForAWaitAlone(t *testing.T) {
	c, peer := pair(t)
	c.QuickAck()
	write(t, peer, "more has come")
	eventually.Holds(t, "bytes arrive", func() bool { return c.Look().Readable })
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	if !c.ackDue {
		t.Error("bytes that were there already were acknowledged at the cost of a packet")
	}
	c.Discard(len(c.Buffered()))
	if err := c.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if err := c.Fill(); !IsInterrupt(err) {
		t.Fatal(err)
	}
	if c.ackDue {
		t.Error("a wait began without the acknowledgement")
	}
}
