package proxy_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/flow"
)

// curl sends and gets megabytes over one connection of HTTP/2, of which one request goes elsewhere, in HTTP/2 too.
func TestRulesResolveStreamsOfCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("curl is missing")
		}
		t.Skip("curl is missing: install it to run this test")
	}
	route := ruledRoute(t, "")
	route.Configure(func(c *proxy.Config) {
		c.Rules = ruleSet(t, "[[rule]]\nname='R'\nwhen='path:/x'\nresolve = '"+route.Addr()+"'")
	})
	route.ServeHTTP(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Trailer", "Seen")
		w.Header().Set("From", r.RemoteAddr)
		w.Header().Set("Spoken", r.Proto)
		_, _ = w.Write(body)
		w.Header().Set("Seen", "all")
	})
	dir := t.TempDir()
	body := bytes.Repeat([]byte("some bytes that are sent\n"), 130_000)
	in := filepath.Join(dir, "in")
	roots := filepath.Join(dir, "roots.pem")
	for name, text := range map[string][]byte{in: body, roots: route.RootPEM()} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	port := route.Addr()[strings.LastIndexByte(route.Addr(), ':'):]
	args := []string{"-q", "-sS", "--fail", "--max-time", "30", "--http2", "--cacert", roots, "--proxy", "http://" + route.Proxy.Addr(),
		"--noproxy", "", "--connect-to", "::" + route.Addr(), "--data-binary", "@" + in, "-H", "Expect:"}
	heads := filepath.Join(dir, "heads")
	args = append(args, "-D", heads)
	for _, path := range []string{"/a", "/x", "/b"} {
		args = append(args, "-o", filepath.Join(dir, path[1:]), "https://a.example"+port+path)
	}
	if out, err := exec.CommandContext(t.Context(), curl, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"a", "x", "b"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	head, _ := os.ReadFile(heads)
	var from []string
	for line := range strings.Lines(string(head)) {
		if field, value, _ := strings.Cut(strings.TrimSpace(line), ": "); field == "from" {
			from = append(from, value)
		}
	}
	if strings.Count(string(head), "spoken: HTTP/2.0") != 3 || len(from) != 3 || from[0] != from[2] || from[0] == from[1] {
		t.Errorf("%s", head)
	}
	row, x, _ := finishedAt(route, "/x")
	if row.Failure != flow.FailureNone || row.RequestSize != int64(len(body)) || row.ResponseSize != int64(len(body)) ||
		!strings.Contains(string(x.ResponseTrailer), "seen: all") {
		t.Errorf("%+v %q", row, x.ResponseTrailer)
	}
}
