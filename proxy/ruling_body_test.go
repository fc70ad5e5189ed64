package proxy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

const (
	replaces = "[[rule]]\nname='R'\nresponse.body.replace = [{ find = 'cat', with = 'tiger' }]\n"
	patterns = "[[rule]]\nname='P'\nresponse.body.replace = [{ find = '/c(a+)t/', with = '[$1]' }]\n"
	sets     = "[[rule]]\nname='J'\nresponse.body.json = [{ path = '$.a', value = '22' }]\n"
	places   = "[[rule]]\nname='T'\nresponse.body.text = 'placed'\n"
)

const okHead = "HTTP/1.1 200 OK\r\nX-A:  b\r\n"

// get has a client ask for the body that an origin sends behind a head, and what the client gets.
func get(t *testing.T, p *proxytest.Proxy, sent, want string) *proxytest.Conn {
	t.Helper()
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send(sent)
	client.Expect(want)
	return client
}

func chunked(pieces ...string) (all string) {
	for _, piece := range pieces {
		all += fmt.Sprintf("%x\r\n%s\r\n", len(piece), piece)
	}
	return all + "0\r\n"
}

func lengthOf(body string) string {
	return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

const inChunks = "Transfer-Encoding: chunked\r\n\r\n"

// What rules change of a response, framed each way.
func TestRulesChangeResponseBodies(t *testing.T) {
	for what, c := range map[string]struct{ rule, sent, want string }{
		"length":          {replaces, lengthOf("a cat."), lengthOf("a tiger.")},
		"length, pattern": {patterns, lengthOf("caaat"), lengthOf("[aaa]")},
		"json":            {sets, lengthOf(`{"a": 1}`), lengthOf(`{"a": 22}`)},
		"json in chunks":  {sets, inChunks + chunked(`{"a`, `": 1}`) + "T: 1\r\n\r\n", inChunks + chunked(`{"a": 22}`) + "T: 1\r\n\r\n"},
		"placed":          {places, lengthOf("a cat."), lengthOf("placed")},
		"placed on empty": {places, lengthOf(""), lengthOf("placed")},
		"placed, chunks":  {places, inChunks + chunked("a cat") + "\r\n", inChunks + chunked("placed") + "\r\n"},
		"chunks": {replaces, inChunks + chunked("a c", "at.") + "T: 1\r\n\r\n",
			inChunks + chunked("a tiger.") + "T: 1\r\n\r\n"},
		"all in order": {replaces + patterns + "[[rule]]\nresponse.body.replace=[{find='tiger',with='caat'}]\n" + patterns,
			lengthOf("cat"), lengthOf("[aa]")},
	} {
		t.Run(what, func(t *testing.T) {
			p := ruled(t, c.rule)
			get(t, p, okHead+c.sent, okHead+c.want)
			row := p.Finished(1)
			if row.Effects != flow.EffectApplied|flow.EffectResponse || row.Failure != 0 || !row.Modified() {
				t.Errorf("%+v", row)
			}
			x := p.Exchange(1)
			if got := string(x.Ruled.ResponseBody.Bytes); x.Ruled.ResponseBody.State != flow.BodyWhole || got == "" ||
				!strings.Contains(c.want, got) || strings.Contains(string(x.ResponseBody.Bytes), got) {
				t.Errorf("as it went: %v %q, as it came %q", x.Ruled.ResponseBody.State, got, x.ResponseBody.Bytes)
			}
			if headed := strings.Contains(c.sent, "Content-Length"); headed != (len(x.Ruled.Response) > 0) ||
				!strings.HasPrefix(okHead+c.want, string(x.Ruled.Response)) {
				t.Errorf("%q", x.Ruled.Response)
			}
			if !slices.Contains(did(p), reason.RuleResponseBody) {
				t.Error(did(p))
			}
		})
	}
}

// A rule that matches and finds nothing changes not one byte, framing included.
func TestRulesThatFindNothingInBodies(t *testing.T) {
	dog := strings.Repeat("dog ca ", 2000)
	for _, rule := range []string{replaces, patterns, sets, replaces + sets} {
		for what, sent := range map[string]string{
			"length": lengthOf(`{"a":22}`), "empty": lengthOf(""), "text": lengthOf(dog),
			"chunks": "Transfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n007 \r\n\"a\":22}\r\n0000;z\r\nT: 1\r\nU:2\r\n\r\n",
			"large":  inChunks + chunked(dog, "c", dog) + "\r\n",
		} {
			t.Run(rule[:20]+what, func(t *testing.T) {
				p := ruled(t, rule)
				origin, client := p.Origin(), p.Client()
				client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
				at := origin.Accept()
				at.ExpectHead()
				at.Send(okHead + sent)
				client.Expect(okHead + strings.ReplaceAll(sent, "007 \r\n", "007\r\n")) // which is mended in any case
				row := p.Finished(1)
				if row.Effects&^flow.EffectFailed != flow.EffectApplied || row.Failure != 0 {
					t.Errorf("%+v", row)
				}
				if x := p.Exchange(1); x.Ruled.Response != nil || x.Ruled.ResponseBody.State != flow.BodyNone {
					t.Errorf("%q %+v", x.Ruled.Response, x.Ruled.ResponseBody)
				}
				client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
				if strings.Contains(sent, "007 ") {
					return
				}
				at.ExpectHead() // both connections go on
				at.Send(okHead + lengthOf("cat"))
			})
		}
	}
}

// Events pass as they come, also behind one that was changed.
func TestRulesLetEventsPass(t *testing.T) {
	p := ruled(t, patterns)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send(okHead + inChunks + "5;x\r\ndata\n\r\n")
	client.Expect(okHead + inChunks + "5;x\r\ndata\n\r\n")
	at.Send("4\r\ncat\n\r\n")
	client.Expect("4\r\n[a]\n\r\n")
	at.Send("5\r\ndata\n\r\n")
	client.Expect("5\r\ndata\n\r\n")
	at.Send("0\r\n\r\n")
	client.Expect("0\r\n\r\n")
	if x := p.Exchange(p.Finished(1).ID); string(x.ResponseBody.Bytes) != "data\ncat\ndata\n" ||
		string(x.Ruled.ResponseBody.Bytes) != "data\n[a]\ndata\n" {
		t.Errorf("%q %q", x.ResponseBody.Bytes, x.Ruled.ResponseBody.Bytes)
	}
}

// What rules leave nothing of does not pass, wherever a piece of the body ends.
func TestRulesTakeAllAway(t *testing.T) {
	p := ruled(t, "[[rule]]\nresponse.body.replace=[{find='cat', with=''}]")
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send(okHead + inChunks + "3\r\ncat\r\n")
	at.Send("4\r\n dog\r\n")
	client.Expect(okHead + inChunks + "4\r\n dog\r\n")
	at.Send("6\r\ncatcat\r\n0\r\n\r\n")
	client.Expect("0\r\n\r\n")
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.ExpectHead()
	at.Send(okHead + inChunks + "3\r\ncat\r\n0\r\n\r\n")
	client.Expect(okHead + inChunks + "0\r\n\r\n")
	for id := range flow.ID(2) {
		row, x := p.Finished(id+1), p.Exchange(id+1)
		if row.Effects != flow.EffectApplied|flow.EffectResponse || strings.Contains(string(x.Ruled.ResponseBody.Bytes), "cat") {
			t.Errorf("%+v %q", row, x.Ruled.ResponseBody.Bytes)
		}
	}
}

// Codings are undone and done again; a body that is no such coding passes as it came, and is told.
func TestRulesChangeCodedBodies(t *testing.T) {
	text := strings.Repeat("a cat and ", 8_000)
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", "gzip, br"} {
		for _, rule := range []string{replaces, patterns, sets} {
			body, want := text, strings.ReplaceAll(text, "cat", "tiger")
			switch rule {
			case sets:
				body, want = `{"a":1}`, `{"a":22}`
			case patterns:
				want = strings.ReplaceAll(text, "cat", "[a]")
			}
			coded, err := content.Encode(strings.ReplaceAll(coding, " ", ""), []byte(body), true)
			if err != nil {
				t.Fatal(err)
			}
			half := len(coded) / 2
			for _, sent := range []string{lengthOf(string(coded)),
				inChunks + chunked(string(coded[:half]), string(coded[half:])) + "\r\n"} {
				p := ruled(t, rule)
				origin, client := p.Origin(), p.Client()
				client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
				at := origin.Accept()
				at.ExpectHead()
				at.Send("HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + "\r\n" + sent)
				if row := p.Finished(1); row.Effects != flow.EffectApplied|flow.EffectResponse || row.Failure != 0 {
					t.Errorf("%s: %+v", coding, row)
				}
				x := p.Exchange(1)
				d, err := content.Decode(coding, x.Ruled.ResponseBody.Bytes)
				if err != nil || string(d.Body) != want || string(x.ResponseBody.Bytes) != string(coded) {
					t.Errorf("%s: %v, %d bytes", coding, err, len(d.Body))
				}
			}
		}
	}
	for _, c := range []struct{ coding, body string }{{"gzip", "no gzip"}, {"compress", "a cat"},
		{"br", "\xff\xff\xff"}, {"zstd", "cat"}} {
		for _, rule := range []string{replaces, sets} {
			for _, sent := range []string{lengthOf(c.body), inChunks + chunked(c.body) + "\r\n"} {
				head := "HTTP/1.1 200 OK\r\nContent-Encoding: " + c.coding + "\r\n"
				p := ruled(t, rule)
				get(t, p, head+sent, head+sent)
				if row := p.Finished(1); row.Effects != flow.EffectApplied|flow.EffectFailed || did(p)[0] != reason.RuleFailed {
					t.Errorf("%s: %+v", c.coding, row)
				}
			}
		}
	}
}

// What is not to be changed passes as it came, and is told.
func TestRulesLeaveSomeBodies(t *testing.T) {
	long := `{"a":1}` + strings.Repeat(" ", rules.MaxBody)
	for what, c := range map[string]struct{ method, rule, sent string }{
		"part":        {"GET", replaces, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-2/9\r\n" + lengthOf("cat")},
		"head":        {"HEAD", places, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"},
		"no content":  {"GET", places, "HTTP/1.1 204 No Content\r\n\r\n"},
		"unchanged":   {"GET", places, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
		"not json":    {"GET", sets, okHead + lengthOf("<a>")},
		"no file":     {"GET", "[[rule]]\nresponse.body.file='none'", okHead + lengthOf("cat")},
		"long":        {"GET", sets, okHead + lengthOf(long)},
		"long chunks": {"GET", sets, okHead + inChunks + "1;x\r\n{\r\n" + chunked(long[1:]) + "T: 1\r\n\r\n"},
	} {
		t.Run(what, func(t *testing.T) {
			p := ruled(t, c.rule)
			origin, client := p.Origin(), p.Client()
			client.Send(c.method + " http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			at := origin.Accept()
			at.ExpectHead()
			go at.Send(c.sent)
			client.Expect(c.sent)
			row := p.Finished(1)
			if row.Effects != flow.EffectApplied|flow.EffectFailed || row.Failure != 0 || did(p)[0] != reason.RuleFailed {
				t.Errorf("%+v", row)
			}
			if x := p.Exchange(1); x.Ruled.ResponseBody.State != flow.BodyNone || x.Ruled.Response != nil {
				t.Errorf("%+v", x.Ruled)
			}
			client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			at.ExpectHead() // both connections go on
		})
	}
}
