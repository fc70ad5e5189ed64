package proxy_test

import (
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// A client that closes its connection, cleanly and with nothing unread, sends a
// FIN just as one that only ended its request. Which it was the system knows of
// peers on this machine; the origin is freed either way as soon as it shows.
func TestClientClosesQuietly(t *testing.T) {
	for name, c := range map[string]struct {
		request string
		asked   string
		begun   string // what the origin has sent by then
	}{
		"while the origin is silent": {request: getHead},
		"after its body": {request: "POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 4\r\n\r\nbody",
			asked: "POST / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 4\r\n\r\nbody"},
		"after an interim answer": {request: getHead, begun: "HTTP/1.1 102 Processing\r\n\r\n"},
		"in a stalled body":       {request: getHead, begun: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"},
		"in a stalled chunk":      {request: getHead, begun: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"},
		"in a stalled stream":     {request: getHead, begun: "HTTP/1.1 200 OK\r\n\r\nhalf"},
		"in a stalled event strea": {request: getHead,
			begun: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if !knowsPeers {
				t.Skip("this system cannot tell a closed peer from a half-closed one")
			}
			t.Parallel()
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(c.request)
			at := origin.Accept()
			if c.asked == "" {
				c.asked = "GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n"
			}
			at.Expect(c.asked)
			if c.begun != "" {
				at.Send(c.begun)
				client.ExpectHead()
				if c.begun[len(c.begun)-1] != '\n' {
					client.ExpectThrough("half")
				} else if len(c.begun) > 60 {
					client.ExpectThrough("half\r\n")
				}
			}
			client.Close()
			at.ExpectGone()
			if row := p.Finished(1); row.Failure != flow.FailureClientGone {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// A client that leaves while its upload waits for the origin to take it.
func TestClientLeavesWhileTheOriginTakesNothing(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client().Quiet()
	client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 100000000\r\n\r\n")
	at := origin.Accept().Quiet()
	at.ExpectHead()
	b := make([]byte, 1<<20)
	for n := 1; n > 0; { // until all buffers between are full
		_ = client.Net.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		n, _ = client.Net.Write(b)
	}
	client.Reset()
	if row := p.Finished(1); row.Failure != flow.FailureClientGone {
		t.Errorf("row %+v", row)
	}
	_, _ = at.Rest() // ends: the connection was closed
}

// A tunnel whose client has closed ends, though its origin minds no end.
func TestTunnelOfAClientThatIsGoneEnds(t *testing.T) {
	if !knowsPeers {
		t.Skip("this system cannot tell a closed peer from a half-closed one")
	}
	p := proxytest.Start(t)
	client, at := openTunnel(t, p, "")
	client.Send("last words")
	client.Close()
	at.Expect("last words")
	at.ExpectEnd()
	if row := p.Finished(1); row.Failure != flow.FailureNone || row.RequestSize != 10 {
		t.Errorf("row %+v", row)
	}
	// One that has only ended its half is waited for, also when that takes longer than a look.
	client, at = openTunnel(t, proxytest.Start(t), "")
	client.Send("question")
	client.CloseWrite()
	at.Expect("question")
	at.ExpectEnd()
	client.Silence(4 * silentLong) // it is asked about once a second
	at.Send("answer")
	client.Expect("answer")
	at.Close()
	client.ExpectEnd()
}

// The connection stays usable for others when a client leaves in the middle.
func TestClientThatLeavesTakesNobodyAlong(t *testing.T) {
	p := proxytest.Start(t)
	origin, client, other := p.Origin(), p.Client(), p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	client.Reset()
	at.ExpectGone()
	other.Send(getHead)
	next := origin.Accept()
	next.ExpectHead()
	next.Send(ok2)
	other.Expect(ok2)
}

// A client that reads nothing holds the origin back: what lies between is
// bounded by the sockets' buffers, not by the body.
func TestSlowReaderHoldsTheOriginBack(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Timeouts: proxy.Timeouts{OriginBody: time.Second}}})
	origin, client := p.Origin(), p.Client().Quiet()
	_ = client.Net.SetReadBuffer(16 << 10)
	client.Send(getHead)
	at := origin.Accept().Quiet()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
	before := memory()
	b, sent := make([]byte, 1<<20), 0
	for {
		_ = at.Net.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		n, err := at.Net.Write(b)
		if sent += n; err != nil {
			break
		}
	}
	if grown := memory() - before; grown > 4<<20 || sent > 64<<20 {
		t.Errorf("%d bytes lie between, memory grew by %d", sent, grown)
	}
	// Without progress for long enough it is given up, and the row says why.
	if row := p.Finished(1); row.Failure != flow.FailureClientGone {
		t.Errorf("row %+v", row)
	}
	for at.TrySend("x") == nil {
	}
}
