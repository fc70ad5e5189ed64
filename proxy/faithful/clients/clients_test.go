package clients

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

const deadline = 60 * time.Second

var clients = []client{
	{"curl, HTTP/2", curl("--http2")},
	{"curl, HTTP/1.1", curl("--http1.1")},
	{"curl, TLS 1.2", curl("--tls-max", "1.2")},
	{"curl, HTTP/2, a form", curl("--http2", "-d", "a=b&c=d")},
	{"curl, other groups", curl("--curves", "P-384:X25519")},
	{"curl, no ALPN", curl("--no-alpn")},
	{"Node, HTTP/2", script("node", "h2.js")},
	{"Node, HTTP/1.1", script("node", "https.js")},
	{"Python, http.client", script("python3", "ask_http.py")},
	{"Python, httpx", httpx},
	{"Java, HttpClient", script("java", "Ask.java")},
	{"nghttp", nghttp},
	{"Go, HTTP/2", goClient(true)},
	{"Go, HTTP/1.1", goClient(false)},
	{"Go, gRPC", grpcClient},
	{"Chromium", chromium},
}

// installed are those that make test brings in.
var installed = map[string]bool{"curl": true, "node": true, "python3": true, "chromium": true, "nghttp": true}

// program finds a program by one of its names.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" && installed[names[0]] {
		t.Fatalf("%s is missing", names[0])
	}
	t.Skipf("%s is missing: install it to run this test", names[0])
	return ""
}

// command has an empty home and no proxy in its environment.
func command(ctx context.Context, t *testing.T, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	for _, v := range os.Environ() {
		if key, _, _ := strings.Cut(v, "="); !strings.HasSuffix(strings.ToLower(key), "_proxy") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "HOME="+t.TempDir(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.WaitDelay = time.Second
	return cmd
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if out, err := command(ctx, t, name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", filepath.Base(name), args, err, out)
	}
}

func curl(flags ...string) func(*testing.T, string, way) {
	return func(t *testing.T, url string, w way) {
		args := append([]string{"-q", "-sS", "--fail", "--max-time", "30", "--cacert", w.roots, "-H", "X-B: 1", "-H", "Cookie: a=1; b=2",
			"-H", "x-a: 2", "-H", "Authorization: Bearer secret", "-H", "X-Empty;"}, flags...)
		if w.proxy != "" {
			args = append(args, "--proxy", "http://"+w.proxy, "--noproxy", "")
		}
		run(t, program(t, "curl"), append(args, url+"one", url+"two?a=b")...)
	}
}

// script runs one of testdata with an interpreter.
func script(interpreter, name string) func(*testing.T, string, way) {
	return func(t *testing.T, url string, w way) {
		args := []string{filepath.Join("testdata", name), url, w.roots}
		if w.proxy != "" {
			args = append(args, w.proxy)
		}
		run(t, program(t, interpreter), args...)
	}
}

// httpx may be installed for the system's Python alone.
func httpx(t *testing.T, url string, w way) {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if path, err := exec.LookPath(python); err == nil && exec.Command(path, "-c", "import httpx, h2").Run() == nil {
			script(python, "ask_httpx.py")(t, url, w)
			return
		}
	}
	t.Skip("httpx with h2 is missing: install it to run this test (Debian: python3-httpx python3-h2)")
}

// nghttp knows no proxy: it is led there, and to the origin alike.
func nghttp(t *testing.T, target string, w way) {
	name := program(t, "nghttp")
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	led := lead(t, u.Host, w)
	u.Host = fmt.Sprintf("localhost:%d", led.Port)
	run(t, name, "-n", "-H", "x-b: 1", "-H", "cookie: a=1", "-H", "x-a: 2", "-H", "authorization: Bearer secret", u.String()+"one")
}

// lead listens for one connection and leads it to host by w.
func lead(t *testing.T, host string, w way) *net.TCPAddr {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		_ = ln.Close()
		wg.Wait()
	})
	wg.Go(func() {
		from, err := ln.Accept()
		if err != nil {
			return
		}
		defer func() { _ = from.Close() }()
		to, err := w.dial(t.Context(), host)
		if err != nil {
			t.Errorf("led nowhere: %v", err)
			return
		}
		wg.Go(func() {
			_, _ = io.Copy(to, from)
			_ = to.Close()
		})
		_, _ = io.Copy(from, to)
	})
	return ln.Addr().(*net.TCPAddr)
}

// dial connects to host by the way, before TLS.
func (w way) dial(ctx context.Context, host string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: deadline}
	if w.proxy == "" {
		return dialer.DialContext(ctx, "tcp", host)
	}
	c, err := dialer.DialContext(ctx, "tcp", w.proxy)
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", host)
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: http.MethodConnect})
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	return c, err
}

func goClient(http2 bool) func(*testing.T, string, way) {
	return func(t *testing.T, target string, w way) {
		protocols := &http.Protocols{}
		protocols.SetHTTP2(http2)
		protocols.SetHTTP1(!http2)
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.pool}, Protocols: protocols}
		defer transport.CloseIdleConnections()
		if w.proxy != "" {
			transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: w.proxy})
		}
		for _, path := range []string{"one", "two?a=b"} {
			req, err := http.NewRequestWithContext(t.Context(), "GET", target+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer secret") // one field: Go draws their order
			res, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
	}
}

// grpcClient calls a method called one; the origin has none.
func grpcClient(t *testing.T, target string, w way) {
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("passthrough:///"+u.Host, grpc.WithContextDialer(w.dial),
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: w.pool})))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Invoke(t.Context(), "/own.Service/one", &grpc_health_v1.HealthCheckRequest{}, &grpc_health_v1.HealthCheckResponse{})
	if status.Code(err) != codes.Unimplemented {
		t.Fatal(err)
	}
}

// chromium takes any certificate: that is judged after the handshake, and changes nothing before.
func chromium(t *testing.T, url string, w way) {
	name := program(t, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
	profile, err := os.MkdirTemp("", "posthouse-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(profile) })
	args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--user-data-dir=" + profile, "--dump-dom",
		"--ignore-certificate-errors",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"}
	if w.proxy != "" {
		args = append(args, "--proxy-server=http://"+w.proxy, "--proxy-bypass-list=<-loopback>;*.com;*.net;*.org")
	}
	run(t, name, append(args, url+"one")...)
}
