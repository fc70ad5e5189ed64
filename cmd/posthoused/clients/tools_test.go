package clients

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// site is a plain origin: it greets, and tells the checksum of what is sent to it.
func site(t *testing.T) *httptest.Server {
	s := httptest.NewServer(siteHandler())
	t.Cleanup(s.Close)
	return s
}

func siteHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", answer("hello"))
	mux.HandleFunc("/sum", func(w http.ResponseWriter, r *http.Request) {
		h := sha256.New()
		_, _ = io.Copy(h, r.Body)
		_, _ = io.WriteString(w, hex.EncodeToString(h.Sum(nil)))
	})
	return mux
}

func TestCurl(t *testing.T) {
	curl := program(t, "curl")
	o := site(t)
	d := start(t)
	if got := d.run(curl, nil, "-sS", "-x", d.url(), o.URL+"/curl"); got != "hello" {
		t.Errorf("got %q", got)
	}
	if e := d.get("GET", "/curl"); e.Status != 200 || e.Received != 5 || e.Proto != "HTTP/1.1" {
		t.Errorf("event %+v", e)
	}
	if got := d.run(curl, nil, "-sS", "-x", d.url(), "--http1.0", o.URL+"/old"); got != "hello" {
		t.Errorf("HTTP/1.0: got %q", got)
	}
	if e := d.get("GET", "/old"); e.Proto != "HTTP/1.0" {
		t.Errorf("event %+v", e)
	}
}

func TestCurlUploads(t *testing.T) {
	curl := program(t, "curl")
	o := site(t)
	d := start(t)
	body := bytes.Repeat([]byte("some bytes of a big upload\n"), 400_000)
	file := filepath.Join(t.TempDir(), "upload")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	for name, args := range map[string][]string{
		"length":  {"--data-binary", "@" + file},
		"chunked": {"--data-binary", "@" + file, "-H", "Transfer-Encoding: chunked"},
		"put":     {"-T", file},
		"expect":  {"--data-binary", "@" + file, "-H", "Expect: 100-continue"},
	} {
		if got := d.run(curl, nil, append([]string{"-sS", "-x", d.url(), o.URL + "/sum"}, args...)...); got != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if e := d.get("POST", "/sum"); e.Sent != int64(len(body)) {
		t.Errorf("event %+v", e)
	}
}

func TestCurlThroughATunnel(t *testing.T) {
	curl := program(t, "curl")
	o := httptest.NewTLSServer(siteHandler())
	t.Cleanup(o.Close)
	d := start(t)
	if got := d.run(curl, nil, "-sS", "-k", "-x", d.url(), o.URL+"/secret"); got != "hello" {
		t.Errorf("got %q", got)
	}
	e := d.event("the tunnel", func(e event) bool { return e.Kind == "tunnel" })
	if e.Status != 200 || e.Sent == 0 || e.Received == 0 || !e.TLS.Seen || !strings.Contains(e.TLS.ALPN, "http/1.1") {
		t.Errorf("event %+v", e)
	}
}

func TestWget(t *testing.T) {
	wget := program(t, "wget")
	o := site(t)
	d := start(t)
	if got := d.run(wget, []string{"http_proxy=" + d.url()}, "-q", "-O", "-", o.URL+"/wget"); got != "hello" {
		t.Errorf("got %q", got)
	}
	d.get("GET", "/wget")
}

func TestPython(t *testing.T) {
	python := program(t, "python3")
	o := site(t)
	d := start(t)
	const script = `
import http.client, sys, urllib.request
proxy, origin = sys.argv[1:]
c = http.client.HTTPConnection(proxy)
for i in range(3):
    c.request("GET", origin + "/python")
    r = c.getresponse()
    assert r.status == 200 and r.read() == b"hello", r.status
c.request("POST", origin + "/sum", body=iter([b"a", b"b"]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
r = c.getresponse()
assert r.status == 200, r.status
print(r.read().decode(), urllib.request.urlopen(origin + "/urllib").read().decode())
`
	got := d.run(python, []string{"http_proxy=" + d.url()}, "-c", script, d.addr, o.URL)
	sum := sha256.Sum256([]byte("ab"))
	if want := hex.EncodeToString(sum[:]) + " hello\n"; got != want {
		t.Errorf("got %q", got)
	}
	d.get("GET", "/python")
	d.get("GET", "/urllib")
}

func TestNode(t *testing.T) {
	node := program(t, "node", "nodejs")
	o := site(t)
	d := start(t)
	// Without a package manager: the agent that Node has, in absolute form and through a tunnel.
	const script = `
const http = require('http'), { hostname, port } = new URL(process.argv[1]), origin = new URL(process.argv[2]);
const agent = new http.Agent({ keepAlive: true });
const read = (r, done) => { let text = ''; r.on('data', (d) => text += d); r.on('end', () => done(text)); };
const absolute = (path) => ({ hostname, port, agent, path: origin.origin + path, headers: { Host: origin.host } });
const ask = (path) => new Promise((done, fail) => http.get(absolute(path), (r) => read(r, done)).on('error', fail));
const connect = { hostname, port, method: 'CONNECT', path: origin.host };
const tunnel = () => new Promise((done, fail) => http.request(connect).on('connect', (res, socket) => {
  http.get({ createConnection: () => socket, host: origin.hostname, path: '/inside' }, (r) => {
    read(r, (text) => { socket.destroy(); done(text); });
  });
}).on('error', fail).end());
const all = async () => { console.log(await ask('/node'), await ask('/node'), await tunnel()); agent.destroy(); };
all().catch((e) => { console.error(e); process.exit(1); });
`
	if got := d.run(node, nil, "-e", script, d.url(), o.URL); got != "hello hello hello\n" {
		t.Errorf("got %q", got)
	}
	d.get("GET", "/node")
	d.event("the tunnel", func(e event) bool { return e.Kind == "tunnel" && e.Failure == "" })
}

func TestGitClone(t *testing.T) {
	git := program(t, "git")
	dir := t.TempDir()
	d := start(t)
	repo := filepath.Join(dir, "repo")
	for _, args := range [][]string{
		{"init", "-q", repo},
		{"-C", repo, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "--allow-empty", "-m", "first"},
	} {
		d.run(git, nil, args...)
	}
	if err := os.WriteFile(filepath.Join(repo, "file"), bytes.Repeat([]byte("line\n"), 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	d.run(git, nil, "-C", repo, "add", "file")
	d.run(git, nil, "-C", repo, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "second")
	bare := filepath.Join(dir, "repo.git")
	d.run(git, nil, "clone", "-q", "--bare", repo, bare)
	d.run(git, nil, "-C", bare, "update-server-info")
	o := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(o.Close)
	clone := filepath.Join(dir, "clone")
	d.run(git, nil, "-c", "http.proxy="+d.url(), "clone", "-q", o.URL+"/repo.git", clone)
	if got := d.run(git, nil, "-C", clone, "log", "--format=%s"); got != "second\nfirst\n" {
		t.Errorf("cloned %q", got)
	}
	if text, err := os.ReadFile(filepath.Join(clone, "file")); err != nil || len(text) != 50_000 {
		t.Errorf("cloned a file of %d bytes, %v", len(text), err)
	}
	d.event("the clone", func(e event) bool { return strings.HasPrefix(e.Path, "/repo.git/info/refs") })
}
