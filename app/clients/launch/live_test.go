//go:build linux

package launch

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
)

// loopback is the browser's flags for a test: as root it has no sandbox, and
// what it asks for by itself finds no address.
var loopback = []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
	"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"}

// running is a proxy whose own way out ends at a server that refuses: what a
// browser asks for by itself never leaves this machine.
func running(t *testing.T, roots string, hosts ...string) *app.Controller {
	t.Helper()
	nowhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(nowhere.Close)
	s := settings.Default()
	s.Proxy.Port, s.Proxy.Upstream, s.Proxy.UpstreamBypass = 0, nowhere.URL, []string{"localhost", "127.0.0.1"}
	s.Decrypt.Hosts, s.Decrypt.CA, s.Decrypt.ExtraRoots = hosts, t.TempDir(), roots
	c := app.New(app.Options{Settings: &s})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = c.Close(ctx) // tunnels that are left are cut
	})
	c.Start()
	eventually.Holds(t, "the proxy runs", func() bool { return c.Status().State == app.Running })
	return c
}

// row waits for a finished request to a path.
func row(t *testing.T, c *app.Controller, path string) (found flow.Row) {
	t.Helper()
	eventually.Holds(t, "there is a row of "+path, func() bool {
		for id := flow.ID(1); id <= flow.ID(c.Store().Stats().Captured); id++ {
			if r, ok := c.Store().Row(id); ok && r.Path == path && r.Phase == flow.PhaseDone {
				found = r
				return true
			}
		}
		return false
	})
	return found
}

// page has a script that asks for more.
func page(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/page" {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, `<!doctype html><title>page</title><body>hello<script>fetch("/from-script")</script>`)
	}
}

// localhost is a URL's server under that name, which browsers do not give to a
// proxy unless they are told to.
func localhost(s *httptest.Server) string {
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/page"
}

func testBrowser(t *testing.T, b Browser) {
	plain := httptest.NewServer(http.HandlerFunc(page))
	t.Cleanup(func() { plain.CloseClientConnections(); plain.Close() })
	secure := httptest.NewUnstartedServer(http.HandlerFunc(page))
	secure.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	secure.StartTLS()
	t.Cleanup(func() { secure.CloseClientConnections(); secure.Close() })
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	parent := filepath.Join(t.TempDir(), "profiles")
	home := t.TempDir()
	l := New(Options{ProfilesDir: parent, Flags: loopback, FirefoxFlags: []string{"--headless"},
		Env: []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + home, "DISPLAY=", "WAYLAND_DISPLAY="}})
	t.Cleanup(l.Close)

	// What is not decrypted is a tunnel; http to localhost is seen.
	c := running(t, "")
	if err := l.Browse(b, Way{Proxy: c.Addr(), URL: localhost(plain)}); err != nil {
		t.Fatal(err)
	}
	row(t, c, "/page")
	if r := row(t, c, "/from-script"); r.Scheme != "http" || r.Status != 200 {
		t.Errorf("the row is %+v", r)
	}

	// With decryption the page's script runs inside TLS: the CA is trusted. The
	// certificate of the test's origin is for 127.0.0.1 and example.com.
	c = running(t, roots, "*")
	cert, err := c.Decryption().Certificate()
	if err != nil || cert == nil {
		t.Fatalf("there is no CA: %v", err)
	}
	if err := l.Browse(b, Way{Proxy: c.Addr(), Certificate: cert, URL: secure.URL + "/page"}); err != nil {
		t.Fatal(err)
	}
	if r := row(t, c, "/from-script"); r.Scheme != "https" || r.TLS.Outcome != flow.TLSDecrypted {
		t.Errorf("the row is %+v", r)
	}
	if n := len(folders(t, parent)); n != 2 {
		t.Errorf("%d browsers have a folder, want 2", n)
	}
	begun := time.Now()
	l.Close()
	if left := folders(t, parent); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
	t.Logf("closing took %v", time.Since(begun))
}

// first is the first browser of a family that is found here.
func first(t *testing.T, f Family) Browser {
	t.Helper()
	for _, b := range Browsers() {
		if b.Family == f {
			return b
		}
	}
	if f == Chromium && os.Getenv("CI") != "" {
		t.Fatal("Chromium is missing")
	}
	t.Skip("there is none on this computer: install one to run this test")
	return Browser{}
}

func TestChromiumGoesThroughTheProxy(t *testing.T) {
	testBrowser(t, first(t, Chromium))
}

func TestFirefoxGoesThroughTheProxy(t *testing.T) {
	testBrowser(t, first(t, Firefox))
}
