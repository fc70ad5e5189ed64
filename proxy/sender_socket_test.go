package proxy_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
)

const (
	socketAsk = "GET /chat HTTP/1.1\r\nHost: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	socketAnswer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)

// openSocket has a message of Posthouse's own open a connection of another protocol.
func openSocket(t *testing.T, p *proxytest.Proxy, origin *proxytest.Origin, change func(*outgoing.Message)) (*outgoing.Sending,
	outgoing.Upgraded, *proxytest.Conn) {
	t.Helper()
	m := composed(p, socketAsk, "")
	m.KeepOpen = true
	change(&m)
	s := send(t, p, m)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(socketAnswer)
	up, ok := <-s.Upgraded()
	if !ok {
		t.Fatalf("it is not open: %+v", result(t, s).Row)
	}
	return s, up, at
}

// An origin that ends the connection ends it for the sender too, and the row says nothing went wrong.
func TestOwnWebSocketEndsWithItsOrigin(t *testing.T) {
	p := proxytest.Start(t)
	s, up, at := openSocket(t, p, p.Origin(), func(*outgoing.Message) {})
	if head := string(up.Head); !strings.HasPrefix(head, "HTTP/1.1 101 Switching Protocols\r\n") || !strings.HasSuffix(head, "\r\n\r\n") ||
		!strings.Contains(head, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") {
		t.Errorf("the head is %q", head)
	}
	at.Send("\x88\x00")
	at.CloseWrite()
	if b, err := io.ReadAll(up); string(b) != "\x88\x00" || err != nil {
		t.Errorf("it read %q, %v", b, err)
	}
	at.ExpectGone()
	_ = up.Close()
	if r := result(t, s); r.Failed() || r.Row.Kind != flow.KindUpgraded || r.Row.ResponseSize != 2 || !r.Row.Reason.IsZero() {
		t.Errorf("it fared %+v", r.Row)
	}
}

// An end that is read only when the row has ended is an end like any other.
func TestOwnWebSocketEndIsReadLate(t *testing.T) {
	p := proxytest.Start(t)
	s, up, at := openSocket(t, p, p.Origin(), func(*outgoing.Message) {})
	at.Send("\x81\x05Hel")
	b := make([]byte, 5)
	if _, err := io.ReadFull(up, b); err != nil || string(b) != "\x81\x05Hel" {
		t.Fatalf("it read %q, %v", b, err)
	}
	at.CloseWrite()
	if r := result(t, s); r.Failed() || r.Row.ResponseSize != 5 {
		t.Errorf("it fared %+v", r.Row)
	}
	if n, err := up.Read(b); n != 0 || err != io.EOF {
		t.Errorf("it read %d bytes, %v", n, err)
	}
	_ = up.Close()
}

// The time that a message has is for its handshake.
func TestOwnWebSocketOutlivesTheTimeout(t *testing.T) {
	const limit = 300 * time.Millisecond
	p := proxytest.Start(t)
	origin := p.Origin()
	s, up, at := openSocket(t, p, origin, func(m *outgoing.Message) { m.Timeout = limit })
	select {
	case <-s.Done():
		t.Errorf("it ended with %v", s.Wait().Row.Reason)
	case <-time.After(2 * limit):
	}
	if _, err := up.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	at.Expect("x")
	_ = up.Close()
	if r := result(t, s); r.Failed() {
		t.Errorf("it fared %+v", r.Row)
	}
	m := composed(p, socketAsk, "")
	m.KeepOpen, m.Timeout = true, limit
	s = send(t, p, m)
	origin.Accept().ExpectHead()
	if r := result(t, s); r.Row.Reason.Code != reason.SendLate {
		t.Errorf("a handshake without an answer: %+v", r.Row)
	}
	if _, ok := <-s.Upgraded(); ok {
		t.Error("it is open")
	}
}

// The request of a WebSocket can be sent again, although what passed behind it is not kept.
func TestAWebSocketIsSentAgain(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	s, up, at := openSocket(t, p, origin, func(*outgoing.Message) {})
	again := func(when string) {
		t.Helper()
		x, _ := p.Store.Get(s.ID())
		m, err := outgoing.FromExchange(&x)
		if err != nil || string(m.Head) != p.Text(socketAsk) || m.Body.Len() != 0 {
			t.Errorf("%s: %q and %d bytes, %v", when, m.Head, m.Body.Len(), err)
		}
	}
	if _, err := up.Write([]byte("\x81\x80abcd")); err != nil {
		t.Fatal(err)
	}
	at.Expect("\x81\x80abcd")
	again("while it is open")
	_ = up.Close()
	result(t, s)
	again("afterwards")
}

// A WebSocket over HTTP/2 becomes one over HTTP/1.1.
func TestAWebSocketOverHTTP2AsHTTP1(t *testing.T) {
	fields := []outgoing.Field{{Name: ":method", Value: "CONNECT"}, {Name: ":protocol", Value: "websocket"},
		{Name: ":scheme", Value: "https"},
		{Name: ":authority", Value: "a.example"}, {Name: ":path", Value: "/chat"}, {Name: "sec-websocket-version", Value: "13"},
		{Name: "origin", Value: "https://a.example"}}
	x := flow.Exchange{Row: flow.Row{Kind: flow.KindUpgraded, Scheme: "https", Host: "a.example", Proto: "HTTP/2.0"},
		RequestHead: outgoing.FieldsText(fields)}
	m, err := outgoing.FromExchange(&x)
	if err != outgoing.ErrConnect || !m.ExtendedWebSocket() {
		t.Fatalf("%v, %+v", err, m)
	}
	m = m.AsHTTP1()
	head := string(m.Head)
	before, key, _ := strings.Cut(head, "Sec-WebSocket-Key: ")
	key, after, _ := strings.Cut(key, "\r\n")
	if before != "GET /chat HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" || len(key) != 24 ||
		after != "sec-websocket-version: 13\r\norigin: https://a.example\r\n\r\n" || m.Check() != nil {
		t.Errorf("%q, %v", head, m.Check())
	}
	m.Fields, m.Protocol = fields[:1], outgoing.HTTP2
	if m.ExtendedWebSocket() {
		t.Error("any CONNECT is one")
	}
}
