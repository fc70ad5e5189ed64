package proxy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

const (
	slowRule = "[[rule]]\nname='Slow'\nthrottle = { down = '200 kB/s', up = '200 kB/s' }\n"
	slowBody = 40_000                 // bytes
	slowTime = 150 * time.Millisecond // that they need at least, with what may be caught up
)

// atLeast fails a test that took less time than a slow line needs.
func atLeast(t *testing.T, since time.Time, what string) {
	t.Helper()
	if took := time.Since(since); took < slowTime {
		t.Errorf("%s took %v", what, took)
	}
}

// Bodies pass slowly both ways, whatever frames them, and whole; the next exchange that no rule
// throttles is as quick as ever.
func TestRulesThrottle(t *testing.T) {
	p := ruled(t, slowRule)
	origin, client := p.Origin(), p.Client().Quiet()
	body := strings.Repeat("0123456789", slowBody/10)
	began := time.Now()
	go client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 40000\r\n\r\n" + body)
	at := origin.Accept().Quiet()
	at.Expect("POST / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 40000\r\n\r\n" + body)
	atLeast(t, began, "the request")
	for _, response := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + body,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9c40\r\n" + body + "\r\n0\r\n\r\n"} {
		began = time.Now()
		go at.Send(response)
		client.Expect(response)
		atLeast(t, began, "the response")
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		at.ExpectHead()
	}
	at.Send(ok2)
	client.Expect(ok2)
	row := p.Finished(1)
	if row.Effects != flow.EffectApplied|flow.EffectDelayed || row.Modified() || !slices.Equal(did(p),
		[]flow.ReasonCode{reason.RuleThrottled}) {
		t.Errorf("%+v %v", row, did(p))
	}
	p.Server.Configure(proxy.Config{})
	const large = 4 << 20
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.ExpectHead()
	began = time.Now()
	go at.Send("HTTP/1.1 200 OK\r\nContent-Length: 4194304\r\n\r\n" + strings.Repeat("x", large))
	client.ExpectN(len("HTTP/1.1 200 OK\r\nContent-Length: 4194304\r\n\r\n") + large)
	if took := time.Since(began); took > 10*time.Second { // 20 s on the slow line
		t.Error("still slow:", took)
	}
}

// All connections of a rule share its line.
func TestRulesThrottleShareALine(t *testing.T) {
	p := ruled(t, slowRule)
	origin := p.Origin()
	var clients, ends []*proxytest.Conn
	for range 2 {
		client := p.Client().Quiet()
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		at := origin.Accept().Quiet()
		at.ExpectHead()
		clients, ends = append(clients, client), append(ends, at)
	}
	body := strings.Repeat("0123456789", slowBody/20)
	began := time.Now()
	for _, at := range ends {
		go at.Send("HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + body)
	}
	for _, client := range clients {
		client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + body)
	}
	atLeast(t, began, "both")
}

// Tunnels are slow, and stay so.
func TestRulesThrottleTunnels(t *testing.T) {
	p := ruled(t, slowRule)
	origin, client := p.Origin(), p.Client().Quiet()
	client.Send(connect)
	at := origin.Accept().Quiet()
	client.ExpectStatus(200)
	body := strings.Repeat("0123456789", slowBody/10)
	for _, one := range []struct{ from, to *proxytest.Conn }{{client, at}, {at, client}} {
		began := time.Now()
		go one.from.Send(body)
		one.to.Expect(body)
		atLeast(t, began, "one way")
	}
}

// Inside TLS over HTTP/1.
func TestRulesThrottleInside(t *testing.T) {
	o := openRuled(t, slowRule)
	c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
	c.Quiet()
	at.Quiet()
	c.Send(insideGet)
	at.Expect(insideGet)
	response := "HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + strings.Repeat("0123456789", slowBody/10)
	began := time.Now()
	go at.Send(response)
	c.Expect(response)
	atLeast(t, began, "the response")
}

// Over HTTP/2 the connection is slow for what asks for the host alone.
func TestRulesThrottleOverHTTP2(t *testing.T) {
	route := ruledRoute(t, slowRule)
	client, origin := route.Started()
	slowOverHTTP2(t, route, client, origin, "/x", func(began time.Time) { atLeast(t, began, "the response") })
}

// Other rules make the streams slow that they apply to, both ways; others go on as ever.
func TestRulesThrottleStreams(t *testing.T) {
	route := ruledRoute(t, strings.Replace(slowRule, "[[rule]]", "[[rule]]\nwhen='path:/x'", 1))
	client, origin := route.Started()
	slowOverHTTP2(t, route, client, origin, "/x", func(began time.Time) { atLeast(t, began, "the response") })
	client.Send(client.Headers(3, append([]string{":method: POST"}, append(slices.Clone(asked[1:3]), ":path: /x")...)...))
	origin.ExpectHead(3)
	began := time.Now()
	for range 4 {
		client.Send(h2test.Data(3, strings.Repeat("x", slowBody/4)))
	}
	client.Send(h2test.Data(3, "").End(), client.Headers(5, append(slices.Clone(asked[:3]), ":path: /y")...).End())
	origin.Until("the other request", func(f h2test.Frame) bool { return f.Stream == 5 })
	if took := time.Since(began); took >= slowTime {
		t.Errorf("the other request took %v", took)
	}
	origin.Until("the body", func(f h2test.Frame) bool { return f.Stream == 3 && f.Flags&h2test.EndStream != 0 })
	atLeast(t, began, "the request")
}

func slowOverHTTP2(t *testing.T, route *h2test.Route, client, origin *h2test.Peer, path string, took func(began time.Time)) {
	t.Helper()
	client.Quiet()
	origin.Quiet()
	client.Send(client.Headers(1, append(slices.Clone(asked[:3]), ":path: "+path)...).End())
	origin.ExpectHead(1)
	body := strings.Repeat("0123456789", slowBody/10)
	began := time.Now()
	origin.Send(origin.Headers(1, ":status: 200"))
	for rest := body; rest != ""; {
		n := min(10_000, len(rest))
		frame := h2test.Data(1, rest[:n])
		if rest = rest[n:]; rest == "" {
			frame = frame.End()
		}
		origin.Send(frame)
	}
	client.ExpectHead(1, ":status: 200")
	client.ExpectBody(1, body)
	took(began)
	row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == path && r.Phase.Final() })
	x := route.Proxy.Exchange(row.ID)
	if got := codesOf(x.Ruled.Did); !slices.Equal(got, []flow.ReasonCode{reason.RuleThrottled}) ||
		row.Effects != flow.EffectApplied|flow.EffectDelayed {
		t.Error(got, row.Effects)
	}
}

// What rules answer is slow likewise.
func TestRulesThrottleAnswersOfStreams(t *testing.T) {
	body := strings.Repeat("0123456789", slowBody/10)
	route := ruledRoute(t, strings.Replace(slowRule, "[[rule]]", "[[rule]]\nwhen='path:/x'\nanswer.text='"+body+"'", 1))
	client, _ := route.Started()
	client.Quiet()
	began := time.Now()
	client.Send(client.Headers(1, append(slices.Clone(asked[:3]), ":path: /x")...).End())
	client.ExpectHead(1, ":status: 200")
	client.ExpectBody(1, body)
	atLeast(t, began, "the answer")
}

// What waits for its place on a line ends when its client leaves, and when Posthouse does.
func TestRulesThrottledEnd(t *testing.T) {
	p := ruled(t, "[[rule]]\nthrottle.down = '1 kB/s'")
	origin, client := p.Origin(), p.Client().Quiet()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept().Quiet()
	at.ExpectHead()
	go func() {
		_ = at.TrySend("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 100_000))
	}()
	client.ExpectN(100)
	if err := p.Shutdown(time.Millisecond); err == nil {
		t.Error("it was not cut")
	}
	p.Finished(1)
}
