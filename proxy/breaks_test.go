package proxy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/reason"
)

// atBreaks is a proxy with breakpoints that somebody watches.
func atBreaks(t *testing.T, rules string) (*proxytest.Proxy, *breakpoints.Queue) {
	t.Helper()
	q := breakpoints.New()
	watch := q.Watch()
	t.Cleanup(watch.Close)
	config := proxy.Config{Breakpoints: q}
	if rules != "" {
		config.Rules = ruleSet(t, rules)
	}
	return proxytest.StartWith(t, proxytest.Options{Config: config}), q
}

// waiting waits until so many messages wait, and returns the last of them.
func waiting(t *testing.T, q *breakpoints.Queue, n int) *breakpoints.Message {
	t.Helper()
	eventually.Holds(t, "messages wait", func() bool { return q.Waiting() == n })
	return q.List()[n-1]
}

func nothingHeld(t *testing.T, q *breakpoints.Queue) {
	t.Helper()
	eventually.Holds(t, "nothing is held", func() bool { return q.Held() == 0 })
}

func edit(from, to string, m *breakpoints.Message) breakpoints.Edit {
	return breakpoints.Edit{Head: []byte(strings.Replace(string(m.Head), from, to, 1))}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const breakBoth = "[[rule]]\nname = 'B'\nbreak = 'both'"

// What waits and is not edited passes byte for byte, and the origin is not connected to before.
func TestBreakpointPassesTheOriginal(t *testing.T) {
	p, q := atBreaks(t, breakBoth)
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/a HTTP/1.1\r\nHost: {origin}\r\nx-ODD:  1 \r\nContent-Length: 2\r\n\r\nhi")
	m := waiting(t, q, 1)
	if m.Part != breakpoints.Request || m.Row.Method != "POST" || m.Row.ID != 1 || m.Label != "B" || string(m.Body) != "hi" ||
		!strings.Contains(string(m.Head), "x-ODD:  1 \r\n") {
		t.Errorf("%+v", m.Content)
	}
	origin.NotAsked()
	must(t, m.GoUnchanged())
	at := origin.Accept()
	at.Expect("POST /a HTTP/1.1\r\nHost: {origin}\r\nx-ODD:  1 \r\nContent-Length: 2\r\n\r\nhi")
	at.Send("HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n")
	m = waiting(t, q, 1)
	if m.Part != breakpoints.Response || m.Row.Status != 200 || string(m.Body) != "abc" || !m.Behind.IsZero() {
		t.Errorf("%+v", m.Content)
	}
	client.Silence(50 * time.Millisecond)
	must(t, m.GoUnchanged())
	client.Expect("HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n")
	row := p.Finished(1)
	if row.Effects != flow.EffectApplied|flow.EffectDelayed || row.Modified() {
		t.Errorf("%v", row.Effects)
	}
	if got := did(p); len(got) != 2 || got[0] != reason.BreakUnchanged || got[1] != reason.BreakUnchanged {
		t.Error(got)
	}
	nothingHeld(t, q)
	if err := m.GoUnchanged(); !errors.Is(err, breakpoints.ErrDecided) {
		t.Error(err)
	}
	// The connections carry the next exchange.
	client.Send("GET http://{origin}/b HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	must(t, waiting(t, q, 1).GoUnchanged())
	at.Expect("GET /b HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.Send("HTTP/1.1 204 No Content\r\n\r\n")
	must(t, waiting(t, q, 1).GoUnchanged())
	client.Expect("HTTP/1.1 204 No Content\r\n\r\n")
}

// Head and body of both messages are edited; only that differs, and the row has both.
func TestBreakpointEdits(t *testing.T) {
	p, q := atBreaks(t, breakBoth)
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/a HTTP/1.1\r\nHost: {origin}\r\nx-ODD:  1 \r\nContent-Length: 2\r\nZ: 1\r\n\r\nhi")
	m := waiting(t, q, 1)
	e := edit("/a HTTP", "/b HTTP", m)
	e.NewBody, e.Body = true, []byte("hello")
	must(t, m.Go(e))
	at := origin.Accept()
	at.Expect("POST /b HTTP/1.1\r\nHost: {origin}\r\nx-ODD:  1 \r\nContent-Length: 5\r\nZ: 1\r\n\r\nhello")
	at.Send("HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nA:  b\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n")
	m = waiting(t, q, 1)
	e = edit("200 Fine", "418 Teapot", m)
	e.NewBody, e.Body = true, []byte("short and stout!")
	must(t, m.Go(e))
	client.Expect("HTTP/1.1 418 Teapot\r\nTransfer-Encoding: chunked\r\nA:  b\r\n\r\n10\r\nshort and stout!\r\n0\r\nT: 1\r\n\r\n")
	row := p.Finished(1)
	if row.Effects != flow.EffectApplied|flow.EffectDelayed|flow.EffectRequest|flow.EffectResponse || row.Status != 418 {
		t.Errorf("%v %d", row.Effects, row.Status)
	}
	x := p.Exchange(1)
	if !strings.Contains(string(x.Ruled.Request), "/b HTTP") || !strings.Contains(string(x.ResponseHead), "200 Fine") ||
		!strings.Contains(string(x.Ruled.Response), "418 Teapot") {
		t.Errorf("%q %q %q", x.Ruled.Request, x.ResponseHead, x.Ruled.Response)
	}
	if got := did(p); len(got) != 3 || got[0] != reason.BreakLength && got[1] != reason.BreakLength {
		t.Error(got)
	}
	// Both connections are in step.
	client.Send("GET http://{origin}/c HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	must(t, waiting(t, q, 1).GoUnchanged())
	at.Expect("GET /c HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
	m = waiting(t, q, 1)
	e = edit("200 OK", "204 No Content", m)
	var bad *breakpoints.Unsendable
	if err := m.Go(e); !errors.As(err, &bad) || bad.Why.Code != reason.BreakNoBody {
		t.Error(err)
	}
	e.NewBody = true
	must(t, m.Go(e))
	client.Expect("HTTP/1.1 204 No Content\r\n\r\n")
	nothingHeld(t, q)
}

// A person's answer needs no origin, and an abort resets.
func TestBreakpointAnswersAndAborts(t *testing.T) {
	p, q := atBreaks(t, "[[rule]]\nbreak = 'request'")
	client := p.Client()
	client.Send("POST http://nowhere.invalid/a HTTP/1.1\r\nHost: nowhere.invalid\r\nContent-Length: 2\r\n\r\nhi")
	m := waiting(t, q, 1)
	for head, why := range map[string]flow.ReasonCode{"HTTP/1.1 100 Go on\r\n\r\n": reason.BreakStatus,
		"HTTP/1.1 204 None\r\n\r\n": reason.BreakNoBody} {
		var bad *breakpoints.Unsendable
		if err := m.Answer(breakpoints.Edit{Head: []byte(head), Body: []byte("x")}); !errors.As(err, &bad) || bad.Why.Code != why {
			t.Error(head, err)
		}
	}
	must(t, m.Answer(breakpoints.Edit{Head: []byte("HTTP/1.1 404 No\r\nDate: mine\r\nX-A: b\r\nKeep-Alive: timeout=5\r\n" +
		"Content-Length: 99\r\n\r\n"), Body: []byte("gone")}))
	head := client.ExpectStatus(404)
	if !strings.Contains(head, "\r\nDate: mine\r\nX-A: b\r\nContent-Length: 4\r\n") || strings.Count(head, "Date:") != 1 {
		t.Errorf("%q", head)
	}
	client.Expect("gone")
	told := p.Exchange(1).Ruled.Did
	if i := slices.Index(told, reason.BreakDropped.With("1", "Keep-Alive, Content-Length")); i < 0 ||
		!slices.Contains(told[i:], reason.BreakPhrase.With("1", "No")) {
		t.Error(told)
	}
	if row := p.Finished(1); row.Effects&flow.EffectAnswered == 0 || row.Reason.Code != reason.BreakAnswered {
		t.Errorf("%+v", row)
	}
	client.Send("GET http://nowhere.invalid/b HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	must(t, waiting(t, q, 1).Abort())
	client.ExpectReset()
	if row := p.Finished(2); row.Effects&flow.EffectBlocked == 0 || row.Reason.Code != reason.BreakAborted {
		t.Errorf("%+v", row)
	}
	nothingHeld(t, q)
}

// An aborted response resets the client; what came stays in the row.
func TestBreakpointAbortsAResponse(t *testing.T) {
	p, q := atBreaks(t, "[[rule]]\nbreak = 'response'")
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: 2\r\n\r\nho")
	must(t, waiting(t, q, 1).Abort())
	client.ExpectReset()
	row := p.Finished(1)
	if row.Effects&flow.EffectBlocked == 0 || row.Status != 200 || row.ContentType != "text/x" || row.Failure != flow.FailureNone {
		t.Errorf("%+v", row)
	}
	at.ExpectGone()
	nothingHeld(t, q)
}

// A client that leaves ends the wait, of a request and of a response.
func TestBreakpointsEndWhenTheClientLeaves(t *testing.T) {
	p, q := atBreaks(t, breakBoth)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	m := waiting(t, q, 1)
	client.Reset()
	row := p.Finished(1)
	if row.Failure != flow.FailureClientGone || m.State() != breakpoints.Left || did(p)[0] != reason.BreakLeft {
		t.Errorf("%+v %v", row, m.State())
	}
	origin.NotAsked()
	client = p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	must(t, waiting(t, q, 1).GoUnchanged())
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nho")
	m = waiting(t, q, 1)
	client.Reset()
	row = p.Finished(2)
	if row.Failure != flow.FailureClientGone || m.State() != breakpoints.Left || row.Status != 200 {
		t.Errorf("%+v %v", row, m.State())
	}
	nothingHeld(t, q)
}

// An origin that closes while its response waits loses nothing of what came.
func TestBreakpointOutlivesTheOrigin(t *testing.T) {
	p, q := atBreaks(t, "[[rule]]\nbreak = 'response'")
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\n\r\nuntil the end")
	at.Close()
	m := waiting(t, q, 1)
	if string(m.Body) != "until the end" {
		t.Errorf("%q", m.Body)
	}
	e := edit("200", "201", m)
	e.NewBody, e.Body = true, []byte("new")
	must(t, m.Go(e))
	client.Expect("HTTP/1.1 201 OK\r\nContent-Length: 3\r\n\r\nnew")
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at = origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nho")
	at.Close()
	m = waiting(t, q, 1)
	if m.Behind.Code != reason.BreakBroken {
		t.Errorf("%+v", m.Behind)
	}
	must(t, m.GoUnchanged())
	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nho")
	client.ExpectEnd()
	if row := p.Finished(2); row.Failure != flow.FailureTruncated {
		t.Errorf("%+v", row)
	}
}
