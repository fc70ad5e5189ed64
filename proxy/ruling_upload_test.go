package proxy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

func onRequests(rule string) string { return strings.ReplaceAll(rule, "response.body", "request.body") }

const (
	postHead = "POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nX-A:  b\r\n"
	sentHead = "POST / HTTP/1.1\r\nHost: {origin}\r\nX-A:  b\r\n"
)

// answered has an origin answer, and the client get it.
func answered(at, client *proxytest.Conn) {
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
}

// What rules change of a request, framed each way, whole or in two pieces.
func TestRulesChangeRequestBodies(t *testing.T) {
	long := strings.Repeat("a cat, ", 20_000)
	for what, c := range map[string]struct{ rule, sent, want string }{
		"length":         {replaces, lengthOf("a cat."), lengthOf("a tiger.")},
		"json":           {sets, lengthOf(`{"a": 1}`), lengthOf(`{"a": 22}`)},
		"json in chunks": {sets, inChunks + chunked(`{"a`, `": 1}`) + "T: 1\r\n\r\n", inChunks + chunked(`{"a": 22}`) + "T: 1\r\n\r\n"},
		"placed":         {places, lengthOf("a cat."), lengthOf("placed")},
		"placed, empty":  {places, lengthOf(""), lengthOf("placed")},
		"placed, chunks": {places, inChunks + chunked("a", "b") + "T: 1\r\n\r\n", inChunks + chunked("placed") + "T: 1\r\n\r\n"},
		"chunks": {replaces, inChunks + "3;x\r\ndog\r\n" + chunked("cat.") + "T: 1\r\n\r\n",
			inChunks + chunked("dogtiger.") + "T: 1\r\n\r\n"},
		"long": {places, lengthOf(long), lengthOf("placed")},
	} {
		for _, cut := range []int{0, 1} {
			t.Run(fmt.Sprint(what, cut), func(t *testing.T) {
				p := ruled(t, onRequests(c.rule))
				origin, client := p.Origin(), p.Client()
				head, body, _ := strings.Cut(postHead+c.sent, "\r\n\r\n")
				first := len(body) / 2 * cut
				client.Send(head + "\r\n\r\n" + body[:first])
				if first > 4 && (c.rule != replaces || !strings.Contains(head, "chunked")) {
					p.Row(func(r flow.Row) bool { return r.RequestSize > 0 })
				}
				client.Send(body[first:])
				at := origin.Accept()
				got := at.ExpectHead()
				wantHead, wantBody, _ := strings.Cut(p.Text(sentHead+c.want), "\r\n\r\n")
				if got != wantHead+"\r\n\r\n" {
					t.Errorf("%q", got)
				}
				if what == "chunks" {
					wantBody = unchunked(t, at.ExpectThrough("0\r\nT: 1\r\n\r\n"))
					if wantBody != "dogtiger." {
						t.Error(wantBody)
					}
				} else {
					at.Expect(wantBody)
				}
				answered(at, client)
				row := p.Finished(1)
				if row.Effects != flow.EffectApplied|flow.EffectRequest || row.Failure != 0 {
					t.Errorf("%+v", row)
				}
				x := p.Exchange(1)
				if got := string(x.Ruled.RequestBody.Bytes); x.Ruled.RequestBody.State != flow.BodyWhole || got == "" ||
					what != "chunks" && !strings.Contains(c.want, got) || strings.Contains(string(x.RequestBody.Bytes), got) {
					t.Errorf("as it went: %v %q, as it came %.100q", x.Ruled.RequestBody.State, got, x.RequestBody.Bytes)
				}
				if !slices.Contains(did(p), reason.RuleRequestBody) {
					t.Error(did(p))
				}
				client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
				at.ExpectHead()
				answered(at, client)
			})
		}
	}
}

// unchunked is the content of chunks.
func unchunked(t *testing.T, text string) (all string) {
	for {
		size, rest, ok := strings.Cut(text, "\r\n")
		var n int
		if _, err := fmt.Sscanf(size, "%x", &n); err != nil || !ok {
			t.Fatalf("%q", text)
		}
		if n == 0 {
			return all
		}
		all += rest[:n]
		text = rest[n+2:]
	}
}

// A request in which a rule finds nothing passes byte for byte; so does one that it cannot change.
func TestRulesLeaveRequestBodies(t *testing.T) {
	longJSON := `{"a":1}` + strings.Repeat(" ", rules.MaxBody)
	for what, c := range map[string]struct {
		rule, sent string
		effects    flow.Effects
	}{
		"length":      {replaces, lengthOf("dog"), 0},
		"same":        {sets, lengthOf(`{"a":22}`), 0},
		"chunks":      {replaces, inChunks + "3;x\r\nd c\r\n004\r\na ca\r\n00\r\nT: 1\r\n\r\n", 0},
		"chunks held": {sets, inChunks + "3;x\r\n{\"a\r\n006\r\n\":22} \r\n00\r\nT: 1\r\n\r\n", 0},
		"no body":     {places, "\r\n", flow.EffectFailed},
		"not json":    {sets, lengthOf("<a>"), flow.EffectFailed},
		"no file":     {"[[rule]]\nresponse.body.file='none'", lengthOf("cat"), flow.EffectFailed},
		"coding":      {replaces, "Content-Encoding: x\r\n" + lengthOf("cat"), flow.EffectFailed},
		"long":        {sets, lengthOf(longJSON), flow.EffectFailed},
		"long chunks": {sets, inChunks + "1;x\r\n{\r\n" + chunked(longJSON[1:]) + "T: 1\r\n\r\n", flow.EffectFailed},
	} {
		t.Run(what, func(t *testing.T) {
			p := ruled(t, onRequests(c.rule))
			origin, client := p.Origin(), p.Client()
			go client.Send(postHead + c.sent)
			at := origin.Accept()
			at.Expect(sentHead + c.sent)
			answered(at, client)
			if row := p.Finished(1); row.Effects != flow.EffectApplied|c.effects || row.Failure != 0 {
				t.Errorf("%+v %v", row, did(p))
			}
			if x := p.Exchange(1); x.Ruled.RequestBody.State != flow.BodyNone || x.Ruled.Request != nil {
				t.Errorf("%+v", x.Ruled)
			}
			client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			at.ExpectHead()
			answered(at, client)
		})
	}
}

// A long upload streams in chunks, and its answer may come first.
func TestRulesStreamUploads(t *testing.T) {
	piece := strings.Repeat("a cat, ", 10_000)
	const times = 100
	p := ruled(t, onRequests(replaces))
	origin, client := p.Origin(), p.Client()
	client.Send(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", postHead, times*len(piece)))
	at := origin.Accept()
	at.Expect(sentHead + inChunks)
	go func() {
		for range times {
			client.Send(piece)
		}
	}()
	expectChunks(t, at.Quiet(), strings.ReplaceAll(piece, "cat", "tiger"), times)
	at.Expect("\r\n")
	answered(at, client)
	row := p.Finished(1)
	if row.Effects != flow.EffectApplied|flow.EffectRequest || row.RequestSize != int64(times*len(piece)) {
		t.Errorf("%+v", row)
	}
	if x := p.Exchange(1); !strings.Contains(string(x.Ruled.Request), "chunked") {
		t.Errorf("%q", x.Ruled.Request)
	}
}

// A client that waits to be told so is told to send its body: by the origin, or where the body is held by Posthouse.
func TestRulesAndExpect(t *testing.T) {
	p := ruled(t, onRequests(sets))
	origin, client := p.Origin(), p.Client()
	const expects = "Expect: 100-continue\r\n"
	client.Send(postHead + expects + "Content-Length: 8\r\n\r\n")
	client.Expect("HTTP/1.1 100 Continue\r\n\r\n")
	client.Send(`{"a": 1}`)
	at := origin.Accept()
	at.Expect(sentHead + expects + lengthOf(`{"a": 22}`))
	at.Send("HTTP/1.1 100 Continue\r\n\r\n") // one is enough
	answered(at, client)

	p = ruled(t, onRequests(replaces))
	origin, client = p.Origin(), p.Client()
	client.Send(postHead + expects + inChunks)
	at = origin.Accept()
	at.Expect(sentHead + expects + inChunks)
	at.Send("HTTP/1.1 100 Continue\r\n\r\n")
	client.Expect("HTTP/1.1 100 Continue\r\n\r\n")
	client.Send(chunked("cat") + "\r\n")
	at.Expect(chunked("tiger") + "\r\n")
	answered(at, client)
}

// An upload that breaks off, stops, or is not what it says, never looks whole to the origin.
func TestRulesOnBrokenUploads(t *testing.T) {
	coded, err := content.Encode("gzip", []byte(strings.Repeat("a cat, ", 100)), false)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		rule, sent string
		ends       bool
		begins     string // what the origin gets; "": it is not reached
		status     string
		failure    flow.Failure
	}{
		"held, cut":      {sets, "Content-Length: 9\r\n\r\n{", true, "", "400", flow.FailureClientGone},
		"held, late":     {sets, "Content-Length: 9\r\n\r\n{", false, "", "408", flow.FailureClientTimeout},
		"held, bad":      {sets, inChunks + "1\r\n{\r\nno", false, "", "400", flow.FailureBadRequest},
		"streamed, cut":  {replaces, inChunks + "3\r\ncat\r\n", true, "5\r\ntiger\r\n", "400", flow.FailureClientGone},
		"streamed, late": {replaces, inChunks + "3\r\ncat\r\n", false, "5\r\ntiger\r\n", "408", flow.FailureClientTimeout},
		"streamed, bad":  {replaces, inChunks + "3\r\ncat\r\nno", false, "5\r\ntiger\r\n", "400", flow.FailureBadRequest},
		"coding, cut": {replaces, "Content-Encoding: gzip\r\n" + inChunks + chunked(string(coded)) + "\r\n", false, "", "400",
			flow.FailureBadRequest},
	} {
		t.Run(what, func(t *testing.T) {
			config := proxy.Config{Rules: ruleSet(t, onRequests(c.rule))}
			if strings.Contains(what, "late") {
				config.Timeouts.ClientBody = 100 * time.Millisecond
			}
			p := proxytest.StartWith(t, proxytest.Options{Config: config})
			origin, client := p.Origin(), p.Client()
			client.Send(postHead + c.sent)
			if c.ends {
				client.CloseWrite()
			}
			if c.begins != "" {
				at := origin.Accept()
				at.ExpectHead()
				at.Expect(c.begins)
				at.ExpectReset()
			}
			got, _ := client.Rest()
			if !strings.HasPrefix(string(got), "HTTP/1.1 "+c.status) {
				t.Errorf("%.100q", got)
			}
			if row := p.Finished(1); row.Failure != c.failure {
				t.Errorf("%+v", row)
			}
		})
	}
}
