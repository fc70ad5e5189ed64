//go:build e2e && linux

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

// mocked is how long a person may take from a row to their own answer in the browser.
const mocked = 20 * time.Second

// A row is selected and answered from a file; the file is changed and the page loaded anew: the
// browser shows what is in the file, and the origin hears nothing of it.
func TestFromARowToAMockInTheBrowser(t *testing.T) {
	real := chromium(t)
	d := newDesktop(t, desktopOptions{})
	var asked atomic.Int32
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			asked.Add(1)
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<title>The origin's page</title>hello")
	}))
	t.Cleanup(func() { site.CloseClientConnections(); site.Close() })
	port := freePort(t)
	d.settings(onPort(port))
	w := d.launchAs("env", "PATH="+d.onlyBrowser(real, site.URL+"/page"), appBinary).window()
	d.do("wmctrl", "-i", "-r", w.id, "-b", "add,above")
	w.key("ctrl+f")
	w.write("path:/page") // for what is looked for; a person needs none
	d.settled(w.list())
	w.click(w.middle(0, -20)) // Start the proxy
	mustListen(t, port)
	d.settled(w.list())
	w.click(w.middle(-155, 62)) // Open a browser
	eventually.Within(t, patience, "the page's row is in the list", func() bool {
		return strings.Contains(w.copyFirst(), site.URL+"/page")
	})
	d.inBrowser("Chromium", "ctrl+9") // its last tab has the page, the first is Posthouse's own
	d.titled("The origin's page")
	w.activate()
	before := asked.Load()

	begun := time.Now()
	step := func(what string) { t.Logf("%v: %s", time.Since(begun).Round(100*time.Millisecond), what) }
	w.click(railWidth+sidebarWidth+40, barsHeight+14) // the row
	w.key("ctrl+p")
	w.write("Answer this from")
	w.key("Return")
	answers := filepath.Join(filepath.Dir(d.settingsFile()), "answers")
	var file string
	eventually.Within(t, patience, "the answer lies in a file", func() bool {
		if all, _ := filepath.Glob(filepath.Join(answers, "*.html")); len(all) == 1 {
			file = all[0]
		}
		return file != ""
	})
	step("the answer lies in " + filepath.Base(file))
	d.shot("rule")
	text, err := os.ReadFile(file)
	if d.must(err); !strings.Contains(string(text), "The origin's page") {
		t.Errorf("the file has %q", text)
	}
	d.must(os.WriteFile(file, []byte(strings.Replace(string(text), "The origin's page", "Mine", 1)), 0o600))
	step("the file is changed")
	d.inBrowser("The origin's page", "F5")
	d.titled("Mine")
	took := time.Since(begun)
	step("the browser shows it")
	d.shot("mocked")
	if took > mocked {
		t.Errorf("it took %v", took)
	}
	if now := asked.Load(); now != before {
		t.Errorf("the origin was asked %d times more", now-before)
	}
}

// inBrowser presses a key in the window whose title holds a text.
func (d *desktop) inBrowser(title, key string) {
	d.t.Helper()
	eventually.Within(d.t, patience, "the browser has the keyboard", func() bool {
		_, _ = d.try("wmctrl", "-a", title)
		name, _ := d.try("xdotool", "getactivewindow", "getwindowname")
		return strings.Contains(name, title)
	})
	d.do("xdotool", "key", "--clearmodifiers", key)
}

// titled waits for a window with a title.
func (d *desktop) titled(title string) {
	d.t.Helper()
	eventually.Within(d.t, patience, "a window is called "+title, func() bool {
		all, _ := d.try("wmctrl", "-l")
		return strings.Contains(all, title)
	})
}
