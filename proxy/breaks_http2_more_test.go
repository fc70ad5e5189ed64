package proxy_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// A client that asked for a head gets no body, and one that asked for a body gets one: over HTTP/2 as over HTTP/1.
func TestBreakpointsOverHTTP2KeepHEAD(t *testing.T) {
	route, q := h2Breaks(t, "[[rule]]\nwhen = 'path:/wait'\nbreak = 'request'")
	client, origin := route.Started()
	for i, c := range [][2]string{{"HEAD", "GET"}, {"GET", "HEAD"}} {
		stream := uint32(2*i + 1)
		client.Send(client.Headers(stream, ":method: "+c[0], ":scheme: https", ":authority: a.example", ":path: /wait").End())
		m := waiting(t, q, 1)
		var bad *breakpoints.Unsendable
		if err := m.Go(edit(c[0], c[1], m)); !errors.As(err, &bad) || bad.Why.Code != reason.BreakHead {
			t.Errorf("%s became %s: %v", c[0], c[1], err)
		}
		must(t, m.GoUnchanged())
		origin.ExpectHead(stream, ":method: "+c[0])
		origin.Send(origin.Headers(stream, ":status: 204").End())
		client.ExpectHead(stream, ":status: 204")
	}
	nothingHeld(t, q)
}

// A client that leaves before its message was seen by anybody has waited for no time at all.
func TestBreakpointsOverHTTP2LeftBeforeTheyAreSeen(t *testing.T) {
	route, q := h2Breaks(t, "[[rule]]\nbreak = 'request'")
	client, _ := route.Started()
	client.Send(client.Headers(1, at("/left", "content-length: 9")...), h2test.Data(1, "hi"), h2test.Reset(1, http2.ErrCodeCancel))
	x := rowOf(route, "/left")
	if len(x.Ruled.Did) != 1 || x.Ruled.Did[0].Code != reason.BreakLeft {
		t.Fatal(x.Ruled.Did)
	}
	if waited, _ := x.Ruled.Did[0].Args()[2].(time.Duration); waited > time.Hour {
		t.Error(reason.English(x.Ruled.Did[0]))
	}
	nothingHeld(t, q)
}

// A field that must not be indexed stays one where a person edits it, or a rule sets it.
func TestBreakpointsOverHTTP2KeepFieldsUnindexed(t *testing.T) {
	route, q := h2Breaks(t, "[[rule]]\nbreak = 'request'\nrequest.set = ['Cookie: c']")
	client, origin := route.Started()
	client.Send(client.Headers(1, at("/", "!authorization: b", "!cookie: a", "x-a: 1")...).End())
	m := waiting(t, q, 1)
	must(t, m.Go(edit("authorization: b", "authorization: c", m)))
	origin.ExpectFields(1, at("/", "!authorization: c", "!cookie: c", "x-a: 1")...)
	nothingHeld(t, q)
}

// A body that is edited to more than all windows and lines have room for passes as they let it, and other
// streams, with bodies too, go on beside it.
func TestBreakpointsOverHTTP2LargeEdit(t *testing.T) {
	route, q := h2Breaks(t, "[[rule]]\nwhen = 'path:/wait'\nbreak = 'request'")
	client, origin := route.Started()
	client.Send(client.Headers(1, at("/wait")...), h2test.Data(1, "hi").End())
	m := waiting(t, q, 1)
	large := bytes.Repeat([]byte("0123456789abcdef"), breakpoints.MaxNewBody/16)
	must(t, m.Go(breakpoints.Edit{Head: m.Head, NewBody: true, Body: large}))
	origin.ExpectFields(1, at("/wait")...)
	var got []byte
	take := func(window int) {
		for window > 0 {
			f := origin.Until("DATA", func(f h2test.Frame) bool { return f.Type == http2.FrameData && f.Stream == 1 })
			got = append(got, f.Content()...)
			window -= len(f.Content())
			if f.Flags.Has(h2test.EndStream) {
				return
			}
		}
	}
	take(65535)
	client.Send(client.Headers(3, at("/b")...), h2test.Data(3, "small").End())
	client.Send(client.Headers(5, at("/c")...), h2test.Data(5, strings.Repeat("x", 16000)).End())
	origin.Send(h2test.WindowUpdate(0, 30000))
	origin.Until("END_STREAM 5", func(f h2test.Frame) bool { return f.Stream == 5 && f.Flags.Has(h2test.EndStream) })
	origin.Send(origin.Headers(3, ":status: 204").End(), origin.Headers(5, ":status: 204").End())
	client.ExpectHead(3, ":status: 204")
	client.ExpectHead(5, ":status: 204")
	origin.Send(h2test.WindowUpdate(0, 1<<30), h2test.WindowUpdate(1, 1<<30))
	take(len(large) - len(got))
	if !bytes.Equal(got, large) {
		t.Errorf("%d bytes of %d", len(got), len(large))
	}
	origin.Send(origin.Headers(1, ":status: 204").End())
	client.ExpectHead(1, ":status: 204")
	if x := rowOf(route, "/wait"); x.Failure != flow.FailureNone {
		t.Error(x.Failure, x.Reason)
	}
	nothingHeld(t, q)
}

// Responses that wait, and are aborted, answered by nobody, or have their client leave, end their stream at the origin.
func TestBreakpointsOverHTTP2AbortedResponse(t *testing.T) {
	route, q := h2Breaks(t, "[[rule]]\nbreak = 'response'")
	client, origin := route.Started()
	client.Send(client.Headers(1, at("/abort")...).End())
	origin.ExpectHead(1)
	origin.Send(origin.Headers(1, ":status: 200"), h2test.Data(1, "part"))
	m := waiting(t, q, 1)
	must(t, m.Abort())
	client.UntilReset(1, http2.ErrCodeInternal)
	origin.UntilReset(1, http2.ErrCodeCancel)
	x := rowOf(route, "/abort")
	if !slices.ContainsFunc(x.Ruled.Did, func(r flow.Reason) bool { return r.Code == reason.BreakAborted }) {
		t.Error(x.Ruled.Did)
	}
	nothingHeld(t, q)
}

// Whose message waits is granted as much as it has sent, so that all of it may come. Where it goes on before that,
// its reader is sent no more than it has granted all the same.
func TestBreakpointsOverHTTP2GrantNoMoreThanIsThere(t *testing.T) {
	for _, part := range []string{"request", "response"} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			route, q := h2Breaks(t, "[[rule]]\nbreak = '"+part+"'")
			client, origin := route.Started()
			sender, reader := client, origin
			if part == "request" {
				client.Send(client.Headers(1, at("/")...))
			} else {
				sender, reader = origin, client
				client.Send(client.Headers(1, at("/")...).End())
				origin.ExpectHead(1)
				origin.Send(origin.Headers(1, ":status: 200"))
			}
			piece := h2test.Data(1, strings.Repeat("x", 16000))
			sender.Quiet().Send(piece, piece, piece, piece)
			must(t, waiting(t, q, 1).GoUnchanged()) // it is not whole
			reader.Quiet().ExpectHead(1)
			got := 0
			take := func(most int) {
				for got < most {
					got += len(reader.Until("DATA", func(f h2test.Frame) bool { return f.Type == http2.FrameData }).Content())
				}
				if got != most {
					t.Fatalf("%d bytes of %d that were granted", got, most)
				}
			}
			take(64000)
			reader.Send(h2test.WindowUpdate(0, 1<<20))
			reader.Silence(50 * time.Millisecond)
			sender.Send(piece, piece, piece, piece.End()) // as it was granted for the first 64,000
			take(65535)
			reader.Silence(50 * time.Millisecond)
			reader.Send(h2test.WindowUpdate(1, 40000))
			take(105535)
			reader.Send(h2test.WindowUpdate(1, 40000))
			take(128000)
			nothingHeld(t, q)
		})
	}
}

// A request that is refused before it could wait takes no place in the queue: a thousand would leave none.
func TestBreakpointsOverHTTP2HoldNothingOfWhatIsRefused(t *testing.T) {
	route, q := h2Breaks(t, "[[rule]]\nwhen = 'path:/wait'\nbreak = 'request'")
	client, origin := route.Started()
	client.Send(client.Headers(1, at("/a")...).End())
	origin.ExpectHead(1)
	origin.Send(h2test.GoAway(1, http2.ErrCodeNo, ""))
	client.Until("GOAWAY", func(f h2test.Frame) bool { return f.Type == http2.FrameGoAway })
	client.Send(client.Headers(3, at("/wait")...).End())
	client.UntilReset(3, http2.ErrCodeRefusedStream)
	if x := rowOf(route, "/wait"); len(x.Ruled.Did) != 1 || x.Ruled.Did[0].Code != reason.BreakPassed {
		t.Error(x.Ruled.Did)
	}
	nothingHeld(t, q)
}
