package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// The magic host is the proxy itself, whatever a name server would say.
func TestMagicHost(t *testing.T) {
	p := proxytest.Start(t)
	for _, test := range []struct {
		request string
		status  int
	}{
		{"GET http://posthouse/ HTTP/1.1\r\nHost: posthouse\r\n\r\n", 200},
		{"GET http://PostHouse:80 HTTP/1.1\r\nHost: other\r\n\r\n", 200},
		{"GET http://posthouse/?q HTTP/1.1\r\nHost: posthouse\r\n\r\n", 200},
		{"HEAD http://posthouse/ HTTP/1.1\r\nHost: posthouse\r\n\r\n", 200},
		{"GET http://posthouse/nope HTTP/1.1\r\nHost: posthouse\r\n\r\n", 404},
		{"PUT http://posthouse/ HTTP/1.1\r\nHost: posthouse\r\n\r\n", 405},
		{"OPTIONS http://posthouse HTTP/1.1\r\nHost: posthouse\r\n\r\n", 200},
	} {
		client := p.Client()
		client.Send(test.request)
		client.ExpectStatus(test.status)
		client.Close()
	}
	row := p.Finished(1)
	if row.Kind != flow.KindLocal || row.Host != "posthouse" || row.Path != "/" {
		t.Errorf("the row is %v %q %q", row.Kind, row.Host, row.Path)
	}
}

// A page answers with its own fields, and the connection goes on.
func TestPageAnswers(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here := r.Context().Value(http.LocalAddrContextKey)
		w.Header().Set("Content-Type", "text/x")
		w.Header().Set("X-B", "2")
		w.Header().Set("X-Content-Type-Options", "other")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		w.Header().Add("X-A", "1")
		w.Header().Set("X-Split", "a\r\nEvil: 1")
		w.Header().Set("Content-Length", "9999")
		w.WriteHeader(299)
		_, _ = fmt.Fprintf(w, "%s %s %s %q %s %v", r.Method, r.Host, r.URL.Path, r.URL.Query().Get("q"), r.Header.Get("Accept"), here)
	})
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Local: page}})
	client := p.Client()
	for _, test := range []struct{ request, body string }{
		{"GET /a?q=%31 HTTP/1.1\r\nHost: one\r\naccept: x\r\n\r\n", `GET one /a "1" x {proxy}`},
		{"GET http://posthouse HTTP/1.1\r\nHost: two\r\n\r\n", `GET posthouse / ""  {proxy}`},
		{"GET http://posthouse?q=2#f HTTP/1.1\r\nHost: two\r\n\r\n", `GET posthouse / "2"  {proxy}`},
		{"GET //a/b HTTP/1.1\r\nHost: one\r\n\r\n", `GET one //a/b ""  {proxy}`},
	} {
		client.Send(test.request)
		head := client.ExpectHead()
		body := p.Text(test.body)
		if !strings.HasPrefix(head, "HTTP/1.1 299 ") ||
			!strings.Contains(head, "\r\nContent-Type: text/x\r\nCache-Control: no-store\r\nContent-Security-Policy: default-src "+
				"'self'\r\n") || !strings.Contains(head,
			"\r\nX-Content-Type-Options: nosniff\r\nX-A: 1\r\nX-B: 2\r\nContent-Length: "+fmt.Sprint(len(body))+"\r\n\r\n") {
			t.Errorf("%q", head)
		}
		client.Expect(body)
	}
	client.Send("HEAD /a HTTP/1.1\r\nHost: one\r\n\r\nGET /b HTTP/1.1\r\nHost: one\r\n\r\n")
	client.ExpectHead()
	client.ExpectHead()
	client.Expect(p.Text(`GET one /b ""  {proxy}`))
	client.Send("GET /%zz HTTP/1.1\r\nHost: one\r\n\r\n")
	client.ExpectStatus(400)
}

// A page that is too large, or an answer that is none, is an error of ours.
func TestPageIsBounded(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/fits":
			_, _ = io.CopyN(w, zeros{}, 1<<20)
		case "/large":
			_, _ = io.CopyN(w, zeros{}, 1<<20)
			if _, err := w.Write([]byte{0}); err == nil {
				t.Error("more than 1 MiB is taken")
			}
		case "/early":
			w.WriteHeader(103)
		}
	})
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Local: page}})
	for path, status := range map[string]int{"/fits": 200, "/large": 500, "/early": 500, "/nothing": 200} {
		client := p.Client()
		client.Send("HEAD " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
		client.ExpectStatus(status)
		client.Close()
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
