package proxy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

const (
	pieceTime  = 60 * time.Millisecond
	pieceRule  = "[[rule]]\nname='Pieces'\nwhen='path:/p'\ndelay = { piece = '60ms' }\n"
	foreverOne = "[[rule]]\nname='Pieces'\nwhen='path:/p'\ndelay.piece = '9m'\n"
)

// Each piece of a body waits, the request's and the response's, whatever frames it; what passes is the same.
func TestRulesDelayPieces(t *testing.T) {
	p := ruled(t, pieceRule)
	origin, client := p.Origin(), p.Client()
	for _, c := range [...]struct{ head, first, second string }{
		{"Content-Length: 6\r\n", "abc", "def"},
		{"Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", "3\r\ndef\r\n0\r\nT: 1\r\n\r\n"},
	} {
		began := time.Now()
		client.Send("POST http://{origin}/p HTTP/1.1\r\nHost: {origin}\r\n" + c.head + "\r\n" + c.first)
		at := origin.Accept()
		at.Expect("POST /p HTTP/1.1\r\nHost: {origin}\r\n" + c.head + "\r\n" + c.first)
		client.Send(c.second)
		at.Expect(c.second)
		if took := time.Since(began); took < 2*pieceTime {
			t.Errorf("the request took %v", took)
		}
		began = time.Now()
		at.Send("HTTP/1.1 200 OK\r\n" + c.head + "\r\n" + c.first)
		client.Expect("HTTP/1.1 200 OK\r\n" + c.head + "\r\n" + c.first)
		at.Send(c.second)
		client.Expect(c.second)
		if took := time.Since(began); took < 2*pieceTime {
			t.Errorf("the response took %v", took)
		}
		at.Close()
	}
	row := p.Finished(1)
	if row.Effects != flow.EffectApplied|flow.EffectDelayed || row.Modified() || !slices.Equal(did(p),
		[]flow.ReasonCode{reason.RulePiecesRequest, reason.RulePiecesResponse}) {
		t.Errorf("%+v %v", row, did(p))
	}
}

// A client that leaves ends the wait of a piece, and so does Posthouse.
func TestRulesDelayedPiecesEnd(t *testing.T) {
	for what, end := range map[string]func(t *testing.T, leave, stop func()){
		"leaves": func(_ *testing.T, leave, _ func()) { leave() },
		"stops":  func(_ *testing.T, _, stop func()) { stop() },
	} {
		for _, upload := range []bool{false, true} {
			name := what + ", response"
			if upload {
				name = what + ", request"
			}
			t.Run(name, func(t *testing.T) {
				p := ruled(t, foreverOne)
				origin, client := p.Origin(), p.Client()
				if upload {
					client.Send("POST http://{origin}/p HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 3\r\n\r\nabc")
				} else {
					client.Send("GET http://{origin}/p HTTP/1.1\r\nHost: {origin}\r\n\r\n")
				}
				at := origin.Accept()
				at.ExpectHead()
				if !upload {
					at.Send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
				}
				p.Row(func(r flow.Row) bool { return r.Effects&flow.EffectDelayed != 0 })
				end(t, client.Close, func() { _ = p.Shutdown(time.Millisecond) })
				if row := p.Finished(1); row.Failure == flow.FailureNone {
					t.Errorf("%+v", row)
				}
			})
		}
	}
}

// Over HTTP/2 each DATA frame waits, and other streams go on meanwhile.
func TestRulesDelayPiecesOverHTTP2(t *testing.T) {
	route := ruledRoute(t, pieceRule)
	client, origin := route.Started()
	pass := func(from, to *h2test.Peer, head ...string) {
		t.Helper()
		began := time.Now()
		from.Send(from.Headers(1, head...), h2test.Data(1, "abc").Pad(9), h2test.Data(1, "def"), h2test.Data(1, "").End())
		to.ExpectFields(1, head...)
		to.Expect(h2test.Data(1, "abc").Pad(9).String(), `DATA 1 "def"`, `DATA 1 END_STREAM ""`)
		if took := time.Since(began); took < 2*pieceTime {
			t.Errorf("it took %v", took)
		}
	}
	pass(client, origin, on("POST", "/p", "content-length: 6")...)
	pass(origin, client, ":status: 200", "content-length: 6")
	row, _, codes := finishedAt(route, "/p")
	if row.Effects != flow.EffectApplied|flow.EffectDelayed || row.Modified() || !slices.Equal(codes,
		[]flow.ReasonCode{reason.RulePiecesRequest, reason.RulePiecesResponse}) {
		t.Errorf("%+v %v", row, codes)
	}
}

// What comes behind pieces that wait is held up to a limit; then they wait no longer, and the row says so.
func TestRulesDelayPiecesUpToALimitOverHTTP2(t *testing.T) {
	route := ruledRoute(t, foreverOne)
	client, origin := route.Open()
	client.Start(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 4 << 20}).Quiet()
	origin.Start().Quiet()
	client.Send(h2test.WindowUpdate(0, 8<<20))
	client.Send(client.Headers(1, on("GET", "/p")...).End(), client.Headers(3, on("GET", "/a")...).End())
	origin.ExpectHead(1)
	origin.ExpectHead(3)
	origin.Send(origin.Headers(1, ":status: 200"))
	piece := strings.Repeat("x", 16<<10)
	for range 63 {
		origin.Send(h2test.Data(1, piece))
	}
	origin.Send(origin.Headers(3, ":status: 204").End())
	heads := map[uint32]bool{}
	for range 2 {
		heads[client.Until("heads", func(f h2test.Frame) bool { return f.Type == http2.FrameHeaders }).Stream] = true
	}
	if !heads[1] || !heads[3] {
		t.Fatal(heads)
	}
	for range 3 {
		origin.Send(h2test.Data(1, piece))
	}
	origin.Send(h2test.Data(1, "").End())
	client.ExpectBody(1, strings.Repeat(piece, 66))
	row, _, codes := finishedAt(route, "/p")
	if row.Effects != flow.EffectApplied|flow.EffectDelayed|flow.EffectFailed || !slices.Contains(codes, reason.RuleWaitFull) {
		t.Errorf("%+v %v", row, codes)
	}
}

// A response that is whole goes on whole where its origin's connection ends while its pieces wait.
func TestRulesDelayPiecesOfAnOriginThatEndsOverHTTP2(t *testing.T) {
	for _, whole := range []bool{true, false} {
		route := ruledRoute(t, foreverOne)
		client, origin := route.Started()
		client.Send(client.Headers(1, on("GET", "/p")...).End())
		origin.ExpectHead(1)
		last := h2test.Data(1, "def")
		if whole {
			last = last.End()
		}
		origin.Send(origin.Headers(1, ":status: 200"), h2test.Data(1, "abc"), last)
		client.ExpectFields(1, ":status: 200")
		route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/p" && r.ResponseSize == 6 })
		origin.Close()
		client.Expect(`DATA 1 "abc"`, last.String())
		row, _, codes := finishedAt(route, "/p")
		if (row.Failure == flow.FailureNone) != whole || !slices.Contains(codes, reason.RuleWaitAway) {
			t.Errorf("%+v %v", row, codes)
		}
	}
}

// A client that resets a stream whose pieces wait ends the row; nothing stays.
func TestRulesDelayedPiecesAreCalledOffOverHTTP2(t *testing.T) {
	route := ruledRoute(t, foreverOne)
	client, origin := route.Started()
	client.Send(client.Headers(1, on("POST", "/p")...), h2test.Data(1, "abc").End())
	origin.ExpectHead(1)
	route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/p" && r.Effects&flow.EffectDelayed != 0 })
	client.Send(h2test.Reset(1, http2.ErrCodeCancel))
	origin.UntilReset(1, http2.ErrCodeCancel)
	if row, _, _ := finishedAt(route, "/p"); row.Failure != flow.FailureClientGone {
		t.Errorf("%+v", row)
	}
	goesOn(client, origin)
}
