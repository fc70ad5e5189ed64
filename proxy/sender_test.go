package proxy_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
)

// send sends a message of Posthouse's own, which must be possible.
func send(t *testing.T, p *proxytest.Proxy, m outgoing.Message) *outgoing.Sending {
	t.Helper()
	s, err := p.Server.Send(t.Context(), m)
	if err != nil {
		t.Fatalf("it cannot be sent: %v", err)
	}
	return s
}

// result waits for the end of a sending.
func result(t *testing.T, s *outgoing.Sending) outgoing.Result {
	t.Helper()
	select {
	case <-s.Done():
	case <-time.After(proxytest.Deadline):
		t.Fatal("it has not ended")
	}
	return s.Wait()
}

// composed is a message for the first origin, of a head and a body.
func composed(p *proxytest.Proxy, head, body string) outgoing.Message {
	host, port, _ := strings.Cut(p.Text("{origin}"), ":")
	m := outgoing.Message{Scheme: "http", Host: host, Head: []byte(p.Text(head)), Body: outgoing.Body{Bytes: []byte(body)}}
	for _, c := range port {
		m.Port = 10*m.Port + uint16(c-'0')
	}
	return m
}

// resend sends again what has passed: the origin gets the same bytes, but for where chunks begin.
func (p passing) resend(t *testing.T, proxy *proxytest.Proxy, origin *proxytest.Origin) {
	t.Helper()
	row := proxy.Finished(1)
	x := proxy.Exchange(1)
	m, err := outgoing.FromExchange(&x)
	if err != nil {
		if row.Kind == flow.KindTunnel || len(x.RequestHead) == 0 || x.RequestBody.State == flow.BodyCut {
			return
		}
		t.Fatalf("what passed cannot be sent again: %v", err)
	}
	s := send(t, proxy, m)
	at := origin.Accept()
	defer at.Close()
	if asked := p.asked; asked != "" {
		if head, _, _ := strings.Cut(asked, "\r\n\r\n"); strings.Contains(strings.ToLower(head), "\r\ntransfer-encoding:") {
			asked = head + "\r\n\r\n"
		}
		at.Expect(asked)
	} else {
		at.ExpectHead()
	}
	at.Close()
	got := result(t, s)
	if again := proxy.Finished(got.Row.ID); !again.Own || again.From != 1 || again.App != "Posthouse" || again.Method != row.Method ||
		again.URL() != row.URL() {
		t.Errorf("the row is %+v, of %+v", again, row)
	}
}

// What clients are refused for is sent as it stands where a person asks for it.
func TestOwnRequestsGoOutByteForByte(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	for name, c := range refusedRequests() {
		head, body, whole := strings.Cut(c.request, "\r\n\r\n")
		if len(c.request) > 250<<10 {
			continue // longer than any head may be
		}
		if whole {
			head += "\r\n\r\n"
		}
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			m := composed(p, head, body)
			m.RawBody = true
			s := send(t, p, m)
			at := origin.Accept()
			at.Expect(head + body)
			at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			r := result(t, s)
			if r.Row.Status != 200 || r.Failed() || r.Row.ResponseSize != 2 && r.Row.Method != "HEAD" || !r.Row.Own {
				t.Errorf("it fared %+v", r.Row)
			}
			at.Close()
			if x := p.Exchange(s.ID()); string(x.RequestHead) != p.Text(head) || string(x.RequestBody.Bytes) != body {
				t.Errorf("the row has %q and %q", x.RequestHead, x.RequestBody.Bytes)
			}
		})
	}
}

// A connection that carried what can be read in two ways carries nothing else.
func TestOwnOddRequestsShareNoConnection(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	get := composed(p, "GET /first HTTP/1.1\r\nHost: {origin}\r\n\r\n", "")
	odd := composed(p, "POST /odd HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\n", "hello")
	s := send(t, p, get)
	first := origin.Accept()
	first.ExpectHead()
	first.Send(ok2)
	result(t, s)
	s = send(t, p, odd)
	second := origin.Accept() // not the pooled one
	second.Expect("POST /odd HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhello")
	second.Send(ok2)
	result(t, s)
	second.ExpectGone()
	s = send(t, p, get)
	first.Expect("GET /first HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	first.Send(ok2)
	if r := result(t, s); !r.Row.Timing.Reused {
		t.Errorf("an ordinary one did not use the pooled connection: %+v", r.Row)
	}
}

func TestOwnRequestFixesItsLengthWhereAsked(t *testing.T) {
	const post = "POST / HTTP/1.1\r\nHost: h\r\n"
	for name, c := range map[string]struct{ head, body, asked string }{
		"wrong":   {post + "content-LENGTH :  9 \r\nB: 1\r\n\r\n", "abc", post + "content-LENGTH :  3\r\nB: 1\r\n\r\nabc"},
		"missing": {post + "\r\n", "abc", post + "Content-Length: 3\r\n\r\nabc"},
		"twice":   {post + "Content-Length: 1\r\nA: 1\r\nContent-Length: 2\r\n\r\n", "abc", post + "Content-Length: 3\r\nA: 1\r\n\r\nabc"},
		"right":   {post + "Content-Length: 3\r\n\r\n", "abc", post + "Content-Length: 3\r\n\r\nabc"},
		"emptied": {post + "Content-Length: 3\r\n\r\n", "", post + "Content-Length: 0\r\n\r\n"},
		"none":    {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
		"chunked": {post + "Transfer-Encoding: chunked\r\n\r\n", "abc", post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin := p.Origin()
			m := composed(p, c.head, c.body)
			m.FixLength = true
			s := send(t, p, m)
			at := origin.Accept()
			at.Expect(c.asked)
			at.Send(ok2)
			if r := result(t, s); r.Failed() || r.Row.RequestSize != int64(len(c.body)) {
				t.Errorf("it fared %+v", r.Row)
			}
		})
	}
}

func TestOwnRequestIsCancelled(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	m := composed(p, "GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n", "")
	ctx, cancel := context.WithCancel(t.Context())
	s, err := p.Server.Send(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	at := origin.Accept()
	at.ExpectHead()
	<-s.Begun()
	cancel()
	at.ExpectGone()
	r := result(t, s)
	if r.Row.Failure != flow.FailureClientGone || r.Row.Reason.Code != reason.SendCancelled || r.Row.Status != 0 || r.Row.ID != s.ID() {
		t.Errorf("it fared %+v", r.Row)
	}
	m.Timeout = 50 * time.Millisecond
	s = send(t, p, m)
	at = origin.Accept()
	at.ExpectHead()
	at.ExpectGone()
	if r := result(t, s); r.Row.Failure != flow.FailureResponseTimeout || r.Row.Reason.Code != reason.SendLate {
		t.Errorf("it fared %+v", r.Row)
	}
	if row := p.Finished(r.Row.ID); row.Reason.Code != reason.SendCancelled {
		t.Errorf("the row is %+v", row)
	}
}

// What a person sends has a row also while recording is paused.
func TestOwnRequestIsRecordedWhileRecordingIsPaused(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	p.Store.SetRecording(false)
	s := send(t, p, composed(p, "GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n", ""))
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	if r := result(t, s); r.Row.Status != 200 || string(p.Exchange(s.ID()).ResponseBody.Bytes) != "ok" {
		t.Errorf("it fared %+v", r.Row)
	}
}

func TestOwnRequestsFollowRedirects(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	m := composed(p, "POST /a HTTP/1.1\r\nHost: {origin}\r\nX: 1\r\nCookie: a=b\r\nContent-Type: t\r\nContent-Length: 2\r\n\r\n", "hi")
	m.Follow = 2
	s := send(t, p, m)
	at := origin.Accept()
	at.Expect("POST /a HTTP/1.1\r\nHost: {origin}\r\nX: 1\r\nCookie: a=b\r\nContent-Type: t\r\nContent-Length: 2\r\n\r\nhi")
	at.Send("HTTP/1.1 307 Go\r\nLocation: /b?c#d\r\nContent-Length: 0\r\n\r\n")
	at = origin.Accept() // a POST goes over no connection that has carried another
	at.Expect("POST /b?c HTTP/1.1\r\nHost: {origin}\r\nX: 1\r\nCookie: a=b\r\nContent-Type: t\r\nContent-Length: 2\r\n\r\nhi")
	at.Send("HTTP/1.1 302 Go\r\nLocation: c\r\nContent-Length: 0\r\n\r\n")
	at.Expect("GET /c HTTP/1.1\r\nHost: {origin}\r\nX: 1\r\nCookie: a=b\r\n\r\n")
	at.Send("HTTP/1.1 302 Go\r\nLocation: http://other.example/\r\nContent-Length: 0\r\n\r\n")
	r := result(t, s)
	if r.Problem == nil || len(r.Hops) != 3 || r.Row.Status != 302 || p.Finished(r.Hops[1]).From != r.Hops[0] {
		t.Errorf("it fared %+v", r)
	}
}

func TestServerEndsOwnRequests(t *testing.T) {
	p := proxytest.Start(t)
	origin := p.Origin()
	m := composed(p, "GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n", "")
	s := send(t, p, m)
	at := origin.Accept()
	at.ExpectHead()
	_ = p.Shutdown(0)
	if r := result(t, s); r.Row.Failure != flow.FailureShutdown {
		t.Errorf("it fared %+v", r.Row)
	}
	if _, err := p.Server.Send(t.Context(), m); err != proxy.ErrServerClosed {
		t.Errorf("a closed server says %v", err)
	}
}
