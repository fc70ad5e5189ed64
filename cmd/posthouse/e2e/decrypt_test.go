//go:build e2e && linux

package e2e

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"image"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

// firstDecrypted is how long a person may wait from the first click of all to the first
// row in the list that was decrypted.
const firstDecrypted = 10 * time.Second

// From a fresh start: start the proxy, open a browser, see what is inside HTTPS. Nothing
// was chosen or installed before, and nothing else is decrypted from then on.
func TestTwoClicksToTheFirstDecryptedRow(t *testing.T) {
	real := chromium(t)
	d := newDesktop(t, desktopOptions{})
	port, site := freePort(t), secureOrigin(t)
	settings := onPort(port) + d.trusting(site)
	d.settings(settings)
	p := d.launchAs("env", "PATH="+d.onlyBrowser(real, site.URL+"/first-request"), appBinary)
	w := p.window()
	d.do("wmctrl", "-i", "-r", w.id, "-b", "add,above") // the browser opens behind it, and the list stays in sight
	w.key("ctrl+f")
	w.write("is:decrypted -is:tunnel") // for what is looked for; a person needs none
	d.settled(w.list())                // the cursor in the filter never rests

	begun := time.Now()
	w.click(w.middle(0, -20)) // Start the proxy
	mustListen(t, port)
	took := time.Since(begun)
	d.settled(w.list())
	row := w.list()
	row.Max.Y = row.Min.Y + 26
	empty := d.digest(row)
	begun = time.Now()
	w.click(w.middle(-155, 62)) // Open a browser
	eventually.Within(t, patience, "a decrypted row is in the list", func() bool { return d.digest(row) != empty })
	took += time.Since(begun)
	if took > firstDecrypted {
		t.Errorf("the first decrypted row came after %v", took)
	}
	t.Logf("the first decrypted row came after %v", took)
	eventually.Within(t, patience, "it is the first page's", func() bool {
		return strings.Contains(w.copyFirst(), "https://posthouse/")
	})
	d.shot("decrypted")

	w.key("ctrl+f", "ctrl+a")
	w.write("is:decrypted path:/first-request")
	d.settled(w.list()) // a click on a tunnel that is still there would be answered with a dialog
	eventually.Within(t, patience, "so is what the browser asks an origin", func() bool {
		return strings.Contains(w.copyFirst(), site.URL+"/first-request")
	})
	d.shot("origin")
	if now, err := os.ReadFile(d.settingsFile()); err != nil || string(now) != "version = 1\n"+settings {
		t.Errorf("the settings became %q (%v)", now, err)
	}

	pid, own := d.browser()
	if own == port || !listens(own) {
		t.Errorf("the browser is pointed at port %d, the proxy's is %d", own, port)
	}
	d.must(syscall.Kill(pid, syscall.SIGTERM))
	mustNotListen(t, own)
	if !listens(port) {
		t.Error("the proxy ended with the browser")
	}
}

// chromium is a browser of Chromium's family on this computer.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("chromium is missing")
	}
	t.Skip("chromium is not installed")
	return ""
}

// secureOrigin is an origin in TLS.
func secureOrigin(t *testing.T) *httptest.Server {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from %s", r.URL.Path)
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// trusting gives settings by which an origin's certificate passes.
func (d *desktop) trusting(s *httptest.Server) string {
	roots := d.path("roots.pem")
	d.must(os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	return fmt.Sprintf("\n[decrypt]\nextra_roots = %q\n", roots)
}

// onlyBrowser is a folder with one browser. It is run as a test may run one, where nothing
// that it asks by itself leaves this computer, and opens a page more.
func (d *desktop) onlyBrowser(real, page string) string {
	bin := d.path("bin")
	d.must(os.Mkdir(bin, 0o755))
	d.must(os.WriteFile(filepath.Join(bin, "chromium"), []byte(fmt.Sprintf(`#!/bin/sh
export PATH=%q
exec %q --no-sandbox --disable-gpu --disable-dev-shm-usage \
	"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1" "$@" %q
`, os.Getenv("PATH"), real, page)), 0o755))
	return bin
}

// browser is the browser that was opened in this session, and the port that it is pointed at.
func (d *desktop) browser() (pid, port int) {
	d.t.Helper()
	profile, proxy := []byte("--user-data-dir="+d.dir), regexp.MustCompile(`--proxy-server=http://127\.0\.0\.1:(\d+)\b`)
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		line, _ := os.ReadFile(file)
		found := proxy.FindSubmatch(line)
		if found == nil || !bytes.Contains(line, profile) || bytes.Contains(line, []byte("--type=")) { // a helper of it
			continue
		}
		pid, _ = strconv.Atoi(strings.Split(file, "/")[2])
		port, _ = strconv.Atoi(string(found[1]))
		return pid, port
	}
	d.t.Fatal("no browser of this session is open")
	return 0, 0
}

// middle is a point of the window by its distance from the middle of the empty list,
// which has its header and no sidebar beside it.
func (w *window) middle(x, y int) (int, int) {
	const header, status = 24, 36
	a := w.d.geometry(w.id)
	list := image.Rect(railWidth+4, barsHeight-header, a.Dx(), a.Dy()-status)
	return (list.Min.X+list.Max.X)/2 + x, (list.Min.Y+list.Max.Y)/2 + y
}

// copyFirst copies the first row of the list, and gives what the clipboard holds then; ""
// while another window, such as one that is being opened, takes the keyboard.
func (w *window) copyFirst() string {
	w.d.do("wmctrl", "-i", "-a", w.id)
	if active, _ := w.d.try("xdotool", "getactivewindow"); active != w.id {
		return ""
	}
	row := image.Pt(w.list().Min.X+40, w.firstRow())
	// Without --sync: that waits for a pointer which is there already.
	w.d.do("xdotool", "mousemove", itoa(row.X), itoa(row.Y), "click", "1", "key", "--clearmodifiers", "ctrl+c")
	return w.d.clipboard()
}
