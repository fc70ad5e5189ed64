package ui

import (
	"errors"
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
	err      error
}

func (f *fakeLauncher) Browsers() []launch.Browser { return f.browsers }

func (f *fakeLauncher) Browse(b launch.Browser, w launch.Way) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened, f.way = append(f.opened, b.Name), w
	return f.err
}

func (f *fakeLauncher) Terminal(vars []shellenv.Variable) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened, f.vars = append(f.opened, "terminal"), vars
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
	w.programs.browserItems()[1].Command.Run()
	w.until("it is opened", func() bool { return len(f.seen()) == 1 })
	if f.opened[0] != "Firefox" || f.way.Proxy != w.controller.Addr() || f.way.URL != startPage || f.way.Certificate != nil {
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
	if !slices.ContainsFunc(f.vars, func(v shellenv.Variable) bool {
		return v.Name == "http_proxy" && v.Value == "http://"+w.controller.Addr()
	}) {
		t.Errorf("its variables are %v", f.vars)
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

// What the empty list teaches while the proxy runs.
func TestEmptyPictures(t *testing.T) {
	t.Setenv("SHELL", "/bin/bash")
	for _, c := range []struct{ name, theme, lang string }{{"light-en", "light", "en"}, {"dark-en", "dark", "en"},
		{"light-zh", "light", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			s := settings.Default()
			s.General.Theme = c.theme
			w := openWindow(t, windowOptions{settings: s, lang: c.lang, launcher: twoBrowsers()})
			w.until("the window is drawn", func() bool { return w.empty.object.Visible() && w.last.Stats.MemoryBudget > 0 })
			e := newEmptyState(w.Window)
			e.show(0, 0, false, app.Status{State: app.Running}, "127.0.0.1:9876")
			shown := test.NewWindow(e.object)
			defer shown.Close()
			shown.Resize(fyne.NewSize(900, 330))
			test.AssertRendersToImage(t, "empty-"+c.name+".png", shown.Canvas())
		})
	}
}
