package proxy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

const fromRules = `[[rule]]
name = "Site"
when = "path:/site"
answer = { folder = "site", under = "/site", missing = "error" }
[[rule]]
name = "Message"
when = "path:/message"
answer.message = "m.http"
`

func fromSet(t *testing.T) *rules.Set {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"site/index.html": "<h1>",
		"m.http": "HTTP/1.1 201 Made\nSet-Cookie: a\nSet-Cookie: b\n\nmade"} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := rules.Load("rules.toml", []byte(fromRules), folder)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// A folder and a message answer over HTTP/1; the origin is not asked.
func TestRulesAnswerFromFolders(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Rules: fromSet(t)}})
	client := p.Client()
	ask := func(method, path, more string) {
		client.Send(method + " http://nowhere.invalid" + path + " HTTP/1.1\r\nHost: nowhere.invalid\r\n" + more + "\r\n")
	}
	ask("GET", "/site/", "")
	head := client.ExpectStatus(200)
	client.Expect("<h1>")
	for _, line := range []string{"Content-Type: text/html; charset=utf-8", "Content-Length: 4", "Accept-Ranges: bytes",
		"Cache-Control: no-cache"} {
		if strings.Count(head, "\r\n"+line+"\r\n") != 1 {
			t.Errorf("%q lacks %q", head, line)
		}
	}
	_, tag, _ := strings.Cut(head, "\r\nEtag: ")
	tag, _, _ = strings.Cut(tag, "\r\n")
	ask("HEAD", "/site/", "")
	if head := client.ExpectStatus(200); !strings.Contains(head, "\r\nContent-Length: 4\r\n") {
		t.Errorf("%q", head)
	}
	ask("GET", "/site/", "If-None-Match: "+tag+"\r\n")
	client.ExpectStatus(304)
	ask("GET", "/site/", "Range: bytes=1-2\r\n")
	client.ExpectStatus(206)
	client.Expect("h1")
	ask("GET", "/site/none", "")
	client.ExpectStatus(404)
	client.Expect("Posthouse: there is no file site/none\n")
	ask("GET", "/message", "")
	head = client.ExpectStatus(201)
	client.Expect("made")
	if !strings.Contains(head, "\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 4\r\n") {
		t.Errorf("%q", head)
	}
	if row := p.Finished(5); row.Status != 404 || row.Reason.Code != reason.RuleMissing ||
		row.Effects != flow.EffectApplied|flow.EffectAnswered {
		t.Errorf("%+v", row)
	}
}

func TestRulesAnswerFromFoldersOverHTTP2(t *testing.T) {
	set := fromSet(t)
	route := ruledRoute(t, "")
	route.Configure(func(c *proxy.Config) { c.Rules = set })
	client, _ := route.Started()
	ask := func(stream uint32, path string, more ...string) {
		client.Send(client.Headers(stream, append(append(slices.Clone(asked[:3]), ":path: "+path), more...)...).End())
	}
	ask(1, "/site/")
	lines := h2test.Lines(client.ExpectHead(1, ":status: 200").Fields)
	if !slices.Contains(lines, "content-type: text/html; charset=utf-8") || !slices.Contains(lines, "content-length: 4") {
		t.Error(lines)
	}
	client.ExpectBody(1, "<h1>")
	ask(3, "/site/", "range: bytes=1-2")
	client.ExpectHead(3, ":status: 206")
	client.ExpectBody(3, "h1")
	ask(5, "/message")
	client.ExpectHead(5, ":status: 201")
	client.ExpectBody(5, "made")
}

// A body that is at hand before the origin has said how it speaks goes on when it has.
func TestRulesAnswerBeforeTheOriginGreets(t *testing.T) {
	set := fromSet(t)
	route := ruledRoute(t, "")
	route.Configure(func(c *proxy.Config) { c.Rules = set })
	client, origin := route.Open()
	client.KeepHouse().Start()
	client.Send(client.Headers(1, append(slices.Clone(asked[:3]), ":path: /site/")...).End())
	route.Proxy.Row(func(r flow.Row) bool { return r.Effects&flow.EffectAnswered != 0 })
	origin.KeepHouse().Start()
	client.ExpectHead(1, ":status: 200")
	client.ExpectBody(1, "<h1>")
}
