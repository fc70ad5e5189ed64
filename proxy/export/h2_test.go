package export_test

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/export"
)

// A request of HTTP/2 is sent again as one, by a curl that can.
func TestCurlSendsHTTP2(t *testing.T) {
	needCurl(t)
	if !curlHas(t, "HTTP2") {
		t.Skip("this curl has no HTTP/2")
	}
	type received struct {
		*http.Request
		body string
	}
	got := make(chan received, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- received{r, string(b)}
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CURL_CA_BUNDLE", roots)
	host := strings.TrimPrefix(s.URL, "https://")
	for name, c := range map[string]struct {
		method, body string
		proto        string
	}{
		"get": {"GET", "", "HTTP/2.0"}, "post": {"POST", "'@\"x\"", "HTTP/2.0"}, "put": {"PUT", "", "HTTP/2.0"},
		"old": {"GET", "", "HTTP/1.1"},
	} {
		head := ":method: " + c.method + "\r\n:scheme: https\r\n:authority: " + host +
			"\r\n:path: /a?b=%2f\r\naccept: */*\r\ncookie: a=1\r\ncookie: b=2\r\nuser-agent: \"me\"\r\nx-empty: \r\n\r\n"
		if c.proto == "HTTP/1.1" {
			head = "GET /a?b=%2f HTTP/1.1\r\nHost: " + host +
				"\r\naccept: */*\r\ncookie: a=1\r\ncookie: b=2\r\nuser-agent: \"me\"\r\nx-empty: \r\n\r\n"
		}
		x := captured("GET / HTTP/2.0\r\n\r\n", c.body, host)
		x.RequestHead, x.Scheme, x.Host, x.Path, x.Proto = []byte(head), "https", host, "/a?b=%2f", c.proto
		for _, run := range runners(t) {
			command := export.Curl(x, run.shell)
			run.do(t, command.Text)
			var r received
			select {
			case r = <-got:
			case <-time.After(20 * time.Second):
				t.Fatal("nothing came")
			}
			cookies := strings.Join(r.Header["Cookie"], "; ")
			if r.Method != c.method || r.Proto != c.proto || r.RequestURI != x.Path || r.Host != host || r.body != c.body ||
				cookies != "a=1; b=2" || r.Header.Get("User-Agent") != `"me"` ||
				!slices.Equal(r.Header["X-Empty"], []string{""}) || len(r.Header["Content-Type"]) > 0 || len(command.Notes) > 0 {
				t.Errorf("%s, %s: %s %s %s, %q, %v, %v", name, run.name, r.Method, r.RequestURI, r.Proto, r.body, r.Header, command.Notes)
			}
		}
	}
}
