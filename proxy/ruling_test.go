package proxy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

func ruleSet(t *testing.T, text string) *rules.Set {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "users.json"), []byte(`[{"id":1}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := rules.Load("rules.toml", []byte(text), folder)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func ruled(t *testing.T, text string) *proxytest.Proxy {
	return proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Rules: ruleSet(t, text)}})
}

// did are the codes of what rules did to the first exchange.
func did(p *proxytest.Proxy) (codes []flow.ReasonCode) {
	for _, r := range p.Exchange(1).Ruled.Did {
		codes = append(codes, r.Code)
	}
	return codes
}

// A rule changes fields and nothing else, and the row keeps both heads.
func TestRulesEditHeads(t *testing.T) {
	p := ruled(t, `[[rule]]
name = "Edit"
when = "path:/a"
request.set = ["x-two: 2"]
request.remove = ["Cookie"]
response.replace = [{ field = "Location", find = "https", with = "http" }]
response.add = ["X-Seen: 1"]
response.status = 302
mark = "red"`)
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/a HTTP/1.1\r\nHost: {origin}\r\nX-One:  1 \r\ncookie: a=b\r\nX-TWO: 1\r\nContent-Length: " +
		"2\r\nX-One: 3\r\n\r\nhi")
	at := origin.Accept()
	at.Expect("POST /a HTTP/1.1\r\nHost: {origin}\r\nX-One:  1 \r\nX-TWO: 2\r\nContent-Length: 2\r\nX-One: 3\r\n\r\nhi")
	at.Send("HTTP/1.1 301 Moved\r\nLOCATION: https://x/\r\nContent-Length: 2\r\n\r\nho")
	client.Expect("HTTP/1.1 302 \r\nLOCATION: http://x/\r\nContent-Length: 2\r\nX-Seen: 1\r\n\r\nho")
	row := p.Finished(1)
	if row.Status != 302 || row.Mark != flow.MarkRed || row.Effects != flow.EffectApplied|flow.EffectRequest|flow.EffectResponse ||
		!row.Modified() {
		t.Errorf("%+v", row)
	}
	x := p.Exchange(1)
	if !strings.Contains(string(x.RequestHead), "cookie: a=b") || strings.Contains(string(x.Ruled.Request), "cookie") ||
		!strings.Contains(string(x.ResponseHead), "301 Moved") || !strings.Contains(string(x.Ruled.Response), "http://x/") {
		t.Errorf("%q %q %q %q", x.RequestHead, x.Ruled.Request, x.ResponseHead, x.Ruled.Response)
	}
	if want := []flow.ReasonCode{reason.RuleRequest, reason.RuleResponse}; !slices.Equal(did(p), want) {
		t.Error(did(p))
	}
	// The next request on the connections is for no rule, and passes as it comes.
	client.Send("GET http://{origin}/b HTTP/1.1\r\nHost: {origin}\r\ncookie: a=b\r\n\r\n")
	at.Expect("GET /b HTTP/1.1\r\nHost: {origin}\r\ncookie: a=b\r\n\r\n")
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	if row := p.Finished(2); row.Effects != 0 {
		t.Errorf("%+v", row)
	}
}

// Chunked bodies pass as they are behind a changed head.
func TestRulesLeaveBodies(t *testing.T) {
	p := ruled(t, "[[rule]]\nrequest.add = ['A: b']\nresponse.add = ['C: d']")
	origin, client := p.Origin(), p.Client()
	client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n0\r\nT: 1\r\n\r\n")
	at := origin.Accept()
	at.Expect("POST / HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n2;x=y\r\nhi\r\n0\r\nT: 1\r\n\r\n")
	at.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
	client.Expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nC: d\r\n\r\n3\r\nabc\r\n")
	at.Send("0\r\n\r\n")
	client.Expect("0\r\n\r\n")
	p.Finished(1)
}

// A rule that matches and asks for what is so already changes not one byte.
func TestRulesThatChangeNothing(t *testing.T) {
	p := ruled(t, "[[rule]]\nrequest.set = ['X-One: 1']\nrequest.remove = ['None']\nresponse.replace = "+
		"[{field='A',find='zzz',with=''}]\nnote='seen'")
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nx-ONE:1\r\n\r\n")
	at := origin.Accept()
	at.Expect("GET / HTTP/1.1\r\nHost: {origin}\r\nx-ONE:1\r\n\r\n")
	at.Send("HTTP/1.1 200\r\nA:b\r\nContent-Length: 0\r\n\r\n")
	client.Expect("HTTP/1.1 200 \r\nA:b\r\nContent-Length: 0\r\n\r\n")
	row := p.Finished(1)
	if row.Effects != flow.EffectApplied || row.Modified() || row.Note != "seen" {
		t.Errorf("%+v", row)
	}
}

// A rule answers, and the origin is not contacted, not even resolved; later rules change its answer.
func TestRulesAnswer(t *testing.T) {
	p := ruled(t, `[[rule]]
name = "Users"
when = "host:nowhere.invalid"
answer = { file = "users.json", status = 203, fields = ["X-A: b"] }
[[rule]]
when = "status:203"
response.set = ["X-B: c"]
[[rule]]
when = "host:nowhere"
block = "403"`)
	client := p.Client()
	client.Send("POST http://nowhere.invalid/users HTTP/1.1\r\nHost: nowhere.invalid\r\nContent-Length: 2\r\n\r\nhi")
	head := client.ExpectStatus(203)
	for _, line := range []string{"Content-Type: application/json", "X-A: b", "X-B: c", "Content-Length: 10"} {
		if !strings.Contains(head, "\r\n"+line+"\r\n") {
			t.Errorf("%q lacks %q", head, line)
		}
	}
	client.Expect(`[{"id":1}]`)
	client.Send("HEAD http://nowhere.invalid/users HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	client.ExpectStatus(203)
	row := p.Finished(1)
	if row.ContentType != "application/json" || row.Status != 203 || row.Failure != flow.FailureNone || row.Remote.IsValid() ||
		row.Effects != flow.EffectApplied|flow.EffectAnswered|flow.EffectResponse|flow.EffectFailed {
		t.Errorf("%+v", row)
	}
	if want := []flow.ReasonCode{reason.RuleOver, reason.RuleAnswered, reason.RuleResponse}; !slices.Equal(did(p), want) {
		t.Error(did(p))
	}
}

// What comes behind the head of a request that a rule answers is never taken for another.
func TestRulesAnswerBeforeTheBody(t *testing.T) {
	p := ruled(t, "[[rule]]\nanswer.text = 'no'")
	client := p.Client()
	client.Send("POST http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\nContent-Length: 60\r\n\r\nGET http://")
	client.ExpectStatus(200)
	client.Expect("no")
	client.Send("x/ HTTP/1.1\r\nHost: x\r\n\r\n")
	client.ExpectGone()
	if n := p.Store.Stats().Captured; n != 1 {
		t.Error(n, "requests")
	}
	all := p.Client()
	all.Send("POST http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\nContent-Length: 2\r\n\r\nhi" +
		"GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	for range 2 {
		all.ExpectStatus(200)
		all.Expect("no")
	}
}

// An answer whose file is not there says so, and does not go to the origin where the rule wants that.
func TestRulesAnswerWithoutAFile(t *testing.T) {
	p := ruled(t, "[[rule]]\nname='Gone'\nanswer={file='none.json', missing='error'}")
	client := p.Client()
	client.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	client.ExpectStatus(500)
	if row := p.Finished(1); row.Effects&flow.EffectFailed == 0 || row.Reason.Code != reason.RuleFailed {
		t.Errorf("%+v", row)
	}
}

// blocks are the ways to block that end, and what a client sees of them.
var blocks = map[string]func(*proxytest.Conn){
	"403":   func(c *proxytest.Conn) { c.ExpectStatus(403) },
	"close": (*proxytest.Conn).ExpectEnd,
	"reset": (*proxytest.Conn).ExpectReset,
}

// Each way to block.
func TestRulesBlock(t *testing.T) {
	for way, expect := range blocks {
		t.Run(way, func(t *testing.T) {
			p := ruled(t, "[[rule]]\nname='No'\nblock='"+way+"'")
			client := p.Client()
			client.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
			expect(client)
			if row := p.Finished(1); row.Effects != flow.EffectApplied|flow.EffectBlocked || row.Reason.Code != reason.RuleBlocked ||
				row.Failure != 0 {
				t.Errorf("%+v", row)
			}
		})
	}
}

// What hangs is let go when the client leaves, and when Posthouse ends.
func TestRulesHang(t *testing.T) {
	p := ruled(t, "[[rule]]\nblock='hang'")
	client := p.Client()
	client.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	p.Row(func(r flow.Row) bool { return r.Effects&flow.EffectBlocked != 0 })
	client.Close()
	if row := p.Finished(1); row.Failure != flow.FailureClientGone {
		t.Errorf("%+v", row)
	}
	other := p.Client()
	other.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	p.Row(func(r flow.Row) bool { return r.ID == 2 && r.Effects&flow.EffectBlocked != 0 })
	if err := p.Shutdown(time.Millisecond); err == nil {
		t.Error("it was not cut")
	}
}

// A delay is kept, on both sides.
func TestRulesDelay(t *testing.T) {
	p := ruled(t, "[[rule]]\ndelay = { request = '60ms', response = '70ms' }")
	origin, client := p.Origin(), p.Client()
	began := time.Now()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Error("the request waited for", took)
	}
	began = time.Now()
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
	client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
	if took := time.Since(began); took < 70*time.Millisecond {
		t.Error("the response waited for", took)
	}
	if row := p.Finished(1); row.Effects != flow.EffectApplied|flow.EffectDelayed || row.Modified() {
		t.Errorf("%+v", row)
	}
}

// A status that has no body, or the other way round, is not made: the original passes.
func TestRulesMakeNoAmbiguousStatus(t *testing.T) {
	for _, status := range []string{"204", "205"} {
		p := ruled(t, "[[rule]]\nresponse.status = "+status)
		origin, client := p.Origin(), p.Client()
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		at := origin.Accept()
		at.ExpectHead()
		at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		client.Expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		if row := p.Finished(1); row.Status != 200 || row.Effects != flow.EffectApplied|flow.EffectFailed {
			t.Errorf("%s: %+v", status, row)
		}
	}
}

// TestRulesGiveNoBodyTo205: a response of 205 has none (RFC 9110 section 15.3.6), of an origin or of a rule.
func TestRulesGiveNoBodyTo205(t *testing.T) {
	const gives = "[[rule]]\nwhen = 'path:/b'\nresponse.body.text = 'hi'\n" +
		"[[rule]]\nwhen = 'path:/answer'\nanswer.status = 205\nresponse.body.text = 'hi'"
	p := ruled(t, gives)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/b HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")
	client.Expect("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")
	client.Send("GET http://{origin}/answer HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	if head := client.ExpectStatus(205); !strings.Contains(head, "Content-Length: 0\r\n") {
		t.Errorf("%q", head)
	}
	for id := range flow.ID(2) {
		if row := p.Finished(id + 1); row.Effects&flow.EffectFailed == 0 {
			t.Errorf("%+v", row)
		}
	}
	route := ruledRoute(t, gives)
	over2, from := route.Started()
	over2.Send(over2.Headers(1, on("GET", "/b")...).End())
	from.ExpectFields(1, on("GET", "/b")...)
	from.Send(from.Headers(1, ":status: 205", "content-length: 0").End())
	over2.ExpectFields(1, ":status: 205", "content-length: 0")
	if row, _, _ := finishedAt(route, "/b"); row.Effects != flow.EffectApplied|flow.EffectFailed {
		t.Errorf("%+v", row)
	}
}

func ruledRoute(t *testing.T, text string) *h2test.Route {
	set := ruleSet(t, text)
	return h2test.Through(t, func(_ *decrypt.Options, c *proxy.Config) { c.Rules = set })
}

var asked = []string{":method: GET", ":scheme: https", ":authority: a.example", ":path: /"}

// Over HTTP/2 heads are changed likewise, and other streams are not touched.
func TestRulesEditHeadsOverHTTP2(t *testing.T) {
	route := ruledRoute(t, `[[rule]]
when = "path:/edit"
request.set = ["X-Two: 2"]
request.remove = ["cookie"]
response.add = ["X-Seen: 1"]
response.status = 201`)
	client, origin := route.Started()
	edit := append(slices.Clone(asked[:3]), ":path: /edit", "!cookie: a", "x-two: 1", "!authorization: b")
	client.Send(client.Headers(1, edit...).End(), client.Headers(3, asked...).End())
	origin.ExpectFields(1, ":method: GET", ":scheme: https", ":authority: a.example", ":path: /edit", "x-two: 2", "!authorization: b")
	origin.ExpectFields(3, asked...)
	origin.Send(origin.Headers(1, ":status: 200", "!a: b"), h2test.Data(1, "hi").End(), origin.Headers(3, ":status: 200").End())
	client.ExpectFields(1, ":status: 201", "!a: b", "x-seen: 1")
	client.Expect(`DATA 1 END_STREAM "hi"`)
	client.ExpectFields(3, ":status: 200")
	row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/edit" && r.Phase.Final() })
	if row.Status != 201 || row.Effects != flow.EffectApplied|flow.EffectRequest|flow.EffectResponse {
		t.Errorf("%+v", row)
	}
	x := route.Proxy.Exchange(row.ID)
	if !strings.Contains(string(x.Ruled.Request), "x-two: 2\r\n") || !strings.Contains(string(x.RequestHead), "cookie: a\r\n") {
		t.Errorf("%q %q", x.RequestHead, x.Ruled.Request)
	}
}

// Over HTTP/2 rules answer and block one stream, and the origin hears nothing of it.
func TestRulesAnswerOverHTTP2(t *testing.T) {
	route := ruledRoute(t, `[[rule]]
when = "path:/file"
answer.file = "users.json"
delay.request = "20ms"
[[rule]]
when = "path:/no"
block = "reset"
[[rule]]
when = "path:/wait"
block = "hang"`)
	client, origin := route.Started()
	ask := func(stream uint32, path string) {
		client.Send(client.Headers(stream, append(slices.Clone(asked[:3]), ":path: "+path)...).End())
	}
	ask(1, "/wait")
	ask(3, "/file")
	head := client.ExpectHead(3, ":status: 200")
	if !slices.Contains(h2test.Lines(head.Fields), "content-type: application/json") {
		t.Error(h2test.Lines(head.Fields))
	}
	client.ExpectBody(3, `[{"id":1}]`)
	ask(5, "/no")
	client.UntilReset(5, http2.ErrCodeInternal)
	client.Send(h2test.Reset(1, http2.ErrCodeCancel))
	ask(7, "/")
	origin.ExpectFields(7, asked...)
	origin.Send(origin.Headers(7, ":status: 204").End())
	client.ExpectFields(7, ":status: 204")
	row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == "/wait" && r.Phase.Final() })
	if row.Failure != flow.FailureClientGone || row.Effects&flow.EffectBlocked == 0 {
		t.Errorf("%+v", row)
	}
}

// A connection that ends takes the answers with it that still wait.
func TestRulesEndWithTheirConnection(t *testing.T) {
	route := ruledRoute(t, "[[rule]]\nwhen='path:/'\nanswer.text='late'\ndelay.request='9m'")
	client, _ := route.Started()
	client.Send(client.Headers(1, asked...).End())
	route.Proxy.Row(func(r flow.Row) bool { return r.Effects != 0 || r.Kind == flow.KindHTTP })
	client.Close()
	route.Proxy.Row(func(r flow.Row) bool { return r.Kind == flow.KindHTTP && r.Phase.Final() })
}
