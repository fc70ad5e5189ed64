package proxy_test

import (
	"testing"

	"posthouse/proxy/proxytest"
)

// What ends at Posthouse ends there in a trailer section too, however it
// arrives, and all else of it passes byte for byte.
func TestTrailerFieldsThatEndHere(t *testing.T) {
	for _, c := range []struct{ name, connection, sent, passed string }{
		{"named", "Connection: x-hop, close-not\r\n", "A: 1\r\nX-Hop: 2\r\nx-HOP:3\r\nb:  4 \r\n", "A: 1\r\nb:  4 \r\n"},
		{"named alone", "Connection: X-Hop\r\n", "X-Hop: 2\r\n", ""},
		{"named and not there", "Connection: X-Hop\r\n", "X-Hop2: 2\r\n", "X-Hop2: 2\r\n"},
		{"of the connection", "", "Connection: A\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: x\r\nproxy-connection: x\r\nA: 1\r\n",
			"A: 1\r\n"},
		{"a password", "", "Proxy-Authorization: Basic eDp5\r\nA: 1\r\n", "A: 1\r\n"},
		{"framing and routing", "", "content-length: 9\r\nTransfer-Encoding: chunked\r\nHost: other\r\nA: 1\r\n", "A: 1\r\n"},
		{"nothing", "Connection: X-Hop\r\n", "A:1\r\na: 2\r\n", "A:1\r\na: 2\r\n"},
		{"no trailers", "Connection: X-Hop\r\n", "", ""},
	} {
		head := "Transfer-Encoding: chunked\r\n\r\n"
		body, last := "2\r\nhi\r\n0;e\r\n", "\r\n"
		for how, pieces := range map[string][]string{
			"at once":   {body + c.sent + last},
			"behind it": {body, c.sent + last},
			"in pieces": {body + c.sent, last[:1], last[1:]},
		} {
			t.Run(c.name+"/"+how, func(t *testing.T) {
				p := proxytest.Start(t)
				origin, client := p.Origin(), p.Client()
				client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n" + c.connection + head)
				at := origin.Accept()
				at.Expect("POST / HTTP/1.1\r\nHost: {origin}\r\n" + head)
				sendPieces(client, at, pieces)
				at.Expect(c.passed + "\r\n")
				at.Send("HTTP/1.1 200 OK\r\n" + c.connection + head)
				client.Expect("HTTP/1.1 200 OK\r\n" + head)
				sendPieces(at, client, pieces)
				client.Expect(c.passed + "\r\n")
				x := p.Exchange(1)
				if string(x.RequestTrailer) != c.sent || string(x.ResponseTrailer) != c.sent {
					t.Errorf("recorded %q and %q", x.RequestTrailer, x.ResponseTrailer)
				}
			})
		}
	}
}

// sendPieces sends the body with its trailers; all of the chunks has passed before the last piece goes.
func sendPieces(from, to *proxytest.Conn, pieces []string) {
	for i, piece := range pieces {
		if i == 1 {
			to.Expect("2\r\nhi\r\n0;e\r\n")
		}
		from.Send(piece)
	}
	if len(pieces) == 1 {
		to.Expect("2\r\nhi\r\n0;e\r\n")
	}
}

// Trailers that came with the head of their request are no other.
func TestTrailerWithItsHead(t *testing.T) {
	runPassing(t, []passing{{
		name: "one write",
		request: "POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nConnection: x\r\nTransfer-Encoding: " +
			"chunked\r\n\r\n1\r\na\r\n0\r\nX: 1\r\nY: 2\r\n\r\n",
		asked: "POST / HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nY: 2\r\n\r\n",
		response: "HTTP/1.1 200 OK\r\nConnection: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"1\r\na\r\n0\r\nX: 1\r\nY: 2\r\n\r\n",
		answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nY: 2\r\n\r\n",
	}})
}
