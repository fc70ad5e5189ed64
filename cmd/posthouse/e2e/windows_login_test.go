//go:build e2e && linux

package e2e

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/app/desktop/winetest"
	"posthouse/proxy/proxytest/eventually"
)

// atLogin is what Windows starts at login as Posthouse; "" for nothing.
func (w *windows) atLogin() string {
	w.d.t.Helper()
	out, err := w.Try("wine", "reg", "query", winetest.RunKey, "/v", "Posthouse")
	if err != nil {
		return ""
	}
	_, line, _ := strings.Cut(out, "REG_SZ")
	return strings.TrimSpace(line)
}

// The entry that starts the app at login: quoted where it must be, hidden, where the
// program is now, and gone when it is switched off. The icon in the tray says what
// the proxy does.
func TestTheStartAtLoginOnWindows(t *testing.T) {
	w := newWindows(t)
	port := freePort(t)
	settings := func(login string) {
		w.d.must(os.WriteFile(w.local("posthouse/settings.toml"),
			[]byte("version = 1\n[general]\nstart_at_login = "+login+"\n"+onPort(port)), 0o600))
	}
	place := func(folder string) {
		dir := filepath.Join(w.Prefix, "drive_c", folder)
		w.d.must(os.MkdirAll(dir, 0o755))
		to := filepath.Join(dir, "posthouse.exe")
		w.d.must(os.Rename(w.exe, to))
		w.exe = to
	}
	mustBe := func(want string) {
		t.Helper()
		got := "?"
		if !eventually.Wait(patience, func() bool { got = w.atLogin(); return got == want }) {
			t.Fatalf("at login Windows starts %q, want %q", got, want)
		}
	}
	end := func() {
		t.Helper()
		w.Run("wine", "taskkill", "/F", "/PID", w.pid())
		w.mustBeGone()
	}

	settings("false")
	place("Program Files/Post house")
	w.launch("-hidden", "-start")
	mustListen(t, port)
	w.mustHaveTip()
	settings("true")
	mustBe(`"C:\Program Files\Post house\posthouse.exe" -hidden`)
	end()

	place("Tools")
	w.launch("-hidden", "-start")
	mustListen(t, port)
	mustBe(`C:\Tools\posthouse.exe -hidden`)
	settings("false")
	mustBe("")
	end()
}

// mustHaveTip waits for the tooltip of the tray icon under the pointer.
func (w *windows) mustHaveTip() {
	w.d.t.Helper()
	w.trayIcon()
	around := image.Rect(0, w.icon.Min.Y-120, 1280, 900)
	w.d.do("xdotool", "mousemove", "--sync", "300", "300")
	bare := w.d.settled(around)
	at := w.icon.Min.Add(w.icon.Size().Div(2))
	eventually.Within(w.d.t, patience, "the tray icon has a tooltip", func() bool {
		w.d.do("xdotool", "mousemove", "--sync", itoa(at.X-3), itoa(at.Y), "mousemove", "--sync", itoa(at.X), itoa(at.Y))
		return eventually.Wait(3*time.Second, func() bool { return w.d.digest(around) != bare })
	})
	w.d.shot("tray-tip")
	w.d.do("xdotool", "mousemove", "--sync", "300", "300")
}
