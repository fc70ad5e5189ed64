package proxy_test

import (
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
)

// socketAt is an extended CONNECT that asks for a WebSocket.
func socketAt(path string, more ...string) []string {
	return append([]string{":method: CONNECT", ":protocol: websocket", ":scheme: https", ":authority: a.example", ":path: " + path,
		"sec-websocket-version: 13", "sec-websocket-protocol: chat"}, more...)
}

// A WebSocket over HTTP/2 goes to an origin of HTTP/1.1 as that has it, and its bytes pass both ways.
func TestRulesSendWebSocketsElsewhere(t *testing.T) {
	route, other := detoured(t, "")
	client, origin := route.Started()
	client.Send(client.Headers(1, socketAt("/x")...))
	at := other.Accept()
	head := at.ExpectHead()
	begin := "GET /x HTTP/1.1\r\nHost: " + other.Addr() + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
	if !strings.HasPrefix(head, begin) ||
		!strings.Contains(head, "sec-websocket-protocol: chat\r\n") || strings.Contains(head, ":protocol") {
		t.Error(head)
	}
	at.Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n" +
		"Sec-WebSocket-Protocol: chat\r\n\r\nhello")
	client.ExpectFields(1, ":status: 200", "sec-websocket-protocol: chat")
	client.Expect(`DATA 1 "hello"`)
	client.Send(h2test.Data(1, "hi"), h2test.Data(1, " there"))
	at.Expect("hi there")
	at.Send("bye")
	client.Expect(`DATA 1 "bye"`)
	client.Send(h2test.Data(1, "").End())
	at.ExpectEnd()
	at.Close()
	row, _, _ := finishedAt(route, "/x")
	if row.Failure != 0 || row.Kind != flow.KindUpgraded || row.RequestSize != 8 || row.ResponseSize != 8 ||
		row.Remote.String() != other.Addr() {
		t.Errorf("%+v", row)
	}
	goesOn(client, origin)
}

// What an origin answers in place of a WebSocket passes; a status that would stand for one does not.
func TestRulesSendWebSocketsThatAreRefused(t *testing.T) {
	route, other := detoured(t, "")
	client, origin := route.Started()
	client.Send(client.Headers(1, socketAt("/x")...), h2test.Data(1, "GET / HTTP/1.1\r\n\r\n"))
	at := other.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
	client.ExpectHead(1, ":status: 403")
	client.Expect(`DATA 1 END_STREAM "no"`)
	client.Until("an end", func(f h2test.Frame) bool { return f.Stream == 1 })
	client.Send(client.Headers(3, socketAt("/x")...))
	if head := at.ExpectHead(); !strings.HasPrefix(head, "GET /x ") { // what came early is no request
		t.Error(head)
	}
	at.Send(ok2)
	client.UntilReset(3, http2.ErrCodeInternal)
	goesOn(client, origin)
}

// Where the origin takes extended CONNECT over HTTP/2 it gets that; where it does not it is asked in HTTP/1.1.
func TestRulesResolveWebSockets(t *testing.T) {
	route, client, origin, accept := resolved(t, "h2", "http/1.1")
	client.Send(client.Headers(1, socketAt("/x")...))
	other := h2test.NewServer(t, "other", accept()).Start(http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
	other.ExpectFields(1, socketAt("/x")...)
	other.Send(other.Headers(1, ":status: 200"), h2test.Data(1, "hello"))
	client.ExpectFields(1, ":status: 200")
	client.Expect(`DATA 1 "hello"`)
	client.Send(h2test.Data(1, "hi").End())
	other.Expect(`DATA 1 END_STREAM "hi"`)
	other.Send(h2test.Data(1, "").End())
	client.Expect(`DATA 1 END_STREAM ""`)
	if row, _, _ := finishedAt(route, "/x"); row.Failure != 0 || row.Kind != flow.KindUpgraded || row.ResponseSize != 5 {
		t.Errorf("%+v", row)
	}
	other.Close()
	client.StillThere()
	client.Send(client.Headers(3, socketAt("/x?2")...))
	other = h2test.NewServer(t, "plain", accept()).Start()
	plain := accept() // another connection
	if got := plain.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		t.Error(got)
	}
	_ = plain.Close()
	client.ExpectHead(3, ":status: 502")
	other.StillThere()
	goesOn(client, origin)
}
