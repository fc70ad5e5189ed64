package faithful_test

import (
	"fmt"
	"strings"
	"testing"

	"posthouse/proxy/proxytest/h2test"
)

// Each client connection has an origin connection that lives and dies with it.
func TestConnectionsEndTogether(t *testing.T) {
	t.Run("the client leaves", func(t *testing.T) {
		h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
			client, origin := route.Started()
			answered(client, origin, 1)
			client.Close()
			origin.UntilGone()
		})
	})
	t.Run("the origin leaves", func(t *testing.T) {
		h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
			client, origin := route.Started()
			answered(client, origin, 1)
			origin.Close()
			client.UntilGone()
		})
	})
	t.Run("two clients", func(t *testing.T) {
		h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
			first, one := route.Started()
			answered(first, one, 1)
			first.Close()
			second, two := route.Started() // a connection comes for it
			answered(second, two, 1)
			answered(second, two, 3)
		})
	})
}

// answered is one exchange.
func answered(client, origin *h2test.Peer, stream uint32) {
	client.Send(client.Headers(stream, request("GET", "/")...).End())
	origin.ExpectHead(stream)
	origin.Send(origin.Headers(stream, ":status: 204").End())
	client.Expect(fmt.Sprintf("HEADERS %d END_STREAM :status: 204", stream))
}

// A table of HPACK is as large as the side allows that decodes with it, on each leg (RFC 7541 section 4.2).
func TestTablesAreAsLargeAsAllowed(t *testing.T) {
	for _, size := range []uint32{0, 100, 1000, 65536, 1 << 20} {
		t.Run(fmt.Sprint("of a client ", size), func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				client, origin := route.Open()
				client.Start(setting(1, size))
				origin.Start()
				client.DecoderTable(max(size, 4096))
				answered(client, origin, 1) // behind the SETTINGS and their acknowledgement
				client.DecoderTable(size)
				origin.EncoderTable(size)
				exchangeLong(client, origin)
			})
		})
		t.Run(fmt.Sprint("of an origin ", size), func(t *testing.T) {
			h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
				client, origin := route.Open()
				client.Start()
				origin.Start(setting(1, size))
				origin.DecoderTable(max(size, 4096))
				answered(client, origin, 1)
				origin.DecoderTable(size)
				client.EncoderTable(size)
				exchangeLong(client, origin)
			})
		})
	}
}

// exchangeLong sends heads that fill tables, again and again.
func exchangeLong(client, origin *h2test.Peer) {
	var fields []string
	for i := range 30 {
		fields = append(fields, fmt.Sprintf("x-field-%d: %s", i, strings.Repeat(string(rune('a'+i%26)), 150)))
	}
	for i := range 4 {
		stream := uint32(2*i + 3)
		asked := request("GET", "/", fields[i:]...)
		client.Send(client.Headers(stream, asked...).End())
		origin.ExpectFields(stream, asked...)
		answer := append([]string{":status: 200"}, fields[:30-i]...)
		origin.Send(origin.Headers(stream, answer...).End())
		client.ExpectFields(stream, answer...)
	}
}
