package proxy_test

import (
	"testing"

	"posthouse/proxy/proxytest"
)

// An origin that answers a new connection before it is asked, and waits for its end, is heard.
func TestOriginsThatSpeakFirst(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	origin.Serve(func(c *proxytest.Conn) {
		c.Quiet()
		if c.TrySend("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") == nil {
			_, _ = c.Rest()
		}
	})
	client := p.Client().Quiet()
	for range 300 {
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		client.ExpectStatus(503)
	}
}
