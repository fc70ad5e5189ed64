package clients

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// secureSite is the site over TLS, with HTTP/2 if asked for, and a file with its certificate.
func secureSite(t *testing.T, h2 bool, handler http.Handler) (s *httptest.Server, roots string) {
	t.Helper()
	s = httptest.NewUnstartedServer(handler)
	s.EnableHTTP2 = h2
	s.StartTLS()
	t.Cleanup(s.Close)
	roots = filepath.Join(t.TempDir(), "roots.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(roots, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return s, roots
}

// decrypting is a posthoused with more flags that opens all tunnels, and the file with its CA's certificate.
func decrypting(t *testing.T, roots string, flags ...string) (d *daemon, ca string) {
	t.Helper()
	dir := t.TempDir()
	ca = filepath.Join(dir, "posthouse.pem")
	export := exec.Command(posthoused, "ca", "export", "-ca", filepath.Join(dir, "ca"), "-o", ca)
	export.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir)
	if said, err := export.CombinedOutput(); err != nil {
		t.Fatalf("ca export: %v\n%s", err, said)
	}
	return start(t, append(flags, "-decrypt", "all", "-ca", filepath.Join(dir, "ca"), "-extra-roots", roots)...), ca
}

func (d *daemon) inside(method, path string) event {
	d.t.Helper()
	e := d.get(method, path)
	if e.TLS.Padlock != "decrypted" {
		d.t.Errorf("%s %s: %+v", method, path, e)
	}
	return e
}

func TestCurlDecrypted(t *testing.T) {
	curl := program(t, "curl")
	for _, h2 := range []bool{false, true} {
		for _, version := range []string{"1.2", "1.3"} {
			t.Run(fmt.Sprintf("h2=%v, TLS %s", h2, version), func(t *testing.T) {
				o, roots := secureSite(t, h2, siteHandler())
				d, ca := decrypting(t, roots)
				args := []string{"-sS", "--cacert", ca, "-x", d.url(), "--tls-max", version}
				got := d.run(curl, nil, append(args, "-w", " %{http_version}", o.URL+"/a", o.URL+"/b")...)
				proto, shown := "1.1", "HTTP/1.1"
				if h2 {
					proto, shown = "2", "HTTP/2.0"
				}
				if want := "hello " + proto + "hello " + proto; got != want {
					t.Errorf("got %q", got)
				}
				if e := d.inside("GET", "/b"); e.Proto != shown || e.Status != 200 || e.Received != 5 || e.TLS.Version != "TLS "+version {
					t.Errorf("event %+v", e)
				}
				body := bytes.Repeat([]byte("some bytes of a big upload\n"), 100_000)
				file := filepath.Join(t.TempDir(), "upload")
				if err := os.WriteFile(file, body, 0o600); err != nil {
					t.Fatal(err)
				}
				sum := sha256.Sum256(body)
				for _, how := range [][]string{{"--data-binary", "@" + file}, {"-T", file},
					{"--data-binary", "@" + file, "-H", "Expect: 100-continue"}} {
					if got := d.run(curl, nil, append(append(args, o.URL+"/sum"), how...)...); got != hex.EncodeToString(sum[:]) {
						t.Errorf("%s: got %q", how, got)
					}
				}
			})
		}
	}
}

func TestCurlWithoutTheCA(t *testing.T) {
	curl := program(t, "curl")
	o, roots := secureSite(t, false, siteHandler())
	d, _ := decrypting(t, roots)
	// curl has no other root certificates here, so that it fails as it does for a person.
	cmd := exec.Command(curl, "-sS", "-x", d.url(), "--capath", t.TempDir(), o.URL+"/")
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("curl took the certificate: %s", out)
	}
	e := d.event("the refusal", func(e event) bool { return e.Kind == "tunnel" })
	if e.Failure != "tls" || e.TLS.Padlock != "refused" || !strings.Contains(e.Detail, "unknown_ca") {
		t.Errorf("event %+v", e)
	}
}

func TestCurlSeesABadCertificate(t *testing.T) {
	curl := program(t, "curl")
	o, _ := secureSite(t, true, siteHandler())
	dir := t.TempDir()
	other := filepath.Join(dir, "other.pem") // a root that did not sign the origin's certificate
	if said, err := exec.Command(posthoused, "ca", "export", "-ca", filepath.Join(dir, "ca"), "-o", other).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	d, ca := decrypting(t, other)
	got := d.run(curl, nil, "-sS", "--cacert", ca, "-x", d.url(), "-w", "%{http_code}", o.URL+"/bad")
	if !strings.Contains(got, "did not pass") || !strings.HasSuffix(got, "502") {
		t.Errorf("got %q", got)
	}
	e := d.event("the failure", func(e event) bool { return e.Path == "/bad" })
	if e.Failure != "tls" || e.TLS.Padlock != "bad-certificate" || e.TLS.Problem == "" {
		t.Errorf("event %+v", e)
	}
}

func TestPythonDecrypted(t *testing.T) {
	python := program(t, "python3")
	o, roots := secureSite(t, false, siteHandler())
	d, ca := decrypting(t, roots)
	const script = `
import sys, urllib.request
for i in range(3):
    assert urllib.request.urlopen(sys.argv[1] + "/python").read() == b"hello"
print(urllib.request.urlopen(sys.argv[1] + "/sum", data=b"ab").read().decode())
`
	got := d.run(python, []string{"https_proxy=" + d.url(), "SSL_CERT_FILE=" + ca}, "-c", script, o.URL)
	sum := sha256.Sum256([]byte("ab"))
	if got != hex.EncodeToString(sum[:])+"\n" {
		t.Errorf("got %q", got)
	}
	d.inside("GET", "/python")
	d.inside("POST", "/sum")
}

func TestNodeDecrypted(t *testing.T) {
	node := program(t, "node", "nodejs")
	for _, h2 := range []bool{false, true} {
		o, roots := secureSite(t, h2, siteHandler())
		d, ca := decrypting(t, roots)
		const script = `
const http = require('http'), https = require('https'), http2 = require('http2'), tls = require('tls');
const proxy = new URL(process.argv[1]), origin = new URL(process.argv[2]);
http.request({ hostname: proxy.hostname, port: proxy.port, method: 'CONNECT', path: origin.host }).on('connect', (res, socket) => {
  const inner = tls.connect({ socket, host: origin.hostname, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
    const done = (text) => { console.log(inner.alpnProtocol, text); inner.destroy(); };
    if (inner.alpnProtocol === 'h2') {
      const session = http2.connect(origin.origin, { createConnection: () => inner });
      const stream = session.request({ ':path': '/node' });
      let text = ''; stream.on('data', (d) => text += d); stream.on('end', () => { session.close(); done(text); });
    } else {
      https.get({ createConnection: () => inner, host: origin.hostname, path: '/node' }, (r) => {
        let text = ''; r.on('data', (d) => text += d); r.on('end', () => done(text));
      });
    }
  }).on('error', (e) => { console.error(e); process.exit(1); });
}).end();
`
		want := "http/1.1 hello\n"
		if h2 {
			want = "h2 hello\n"
		}
		if got := d.run(node, []string{"NODE_EXTRA_CA_CERTS=" + ca}, "-e", script, d.url(), o.URL); got != want {
			t.Errorf("got %q", got)
		}
		d.inside("GET", "/node")
	}
}

func TestGitDecrypted(t *testing.T) {
	git := program(t, "git")
	dir := t.TempDir()
	o, roots := secureSite(t, true, http.FileServer(http.Dir(dir)))
	d, ca := decrypting(t, roots)
	repo, bare, clone := filepath.Join(dir, "repo"), filepath.Join(dir, "repo.git"), filepath.Join(dir, "clone")
	env := []string{"GIT_SSL_CAINFO=" + ca}
	for _, args := range [][]string{
		{"init", "-q", repo},
		{"-C", repo, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "--allow-empty", "-m", "first"},
		{"clone", "-q", "--bare", repo, bare},
		{"-C", bare, "update-server-info"},
		{"-c", "http.proxy=" + d.url(), "clone", "-q", o.URL + "/repo.git", clone},
	} {
		d.run(git, env, args...)
	}
	if got := d.run(git, nil, "-C", clone, "log", "--format=%s"); got != "first\n" {
		t.Errorf("cloned %q", got)
	}
	d.event("the clone", func(e event) bool {
		return strings.HasPrefix(e.Path, "/repo.git/info/refs") && e.TLS.Padlock == "decrypted"
	})
}

func TestOpenSSLDecrypted(t *testing.T) {
	openssl := program(t, "openssl")
	o, roots := secureSite(t, false, siteHandler())
	d, ca := decrypting(t, roots)
	host := strings.TrimPrefix(o.URL, "https://")
	cmd := exec.Command(openssl, "s_client", "-proxy", d.addr, "-connect", host, "-CAfile", ca, "-verify_return_error",
		"-quiet", "-ign_eof")
	cmd.Stdin = strings.NewReader("GET /openssl HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
	cmd.Env = append(os.Environ(), "HOME="+d.home)
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "\r\n\r\nhello") {
		t.Errorf("%v: %q", err, out)
	}
	d.inside("GET", "/openssl")
}

// The proxy starts again with the CA that is there, and clients go on trusting it.
func TestARestartKeepsTheCA(t *testing.T) {
	curl := program(t, "curl")
	o, roots := secureSite(t, false, siteHandler())
	d, ca := decrypting(t, roots)
	dir := filepath.Join(filepath.Dir(ca), "ca")
	again := start(t, "-decrypt", "127.0.0.1,-other.example", "-ca", dir, "-extra-roots", roots)
	for _, one := range []*daemon{d, again} {
		if got := one.run(curl, nil, "-sS", "--cacert", ca, "-x", one.url(), o.URL+"/"); got != "hello" {
			t.Errorf("got %q", got)
		}
	}
}

func TestInsecureUpstreamIsLoud(t *testing.T) {
	curl := program(t, "curl")
	o, _ := secureSite(t, true, siteHandler())
	dir := t.TempDir()
	cmd := exec.Command(posthoused, "-listen", "127.0.0.1:0", "-decrypt", "all", "-ca", dir, "-insecure-upstream", "-events", "none")
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said []byte
	for buf := make([]byte, 1<<10); !bytes.Contains(said, []byte("listening on")); {
		n, err := stderr.Read(buf)
		said = append(said, buf[:n]...)
		if err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stderr) }()
	defer func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() }()
	if !strings.Contains(string(said), "NOT checked") {
		t.Errorf("it said only %q", said)
	}
	_, addr, _ := strings.Cut(string(said), "listening on ")
	out, err := exec.Command(curl, "-sS", "-k", "-x", "http://"+strings.TrimSpace(addr), o.URL+"/").CombinedOutput()
	if err != nil || string(out) != "hello" {
		t.Errorf("%v: %s", err, out)
	}
}
