package clients

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// clientRules are rules of all kinds; {host} and {port} are of another origin.
const clientRules = `[[rule]]
when = "path:/text"
answer = { text = "from a rule", status = 203, fields = ["X-A: b"] }
[[rule]]
when = "path:/file"
answer.file = "answer.json"
[[rule]]
when = "path:/message"
answer.message = "message"
[[rule]]
when = "path:/folder/"
answer = { folder = "site", under = "/folder" }

[[rule]]
when = "path:/alone/"
answer = { folder = "site", under = "/alone", missing = "error" }
[[rule]]
when = "path:/send"
send = { host = "{host}", port = {port}, path = "/sent" }
[[rule]]
when = "path:/resolve"
resolve = "{host}:{port}"
[[rule]]
when = "path:/head"
request.set = ["X-Rule: 1"]
request.remove = ["X-Gone"]
response.set = ["X-Seen: 2"]
response.status = 202
[[rule]]
when = "path:/query"
request.query = { set = ["a=2"], remove = ["b"] }
[[rule]]
when = "path:/cookie"
request.cookies.set = ["a=2"]
response.cookies.add = ["c=3"]
[[rule]]
when = "path:/method"
request.method = "PUT"
[[rule]]
when = "path:/body"
request.body.replace = [{ find = "cat", with = "tiger" }]
response.body.replace = [{ find = "/t(ig)er/", with = "<$1>" }]
[[rule]]
when = "path:/json"
request.body.json = [{ path = "$.a", value = "22" }]
[[rule]]
when = "path:/form"
request.body.form = { set = ["a=22"] }
[[rule]]
when = "path:/place"
response.body.text = "placed"
[[rule]]
when = "path:/cors"
cors = true
[[rule]]
when = "path:/fresh"
no_cache = true
no_compression = true
[[rule]]
when = "path:/delay"
delay = { request = "100ms", response = "100ms" }
[[rule]]
when = "path:/slow"
throttle = { latency = "150ms", down = "10 Mbit/s" }
[[rule]]
when = "path:/403"
block = "403"
[[rule]]
when = "path:/close"
block = "close"
[[rule]]
when = "path:/reset"
block = "reset"
[[rule]]
when = "path:/hang"
block = "hang"
[[rule]]
when = "path:/fail"
fail = "100%"
block = "403"
`

// clientCases are what curl asks for, and what it must show, in lower case with | between. The
// origin answers with what it was asked for.
var clientCases = []struct {
	path, args string // the arguments have spaces between
	want       string
	least      time.Duration // that it takes
}{
	{path: "/none", want: "status=200|site get /none"}, // from here on it is known which protocol the origin chooses
	{path: "/text", want: "status=203|x-a: b|from a rule"},
	{path: "/file", want: `status=200|content-type: application/json|{"id": 1}`},
	{path: "/message", want: "status=201|x-m: m|of a message"},
	{path: "/folder/", want: "status=200|content-type: text/html|the index"},
	{path: "/folder/a.txt", args: "-r 1-2", want: "status=206|content-range: bytes 1-2/4|bc"},
	{path: "/folder/none", want: "status=200|site get /folder/none"}, // the origin's
	{path: "/alone/none", want: "status=404|none"},
	{path: "/send", want: "status=200|other get /sent "},
	{path: "/resolve", want: "status=200|other get /resolve "},
	{path: "/head", args: "-H x-gone:1", want: "status=202|x-seen: 2|site get /head x-rule=1 ."},
	{path: "/query?a=1&b=2&c=3", want: "site get /query?a=2&c=3 ."},
	{path: "/cookie", args: "-b a=1;b=2", want: "set-cookie: c=3|site get /cookie cookie=a=2;b=2 ."},
	{path: "/method", args: "-X POST", want: "site put /method ."},
	{path: "/body", args: "-d cat", want: "site post /body <ig>."},
	{path: "/json", args: `-d {"a":1}`, want: `site post /json {"a":22}.`},
	{path: "/form", args: "-d a=1&b=2", want: "site post /form a=22&b=2."},
	{path: "/place", want: "status=200|placed"},
	{path: "/cors", args: "-H Origin:http://p.test", want: "access-control-allow-origin: http://p.test|site get /cors"},
	{path: "/cors", args: "-X OPTIONS -H Origin:http://p.test -H Access-Control-Request-Method:PUT",
		want: "status=204|access-control-allow-origin: http://p.test"},
	{path: "/fresh", args: "-H Accept-Encoding:gzip", want: "cache-control=no-cache accept-encoding=identity ."},
	{path: "/delay", want: "status=200|site get /delay", least: 200 * time.Millisecond},
	{path: "/slow", want: "status=200|site get /slow", least: 150 * time.Millisecond},
	{path: "/403", want: "status=403"},
	{path: "/fail", want: "status=403"},
	{path: "/close", want: "status=000|cut"},
	{path: "/reset", want: "status=000|cut"},
	{path: "/hang", args: "-m 0.3", want: "status=000|timed out"},
}

// echo answers with what it was asked for.
func echo(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s %s ", name, r.Method, r.URL)
		for _, field := range []string{"X-Rule", "X-Gone", "Cookie", "Cache-Control", "Accept-Encoding"} {
			if value := r.Header.Get(field); value != "" {
				_, _ = fmt.Fprintf(w, "%s=%s ", field, value)
			}
		}
		_, _ = fmt.Fprintf(w, "%s.", body)
	})
}

// rulesFile writes the rules and the files that they name.
func rulesFile(t *testing.T, other *httptest.Server) string {
	t.Helper()
	host, port, _ := strings.Cut(other.Listener.Addr().String(), ":")
	dir := t.TempDir()
	for name, text := range map[string]string{"rules.toml": strings.NewReplacer("{host}", host, "{port}", port).Replace(clientRules),
		"answer.json": `{"id": 1}`, "message": "HTTP/1.1 201 Created\nX-M: m\n\nof a message", "site/index.html": "the index",
		"site/a.txt": "abcd"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "rules.toml")
}

// curled is what curl shows of one request, in lower case.
func curled(curl string, args ...string) (shown string, took time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	began := time.Now()
	out, err := exec.CommandContext(ctx, curl, append([]string{"-q", "-sSi", "--noproxy", "", "-w", "\nstatus=%{http_code}"},
		args...)...).CombinedOutput()
	took = time.Since(began)
	if shown = strings.ToLower(string(out)); err != nil && !strings.Contains(shown, "timed out") {
		shown += " cut"
	}
	return shown, took
}

// What rules do, as curl sees it, the same over HTTP/1.1, plain and decrypted, and over HTTP/2.
func TestCurlWithRules(t *testing.T) {
	curl := program(t, "curl")
	run := func(name string, d *daemon, site string, args ...string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range clientCases {
				shown, took := curled(curl, slices.Concat([]string{"-x", d.url(), site + c.path}, args, strings.Fields(c.args))...)
				for _, want := range strings.Split(c.want, "|") {
					if !strings.Contains(shown, want) || took < c.least {
						t.Errorf("%s %s: no %q after %v in\n%s", c.path, c.args, want, took, shown)
					}
				}
			}
		})
	}
	site, other := httptest.NewServer(echo("site")), httptest.NewServer(echo("other"))
	t.Cleanup(site.Close)
	t.Cleanup(other.Close)
	run("HTTP 1", start(t, "-rules", rulesFile(t, other)), site.URL)
	for name, h2 := range map[string]bool{"HTTP 1 decrypted": false, "HTTP 2": true} {
		site, roots := secureSite(t, h2, echo("site"))
		other, _ := secureSite(t, h2, echo("other"))
		d, ca := decrypting(t, roots, "-rules", rulesFile(t, other))
		run(name, d, site.URL, "--cacert", ca)
	}
}
