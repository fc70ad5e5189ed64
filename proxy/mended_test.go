package proxy_test

import (
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// mendedAnswer is a broken answer, what the client gets of it byte for byte, and
// what the row says. The origin sends more behind it, which never arrives.
type mendedAnswer struct {
	method  string // GET where there is none
	version string // of the client, HTTP/1.1 where there is none
	sent    string
	got     string
	mended  flow.Mended
	trailer string
}

const closed = "Connection: close\r\n\r\n"

var mendedAnswers = map[string]mendedAnswer{
	"space before colon": {sent: "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedColonSpace},
	"obs-fold": {sent: "HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nA: 1 2\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedFolds},
	"LF alone": {sent: "HTTP/1.1 200 OK\nA: 1\nContent-Length: 2\n\nok",
		got: "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedLineEnds},
	"equal lengths": {sent: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: 1\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: 1\r\n" + closed + "ok", mended: flow.MendedLength},
	"list of lengths": {sent: "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedLength},
	"length with a sign": {sent: "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedLength},
	"identity": {sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedCoding},
	"chunked beside a length": {sent: "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		got: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + closed + "2\r\nok\r\n0\r\n\r\n", mended: flow.MendedLengthDropped},
	"colon behind the status": {sent: "HTTP/1.1 404: Not Found\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 404 : Not Found\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedStatusLine},
	"spaces in the status line": {sent: "HTTP/1.0  200 OK\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedStatusLine},
	"lower case version": {sent: "http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedStatusLine},
	"ICY with a length": {sent: "ICY 200 OK\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedProtocol},
	"empty line before": {sent: "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedBlankLines},
	"NUL and CR": {sent: "HTTP/1.1 200 OK\r\nA: 1\x002\r3\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nA: 1 2 3\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedControls},
	"other controls": {sent: "HTTP/1.1 200 OK\r\nA: \x1b[1m\x7f\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nA: \x1b[1m\x7f\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedControlsKept},
	"odd names": {sent: "HTTP/1.1 200 OK\r\nFoo Bar: 1\r\n\"x\": 2\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nFoo Bar: 1\r\n\"x\": 2\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedNamesKept},
	"no colon, no name": {sent: "HTTP/1.1 200 OK\r\nA: 1\r\nWarning\r\n: 2\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedDropped},
	"what Connection names goes": {sent: "HTTP/1.1 200 OK\r\nConnection : x-hop\r\nX-Hop : 1\r\nContent-Length: 2\r\n\r\nok",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedColonSpace},
	"white space behind a size": {sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2  \r\nok\r\n0 \r\n\r\n",
		got: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", mended: flow.MendedChunks},
	"LF alone in chunks": {sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\nok\n0\n\n",
		got:    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n",
		mended: flow.MendedChunks | flow.MendedTrailers | flow.MendedLineEnds},
	"trailers": {sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: x-hop\r\n\r\n2\r\nok\r\n0\r\nA : 1\r\n 2\r\nX-Hop " +
		": 3\r\nB C: 4\r\nno\r\n\r\n",
		got:     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: 1 2\r\nB C: 4\r\n\r\n",
		mended:  flow.MendedTrailers | flow.MendedColonSpace | flow.MendedFolds | flow.MendedNamesKept | flow.MendedDropped,
		trailer: "A : 1\r\n 2\r\nX-Hop : 3\r\nB C: 4\r\nno\r\n"},
	"an HTTP/1.0 client, chunks": {version: "HTTP/1.0", sent: "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2 \nok\n0\nA : 1\n\n",
		got:    "HTTP/1.1 200 OK\r\n" + closed + "ok",
		mended: flow.MendedLineEnds | flow.MendedChunks | flow.MendedTrailers | flow.MendedColonSpace, trailer: "A : 1\n"},
	"HEAD": {method: "HEAD", sent: "HTTP/1.1 200 OK\nContent-Length: 50\nContent-Length: 50\n\n",
		got: "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n" + closed, mended: flow.MendedLineEnds | flow.MendedLength},
	"204": {sent: "HTTP/1.1 204 No Content\r\nA : 1\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n",
		got: "HTTP/1.1 204 No Content\r\nA: 1\r\n" + closed, mended: flow.MendedColonSpace | flow.MendedLengthDropped},
	"304": {sent: "HTTP/1.1 304 Not Modified\r\nContent-Length: 50, 50\r\n\r\n",
		got: "HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n" + closed, mended: flow.MendedLength},
	"interim heads": {sent: "HTTP/1.1 103 Early\nLink : a\n\n\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		got:    "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok",
		mended: flow.MendedLineEnds | flow.MendedColonSpace | flow.MendedBlankLines},
	"interim heads, an HTTP/1.0 client": {version: "HTTP/1.0",
		sent: "HTTP/1.1 103 Early\nLink : a\n\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		got:  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok", mended: flow.MendedLineEnds | flow.MendedColonSpace},
}

// evil is what must never become an answer.
const evil = "HTTP/1.1 200 Evil\r\nContent-Length: 4\r\n\r\nevil"

// A broken answer that has one meaning passes mended; the row says how and shows
// what came; both connections end, and nothing behind it is an answer.
func TestMendedAnswers(t *testing.T) {
	for name, c := range mendedAnswers {
		for _, pieces := range []bool{false, true} {
			t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
				p := proxytest.Start(t)
				origin, client := p.Origin(), p.Client()
				method, version := c.method, c.version
				if method == "" {
					method = "GET"
				}
				if version == "" {
					version = "HTTP/1.1"
				}
				client.Send(method + " http://{origin}/ " + version + "\r\nHost: {origin}\r\n\r\n")
				at := origin.Accept()
				at.ExpectHead()
				sent := c.sent + evil
				if pieces {
					at.Quiet()
					for i := range c.sent {
						at.Send(c.sent[i : i+1])
					}
					sent = evil
				}
				_ = at.TrySend(sent) // which may come when both have ended
				client.Expect(c.got)
				client.ExpectGone()
				at.ExpectGone()
				x := p.Exchange(1)
				if x.Mended != c.mended || x.Phase != flow.PhaseDone {
					t.Errorf("mended in %q, wanted %q; %+v", x.Mended, c.mended, x.Row)
				}
				if raw := string(x.Interim) + string(x.ResponseHead); !strings.HasPrefix(c.sent, raw) || raw == "" {
					t.Errorf("the row shows %q", raw)
				}
				if string(x.ResponseTrailer) != c.trailer {
					t.Errorf("the row shows the trailer %q", x.ResponseTrailer)
				}
				if body := string(x.ResponseBody.Bytes); body != "ok" && strings.HasSuffix(c.got, "ok") {
					t.Errorf("the row's body is %q", body)
				}
				next := p.Client() // a new exchange goes over a new connection
				next.Send(getHead)
				again := origin.Accept()
				again.ExpectHead()
				again.Send(ok2)
				next.Expect(ok2)
				if row := p.Finished(2); row.Mended != 0 {
					t.Errorf("the next row is mended in %q", row.Mended)
				}
			})
		}
	}
}

// An answer without a length passes until the close, mended or not.
func TestMendedUntilClose(t *testing.T) {
	for name, c := range map[string]struct {
		sent   string
		mended flow.Mended
	}{
		"ICY":      {"ICY 200 OK\nicy-name: x\n\n", flow.MendedProtocol | flow.MendedLineEnds},
		"identity": {"HTTP/1.1 200 OK\r\nicy-name: x\r\nTransfer-Encoding: identity\r\n\r\n", flow.MendedCoding},
	} {
		t.Run(name, func(t *testing.T) {
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client()
			client.Send(getHead)
			at := origin.Accept()
			at.ExpectHead()
			at.Send(c.sent + "music")
			client.Expect("HTTP/1.1 200 OK\r\nicy-name: x\r\n" + closed + "music")
			at.Send(" and more")
			client.Expect(" and more")
			at.Close()
			client.ExpectEnd()
			if row := p.Finished(1); row.Mended != c.mended || row.ResponseSize != 14 {
				t.Errorf("%+v", row)
			}
		})
	}
}

// A request that waits behind a mended answer is not sent on the same connection,
// nor answered with what stands behind that answer.
func TestNothingIsSmuggledBehindAMendedAnswer(t *testing.T) {
	for _, sent := range []string{
		"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n",
	} {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(getHead + getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send(sent + evil)
		got, _ := client.Rest()
		if strings.Contains(string(got), "Evil") || strings.Count(string(got), "HTTP/1.1") != 1 || !strings.Contains(string(got), "ok") {
			t.Errorf("%q became %q", sent, got)
		}
		at.ExpectGone()
		origin.NotAsked()
	}
}

// Inside a decrypted connection answers are mended alike, and both connections end.
func TestMendedInside(t *testing.T) {
	o := openAll(t, nil)
	c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
	c.Send(insideGet + insideGet)
	at.Expect(insideGet)
	at.Send("HTTP/1.1 200 OK\nContent-Length : 2\n\nok" + evil)
	c.Expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closed + "ok")
	c.ExpectNotifiedEnd()
	at.ExpectGone()
	if row := o.Finished(2); row.Mended != flow.MendedLineEnds|flow.MendedColonSpace {
		t.Errorf("%+v", row)
	}
}

// Mended chunks that break off do not look whole, wherever that is.
func TestMendedChunksThatBreakOff(t *testing.T) {
	for _, sent := range []string{"2\nok", "2\nok\n", "2 \r\nok\r\n0", "2\nok\n0\n", "2\nok\n0\nA : 1\n", "2\nok\n2 ;", "2\nok\n0 "} {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + sent)
		at.Close()
		got, err := client.Rest()
		if strings.HasSuffix(string(got), "0\r\n\r\n") || strings.Contains(string(got), "\n0") && err == nil {
			t.Errorf("%q: the client got what looks whole: %q, %v", sent, got, err)
		}
		if row := p.Finished(1); row.Failure != flow.FailureTruncated {
			t.Errorf("%q: %+v", sent, row)
		}
	}
}

// A mended 101 switches protocols, and what is glued to it passes.
func TestMendedSwitch(t *testing.T) {
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 101 Switching\nUpgrade : x\nConnection: upgrade\n\n\nhello")
	client.Expect("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n\nhello")
	client.Send("hi")
	at.Expect("hi")
	client.CloseWrite()
	at.ExpectEnd()
	at.Close()
	client.ExpectEnd()
	if row := p.Finished(1); row.Mended != flow.MendedLineEnds|flow.MendedColonSpace || row.Kind != flow.KindUpgraded {
		t.Errorf("%+v", row)
	}
}

// The Content-Type of a row is that of the head as it came, folded or not.
func TestContentTypeOfAMendedHead(t *testing.T) {
	for sent, want := range map[string]string{
		"Content-Type : text/html; charset=utf-8\r\n":    "text/html; charset=utf-8",
		"Content-Type: text/html;\r\n charset=utf-8\r\n": "text/html",
		"Content-Type:\r\n text/css\r\n":                 "text/css",
		"Content-Type: a\r\n /b\r\n":                     "",
	} {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send("HTTP/1.1 200 OK\r\n" + sent + "Content-Length: 2\r\n\r\nok")
		client.ExpectHead()
		if row := p.Finished(1); row.ContentType != want {
			t.Errorf("%q is %q", sent, row.ContentType)
		}
	}
}

// The bounds of a head hold for a broken one.
func TestBoundsOfBrokenAnswers(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Limits: proxy.Limits{MaxHead: 4 << 10, MaxFields: 20}}})
	origin := p.Origin()
	for _, sent := range []string{
		"HTTP/1.1 200 OK\n" + strings.Repeat("A: 1\n", 21) + "\n",
		"HTTP/1.1 200 OK\n" + strings.Repeat("x\n", 21) + "\n",
		"HTTP/1.1 200 OK\nA: " + strings.Repeat("x", 4<<10) + "\n\n",
		"HTTP/1.1 200 OK\nA: 1\n" + strings.Repeat(" x\n", 21) + "\n",
		strings.Repeat("\n", 100),
	} {
		client := p.Client()
		client.Send(getHead)
		at := origin.Accept().Quiet()
		at.ExpectHead()
		_ = at.TrySend(sent)
		client.ExpectStatus(502)
		at.ExpectGone()
	}
}

// A broken answer of an upstream proxy to CONNECT opens the tunnel where it has one meaning.
func TestMendedAnswersToConnect(t *testing.T) {
	for name, c := range map[string]struct {
		sent   string
		mended flow.Mended
	}{
		"LF alone": {"HTTP/1.0 200 Connection established\n\n", flow.MendedLineEnds},
		"interim":  {"HTTP/1.1 103 x\nA : 1\n\nHTTP/1.1 200 OK\r\n\r\n", flow.MendedLineEnds | flow.MendedColonSpace},
		"lengths, a coding": {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\nTransfer-Encoding: gzip\r\n\r\n",
			flow.MendedLengthDropped | flow.MendedCoding},
		"spaces, no colon":    {"HTTP/1.1  200 OK\r\nfaulty\r\n\r\n", flow.MendedStatusLine | flow.MendedDropped},
		"a clean one, for it": {"HTTP/1.1 200 OK\r\n\r\n", 0},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			p, up := chained(t, "http://")
			client := p.Client()
			client.Send("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n")
			at := up.Accept()
			at.ExpectHead()
			at.Send(c.sent + "hello")
			client.ExpectStatus(200)
			client.Expect("hello")
			client.Send("hi")
			at.Expect("hi")
			client.Close()
			at.Close()
			want := c.mended
			if want != 0 {
				want |= flow.MendedConnect
			}
			if row := p.Finished(1); row.Mended != want {
				t.Errorf("mended in %q, wanted %q", row.Mended, want)
			}
		})
	}
}
