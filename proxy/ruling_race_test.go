package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/rules"
)

// changing are rules of which one set or another is in force: each names itself in the head of
// both messages and in their bodies, by another way to change them.
var changing = [...]struct{ rules, request, response string }{
	{"", "a cat.", "a cat."},
	{`[[rule]]
request.set = ["X-Set: 1"]
request.body.replace = [{ find = "cat", with = "tiger" }]
response.set = ["X-Set: 1"]
response.body.replace = [{ find = "/c(a)t/", with = "li${1}n" }]`, "a tiger.", "a lian."},
	{`[[rule]]
request.set = ["X-Set: 2"]
response.set = ["X-Set: 2"]
[[rule]]
request.body.text = "a text"
response.body.text = "a longer text"`, "a text", "a longer text"},
	{`[[rule]]
request.set = ["X-Set: 3"]
response.add = ["X-Set: 3"]
delay.response = "1ms"
[[rule]]
when = "method:post"
request.body.json = [{ path = "$.a", value = "1" }]
response.body.replace = [{ find = ".", with = "!" }]`, "a cat.", "a cat!"},
}

// ofSet says which set of rules made a message; its body must be of the same.
func ofSet(h http.Header, body string, want func(i int) string) (set int, err error) {
	if named := h.Get("X-Set"); named != "" {
		if _, err := fmt.Sscan(named, &set); err != nil || set >= len(changing) {
			return 0, fmt.Errorf("X-Set is %q", named)
		}
	}
	if body != want(set) {
		return 0, fmt.Errorf("rules %d made the body %q, not %q", set, body, want(set))
	}
	return set, nil
}

// asChanged answers as rules may not mix: the answer says which set the request had.
func asChanged(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	set := -1
	if err == nil {
		set, err = ofSet(r.Header, string(body), func(i int) string { return changing[i].request })
	}
	w.Header().Set("X-Request", fmt.Sprint(set, " ", err))
	if strings.HasSuffix(r.URL.Path, "1") {
		w.(http.Flusher).Flush() // no length
	}
	_, _ = io.WriteString(w, "a cat.")
}

// posts are those who send requests one after the other while rules change.
type posts struct {
	t         *testing.T
	transport *http.Transport
	url       string

	mu   sync.Mutex
	seen [len(changing)]int // exchanges by the set of their rules
}

// enough says whether every set was in force for some, or the test has failed.
func (p *posts) enough() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.t.Failed() || slices.Min(p.seen[:]) >= 20
}

// one sends one, and holds that it has the rules of one set alone.
func (p *posts) one(n int) error {
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, fmt.Sprintf("%s/%d", p.url, n%2), strings.NewReader("a cat."))
	if err != nil {
		return err
	}
	if n%3 == 0 {
		r.ContentLength = -1
	}
	res, err := p.transport.RoundTrip(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return err
	}
	set, err := ofSet(res.Header, string(body), func(i int) string { return changing[i].response })
	if asked := res.Header.Get("X-Request"); err == nil && asked != fmt.Sprint(set, " ", nil) {
		err = fmt.Errorf("the response is of rules %d, of the request the origin says %q", set, asked)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[set]++
	return err
}

// run sends until every set was in force for some.
func (p *posts) run(configure func(*rules.Set)) {
	sets := make([]*rules.Set, len(changing))
	for i := range sets {
		sets[i] = ruleSet(p.t, changing[i].rules)
	}
	var clients, editor sync.WaitGroup
	next := make(chan struct{})
	editor.Go(func() {
		for i := 0; ; i++ {
			if _, on := <-next; !on {
				return
			}
			configure(sets[i%len(sets)])
		}
	})
	for range 6 {
		clients.Go(func() {
			for n := 0; !p.enough(); n++ {
				select {
				case next <- struct{}{}:
				default:
				}
				if err := p.one(n); err != nil {
					p.t.Error(err)
				}
			}
		})
	}
	clients.Wait()
	close(next)
	editor.Wait()
	p.t.Log("exchanges by the set of their rules:", p.seen)
}

// Rules change while requests pass: none has the rules of two sets, and none is lost.
func TestRulesChangeWhileRequestsPass(t *testing.T) {
	t.Run("HTTP 1", func(t *testing.T) {
		p := proxytest.Start(t)
		origin := httptest.NewServer(http.HandlerFunc(asChanged))
		t.Cleanup(origin.Close)
		transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: p.Addr()}), DisableCompression: true,
			MaxIdleConnsPerHost: 6}
		t.Cleanup(transport.CloseIdleConnections)
		(&posts{t: t, transport: transport, url: origin.URL}).run(func(s *rules.Set) { p.Server.Configure(proxy.Config{Rules: s}) })
	})
	t.Run("HTTP 2", func(t *testing.T) {
		route := h2test.Through(t, nil)
		route.ServeHTTP(asChanged)
		protocols := &http.Protocols{}
		protocols.SetHTTP2(true)
		transport := &http.Transport{Protocols: protocols, DisableCompression: true,
			DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return route.DialTLS(route.ClientTLS("h2")) }}
		t.Cleanup(transport.CloseIdleConnections)
		(&posts{t: t, transport: transport, url: "https://" + h2test.Host}).run(func(s *rules.Set) {
			route.Configure(func(c *proxy.Config) { c.Rules = s })
		})
	})
}
