package conversation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/app/conversation"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
	"posthouse/proxy/websocket"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.runCleanups"))
}

const (
	key    = "dGhlIHNhbXBsZSBub25jZQ=="
	accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
)

// held is a conversation through the engine with a server that a test writes.
type held struct {
	*conversation.Conversation
	t      *testing.T
	at     *proxytest.Conn
	cancel context.CancelFunc
	done   chan struct{}
	result outgoing.Result
	err    error
}

// hold begins one; the server has got the handshake and not answered.
func hold(t *testing.T, fields string) *held {
	t.Helper()
	p := proxytest.Start(t)
	origin := p.Origin()
	to := netip.MustParseAddrPort(origin.Addr())
	m := outgoing.Message{Scheme: "http", Host: to.Addr().String(), Port: to.Port(), KeepOpen: true,
		Head: []byte("GET / HTTP/1.1\r\nHost: " + origin.Addr() + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: 13\r\n" + fields + "\r\n")}
	h := &held{Conversation: conversation.New(), t: t, done: make(chan struct{})}
	var ctx context.Context
	ctx, h.cancel = context.WithCancel(context.Background())
	go func() {
		defer close(h.done)
		h.result, h.err = h.Run(ctx, p.Server.Send, m, func(flow.ID) {})
	}()
	t.Cleanup(func() {
		h.cancel()
		<-h.done
	})
	h.at = origin.Accept()
	h.at.ExpectHead()
	return h
}

// open is a conversation whose server has answered.
func open(t *testing.T) *held {
	t.Helper()
	h := hold(t, "")
	h.at.Send(answer + accept + "\r\n")
	h.until("it is open", func(s conversation.State) bool { return s.Phase == conversation.Open })
	return h
}

func (h *held) until(what string, so func(conversation.State) bool) conversation.State {
	h.t.Helper()
	deadline := time.After(proxytest.Deadline)
	for {
		if s := h.State(); so(s) {
			return s
		}
		select {
		case <-h.Changed:
		case <-deadline:
			h.t.Fatalf("waited in vain until %s: %+v", what, h.State())
		}
	}
}

// over waits for the end.
func (h *held) over() (conversation.State, outgoing.Result) {
	h.t.Helper()
	select {
	case <-h.done:
	case <-time.After(proxytest.Deadline):
		h.t.Fatalf("it has not ended: %+v", h.State())
	}
	return h.State(), h.result
}

// next is a frame that the server gets.
func (h *held) next() string {
	h.t.Helper()
	b := h.at.ExpectN(6)
	head, n, err := websocket.ParseHeader(b)
	for err == websocket.ErrShort {
		b = append(b, h.at.ExpectN(1)...)
		head, n, err = websocket.ParseHeader(b)
	}
	if err != nil || !head.Masked || !head.Final {
		h.t.Fatalf("%x: %+v, %v", b, head, err)
	}
	payload := append(b[n:], h.at.ExpectN(int(head.Length)-(len(b)-n))...)
	websocket.Mask(head.Key, 0, payload)
	return fmt.Sprintf("%d %s", head.Opcode, payload)
}

// entries are all that is kept, in short: > was sent.
func (h *held) entries() (all []string) {
	s := h.State()
	for n := s.First; n < s.Next; n++ {
		e, ok := h.Entry(n)
		if !ok || e.At.IsZero() {
			h.t.Errorf("entry %d: %+v", n, e)
		}
		arrow := "<"
		if e.Sent {
			arrow = ">"
		}
		all = append(all, fmt.Sprintf("%s%d %s", arrow, e.Opcode, e.Data))
	}
	return all
}

func (h *held) expectEntries(want ...string) {
	h.t.Helper()
	if got := h.entries(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		h.t.Errorf("it remembers\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A conversation as it goes on: both sides speak, are asked for signs, and the server closes.
func TestBothSidesSpeak(t *testing.T) {
	h := open(t)
	if err := h.Say(websocket.Text, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := h.next(); got != "1 hello" {
		t.Error(got)
	}
	h.at.Send("\x81\x02hi\x01\x02ha\x89\x01p")
	if got := h.next(); got != "10 p" {
		t.Errorf("a ping got %q", got)
	}
	h.at.Send("\x80\x02lf\x82\x02\x00\xff")
	h.until("all has come", func(s conversation.State) bool { return s.Received == 3 })
	if err := h.Ping(); err != nil {
		t.Fatal(err)
	}
	if got := h.next(); got != "9 1" {
		t.Errorf("it asked by %q", got)
	}
	h.at.Send("\x8a\x011")
	h.until("the pong has come", func(s conversation.State) bool { return s.Next == 8 })
	if e, _ := h.Entry(7); e.Took <= 0 || e.Opcode != websocket.Pong {
		t.Errorf("%+v", e)
	}
	h.at.Send("\x88\x05\x0f\xa1bye")
	if got := h.next(); got != "8 \x0f\xa1" {
		t.Errorf("a close got %q", got)
	}
	if err := h.Say(websocket.Text, nil); reason.Of(err).Code != reason.SocketShut {
		t.Error(err)
	}
	h.at.Close()
	s, r := h.over()
	if s.Phase != conversation.Ended || s.Closed == nil || !s.Closed.Them || s.Closed.Code != 4001 || string(s.Closed.Text) != "bye" ||
		s.Problem != nil || s.Sent != 1 || s.Received != 3 {
		t.Errorf("%+v", s)
	}
	if r.Failed() || r.Row.Kind != flow.KindUpgraded || !r.Row.Own || r.Row.Status != 101 {
		t.Errorf("%+v", r.Row)
	}
	h.expectEntries(">1 hello", "<1 hi", "<9 p", ">10 p", "<1 half", "<2 \x00\xff", ">9 1", "<10 1", "<8 \x0f\xa1bye", ">8 \x0f\xa1")
	h.Clear()
	if s := h.State(); s.First != s.Next || s.First != 10 {
		t.Errorf("%+v", s)
	}
}

// A person closes, with a code and a reason, behind what waits to be sent.
func TestAPersonCloses(t *testing.T) {
	h := open(t)
	for _, err := range []error{h.Say(websocket.Binary, []byte("last")), h.Close(4000, "enough")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"2 last", "8 \x0f\xa0enough"} {
		if got := h.next(); got != want {
			t.Errorf("%q", got)
		}
	}
	h.at.Send("\x81\x04late\x88\x02\x0f\xa0")
	h.at.Close()
	s, r := h.over()
	if s.Closed == nil || s.Closed.Them || s.Closed.Code != 4000 || s.Problem != nil || s.Received != 1 || r.Failed() ||
		!r.Row.Reason.IsZero() {
		t.Errorf("%+v, %+v", s, r.Row)
	}
	if err := h.Close(1000, ""); reason.Of(err).Code != reason.SocketShut {
		t.Error(err)
	}
}

// Who leaves says so, and does not wait for a server that says nothing.
func TestLeaving(t *testing.T) {
	h := open(t)
	h.cancel()
	if got := h.next(); got != "8 \x03\xe9" {
		t.Errorf("%q", got)
	}
	begun := time.Now()
	if s, r := h.over(); s.Closed == nil || s.Closed.Code != websocket.CloseLeaving || r.Failed() || time.Since(begun) > 4*time.Second {
		t.Errorf("%+v, %+v after %v", s, r.Row, time.Since(begun))
	}
	h = hold(t, "")
	h.cancel()
	if s, r := h.over(); s.Opened || r.Row.Reason.Code != reason.SendCancelled {
		t.Errorf("before the answer: %+v, %+v", s, r.Row)
	}
}

// What is no handshake, and what breaks the protocol, ends the connection and is said.
func TestServersThatDoNotSpeakWebSocket(t *testing.T) {
	const ext = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	for name, c := range map[string]struct {
		answer string
		status int
		code   flow.ReasonCode
	}{
		"refused":       {"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 403, ""},
		"wrong accept":  {answer + "Sec-WebSocket-Accept: x\r\n\r\n", 101, reason.SocketAccept},
		"unasked":       {answer + accept + ext + "\r\n", 101, reason.SocketUnasked},
		"subprotocol":   {answer + accept + "Sec-WebSocket-Protocol: x\r\n\r\n", 101, reason.SocketProtocol},
		"masked":        {answer + accept + "\r\n\x81\x80abcd", 101, reason.SocketMasked},
		"an end":        {answer + accept + "\r\n", 101, reason.SocketEnded},
		"an end inside": {answer + accept + "\r\n\x81\x05Hel", 101, reason.SocketCut},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			h := hold(t, "")
			h.at.Send(c.answer)
			if c.code == reason.SocketMasked {
				if got := h.next(); got != "8 \x03\xea" {
					t.Errorf("it got %q", got)
				}
			}
			h.at.CloseWrite()
			s, r := h.over()
			code := flow.ReasonCode("")
			if s.Problem != nil {
				code = reason.Of(s.Problem).Code
			}
			if code != c.code || r.Row.Status != c.status || s.Phase != conversation.Ended {
				t.Errorf("%v, %+v, %+v", s.Problem, s, r.Row)
			}
		})
	}
}

func TestCompressedConversation(t *testing.T) {
	h := hold(t, "Sec-WebSocket-Extensions: permessage-deflate\r\n")
	h.at.Send(answer + accept + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00")
	h.until("a message has come", func(s conversation.State) bool { return s.Received == 1 })
	if err := h.Say(websocket.Text, bytes.Repeat([]byte("again "), 1000)); err != nil {
		t.Fatal(err)
	}
	if got := h.next(); len(got) > 200 {
		t.Errorf("it got %d bytes", len(got))
	}
	e, _ := h.Entry(0)
	sent, _ := h.Entry(1)
	if !e.Deflated || e.Wire != 7 || string(e.Data) != "Hello" {
		t.Errorf("%+v", e)
	}
	h.until("it says how it was sent", func(conversation.State) bool { sent, _ = h.Entry(1); return sent.Deflated })
	if sent.Size != 6000 || sent.Wire >= 200 || h.State().Agreed.Deflate == nil {
		t.Errorf("%+v", sent)
	}
}

// The oldest messages go, a long one is cut, and how many and how long they were stays known.
func TestWhatIsRememberedIsBounded(t *testing.T) {
	h := open(t)
	long := &websocket.Header{Final: true, Opcode: websocket.Binary, Length: 3 << 20}
	h.at.SendBytes(append(long.Append(nil), make([]byte, long.Length)...))
	h.until("it has come", func(s conversation.State) bool { return s.Received == 1 })
	if e, _ := h.Entry(0); e.Size != 3<<20 || len(e.Data) != conversation.MaxKept {
		t.Errorf("%d of %d bytes are kept", len(e.Data), e.Size)
	}
	for range 8 {
		h.at.SendBytes(append(long.Append(nil), make([]byte, long.Length)...))
	}
	s := h.until("more have come", func(s conversation.State) bool { return s.Received == 9 })
	if kept := (s.Next - s.First) * conversation.MaxKept; kept > conversation.MaxLog || s.Next != 9 || kept == 0 {
		t.Errorf("%d to %d", s.First, s.Next)
	}
	const many = conversation.MaxEntries + 1000
	h.at.Send(strings.Repeat("\x81\x01x", many))
	s = h.until("all have come", func(s conversation.State) bool { return s.Received == 9+many })
	if s.Next-s.First != conversation.MaxEntries || s.Next != 9+many {
		t.Errorf("%d to %d", s.First, s.Next)
	}
	if _, ok := h.Entry(s.First - 1); ok {
		t.Error("one that has gone is there")
	}
	if _, ok := h.Entry(s.Next); ok {
		t.Error("one that has not come is there")
	}
}

// A server that takes nothing has a bounded queue wait for it, and pings that nobody reads the answers of do not pile up.
func TestTheQueueIsBounded(t *testing.T) {
	h := open(t)
	if err := h.Say(websocket.Text, make([]byte, conversation.MaxMessage+1)); reason.Of(err).Code != reason.SocketLong {
		t.Error(err)
	}
	part := make([]byte, conversation.MaxMessage)
	var err error
	said := 0
	for ; err == nil && said < 100; said++ {
		err = h.Say(websocket.Binary, part)
	}
	if reason.Of(err).Code != reason.SocketQueue || said > 5 {
		t.Errorf("after %d: %v", said, err)
	}
	h.at.Send(strings.Repeat("\x89\x01p", 1000))
	h.until("pings have come", func(s conversation.State) bool { return s.Next >= 1000 })
	h.cancel()
	if s, _ := h.over(); s.Unsent == 0 || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
}

// What cannot be sent is not.
func TestNothingIsSentBeforeAndBehind(t *testing.T) {
	c := conversation.New()
	for _, err := range []error{c.Say(websocket.Text, nil), c.Ping(), c.Close(1000, "")} {
		if reason.Of(err).Code != reason.SocketShut {
			t.Error(err)
		}
	}
	if err := c.Close(1000, strings.Repeat("x", 200)); reason.Of(err).Code != reason.SocketText {
		t.Error(err)
	}
	refused := errors.New("not now")
	_, err := c.Run(t.Context(), func(context.Context, outgoing.Message) (*outgoing.Sending, error) { return nil, refused },
		outgoing.Message{}, func(flow.ID) {})
	if err != refused || c.State().Phase != conversation.Ended {
		t.Errorf("%v, %+v", err, c.State())
	}
}
