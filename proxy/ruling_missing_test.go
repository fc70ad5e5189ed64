package proxy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// missingRules answer with what is not there, and one that is.
const missingRules = `[[rule]]
name = "Gone"
when = "path:/gone"
answer.file = "none.json"
request.set = ["X-A: 1"]
[[rule]]
name = "Out"
when = "path:/out"
answer.message = "../secret"
[[rule]]
name = "Over"
when = "path:/over"
answer = { folder = "over", under = "/over" }
[[rule]]
name = "Text"
when = "path:/gone/text"
answer.text = "hi"
[[rule]]
name = "Kept"
when = "path:/kept"
answer = { file = "none.json", missing = "error" }
[[rule]]
name = "Kept folder"
when = "path:/site"
answer = { folder = "over", under = "/site", missing = "error" }
`

// missingFolder is a folder of rules in which over has one file.
func missingFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "over"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "over", "a.js"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func missingSet(t *testing.T, folder, text string) *rules.Set {
	t.Helper()
	set, err := rules.Load("rules.toml", []byte(text), folder)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const applied = flow.EffectApplied

// missingCases are requests, what they are answered with here ("" is that the origin is asked), and what
// the row says.
var missingCases = []struct {
	method, path, answer string
	status               int
	effects              flow.Effects
	did                  []flow.ReasonCode
}{
	{"GET", "/gone", "", 204, applied | flow.EffectFailed | flow.EffectRequest,
		[]flow.ReasonCode{reason.RuleFailed, reason.RuleRequest}},
	{"POST", "/out", "", 204, applied | flow.EffectFailed, []flow.ReasonCode{reason.RuleFailed}},
	{"GET", "/over/a.js", "mine", 200, applied | flow.EffectAnswered, []flow.ReasonCode{reason.RuleAnswered}},
	{"GET", "/over/b.js", "", 204, applied, []flow.ReasonCode{reason.RulePasses}},
	{"GET", "/over/../over/a.js", "", 204, applied, []flow.ReasonCode{reason.RulePasses}},
	{"POST", "/over/a.js", "", 204, applied, []flow.ReasonCode{reason.RulePasses}},
	{"GET", "/gone/text", "hi", 200, applied | flow.EffectFailed | flow.EffectAnswered,
		[]flow.ReasonCode{reason.RuleFailed, reason.RuleAnswered}},
	{"GET", "/kept", "?", 500, applied | flow.EffectFailed | flow.EffectAnswered, []flow.ReasonCode{reason.RuleFailed}},
	{"GET", "/site/b.js", "?", 404, applied | flow.EffectAnswered, []flow.ReasonCode{reason.RuleMissing}},
	{"POST", "/site/a.js", "?", 405, applied | flow.EffectAnswered, []flow.ReasonCode{reason.RuleAnswered}},
}

func checkMissing(t *testing.T, p *proxytest.Proxy, id flow.ID, at int) {
	t.Helper()
	c, row := missingCases[at], p.Finished(id)
	if got := codesOf(p.Exchange(id).Ruled.Did); !slices.Equal(got, c.did) || row.Effects != c.effects || row.Status != c.status {
		t.Errorf("%s %s: %v, %v, status %d", c.method, c.path, got, row.Effects, row.Status)
	}
}

// What a rule has nothing to answer with goes on as it came, and the row says so; where the rule wants an
// error the origin hears nothing.
func TestWhatCannotBeAnsweredPasses(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Rules: missingSet(t, missingFolder(t), missingRules)}})
	origin := p.Origin()
	var at *proxytest.Conn
	for i, c := range missingCases {
		client := p.Client()
		client.Send(c.method + " http://{origin}" + c.path + " HTTP/1.1\r\nHost: {origin}\r\nConnection: close\r\n\r\n")
		if c.answer == "" {
			if at = origin.Accept(); c.path == "/gone" {
				at.Expect("GET /gone HTTP/1.1\r\nHost: {origin}\r\nX-A: 1\r\n\r\n")
			} else {
				at.Expect(c.method + " " + c.path + " HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			}
			at.Send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
			at.Close()
		}
		client.ExpectStatus(c.status)
		if len(c.answer) > 1 {
			client.Expect(c.answer)
		}
		checkMissing(t, p, flow.ID(i+1), i)
	}
}

// Over HTTP/2 likewise, and inside of TLS.
func TestWhatCannotBeAnsweredPassesOverHTTP2(t *testing.T) {
	set := missingSet(t, missingFolder(t), missingRules)
	route := ruledRoute(t, "")
	route.Configure(func(c *proxy.Config) { c.Rules = set })
	client, origin := route.Started()
	for i, c := range missingCases {
		stream := uint32(2*i + 1)
		head := []string{":method: " + c.method, ":scheme: https", ":authority: a.example", ":path: " + c.path}
		client.Send(client.Headers(stream, head...).End())
		if c.answer == "" {
			if c.path == "/gone" {
				head = append(head, "x-a: 1")
			}
			origin.ExpectFields(stream, head...)
			origin.Send(origin.Headers(stream, ":status: 204").End())
			client.ExpectFields(stream, ":status: 204")
		} else if f := client.ExpectHead(stream, ":status: "+strconv.Itoa(c.status)); len(c.answer) > 1 {
			client.ExpectBody(stream, c.answer)
		} else if f.Flags&h2test.EndStream == 0 {
			client.Until("the end", func(f h2test.Frame) bool { return f.Stream == stream && f.Flags&h2test.EndStream != 0 })
		}
		row := route.Proxy.Row(func(r flow.Row) bool { return r.Path == c.path && r.Method == c.method && r.Phase.Final() })
		checkMissing(t, route.Proxy, row.ID, i)
	}
}

// A file for all that is asked of a host has it not be dialled while it is there. When it is taken away the
// client asks again, over a connection that is dialled.
func TestAFileForAHostIsTakenAway(t *testing.T) {
	o := openAll(t, nil)
	folder := missingFolder(t)
	set := missingSet(t, folder, "[[rule]]\nwhen='host:127.0.0.1'\nanswer.file='over/a.js'")
	o.Server.Configure(proxy.Config{Decrypt: o.policy, Rules: set})
	client := o.connect()
	client.StartClientTLS(o.client("http/1.1"))
	ask := func(c *proxytest.Conn) { c.Send("GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n") }
	ask(client)
	client.ExpectStatus(200)
	client.Expect("mine")
	o.origin.NotAsked()
	if err := os.Remove(filepath.Join(folder, "over", "a.js")); err != nil {
		t.Fatal(err)
	}
	ask(client)
	client.ExpectGone()
	if row := o.Finished(3); row.Reason.Code != reason.RuleUndialled || row.Effects&flow.EffectFailed == 0 {
		t.Errorf("%+v", row)
	}
	again, at := o.connect(), o.origin.Accept()
	served := make(chan struct{})
	go func() {
		defer close(served)
		at.StartServerTLS(o.server("http/1.1"))
		at.Expect("GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n")
		at.Send(ok2)
	}()
	again.StartClientTLS(o.client("http/1.1"))
	ask(again)
	again.Expect(ok2)
	<-served
	if row := o.Finished(5); row.Effects != flow.EffectApplied|flow.EffectFailed || row.Status != 200 {
		t.Errorf("%+v", row)
	}
}
