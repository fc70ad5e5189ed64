package proxy_test

import (
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// A client that leaves is noticed within a tenth of a second: with the first
// request of all, on a connection that has rested, and in a tunnel. A machine that
// is busy gets some more time, and three tries.
func TestClientThatLeftIsNoticedInTime(t *testing.T) {
	const limit = 180 * time.Millisecond
	for name, c := range map[string]struct {
		rest   bool // after a request, and a time without any
		tunnel bool
		leave  func(*proxytest.Conn)
		peers  bool // the system must tell a closed peer from a half-closed one
	}{
		"the first request, reset":  {leave: (*proxytest.Conn).Reset},
		"the first request, closed": {leave: (*proxytest.Conn).Close, peers: true},
		"after a rest, reset":       {rest: true, leave: (*proxytest.Conn).Reset},
		"after a rest, closed":      {rest: true, leave: (*proxytest.Conn).Close, peers: true},
		"a tunnel, closed":          {tunnel: true, rest: true, leave: (*proxytest.Conn).Close, peers: true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.peers && !knowsPeers {
				t.Skip("this system cannot tell a closed peer from a half-closed one")
			}
			var took time.Duration
			for range 3 {
				p := proxytest.Start(t)
				origin, client := p.Origin(), p.Client()
				request, row := getHead, flow.ID(1)
				if c.rest {
					client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
					contentLengthBody(t, client)
					client.Silence(silentLong)
					row = 2
				}
				if c.tunnel {
					request = connect
				}
				client.Send(request)
				at := origin.Accept()
				if c.tunnel {
					client.ExpectStatus(200)
					client.Silence(2 * silentLong)
				} else {
					at.ExpectHead()
				}
				begin := time.Now()
				c.leave(client)
				if c.tunnel {
					at.ExpectEnd()
				} else {
					at.ExpectGone()
				}
				p.Finished(row)
				if took = time.Since(begin); took < limit {
					return
				}
			}
			t.Errorf("it took %v", took)
		})
	}
}
