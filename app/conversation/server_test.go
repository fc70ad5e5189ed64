package conversation_test

import (
	"context"
	"io"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	xnet "golang.org/x/net/websocket"

	"posthouse/app/conversation"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/websocket"
)

// A server that others have written understands what is sent, and is understood.
func TestAServerOfOthers(t *testing.T) {
	echo := func(ws *xnet.Conn) { _, _ = io.Copy(ws, ws) }
	server := httptest.NewServer(xnet.Server{Handler: echo})
	t.Cleanup(server.Close)
	p := proxytest.Start(t)
	to := netip.MustParseAddrPort(server.Listener.Addr().String())
	key := websocket.NewKey()
	m := outgoing.Message{Scheme: "http", Host: to.Addr().String(), Port: to.Port(), KeepOpen: true,
		Head: []byte("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://a.test\r\n" +
			"Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: 13\r\n\r\n")}
	h := &held{Conversation: conversation.New(), t: t, done: make(chan struct{})}
	go func() {
		defer close(h.done)
		h.result, h.err = h.Run(context.Background(), p.Server.Send, m, func(flow.ID) {})
	}()
	h.until("it is open", func(s conversation.State) bool { return s.Phase == conversation.Open })
	said := 0
	for _, text := range []string{"hello", "驿站", strings.Repeat("long ", 30_000)} {
		if err := h.Say(websocket.Text, []byte(text)); err != nil {
			t.Fatal(err)
		}
		said += len(text)
	}
	h.until("all has come back", func(s conversation.State) bool {
		back := int64(0)
		for n := s.First; n < s.Next; n++ {
			if e, _ := h.Entry(n); !e.Sent {
				back += e.Size
			}
		}
		return back == int64(said)
	})
	if err := h.Ping(); err != nil {
		t.Fatal(err)
	}
	h.until("the pong has come", func(s conversation.State) bool { e, _ := h.Entry(s.Next - 1); return e.Took > 0 })
	if err := h.Close(websocket.CloseNormal, "bye"); err != nil {
		t.Fatal(err)
	}
	if s, r := h.over(); s.Problem != nil || r.Failed() || s.Closed.Them {
		t.Errorf("%+v, %+v", s, r.Row)
	}
}
