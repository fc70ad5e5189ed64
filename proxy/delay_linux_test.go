package proxy_test

import (
	"testing"
	"time"

	"posthouse/proxy/proxytest"
)

// A peer that writes head and body apart without TCP_NODELAY, as Python's
// http.server does, waits for the acknowledgement of its head. On a connection that
// has been in use a system would put that off by 40 ms, and a client that had
// asked the origin over a new one would not have waited at all.
func TestNoDelayedAcknowledgement(t *testing.T) {
	const (
		exchanges = 12
		limit     = exchanges * 20 * time.Millisecond // of 40 ms each, or more
	)
	nagle := func(c *proxytest.Conn) {
		if err := c.Net.SetNoDelay(false); err != nil {
			t.Fatal(err)
		}
	}
	within := func(t *testing.T, exchange func(i int)) {
		t.Helper()
		exchange(0) // connects
		start := time.Now()
		for i := range exchanges {
			exchange(i + 1)
		}
		if took := time.Since(start); took > limit {
			t.Errorf("%d exchanges took %v, more than %v", exchanges, took, limit)
		}
	}
	for name, answer := range map[string][2]string{
		"Content-Length": {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "ok"},
		"chunked":        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "2\r\nok\r\n0\r\n\r\n"},
	} {
		t.Run("answer, "+name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			var at *proxytest.Conn
			within(t, func(i int) {
				client.Send(getHead)
				if at == nil {
					at = origin.Accept()
					nagle(at)
				}
				at.ExpectHead()
				at.Send(answer[0])
				at.Send(answer[1])
				client.Expect(answer[0] + answer[1])
			})
		})
	}
	t.Run("upload", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		nagle(client)
		var at *proxytest.Conn
		within(t, func(i int) {
			client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\n")
			client.Send("hi")
			if at == nil {
				at = origin.Accept()
			}
			at.ExpectThrough("hi")
			at.Send(ok2)
			client.Expect(ok2)
		})
	})
}
