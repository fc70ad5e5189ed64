package ui

import (
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"posthouse/app/settings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/app/clients/launch"
	"posthouse/app/clients/shellenv"
	"posthouse/ui/i18n"
)

// fakeLauncher opens nothing.
type fakeLauncher struct {
	mu       sync.Mutex
	browsers []launch.Browser
	opened   []string
	way      launch.Way
	vars     []shellenv.Variable
	ended    func()
	err      error
}

func (f *fakeLauncher) Browsers() []launch.Browser { return f.browsers }

func (f *fakeLauncher) Browse(b launch.Browser, w launch.Way) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened, f.way = append(f.opened, b.Name), w
	return f.err
}

func (f *fakeLauncher) Terminal(vars []shellenv.Variable, ended func()) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened, f.vars, f.ended = append(f.opened, "terminal"), vars, ended
	return f.err
}

func (f *fakeLauncher) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.opened)
}

func twoBrowsers() *fakeLauncher {
	return &fakeLauncher{browsers: []launch.Browser{{Name: "Chromium"}, {Name: "Firefox", Family: launch.Firefox}}}
}

// A browser is opened through the proxy, which is started for it.
func TestABrowserIsOpenedThroughTheProxy(t *testing.T) {
	f := twoBrowsers()
	w := openWindow(t, windowOptions{launcher: f})
	w.until("the browsers are found", func() bool { return len(w.programs.browsers) == 2 })
	w.commands.table.Run(w.commands.table.Find("browser.decrypt"))
	w.programs.browserItems()[1].Command.Run()
	w.until("it is opened", func() bool { return len(f.seen()) == 1 })
	if f.opened[0] != "Firefox" || f.way.Proxy != w.controller.Addr() || f.way.URL != app.PlainStartPage || f.way.Certificate != nil {
		t.Errorf("opened %q by %+v", f.opened, f.way)
	}
	if w.controller.Status().State != app.Running {
		t.Error("the proxy does not run")
	}
	w.programs.openFirstBrowser()
	w.until("the first is opened", func() bool { return len(f.seen()) == 2 && f.seen()[1] == "Chromium" })
}

func TestATerminalIsOpenedWithTheVariables(t *testing.T) {
	f := twoBrowsers()
	w := openWindow(t, windowOptions{launcher: f})
	w.programs.openTerminal()
	w.until("it is opened", func() bool { return len(f.seen()) == 1 })
	// This computer's own servers are seen too, whatever the terminal would inherit.
	for _, want := range []shellenv.Variable{
		{Name: "http_proxy", Value: "http://" + w.controller.Addr()}, {Name: "no_proxy"}, {Name: "NO_PROXY"},
	} {
		if !slices.Contains(f.vars, want) {
			t.Errorf("%v is not among its variables %v", want, f.vars)
		}
	}
}

// A browser is decrypted unless that is unticked: by a listener for itself, until it ends,
// with an authority that is made for it.
func TestABrowserIsDecrypted(t *testing.T) {
	f := twoBrowsers()
	w := openWindow(t, windowOptions{launcher: f})
	w.programs.openBrowser(f.browsers[0])
	w.until("it is opened", func() bool { return len(f.seen()) == 1 })
	at := f.way
	if at.Proxy == w.controller.Addr() || at.Certificate == nil || at.URL != "https://posthouse/" || at.Untrusted != app.PlainStartPage {
		t.Fatalf("it was opened by %+v", at)
	}
	if a, err := w.controller.Decryption().Authority(); err != nil || !a.Certificate().Equal(at.Certificate) {
		t.Errorf("the authority: %v", err)
	}
	if w.controller.Settings().Decrypt.Active() {
		t.Error("hosts are decrypted for everybody")
	}
	open := func() bool {
		conn, err := net.Dial("tcp", at.Proxy)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}
	if !open() {
		t.Error("its listener is not open")
	}
	at.Ended()
	if open() {
		t.Error("its listener is open after its end")
	}
	for range app.MaxPrograms {
		if _, err := w.controller.Programs().Listen("x", true); err != nil {
			t.Fatal(err)
		}
	}
	w.programs.openBrowser(f.browsers[0])
	w.until("it is said that there are too many", func() bool {
		return w.notices.banner.Object.Visible() && w.notices.banner.Text.Text == i18n.T("launch.too_many")
	})
}

// A terminal is decrypted where that is ticked, and its tools trust the certificate.
func TestATerminalIsDecrypted(t *testing.T) {
	f := twoBrowsers()
	w := openWindow(t, windowOptions{launcher: f})
	w.commands.table.Run(w.commands.table.Find("terminal.decrypt"))
	w.programs.openTerminal()
	w.until("it is opened", func() bool { return len(f.seen()) == 1 })
	value := func(name string) string {
		for _, v := range f.vars {
			if v.Name == name {
				return v.Value
			}
		}
		return ""
	}
	proxy := strings.TrimPrefix(value("http_proxy"), "http://")
	if proxy == w.controller.Addr() || value("NODE_EXTRA_CA_CERTS") != app.CACertificatePath() {
		t.Errorf("its variables are %v", f.vars)
	}
	f.ended()
	if conn, err := net.Dial("tcp", proxy); err == nil {
		_ = conn.Close()
		t.Error("its listener is open after its end")
	}
}

// What was ticked is the same in the empty list, in the menus and in the tray, and is
// found again by the next window.
func TestTicksAreRemembered(t *testing.T) {
	state := filepath.Join(t.TempDir(), "window.json")
	w := openWindow(t, windowOptions{launcher: twoBrowsers(), state: state})
	w.until("the empty list offers it", func() bool { return w.empty.ticks.Visible() && w.empty.browser.Text != "" })
	browser, terminal := w.commands.table.Find("browser.decrypt"), w.commands.table.Find("terminal.decrypt")
	if !browser.Checked() || terminal.Checked() || !w.empty.browser.Checked || w.empty.terminal.Checked {
		t.Error("at first the browser alone is to be ticked")
	}
	test.Tap(w.empty.terminal)
	w.commands.table.Run(browser)
	if browser.Checked() || !terminal.Checked() || w.empty.browser.Checked || !w.empty.terminal.Checked {
		t.Error("the list and the menus differ")
	}
	again := openWindow(t, windowOptions{launcher: twoBrowsers(), state: state})
	if again.memory.DecryptBrowser || !again.memory.DecryptTerminal {
		t.Error("it was forgotten")
	}
	none := openWindow(t, windowOptions{})
	none.until("the window is drawn", func() bool { return none.empty.object.Visible() && none.last.Stats.MemoryBudget > 0 })
	if none.empty.ticks.Visible() || none.empty.offers.Visible() {
		t.Error("it is offered where nothing can be opened")
	}
}

func TestWhatCannotBeOpenedIsSaid(t *testing.T) {
	f := &fakeLauncher{err: &launch.EndedError{Name: "Chromium", Err: errors.New("exit status 1"), Said: "no display"}}
	w := openWindow(t, windowOptions{launcher: f})
	w.programs.openFirstBrowser()
	if !w.notices.banner.Object.Visible() || w.notices.banner.Text.Text != i18n.T("launch.no_browser") {
		t.Errorf("without a browser it says %q", w.notices.banner.Text.Text)
	}
	w.programs.openBrowser(launch.Browser{Name: "Chromium"})
	w.until("the failure is said", func() bool { return strings.Contains(w.notices.banner.Text.Text, "no display") })
	f.err = launch.ErrUntrusted
	w.programs.openBrowser(launch.Browser{Name: "Firefox"})
	w.until("what is not trusted is said", func() bool { return strings.Contains(w.notices.banner.Text.Text, "certutil") })
	f.err = nil
	w.programs.openBrowser(launch.Browser{Name: "Chromium"})
	w.until("nothing is wrong any more", func() bool { return !w.notices.banner.Object.Visible() })
	f.way.Failed(&launch.EndedError{Name: "Chromium", Err: errors.New("exit status 1"), Said: "a slow disk"})
	w.until("a late failure is said", func() bool { return strings.Contains(w.notices.banner.Text.Text, "a slow disk") })
}

func TestVariablesAreCopiedForEachShell(t *testing.T) {
	w := openWindow(t, windowOptions{})
	for _, shell := range shellenv.Shells() {
		w.app.Clipboard().SetContent("")
		w.programs.copyVariables(shell)
		w.until("something is copied", func() bool { return w.app.Clipboard().Content() != "" })
		want, err := shellenv.Set(shell, shellenv.Options{Proxy: w.controller.Addr()})
		if got := w.app.Clipboard().Content(); err != nil || got != want {
			t.Errorf("copied %q, want %q", got, want)
		}
	}
}

// The first click of all is in the middle of the empty window.
func TestEmptyListStartsTheProxy(t *testing.T) {
	w := openWindow(t, windowOptions{})
	begins := func() bool { return w.empty.object.Visible() && w.empty.begin.Visible() }
	w.until("it offers to start the proxy", begins)
	test.Tap(w.empty.start)
	w.until("the proxy runs", func() bool { return w.controller.Status().State == app.Running && !begins() })
}

// What the empty list teaches while the proxy runs, and offers before.
func TestEmptyPictures(t *testing.T) {
	t.Setenv("SHELL", "/bin/bash")
	for _, c := range []struct {
		name, theme, lang string
		state             app.State
	}{{"light-en", "light", "en", app.Running}, {"dark-en", "dark", "en", app.Running}, {"light-zh", "light", "zh-Hans", app.Running},
		{"stopped", "light", "en", app.Stopped}} {
		t.Run(c.name, func(t *testing.T) {
			s := settings.Default()
			s.General.Theme = c.theme
			w := openWindow(t, windowOptions{settings: s, lang: c.lang, launcher: twoBrowsers()})
			w.until("the window is drawn", func() bool { return w.empty.object.Visible() && w.last.Stats.MemoryBudget > 0 })
			e := newEmptyState(w.Window)
			e.show(0, 0, filteredAll, app.Status{State: c.state}, "127.0.0.1:9876")
			shown := test.NewWindow(e.object)
			defer shown.Close()
			shown.Resize(fyne.NewSize(900, 330))
			test.AssertRendersToImage(t, "empty-"+c.name+".png", shown.Canvas())
		})
	}
}
