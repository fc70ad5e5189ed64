//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"crypto/tls"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// inStreams is a message of a client's over HTTP/2 to the origin of a route.
func inStreams(route *h2test.Route, client uint64) outgoing.Message {
	_, port, _ := strings.Cut(route.Addr(), ":")
	number, _ := strconv.Atoi(port)
	return outgoing.Message{Scheme: "https", Host: "127.0.0.1", Port: uint16(number), ServerName: h2test.Host, Protocol: outgoing.HTTP2,
		Client: client,
		Fields: outgoing.ParseFields([]byte(":method: POST\r\n:scheme: https\r\n:authority: a.example\r\n:path: /\r\n"), 0)}
}

// Messages of one client go over one connection, one after the other and at a time; where the
// origin takes no more of them at a time another one is opened. Their rows say so.
func TestMessagesOfAClientShareAConnection(t *testing.T) {
	route := h2test.Through(t, nil)
	m := inStreams(route, outgoing.NewClient())
	m.Body.Bytes, m.Trailer = []byte("hello"), []byte("x-sum: 1\r\n")
	var sendings []*outgoing.Sending
	next := func() { sendings = append(sendings, send(t, route.Proxy, m)) }
	next()
	first := h2test.NewServer(t, "first", route.Accept()).Start(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 2})
	asked := func(at *h2test.Peer, stream uint32) {
		t.Helper()
		at.ExpectHead(stream, ":method: POST")
		at.Expect(h2test.Data(stream, "hello").String())
		at.ExpectFields(stream, "x-sum: 1")
	}
	answer := func(at *h2test.Peer, stream uint32, i int, reused bool) {
		t.Helper()
		at.Send(at.Headers(stream, ":status: 200"), h2test.Data(stream, "ok").End())
		if r := result(t, sendings[i]); r.Row.Status != 200 || r.Row.ResponseSize != 2 || r.Row.RequestSize != 5 ||
			r.Row.Timing.Reused != reused ||
			r.Row.Remote.String() != route.Addr() || r.Row.TLS.OriginJA4 == (flow.JA4{}) || !r.Row.Own || len(r.Hops) != 1 ||
			sendings[i].ID() != r.Row.ID {
			t.Errorf("the one in stream %d fared %+v", stream, r)
		}
		if x := route.Proxy.Exchange(sendings[i].ID()); x.HTTP2.Stream != stream || string(x.RequestTrailer) == "" ||
			string(x.RequestHead) != string(outgoing.FieldsText(m.Fields)) || string(x.ResponseBody.Bytes) != "ok" {
			t.Errorf("stream %d has %q, %+v", stream, x.RequestHead, x.HTTP2)
		}
	}
	asked(first, 1)
	next()
	asked(first, 3)
	next()
	second := h2test.NewServer(t, "second", route.Accept()).Start()
	asked(second, 1)
	answer(first, 3, 1, true)
	next()
	asked(first, 5)
	answer(second, 1, 2, false)
	answer(first, 5, 3, true)
	answer(first, 1, 0, false)
}

// What asks for another connection gets one: that of another client, of none, one of its own, one
// opened otherwise, or one under other settings.
func TestMessagesThatShareNoConnection(t *testing.T) {
	route := h2test.Through(t, nil)
	m := inStreams(route, outgoing.NewClient())
	var conns []*h2test.Peer
	sent := func(m outgoing.Message) {
		t.Helper()
		s := send(t, route.Proxy, m)
		at := h2test.NewServer(t, "origin", route.Accept()).Start()
		head := at.ExpectHead(m.StreamNumber())
		at.Send(at.Headers(head.Stream, ":status: 200").End())
		if r := result(t, s); r.Row.Status != 200 || r.Row.Timing.Reused {
			t.Errorf("it fared %+v", r.Row)
		}
		conns = append(conns, at)
	}
	sent(m)
	for _, change := range []func(*outgoing.Message){func(m *outgoing.Message) { m.Client = outgoing.NewClient() },
		func(m *outgoing.Message) { m.Client = 0 }, func(m *outgoing.Message) { m.NewConn = true },
		func(m *outgoing.Message) { m.Stream.Opening = "2:0;3:100|1000|0|" }, func(m *outgoing.Message) { m.Direct = true }} {
		other := m
		change(&other)
		sent(other)
	}
	for _, alone := range conns[2:4] {
		alone.UntilGone()
	}
	route.Configure(func(c *proxy.Config) { c.Via = true })
	sent(m)
	conns[0].UntilGone()
}

// A connection that ends before a message was worked on has it sent again over another one: both
// have rows, and the second says why.
func TestAMessageThatWasNotWorkedOnIsSentAgain(t *testing.T) {
	route := h2test.Through(t, nil)
	m := inStreams(route, outgoing.NewClient())
	s := send(t, route.Proxy, m)
	first := h2test.NewServer(t, "first", route.Accept()).Start()
	first.ExpectHead(1)
	first.Send(first.Headers(1, ":status: 200").End())
	result(t, s)

	s = send(t, route.Proxy, m)
	first.ExpectHead(3)
	first.Send(h2test.GoAway(1, http2.ErrCodeNo, ""))
	second := h2test.NewServer(t, "second", route.Accept()).Start()
	second.ExpectHead(1)
	second.Send(second.Headers(1, ":status: 201").End())
	r := result(t, s)
	if r.Row.Status != 201 || r.Row.Reason.Code != reason.SendAgain || r.Row.ID == s.ID() {
		t.Errorf("it fared %+v", r.Row)
	}
	if was := route.Proxy.Finished(s.ID()); was.Reason.Code != reason.H2Unworked || was.Failure != flow.FailureOriginClosed {
		t.Errorf("the first time it fared %+v", was)
	}
	first.UntilGone()

	s = send(t, route.Proxy, m)
	second.ExpectHead(3)
	second.Send(h2test.Reset(3, http2.ErrCodeInternal)) // which may have been worked on
	if r := result(t, s); r.Row.Failure != flow.FailureOriginClosed || r.Row.Reason.Code != reason.StreamReset {
		t.Errorf("it fared %+v", r.Row)
	}
}

// Who calls one message off does not end the others of its connection.
func TestOneOfSeveralMessagesIsCancelled(t *testing.T) {
	route := h2test.Through(t, nil)
	m := inStreams(route, outgoing.NewClient())
	one := send(t, route.Proxy, m)
	at := h2test.NewServer(t, "origin", route.Accept()).Start()
	at.ExpectHead(1)
	other := send(t, route.Proxy, m)
	at.ExpectHead(3)
	one.Cancel()
	at.UntilReset(1, http2.ErrCodeCancel)
	if r := result(t, one); r.Row.Reason.Code != reason.SendCancelled || r.Row.Failure != flow.FailureClientGone || r.Row.ID == 0 {
		t.Errorf("it fared %+v", r.Row)
	}
	at.Send(at.Headers(3, ":status: 200").End())
	if r := result(t, other); r.Row.Status != 200 || r.Failed() {
		t.Errorf("the other fared %+v", r.Row)
	}
	one = send(t, route.Proxy, m)
	at.ExpectHead(5)
	one.Cancel() // now there is no other
	at.UntilGone()
	if r := result(t, one); r.Row.Reason.Code != reason.SendCancelled {
		t.Errorf("it fared %+v", r.Row)
	}
}

// One that is called off, or whose time is over, before its connection stands ends as that.
func TestAMessageIsCancelledBeforeItsConnectionStands(t *testing.T) {
	route := h2test.Through(t, nil) // whose origin says nothing
	m := inStreams(route, outgoing.NewClient())
	s := send(t, route.Proxy, m)
	<-s.Begun()
	s.Cancel()
	r := result(t, s)
	if row := route.Proxy.Finished(s.ID()); row.Failure != flow.FailureClientGone || row.Reason.Code != reason.SendCancelled ||
		r.Row.Failure != row.Failure || r.Row.Reason.Code != row.Reason.Code {
		t.Errorf("it fared %+v, %+v", r.Row, row)
	}
	m.Timeout = 50 * time.Millisecond
	r = result(t, send(t, route.Proxy, m))
	if r.Row.Failure != flow.FailureResponseTimeout || r.Row.Reason.Code != reason.SendLate {
		t.Errorf("it fared %+v", r.Row)
	}
}

// serveStreams has an origin of Go's answer, and counts its connections.
func serveStreams(route *h2test.Route, handler http.HandlerFunc) (all, now *atomic.Int32) {
	all, now = new(atomic.Int32), new(atomic.Int32)
	route.Serve(func(conn *tls.Conn) {
		all.Add(1)
		now.Add(1)
		defer now.Add(-1)
		h2test.ServeConn(conn, new(http2.Server), handler)
	})
	return all, now
}

// Whatever ends meanwhile: each message that may be sent again is answered.
func TestManyMessagesOverConnectionsThatEnd(t *testing.T) {
	route := h2test.Through(t, nil)
	var count atomic.Int32
	all, _ := serveStreams(route, func(w http.ResponseWriter, _ *http.Request) {
		if count.Add(1)%25 == 0 {
			w.Header().Set("Connection", "close") // GOAWAY
		}
		_, _ = w.Write(make([]byte, 1000))
	})
	m := inStreams(route, outgoing.NewClient())
	var workers sync.WaitGroup
	const times, parallel = 400, 16
	for range parallel {
		workers.Go(func() {
			for range times / parallel {
				s, err := route.Proxy.Server.Send(t.Context(), m)
				if err != nil {
					t.Error(err)
					return
				}
				if r := s.Wait(); r.Row.Status != 200 || r.Failed() || r.Row.ResponseSize != 1000 {
					t.Errorf("it fared %+v", r.Row)
				}
			}
		})
	}
	workers.Wait()
	if n := all.Load(); n < 2 || n > times/4 {
		t.Errorf("%d connections for %d requests", n, times)
	}
}

// Connections that are kept for more messages are bounded.
func TestConnectionsForMessagesAreBounded(t *testing.T) {
	route := h2test.Through(t, nil)
	all, now := serveStreams(route, func(http.ResponseWriter, *http.Request) {})
	const clients = 80
	for range clients {
		if r := result(t, send(t, route.Proxy, inStreams(route, outgoing.NewClient()))); r.Row.Status != 200 {
			t.Fatalf("it fared %+v", r.Row)
		}
	}
	eventually.Holds(t, "64 are kept at most", func() bool { return now.Load() <= 64 })
	if all.Load() != clients || now.Load() == 0 {
		t.Errorf("%d connections, %d are kept", all.Load(), now.Load())
	}
}

// A message that a rule sends elsewhere, one whose time is over, and the end of Posthouse: each has
// its row, and the others of its connection go on.
func TestMessagesOfAConnectionThatFareOtherwise(t *testing.T) {
	route, other := detoured(t, "")
	m := inStreams(route, outgoing.NewClient())
	m.Rules = true
	kept := send(t, route.Proxy, m)
	at := h2test.NewServer(t, "origin", route.Accept()).Start()
	at.ExpectHead(1)

	elsewhere := m
	elsewhere.Fields = slices.Clone(m.Fields)
	elsewhere.Fields[3].Value = "/x"
	elsewhere.From = kept.ID()
	s := send(t, route.Proxy, elsewhere)
	peer := other.Accept()
	peer.ExpectHead()
	peer.Send("HTTP/1.1 201 Created\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
	if r := result(t, s); r.Row.Status != 201 || !r.Row.Own || r.Row.From != kept.ID() || r.Row.ResponseSize != 2 {
		t.Errorf("elsewhere it fared %+v", r.Row)
	}
	s = send(t, route.Proxy, elsewhere)
	other.Accept().ExpectHead()
	s.Cancel()
	if r := result(t, s); r.Row.Reason.Code != reason.SendCancelled || r.Row.Failure != flow.FailureClientGone {
		t.Errorf("cancelled elsewhere it fared %+v", r.Row)
	}

	late := m
	late.Timeout = 50 * time.Millisecond
	s = send(t, route.Proxy, late)
	if r := result(t, s); r.Row.Reason.Code != reason.SendLate || r.Row.Failure != flow.FailureResponseTimeout {
		t.Errorf("late it fared %+v", r.Row)
	}
	at.Until("RST_STREAM", func(f h2test.Frame) bool { return f.Type == http2.FrameRSTStream })
	at.Send(at.Headers(1, ":status: 200"))
	route.Proxy.Row(func(r flow.Row) bool { return r.ID == kept.ID() && r.Status == 200 })
	_ = route.Proxy.Shutdown(0)
	if r := result(t, kept); r.Row.Status != 200 || r.Row.Failure != flow.FailureShutdown {
		t.Errorf("at the end it fared %+v", r.Row)
	}
	if _, err := route.Proxy.Server.Send(t.Context(), m); err != proxy.ErrServerClosed {
		t.Errorf("a closed server says %v", err)
	}
}

// A body that cannot be read ends its stream alone, and so does an answer that comes before the
// body was asked for: neither is waited for.
func TestBodiesOfMessagesThatEndEarly(t *testing.T) {
	route := h2test.Through(t, nil)
	m := inStreams(route, outgoing.NewClient())
	kept := send(t, route.Proxy, m)
	at := h2test.NewServer(t, "origin", route.Accept()).Start()
	at.ExpectHead(1)
	broken := m
	broken.Body = outgoing.Body{Reader: strings.NewReader("short"), Size: 1000}
	if r := result(t, send(t, route.Proxy, broken)); r.Row.Failure != flow.FailureClientGone {
		t.Errorf("a broken body fared %+v", r.Row)
	}
	at.ExpectHead(3)
	at.UntilReset(3, http2.ErrCodeCancel)
	large := m
	large.Body.Bytes = make([]byte, 1<<20) // more than the windows
	s := send(t, route.Proxy, large)
	at.ExpectHead(5)
	at.Send(at.Headers(5, ":status: 413").End(), h2test.Reset(5, http2.ErrCodeNo))
	if r := result(t, s); r.Row.Status != 413 || r.Failed() {
		t.Errorf("it fared %+v", r.Row)
	}
	at.Send(at.Headers(1, ":status: 200").End())
	if r := result(t, kept); r.Row.Status != 200 || r.Failed() {
		t.Errorf("the other fared %+v", r.Row)
	}
}
