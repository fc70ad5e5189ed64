package proxy_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/eventually"
)

// crowd is a proxy with room for eight handshakes, and for two of a device.
func crowd(t *testing.T, patience time.Duration) (o *opener, stall func(from string) *proxytest.Conn, shake func(from string)) {
	o = openAll(t, func(_ *decrypt.Options, c *proxy.Config) {
		*c = proxy.Config{Allow: prefixes("127.0.0.0/29"), Lend: proxy.Rights{Loopback: true, Credentials: true}}
	})
	o.Server.SetMaxHandshakes(8, patience)
	o.serve(o.server("http/1.1"), answers)
	hello := clientHello(t, []string{"http/1.1"})
	stall = func(from string) *proxytest.Conn {
		t.Helper()
		c := o.open(o.ClientFrom(from))
		c.SendBytes(hello)
		return c
	}
	shake = func(from string) {
		t.Helper()
		c := o.open(o.ClientFrom(from))
		c.StartClientTLS(o.client("http/1.1"))
		c.Send(insideGet)
		c.Expect(ok2)
		c.Close()
	}
	return o, stall, shake
}

// awaitHandshakes waits until so many are under way.
func awaitHandshakes(t *testing.T, o *opener, n int) {
	t.Helper()
	eventually.Holds(t, strconv.Itoa(n)+" handshakes are under way", func() bool { return o.Server.Handshakes() == n })
}

// A device that stalls its handshakes has only its part of the places.
func TestADeviceThatStallsHandshakes(t *testing.T) {
	o, stall, shake := crowd(t, time.Hour)
	for i := range 6 {
		c := stall("127.0.0.7")
		if i < 2 {
			c.ExpectN(1) // the server's part has begun
			continue
		}
		c.ExpectGone()
		if row := o.Finished(flow.ID(i + 1)); row.Failure != flow.FailureLimit {
			t.Errorf("row %+v", row)
		}
	}
	awaitHandshakes(t, o, 2)
	shake("127.0.0.1")
	shake("127.0.0.6")
}

// A program on this computer may fill all places, until somebody else needs one:
// then its oldest handshake ends.
func TestStalledHandshakesMakeRoomForOthers(t *testing.T) {
	o, stall, shake := crowd(t, time.Hour)
	var stalled []*proxytest.Conn
	for range 8 {
		c := stall("127.0.0.1")
		c.ExpectN(1)
		stalled = append(stalled, c)
	}
	awaitHandshakes(t, o, 8)
	stall("127.0.0.1").ExpectGone() // its own next one finds no room
	shake("127.0.0.6")
	_, _ = stalled[0].Rest()
	if row := o.Finished(1); row.Failure != flow.FailureLimit || row.Reason.IsZero() {
		t.Errorf("row %+v", row)
	}
	awaitHandshakes(t, o, 7)
	shake("127.0.0.1")
}

// And those that stall for long make room for others of the same client.
func TestLongHandshakesMakeRoom(t *testing.T) {
	o, stall, shake := crowd(t, time.Nanosecond)
	for range 8 {
		stall("127.0.0.1").ExpectN(1)
	}
	awaitHandshakes(t, o, 8)
	for range 20 {
		shake("127.0.0.1")
	}
	for range 20 {
		stall("127.0.0.7") // 20 of one device are two
	}
	o.Row(func(r flow.Row) bool { return r.ID == 8+20+18 && r.Phase.Final() })
	shake("127.0.0.7")
}

// A stalled handshake ends in time, and gives its place back.
func TestStalledHandshakeEnds(t *testing.T) {
	o := openAll(t, func(_ *decrypt.Options, c *proxy.Config) { c.Timeouts.Dial = 200 * time.Millisecond })
	o.serve(o.server("http/1.1"), answers)
	c := o.connect()
	c.SendBytes(clientHello(t, []string{"http/1.1"}))
	_, _ = c.Rest()
	if row := o.Finished(1); row.Failure != flow.FailureTLS {
		t.Errorf("row %+v", row)
	}
	awaitHandshakes(t, o, 0)
}

// A connection whose handshake is done no longer has a place, for as long as it lasts.
func TestOpenConnectionsHoldNoHandshake(t *testing.T) {
	p := openH2(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hi")) }, nil)
	p.Server.SetMaxHandshakes(1, time.Hour)
	for range 3 {
		cc := p.dial()
		if _, body := p.get(cc, "/"); body != "hi" {
			t.Fatalf("body %q", body)
		}
		defer func() { _ = cc.Close() }()
	}
	awaitHandshakes(t, p.opener, 0)
}
