package ui

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app/desktop"
	"posthouse/app/desktop/filetypes"
	"posthouse/app/settings"
	"posthouse/app/switches/systemproxy"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
)

func (w *testWindow) said() string {
	if !w.notices.banner.Object.Visible() {
		return ""
	}
	return w.notices.banner.Text.Text
}

func on(b systemproxy.PreviousProxy) systemproxy.Status {
	return systemproxy.Status{Phase: systemproxy.On, Set: true, Previous: b}
}

// A proxy that was in force before is offered, never taken silently, and once.
func TestThePreviousProxyIsOffered(t *testing.T) {
	state := filepath.Join(t.TempDir(), "window.json")
	before := systemproxy.PreviousProxy{Upstream: "http://jo:secret@proxy.corp:3128", Bypass: []string{"*.corp"}}
	f := newFakeSystem()
	w := openWindow(t, windowOptions{system: f, state: state})
	f.become(on(before))
	w.until("it is offered", func() bool { return strings.Contains(w.said(), "proxy.corp:3128") })
	if w.controller.Settings().Proxy.Upstream != "" {
		t.Fatal("it was taken silently")
	}
	if strings.Contains(w.said(), "secret") {
		t.Errorf("it says %q", w.said())
	}
	test.Tap(w.notices.banner.Remedy)
	if p := w.controller.Settings().Proxy; p.Upstream != before.Upstream || len(p.UpstreamBypass) != 1 || p.UpstreamBypass[0] != "*.corp" {
		t.Errorf("%+v", p)
	}
	if w.said() != "" {
		t.Errorf("it still says %q", w.said())
	}
	// In another run, with the setting taken away again: it is not said once more.
	g := newFakeSystem()
	again := openWindow(t, windowOptions{system: g, state: state})
	g.become(on(before))
	again.followController()
	if text, err := os.ReadFile(state); err != nil || strings.Contains(string(text), "secret") {
		t.Errorf("remembered: %s, %v", text, err)
	}
	if again.said() != "" {
		t.Errorf("it is offered again: %q", again.said())
	}
}

func TestTheOfferCanBeDeclined(t *testing.T) {
	f := newFakeSystem()
	w := openWindow(t, windowOptions{system: f})
	f.become(on(systemproxy.PreviousProxy{Upstream: "socks5://proxy.corp:1080"}))
	w.until("it is offered", func() bool { return strings.Contains(w.said(), "proxy.corp:1080") })
	test.Tap(w.notices.banner.Close)
	w.followController()
	if w.said() != "" || w.controller.Settings().Proxy.Upstream != "" {
		t.Errorf("declined, it says %q", w.said())
	}
}

func TestWhatIsSetAsideIsSaid(t *testing.T) {
	for want, before := range map[string]systemproxy.PreviousProxy{
		"http://pac.corp/x.pac": {Script: "http://pac.corp/x.pac"},
		"automatic detection":   {Automatic: true},
		"does not answer":       {Upstream: "http://127.0.0.1:8118", Dead: true},
	} {
		f := newFakeSystem()
		w := openWindow(t, windowOptions{system: f})
		f.become(on(before))
		w.until("it is said: "+want, func() bool { return strings.Contains(w.said(), want) && !w.notices.banner.Remedy.Visible() })
		test.Tap(w.notices.banner.Close)
		if w.said() != "" {
			t.Errorf("it says %q", w.said())
		}
		if before.Upstream == "" && !strings.Contains(w.switches.systemTip(), "set aside") {
			t.Errorf("the tip is %q", w.switches.systemTip())
		}
	}
}

func TestNoProxySettingsAreSaidByTheTip(t *testing.T) {
	f := newFakeSystem()
	w := openWindow(t, windowOptions{system: f})
	w.win.Resize(fyne.NewSize(900, 640))
	f.become(systemproxy.Status{Phase: systemproxy.Unavailable})
	w.until("the switch is off for good", func() bool { return w.switches.system.Look == uiwidget.ToggleUnavailable })
	if w.said() != "" {
		t.Errorf("nobody asked, and it says %q", w.said())
	}
	w.until("the first look at the store is there", func() bool { return w.last.Stats != (flow.Stats{}) })
	w.switches.system.MouseIn(nil)
	w.until("the tip says why", func() bool { return w.tip.Box.Visible() })
	test.AssertRendersToImage(t, "window-tip-dark-en.png", w.win.Canvas())
	w.switches.system.MouseOut()
	if w.tip.Box.Visible() {
		t.Error("the tip stays")
	}
	w.switches.system.MouseIn(nil)
	w.switches.system.MouseOut() // before it shows
	w.tip.Show(w.switches.system, "")
	if w.tip.Box.Visible() {
		t.Error("an empty tip shows")
	}
}

func TestACrashIsOfferedOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "crash-20261101-080000-7.txt")
	if err := os.WriteFile(path, []byte("Posthouse 1.0\ngo1.26\n\ngoroutine 1 [running]:\nmain.main()\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	reports, err := desktop.CrashReports(dir)
	if err != nil || len(reports) != 1 {
		t.Fatal(reports, err)
	}
	reports[0].Time = time.Date(2026, 11, 1, 8, 0, 0, 0, time.Local)
	s := settings.Default()
	s.Proxy.Port, s.General.Theme = 0, "light"
	w := openWindow(t, windowOptions{settings: s, resident: Resident{Crashes: reports}})
	w.win.Resize(fyne.NewSize(900, 640))
	if !strings.Contains(w.said(), "2026-11-01 08:00") {
		t.Fatalf("it says %q", w.said())
	}
	test.AssertRendersToImage(t, "window-crash-light-en.png", w.win.Canvas())
	test.Tap(w.notices.banner.Remedy)
	if w.win.Canvas().Overlays().Top() == nil {
		t.Fatal("no report is shown")
	}
	w.leaveDialog()
	if w.said() != "" {
		t.Errorf("it still says %q", w.said())
	}
	if left, err := desktop.CrashReports(dir); len(left) != 0 || err != nil {
		t.Errorf("it would be offered again: %v %v", left, err)
	}
}

// fakeEntry is an entry in a list of the system.
type fakeEntry struct {
	err   error
	looks int
}

func (f *fakeEntry) Look()        { f.looks++ }
func (f *fakeEntry) Unfit() error { return nil }
func (f *fakeEntry) Err() error   { return f.err }

// Why the start at login, or what opens session files, could not be changed is said.
func TestTroubleOfEntriesInListsOfTheSystemIsSaid(t *testing.T) {
	login, files := &fakeEntry{}, &fakeEntry{}
	w := openWindow(t, windowOptions{resident: Resident{Login: login, Files: files}})
	w.openSettings()
	if login.looks != 1 || files.looks != 1 {
		t.Errorf("the system's lists were looked at %d and %d times", login.looks, files.looks)
	}
	w.leaveDialog()
	for _, e := range []*fakeEntry{login, files} {
		e.err = &filetypes.TakenError{By: "Notes.File"}
		w.followController()
		if !strings.Contains(w.said(), "another program (Notes.File) is to open session files") {
			t.Errorf("it says %q", w.said())
		}
		e.err = nil
		w.followController()
		if strings.Contains(w.said(), "Notes.File") {
			t.Errorf("it still says %q", w.said())
		}
	}
}

// What the start repaired is told in the language of the window.
func TestTheRepairIsToldInChinese(t *testing.T) {
	f := newFakeSystem()
	f.status.Repaired = flow.ReasonCode("lines").With(
		flow.ReasonCode("restored").With("kde", "ProxyType", flow.ReasonCode("not-set")),
		flow.ReasonCode("restored-dead").With("127.0.0.1:1"))
	w := openWindow(t, windowOptions{system: f, lang: i18n.Chinese})
	for _, want := range []string{"已恢复  kde：ProxyType 重新为 （未设置）", "原来的代理 127.0.0.1:1 已恢复，但它没有响应"} {
		if !strings.Contains(w.said(), want) {
			t.Errorf("%q is not in %q", want, w.said())
		}
	}
}

// A certificate authority that this computer does not trust is spoken of once, and
// no more when it is trusted.
func TestAnAuthorityThatIsNotTrustedIsSaidOnce(t *testing.T) {
	s := settings.Default()
	s.Proxy.Port = 0
	s.Decrypt.Hosts, s.Decrypt.CA = []string{"*"}, t.TempDir()
	notes := &fakeNotes{}
	w := openWindow(t, windowOptions{settings: s,
		resident: Resident{Notes: notes, Trusted: func(c *x509.Certificate) (bool, bool) { return false, c != nil }}})
	w.Hide()
	test.Tap(w.switches.proxy)
	w.until("it is said", func() bool { return strings.Contains(w.said(), "does not trust") })
	if len(notes.shown) != 1 || notes.shown[0].Topic != "authority" {
		t.Errorf("notes %+v", notes.shown)
	}
	test.Tap(w.notices.banner.Close)
	w.followController()
	if w.said() != "" || len(notes.shown) != 1 {
		t.Errorf("it is said again: %q, %+v", w.said(), notes.shown)
	}
}

func TestTheEndOfAnAuthorityIsSaidInTime(t *testing.T) {
	now := time.Now()
	for days, want := range map[int]string{365: "", 31: "", 29: "authority 30 ", 4: "authority 30 ", 2: "authority 3 ",
		-1: "authority 3 "} {
		if got := authorityWarning(now.Add(time.Duration(days)*24*time.Hour), now); got != want {
			t.Errorf("%d days before: %q, want %q", days, got, want)
		}
	}
}
