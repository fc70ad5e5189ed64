package proxy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/breakpoints"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

func h2Breaks(t *testing.T, text string) (*h2test.Route, *breakpoints.Queue) {
	t.Helper()
	q := breakpoints.New()
	t.Cleanup(q.Watch().Close)
	set := ruleSet(t, text)
	return h2test.Through(t, func(_ *decrypt.Options, c *proxy.Config) { c.Rules, c.Breakpoints = set, q }), q
}

// rowOf waits for the final row of a path.
func rowOf(route *h2test.Route, path string) flow.Exchange {
	row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == path && r.Phase.Final() })
	x, _ := route.Proxy.Store.Get(row.ID)
	return x
}

func at(path string, more ...string) []string {
	return append(append(slices.Clone(asked[:3]), ":path: "+path), more...)
}

// Over HTTP/2 one stream waits and others go on; head and body of both messages are edited.
func TestBreakpointsOverHTTP2(t *testing.T) {
	route, q := h2Breaks(t, "[[rule]]\nname = 'B'\nwhen = 'path:/wait'\nbreak = 'both'")
	client, origin := route.Started()
	client.Send(client.Headers(1, at("/wait", "content-length: 2", "!authorization: b", "x-a: 1")...), h2test.Data(1, "hi").End(),
		client.Headers(3, asked...).End())
	origin.ExpectFields(3, asked...)
	origin.Send(origin.Headers(3, ":status: 204").End())
	client.ExpectFields(3, ":status: 204")
	m := waiting(t, q, 1)
	if string(m.Body) != "hi" || m.CanRaw || m.Label != "B" || m.Row.Path != "/wait" ||
		!strings.HasPrefix(string(m.Head), ":method: GET\r\n:scheme: https\r\n") {
		t.Errorf("%q %+v", m.Head, m.Content)
	}
	for _, wrong := range []string{"X-Upper: 1", "connection: close", "no colon", ":path: /twice", "te: gzip"} {
		var bad *breakpoints.Unsendable
		if err := m.Go(edit("x-a: 1", wrong, m)); !errors.As(err, &bad) {
			t.Error(wrong, err)
		}
	}
	e := edit("x-a: 1", "x-a: 2", m)
	e.NewBody, e.Body = true, []byte("hello")
	must(t, m.Go(e))
	origin.ExpectFields(5, ":method: GET", ":scheme: https", ":authority: a.example", ":path: /wait", "content-length: 5",
		"!authorization: b", "x-a: 2")
	origin.Expect(`DATA 5 END_STREAM "hello"`)
	origin.Send(origin.Headers(5, ":status: 200", "a: b"), h2test.Data(5, "ho").End())
	m = waiting(t, q, 1)
	if string(m.Body) != "ho" || m.Part != breakpoints.Response || m.Row.Status != 200 {
		t.Errorf("%+v", m.Content)
	}
	e = edit(":status: 200", ":status: 418", m)
	e.NewBody, e.Body = true, []byte("tea")
	must(t, m.Go(e))
	client.ExpectFields(1, ":status: 418", "a: b")
	client.Expect(`DATA 1 END_STREAM "tea"`)
	x := rowOf(route, "/wait")
	if x.Effects != flow.EffectApplied|flow.EffectDelayed|flow.EffectRequest|flow.EffectResponse ||
		!strings.Contains(string(x.Ruled.Request), "x-a: 2") || !strings.Contains(string(x.Ruled.Response), ":status: 418") {
		t.Errorf("%v %q %q", x.Effects, x.Ruled.Request, x.Ruled.Response)
	}
	nothingHeld(t, q)
}

// Over HTTP/2 a person answers, aborts, and lets the original go; a client that resets ends the wait.
func TestBreakpointsOverHTTP2End(t *testing.T) {
	route, q := h2Breaks(t, "[[rule]]\nwhen = 'path:/wait'\nbreak = 'request'")
	client, origin := route.Started()
	ask := func(stream uint32, path string) *breakpoints.Message {
		client.Send(client.Headers(stream, at(path)...).End())
		return waiting(t, q, 1)
	}
	must(t, ask(1, "/wait/answer").Answer(breakpoints.Edit{Body: []byte("gone"),
		Head: []byte("HTTP/1.1 404 Not Found\r\nDate: mine\r\nX-A: b\r\nConnection: close\r\n\r\n")}))
	if head := client.ExpectHead(1, ":status: 404"); !slices.Contains(h2test.Lines(head.Fields), "x-a: b") ||
		!slices.Contains(h2test.Lines(head.Fields), "date: mine") {
		t.Error(h2test.Lines(head.Fields))
	}
	client.ExpectBody(1, "gone")
	if x := rowOf(route, "/wait/answer"); x.Effects&flow.EffectAnswered == 0 ||
		!slices.Equal(x.Ruled.Did[1:], []flow.Reason{reason.BreakDropped.With("1", "Connection")}) {
		t.Error(x.Effects, x.Ruled.Did)
	}
	must(t, ask(3, "/wait/abort").Abort())
	client.UntilReset(3, http2.ErrCodeInternal)
	if x := rowOf(route, "/wait/abort"); x.Effects&flow.EffectBlocked == 0 {
		t.Error(x.Effects)
	}
	m := ask(5, "/wait/left")
	client.Send(h2test.Reset(5, http2.ErrCodeCancel))
	if x := rowOf(route, "/wait/left"); x.Failure != flow.FailureClientGone || x.Ruled.Did[0].Code != reason.BreakLeft {
		t.Error(x.Failure, x.Ruled.Did)
	}
	if m.State() != breakpoints.Left {
		t.Error(m.State())
	}
	must(t, ask(7, "/wait/go").GoUnchanged())
	origin.ExpectFields(7, at("/wait/go")...)
	origin.Send(origin.Headers(7, ":status: 204").End())
	client.ExpectFields(7, ":status: 204")
	if x := rowOf(route, "/wait/go"); x.Ruled.Did[0].Code != reason.BreakUnchanged || x.Modified() {
		t.Error(x.Ruled.Did)
	}
	nothingHeld(t, q)
}

// What streams, or is larger than is held, passes behind its head, unedited and said.
func TestBreakpointsOverHTTP2Stream(t *testing.T) {
	route, q := h2Breaks(t, "[[rule]]\nbreak = 'response'")
	client, origin := route.Started()
	client.Send(client.Headers(1, at("/stream")...).End())
	origin.ExpectFields(1, at("/stream")...)
	origin.Send(origin.Headers(1, ":status: 200"), h2test.Data(1, "one"))
	m := waiting(t, q, 1)
	if m.Behind.Code != reason.BreakSlow {
		t.Error(m.Behind)
	}
	must(t, m.Go(edit("200", "203", m)))
	client.ExpectFields(1, ":status: 203")
	client.Expect(`DATA 1 "one"`)
	origin.Send(h2test.Data(1, "two").End())
	client.Expect(`DATA 1 END_STREAM "two"`)
	x := rowOf(route, "/stream")
	if !slices.ContainsFunc(x.Ruled.Did, func(r flow.Reason) bool { return r.Code == reason.BreakBehind }) {
		t.Error(x.Ruled.Did)
	}
	nothingHeld(t, q)
}

// A connection that ends takes with it what waits.
func TestBreakpointsOverHTTP2EndWithTheirConnection(t *testing.T) {
	route, q := h2Breaks(t, "[[rule]]\nbreak = 'request'")
	client, _ := route.Started()
	client.Send(client.Headers(1, at("/a")...).End(), client.Headers(3, at("/b")...))
	waiting(t, q, 1)
	client.Close()
	rowOf(route, "/a")
	rowOf(route, "/b")
	nothingHeld(t, q)
}
