//go:build e2e && linux

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

// posthouse is the app under test, running on a desktop.
type posthouse struct {
	*process
	d *desktop
}

// launch starts the app and does not wait for it.
func (d *desktop) launch(args ...string) *posthouse {
	d.t.Helper()
	return d.launchAs(appBinary, args...)
}

// launchAs starts the app by a program that becomes it.
func (d *desktop) launchAs(program string, args ...string) *posthouse {
	d.t.Helper()
	p := &posthouse{process: d.start("posthouse", program, args...), d: d}
	d.t.Cleanup(func() {
		if d.t.Failed() {
			d.shot("at-the-end")
			d.t.Logf("the app wrote:\n%s", p.log())
		}
	})
	return p
}

// window waits for the app's window.
func (p *posthouse) window() *window {
	p.d.t.Helper()
	w := &window{d: p.d}
	eventually.Within(p.d.t, patience, "the window is on the screen", func() bool {
		p.mustRun(p.d.t)
		for _, id := range p.d.windows(p.pid) {
			if area := p.d.geometry(id); area.Dx() > 300 && area.Dy() > 200 {
				w.id, w.area = id, area
				return true
			}
		}
		return false
	})
	w.activate()
	p.d.settled(w.area)
	return w
}

// visible reports whether the app shows a window.
func (p *posthouse) visible() bool { return len(p.d.windows(p.pid)) > 0 }

// trayItem waits for the app's tray icon.
func (p *posthouse) trayItem() *trayItem {
	p.d.t.Helper()
	y := p.d.tray()
	var item *trayItem
	eventually.Within(p.d.t, patience, "the tray icon is there", func() bool {
		p.mustRun(p.d.t)
		found, err := y.item(p.pid)
		if err == nil && found.icon() != "" {
			item = found
		}
		return item != nil
	})
	return item
}

// mustEnd waits for a clean end.
func (p *posthouse) mustEnd() {
	p.d.t.Helper()
	if !p.endsWithin(patience) {
		_ = syscall.Kill(p.pid, syscall.SIGQUIT) // it writes what each goroutine does
		p.endsWithin(patience)
		p.d.t.Fatalf("the app did not end; it wrote:\n%s", p.log())
	}
	if p.code != 0 {
		p.d.t.Fatalf("the app ended with status %d; it wrote:\n%s", p.code, p.log())
	}
}

// settingsFile is where the app keeps its settings on this desktop.
func (d *desktop) settingsFile() string { return d.path("home/.config/posthouse/settings.toml") }

// settings writes a settings file as a person would before the first start.
func (d *desktop) settings(text string) {
	d.t.Helper()
	d.must(os.MkdirAll(filepath.Dir(d.settingsFile()), 0o755))
	d.must(os.WriteFile(d.settingsFile(), []byte("version = 1\n"+text), 0o600))
}

// onPort gives settings that name a port.
func onPort(port int) string { return fmt.Sprintf("\n[proxy]\nport = %d\n", port) }

// freePort is a port of this machine that is free now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// listens reports whether something accepts connections at a port.
func listens(port int) bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

func mustListen(t *testing.T, port int) {
	t.Helper()
	eventually.Within(t, patience, fmt.Sprintf("port %d accepts", port), func() bool { return listens(port) })
}

func mustNotListen(t *testing.T, port int) {
	t.Helper()
	eventually.Within(t, patience, fmt.Sprintf("port %d is closed", port), func() bool { return !listens(port) })
}

// origin is a web server for the proxy to reach.
func origin(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"path": %q, "message": "hello from the origin"}`, r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return s
}

// curl fetches a URL through the proxy at port.
func (d *desktop) curl(port int, url string) {
	d.t.Helper()
	out := d.do("curl", "-sS", "--fail", "--max-time", "30", "-x", "http://127.0.0.1:"+strconv.Itoa(port), url)
	if !strings.Contains(out, "hello from the origin") {
		d.t.Fatalf("curl through the proxy got %q", out)
	}
}
