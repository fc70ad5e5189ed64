package proxy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/breakpoints"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
)

// What nobody decides goes on as it came when its time is over, and the row says so.
func TestBreakpointTimesOut(t *testing.T) {
	p, q := atBreaks(t, "[[rule]]\nbreak = 'request'")
	q.Set(true, 150*time.Millisecond)
	origin, client := p.Origin(), p.Client()
	began := time.Now()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.Expect("GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	if waited := time.Since(began); waited < 150*time.Millisecond {
		t.Errorf("it waited for %v", waited)
	}
	at.Send("HTTP/1.1 204 No Content\r\n\r\n")
	client.ExpectStatus(204)
	if row := p.Finished(1); row.Effects&flow.EffectFailed == 0 || did(p)[0] != reason.BreakLate {
		t.Errorf("%v %v", row.Effects, did(p))
	}
	nothingHeld(t, q)
}

// Stopping lets what waits go on, and ends in time.
func TestBreakpointsGoOnWhenPosthouseStops(t *testing.T) {
	p, q := atBreaks(t, "[[rule]]\nbreak = 'both'")
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	m := waiting(t, q, 1)
	stopped := make(chan error, 1)
	go func() { stopped <- p.Shutdown(proxytest.Deadline) }()
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 204 No Content\r\n\r\n")
	client.ExpectStatus(204)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if m.State() != breakpoints.Stopped || did(p)[0] != reason.BreakStopped {
		t.Error(m.State(), did(p))
	}
	nothingHeld(t, q)
}

// A thousand wait within 64 MiB; the next one passes, and its row says why.
func TestBreakpointsAreBounded(t *testing.T) {
	p, q := atBreaks(t, "[[rule]]\nname = 'B'\nbreak = 'request'")
	origin := p.Origin()
	origin.Serve(proxytest.Answering("HTTP/1.1 204 No Content\r\n\r\n"))
	const messages = breakpoints.MaxMessages
	clients := make([]*proxytest.Conn, messages)
	for i := range clients {
		clients[i] = p.Client().Quiet()
		clients[i].Send(fmt.Sprintf("GET http://{origin}/%d HTTP/1.1\r\nHost: {origin}\r\n\r\n", i))
	}
	waiting(t, q, messages)
	if held := q.Held(); held > breakpoints.MaxHeld || held == 0 {
		t.Error(held)
	}
	late := p.Client()
	late.Send("GET http://{origin}/late HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	late.ExpectStatus(204)
	row := p.Row(func(r flow.Row) bool { return r.Path == "/late" && r.Phase.Final() })
	if x, _ := p.Store.Get(row.ID); row.Effects&flow.EffectFailed == 0 || x.Ruled.Did[0] != reason.BreakPassed.With("B",
		reason.BreakTheRequest.With(), reason.BreakMany.With(messages)) {
		t.Errorf("%+v %v", row.Effects, x.Ruled.Did)
	}
	q.AllGo()
	for _, c := range clients {
		c.ExpectStatus(204)
	}
	nothingHeld(t, q)
}

// Bodies count, and so do the buffers that they lie in: what finds no room passes behind its head.
func TestBreakpointsHoldBodiesWithinTheirBound(t *testing.T) {
	p, q := atBreaks(t, "[[rule]]\nbreak = 'request'")
	origin := p.Origin()
	const size = 900 << 10
	body := strings.Repeat("x", size)
	whole := make(chan bool, 100)
	origin.Serve(func(c *proxytest.Conn) {
		c.Quiet()
		c.ExpectHead()
		whole <- string(c.ExpectN(size)) == body
		c.Send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
	})
	var clients []*proxytest.Conn
	behind := 0
	for i := range 36 {
		c := p.Client().Quiet()
		clients = append(clients, c)
		text := fmt.Sprintf("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: %d\r\n\r\n%s", size, body)
		go c.SendBytes([]byte(p.Text(text)))
		m := waiting(t, q, i+1)
		if m.Behind.Code == reason.BreakFull {
			behind++
		} else if len(m.Body) != size {
			t.Errorf("%d: %d bytes, %v", i, len(m.Body), m.Behind)
		}
		if held := q.Held(); held > breakpoints.MaxHeld {
			t.Fatal(held)
		}
	}
	if behind == 0 || behind == 36 {
		t.Errorf("%d had no room", behind)
	}
	q.AllGo()
	for _, c := range clients {
		c.ExpectStatus(204)
		if !<-whole {
			t.Error("a body is another")
		}
	}
	nothingHeld(t, q)
}

// What is too large, does not end or is not sent yet passes behind its head, unedited and said.
func TestBreakpointBodiesBehindTheirHead(t *testing.T) {
	p, q := atBreaks(t, "[[rule]]\nbreak = 'both'")
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	m := waiting(t, q, 1)
	if m.Behind.Code != reason.BreakExpects {
		t.Error(m.Behind)
	}
	var bad *breakpoints.Unsendable
	err := m.Go(breakpoints.Edit{Head: m.Head, NewBody: true, Body: []byte("x")})
	if !errors.As(err, &bad) || bad.Why.Code != reason.BreakFraming {
		t.Error(err)
	}
	if err := m.Go(edit("Length: 2", "Length: 3", m)); !errors.As(err, &bad) || bad.Why.Code != reason.BreakFraming {
		t.Error(err)
	}
	must(t, m.Go(edit("POST", "PUT", m)))
	at := origin.Accept()
	at.Expect("PUT / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	at.Send("HTTP/1.1 100 Continue\r\n\r\n")
	client.ExpectStatus(100)
	client.Send("hi")
	at.Expect("hi")
	for _, c := range []struct {
		head string
		why  flow.ReasonCode
	}{
		{"Content-Length: 2000000\r\n", reason.BreakLarge},
		{"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n", reason.BreakStream},
		{"Transfer-Encoding: chunked\r\n", reason.BreakSlow},
	} {
		at.Send("HTTP/1.1 200 OK\r\n" + c.head + "\r\n")
		m = waiting(t, q, 1)
		if m.Behind.Code != c.why {
			t.Error(m.Behind)
		}
		must(t, m.Go(edit("200 OK", "203 Odd", m)))
		client.Expect("HTTP/1.1 203 Odd\r\n" + c.head + "\r\n")
		if c.why == reason.BreakLarge {
			at.SendBytes(make([]byte, 2000000))
			client.ExpectN(2000000)
		} else {
			at.Send("2\r\nab\r\n")
			client.Expect("2\r\nab\r\n")
			at.Send("0\r\n\r\n")
			client.Expect("0\r\n\r\n")
		}
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		must(t, waiting(t, q, 1).GoUnchanged())
		at.ExpectHead()
	}
}

// An edit that could be read in two ways is refused, unless it is sent as it is typed: then no
// connection is used again, and the row says so.
func TestBreakpointsDoNotSmuggle(t *testing.T) {
	p, q := atBreaks(t, "[[rule]]\nbreak = 'both'")
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi")
	m := waiting(t, q, 1)
	for _, head := range []string{"Content-Length: 2\r\nTransfer-Encoding: chunked", "Content-Length: 2\r\nContent-Length: 3",
		"A : b", "A: b\nC: d", "A: b\rc", "Transfer-Encoding: x, chunked", "A: b\r\n\r\nGET /other HTTP/1.1\r\nHost: x"} {
		var bad *breakpoints.Unsendable
		if err := m.Go(edit("Content-Length: 2", head, m)); !errors.As(err, &bad) {
			t.Errorf("%q: %v", head, err)
		}
	}
	for from, to := range map[string]string{"POST": "HEAD", "POST ": "CONNECT ", "http://": "gopher://", "HTTP/1.1": "HTTP/2.0"} {
		if err := m.Go(edit(from, to, m)); err == nil || m.State() != breakpoints.Waiting {
			t.Errorf("%q: %v", to, err)
		}
	}
	must(t, m.Go(breakpoints.Edit{Raw: true, NewBody: true, Body: []byte("0\r\n\r\nGET /other HTTP/1.1\r\n\r\n"),
		Head: []byte(p.Text("POST / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"))}))
	at := origin.Accept()
	at.Expect("POST / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"0\r\n\r\nGET /other HTTP/1.1\r\n\r\n")
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhoHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxx")
	m = waiting(t, q, 1)
	must(t, m.Go(breakpoints.Edit{Raw: true, Head: []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n")}))
	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\nho")
	client.ExpectEnd()
	at.ExpectGone()
	p.Finished(1)
	if got := did(p); len(got) != 2 || got[0] != reason.BreakRaw || got[1] != reason.BreakRaw {
		t.Error(got)
	}
	nothingHeld(t, q)
}

// HEAD and statuses without a body have none, whatever is typed.
func TestBreakpointsOfMessagesWithoutABody(t *testing.T) {
	p, q := atBreaks(t, "[[rule]]\nbreak = 'response'")
	origin, client := p.Origin(), p.Client()
	client.Send("HEAD http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
	m := waiting(t, q, 1)
	e := edit("100", "50", m)
	e.NewBody, e.Body = true, []byte("body")
	if err := m.Go(e); err == nil {
		t.Error("HEAD has a body")
	}
	must(t, m.Go(edit("100", "50", m)))
	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n")
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.ExpectHead()
	at.Send("HTTP/1.1 204 No Content\r\n\r\n")
	m = waiting(t, q, 1)
	e = edit("204 No Content", "200 OK", m)
	e.NewBody, e.Body = true, []byte("body")
	must(t, m.Go(e))
	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.ExpectHead()
	at.Send("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n")
	m = waiting(t, q, 1)
	must(t, m.Go(edit("Not Modified", "Same", m)))
	client.Expect("HTTP/1.1 304 Same\r\nContent-Length: 7\r\n\r\n")
}

// Inside TLS, of a host that is never recorded: messages wait as well, and nothing of them is kept.
func TestBreakpointsKeepNothingOfPrivateHosts(t *testing.T) {
	q := breakpoints.New()
	defer q.Watch().Close()
	o := openAll(t, func(d *decrypt.Options, config *proxy.Config) {
		d.NeverRecord = []string{"127.0.0.1"}
		config.Breakpoints, config.Rules = q, ruleSet(t, breakBoth)
	})
	c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
	c.Send("GET /secret HTTP/1.1\r\nHost: x\r\n\r\n")
	m := waiting(t, q, 1)
	if m.Row.Scheme != "https" || m.Row.Path != "/secret" {
		t.Errorf("%+v", m.Row)
	}
	must(t, m.Go(edit("/secret", "/other", m)))
	at.Expect("GET /other HTTP/1.1\r\nHost: x\r\n\r\n")
	large := strings.Repeat("y", 300<<10)
	at.Send(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(large), large))
	m = waiting(t, q, 1)
	if string(m.Body) != large {
		t.Errorf("%d bytes, %v", len(m.Body), m.Behind)
	}
	e := edit("200", "201", m)
	e.NewBody, e.Body = true, []byte("small")
	must(t, m.Go(e))
	c.Expect("HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsmall\r\n0\r\n\r\n")
	x := o.Exchange(2)
	kept := len(x.RequestHead) + len(x.ResponseHead) + len(x.ResponseBody.Bytes) + len(x.Ruled.Request) + len(x.Ruled.Response)
	if kept > 0 {
		t.Errorf("%d bytes are kept", kept)
	}
	if x.Effects&(flow.EffectRequest|flow.EffectResponse) != flow.EffectRequest|flow.EffectResponse {
		t.Error(x.Effects)
	}
	c.Send(insideGet)
	must(t, waiting(t, q, 1).GoUnchanged())
	at.Expect(insideGet)
	at.Send(ok2)
	must(t, waiting(t, q, 1).GoUnchanged())
	c.Expect(ok2)
	nothingHeld(t, q)
}
