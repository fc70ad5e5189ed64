package ui

import (
	"context"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/app/settings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/adrg/xdg"

	"posthouse/app"
	"posthouse/app/clients/appicon"
	"posthouse/app/clients/trust"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// testWindow is the window without a screen. What other goroutines hand to the
// UI goroutine waits in a queue until the test looks.
type testWindow struct {
	*Window
	t     *testing.T
	queue chan func()
}

type windowOptions struct {
	settings settings.Settings // zero: the defaults, with any free port
	state    string            // where the window is remembered
	lang     string
	file     string // the settings file
	groups   string // where groups of requests are kept
	history  string // the folder of what stays on the disk; "" for none
	system   SystemProxy
	stores   []trust.Store
	launcher Launcher
	icons    appicon.Finder
	resident Resident
}

func openWindow(t *testing.T, o windowOptions) *testWindow {
	t.Helper()
	awaitLeft(o.state)
	data := xdg.DataHome // where a certificate authority of this user would be
	xdg.DataHome = t.TempDir()
	t.Cleanup(func() { xdg.DataHome = data })
	a := test.NewTempApp(t)
	if o.settings.Version == 0 {
		o.settings = settings.Default()
		o.settings.Proxy.Port = 0
	}
	if o.system == nil {
		o.system = newFakeSystem()
	}
	if o.lang == "" {
		o.lang = "en"
	}
	controller := app.New(app.Options{Path: o.file, Settings: &o.settings, HistoryDir: o.history})
	w := &testWindow{t: t, queue: make(chan func(), 4096)}
	w.Window = New(Options{App: a, Controller: controller, StatePath: o.state, Lang: o.lang, System: o.system, Resident: o.resident,
		Stores: o.stores, Launcher: o.launcher, FindIcon: o.icons, Groups: o.groups, OpenedDir: filepath.Join(xdg.DataHome, "opened"),
		Do: func(f func()) { w.queue <- f }})
	left[o.state] = &w.memory.file
	w.win.Show()
	t.Cleanup(func() {
		w.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := controller.Close(ctx); err != nil {
			t.Errorf("closing the controller: %v", err)
		}
		w.win.Close()
		i18n.Set("en")
	})
	return w
}

// until runs what waits for the UI goroutine until something is so.
func (w *testWindow) until(what string, so func() bool) {
	w.t.Helper()
	deadline := time.After(10 * time.Second)
	for !so() {
		select {
		case f := <-w.queue:
			f()
		case <-deadline:
			w.t.Fatalf("waited in vain until %s", what)
		}
	}
}

func (w *testWindow) key(name fyne.KeyName, modifier fyne.KeyModifier) {
	w.shortcut(&desktop.CustomShortcut{KeyName: name, Modifier: modifier})
}

// hasState tells that all of the window shows a state: the status bar alone may
// have looked at it earlier.
func (w *testWindow) hasState(s app.State) func() bool {
	return func() bool {
		return w.controller.Status().State == s && w.switches.proxy.Text == i18n.T("proxy."+s.String()) &&
			w.status.state.Text == w.stateText(w.controller.Status())
	}
}

func TestTheProxySwitchStartsAndStops(t *testing.T) {
	w := openWindow(t, windowOptions{})
	if w.switches.proxy.Look != uiwidget.ToggleOff || w.switches.proxy.Text != "Proxy off" {
		t.Fatalf("at first the switch is %v, %q", w.switches.proxy.Look, w.switches.proxy.Text)
	}
	test.Tap(w.switches.proxy)
	w.until("the proxy runs", w.hasState(app.Running))
	if w.switches.proxy.Look != uiwidget.ToggleOn || w.switches.proxy.Text != "Proxy on" {
		t.Errorf("running, the switch is %v, %q", w.switches.proxy.Look, w.switches.proxy.Text)
	}
	addr := w.controller.Status().Addrs[0]
	if _, port, _ := net.SplitHostPort(addr); w.address.port.Text != port {
		t.Errorf("the proxy listens on %s, and the window says port %s", addr, w.address.port.Text)
	}
	test.Tap(w.address.copied)
	if got := w.app.Clipboard().Content(); got != addr {
		t.Errorf("copied %q, the address is %q", got, addr)
	}
	w.key(fyne.KeyP, ctrl|fyne.KeyModifierShift)
	w.until("the proxy is stopped", w.hasState(app.Stopped))
}

func TestRequestsAppearAndAreFiltered(t *testing.T) {
	w := openWindow(t, windowOptions{})
	store := w.controller.Store()
	w.until("the empty list teaches", func() bool { return w.empty.object.Visible() })
	for i := range 20 {
		uitest.Record(store, uitest.SampleHosts[i%len(uitest.SampleHosts)], "/"+strconv.Itoa(i), 200+i%2*204)
	}
	w.until("20 rows are shown", func() bool { return w.last.Total == 20 && w.model.Len() == 20 })
	if w.empty.object.Visible() {
		t.Error("the lesson covers the rows")
	}
	w.filter.set("host:api status:404")
	w.until("no row passes", func() bool { return w.model.Len() == 0 && w.empty.object.Visible() })
	w.filter.set("host:api")
	w.until("5 rows pass", func() bool { return w.model.Len() == 5 && strings.Contains(w.status.counts.Text, "5 shown of 20") })
	w.filter.set("host:api status:9999")
	if !w.filter.bad.Visible() || w.filter.bad.Text == "" {
		t.Error("a wrong filter is not said to be wrong")
	}
	if n := w.model.Len(); n != 5 {
		t.Errorf("a wrong filter shows %d rows; its other words stay in force", n)
	}
	for n := range "host:api status:>x" { // as it is typed, "status" is a word on the way
		w.filter.set("host:api status:>x"[:n+1])
	}
	w.until("5 rows pass, as without the word that is wrong", func() bool { return w.model.Len() == 5 && !w.empty.object.Visible() })
	for text, want := range map[string]widget.Importance{"status:": widget.MediumImportance, `"a b`: widget.MediumImportance,
		"status: x": widget.DangerImportance, "status:>x": widget.DangerImportance} {
		if w.filter.set(text); w.filter.bad.Importance != want || !w.filter.bad.Visible() {
			t.Errorf("%q is said with importance %v, want %v", text, w.filter.bad.Importance, want)
		}
	}
	w.filter.set("host:nowhere status:>x")
	w.until("the empty list tells of the mistake", func() bool {
		return w.empty.object.Visible() && w.empty.title.Text == "No request matches the rest of the filter"
	})
	w.filter.set("host:nowhere")
	w.until("it does no more", func() bool { return w.empty.title.Text == "No request matches the filter" })
	w.filter.set("")
	w.until("all rows are back", func() bool { return w.model.Len() == 20 })
	if w.filter.bad.Visible() {
		t.Error("an empty filter is said to be wrong")
	}
}

func TestRecordingOffKeepsNothing(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.key(fyne.KeyR, ctrl)
	w.until("recording is off", func() bool { return w.switches.recording.Look == uiwidget.ToggleOff })
	uitest.Record(w.controller.Store(), "a.test", "/", 200)
	w.until("it is counted", func() bool { return strings.Contains(w.status.counts.Text, "1 not recorded") })
	if w.model.Len() != 0 {
		t.Error("a row is shown")
	}
	test.Tap(w.switches.recording)
	w.until("recording is on", func() bool { return w.switches.recording.Look == uiwidget.ToggleOn })
}

func TestClearEmptiesTheList(t *testing.T) {
	w := openWindow(t, windowOptions{})
	for range 5 {
		uitest.Record(w.controller.Store(), "a.test", "/", 200)
	}
	w.until("rows are shown", func() bool { return w.model.Len() == 5 })
	w.list.SelectID(3)
	w.key(fyne.KeyK, ctrl)
	w.until("the list is empty", func() bool { return w.model.Len() == 0 && w.last.Total == 0 })
	if w.list.Selected != 0 {
		t.Error("a row that is gone is selected")
	}
}

// A port that is taken is said, with another one that works at a click.
func TestABusyPortOffersAnother(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := settings.Default()
	s.Proxy.Port = taken.Addr().(*net.TCPAddr).Port
	w := openWindow(t, windowOptions{settings: s})
	test.Tap(w.switches.proxy)
	w.until("the failure is said", func() bool { return w.notices.banner.Object.Visible() && w.notices.banner.Remedy.Visible() })
	w.until("the empty list says that it is not running", func() bool { return w.empty.title.Text == "The proxy is not running" })
	if !strings.Contains(w.notices.banner.Text.Text, strconv.Itoa(s.Proxy.Port)) {
		t.Errorf("the banner does not name the port: %q", w.notices.banner.Text.Text)
	}
	test.Tap(w.notices.banner.Remedy)
	w.until("the proxy runs on another port", w.hasState(app.Running))
	w.until("the banner is gone", func() bool { return !w.notices.banner.Object.Visible() })
}

func TestThePortIsChangedRightThere(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	w := openWindow(t, windowOptions{})
	test.Tap(w.switches.proxy)
	w.until("the proxy runs", w.hasState(app.Running))
	w.address.port.SetText(strconv.Itoa(port))
	w.address.port.OnSubmitted(w.address.port.Text)
	w.until("the proxy listens on the new port", func() bool {
		s := w.controller.Status()
		return s.State == app.Running && strings.HasSuffix(s.Addrs[0], ":"+strconv.Itoa(port))
	})
	w.address.port.OnSubmitted("nine")
	if !w.notices.banner.Object.Visible() || !strings.Contains(w.notices.banner.Text.Text, "nine") {
		t.Errorf("a wrong port is not said to be wrong: %q", w.notices.banner.Text.Text)
	}
}

func TestTheWindowIsRemembered(t *testing.T) {
	state := filepath.Join(t.TempDir(), "window.json")
	w := openWindow(t, windowOptions{state: state})
	w.win.Resize(fyne.NewSize(1010, 660))
	w.filter.set("host:api")
	w.list.Header.Sort = feed.Sorting{Column: "duration", Descending: true}
	w.layout.Resize(3, 123)
	w.layout.SetHidden(1, false)
	w.remember()

	again := openWindow(t, windowOptions{state: state})
	if size := again.win.Canvas().Size(); size != fyne.NewSize(1010, 660) {
		t.Errorf("the window comes back at %v", size)
	}
	if again.filter.text() != "host:api" || again.list.Header.Sort != (feed.Sorting{Column: "duration", Descending: true}) {
		t.Errorf("filter %q and order %v come back", again.filter.text(), again.list.Header.Sort)
	}
	if again.layout.Widths[3] != 123 || again.layout.Hidden[1] {
		t.Error("the columns do not come back")
	}
}

func TestTheLanguageChangesWhileRunning(t *testing.T) {
	w := openWindow(t, windowOptions{})
	s := w.controller.Settings()
	s.General.Language = "zh-Hans"
	if err := w.controller.Apply(s); err != nil {
		t.Fatal(err)
	}
	w.until("the window is Chinese", func() bool {
		return w.switches.proxy.Text == "代理已关闭" || strings.Contains(w.switches.proxy.Text, "代理")
	})
	if w.filter.entry.PlaceHolder == "" || strings.HasPrefix(w.filter.entry.PlaceHolder, "Filter") {
		t.Errorf("the filter says %q", w.filter.entry.PlaceHolder)
	}
}

// Enter opens the details of the selected row, or of the newest one; then the
// arrows choose the tab, and all other keys are the list's as before.
func TestEnterOpensTheDetails(t *testing.T) {
	w := openWindow(t, windowOptions{})
	fillStore(w.controller.Store())
	w.until("the rows are shown", func() bool { return w.last.Total == 9 })
	w.list.Rows.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if w.list.Selected != w.model.At(8) || w.body.object.Objects[0] != w.body.split.Object {
		t.Fatalf("row %d is open", w.list.Selected)
	}
	focused, ok := w.win.Canvas().Focused().(*uiwidget.TabBar)
	if !ok || focused != w.details.Tabs {
		t.Fatal("the tabs do not have the focus")
	}
	for _, key := range []fyne.KeyName{fyne.KeyLeft, fyne.KeyRight, fyne.KeyRight} {
		focused.TypedKey(&fyne.KeyEvent{Name: key})
	}
	if focused.Selected != details.TabResponse {
		t.Errorf("tab %d is open", focused.Selected)
	}
	focused.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	if w.list.Selected != w.model.At(7) || focused.Selected != details.TabResponse {
		t.Errorf("up selects row %d", w.list.Selected)
	}
	focused.TypedRune('/')
	if w.win.Canvas().Focused() != fyne.Focusable(w.filter.entry) {
		t.Error("/ does not go to the filter")
	}
}

// The chip offers to follow while new rows are out of sight, and no longer.
func TestTheChipGoesWhenAllRowsAreInSight(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.win.Resize(fyne.NewSize(1000, 500))
	for i := range 60 {
		uitest.Record(w.controller.Store(), uitest.SampleHosts[i%len(uitest.SampleHosts)], "/"+strconv.Itoa(i), 200)
	}
	w.until("the rows are shown", func() bool { return w.model.Len() == 60 })
	w.list.Rows.ScrollToTop()
	uitest.Record(w.controller.Store(), uitest.SampleHosts[0], "/new", 200)
	w.until("the chip tells of a new row", func() bool { return w.follow.Visible() && strings.Contains(w.follow.Text, "1") })
	w.filter.set("/new")
	w.until("the chip is gone with one row left", func() bool { return w.model.Len() == 1 && !w.follow.Visible() })
	w.filter.set("")
	w.until("the chip is back with the rows", func() bool { return w.model.Len() == 61 && w.follow.Visible() })
	w.win.Resize(fyne.NewSize(1000, 2000))
	if w.follow.Visible() {
		t.Error("the chip stays in a window that shows every row")
	}
}

// The window as a person sees it, in both looks and languages.
func TestWindowPictures(t *testing.T) {
	for _, c := range []struct {
		name, theme, lang string
		fill              bool
	}{{"empty-dark-en", "dark", "en", false}, {"list-dark-en", "dark", "en", true}, {"list-light-en", "light", "en", true},
		{"list-light-zh", "light", "zh-Hans", true}} {
		t.Run(c.name, func(t *testing.T) {
			s := settings.Default()
			s.General.Theme = c.theme
			w := openWindow(t, windowOptions{settings: s, lang: c.lang})
			w.win.Resize(fyne.NewSize(1100, 480))
			if c.fill {
				fillStore(w.controller.Store())
				w.until("the rows are shown", func() bool { return w.last.Total == 9 })
			} else {
				w.until("the window is drawn", func() bool { return w.empty.object.Visible() && w.last.Stats.MemoryBudget > 0 })
			}
			test.AssertRendersToImage(t, "window-"+c.name+".png", w.win.Canvas())
		})
	}
}

// fillStore records exchanges that take the same time whenever they are made.
func fillStore(s *capture.Store) {
	for i, id := range []flow.ID{1, 2, 3, 5, 6, 8, 9, 10, 12} {
		row := uitest.SampleRow(id)
		at := uitest.StartOfTests.Add(time.Duration(i) * time.Second)
		head := row.Method + " http://" + row.Host + row.Path + " " + row.Proto + "\r\nHost: " + row.Host + "\r\n\r\n"
		span := func(part string, from int) capture.Span {
			return capture.Span{Off: uint32(from + strings.Index(head[from:], part)), Len: uint32(len(part))}
		}
		host := len(row.Method) + len(" http://")
		r := s.Begin(&capture.Begin{Kind: row.Kind, Start: at, Head: []byte(head), Scheme: row.Scheme, Method: span(row.Method, 0),
			Host: span(row.Host, host), Path: span(row.Path, host+len(row.Host)), Proto: span(row.Proto, 0),
			TLS: row.TLS, Secure: &flow.Secure{Outcome: row.TLS.Outcome, Problem: row.TLS.Problem}})
		answer := "HTTP/1.1 200 OK\r\nContent-Type: " + row.ContentType + "\r\n\r\n"
		if row.Kind == flow.KindTunnel {
			r.Opened(200, at.Add(row.Duration*2/3))
		} else if row.Failure == flow.FailureNone {
			r.ResponseHead(row.Status, []byte(answer), capture.Span{Off: 31, Len: uint32(len(row.ContentType))}, at.Add(row.Duration*2/3))
			r.ResponseBytes(row.ResponseSize)
		}
		r.Finish(row.Failure, flow.Reason{}, row.Status, at.Add(row.Duration))
	}
}

// At the foot of the window a tip stands above what it is of.
func TestATipStaysInTheWindow(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.win.Resize(fyne.NewSize(900, 600))
	w.tip.Show(w.status.object, "one\ntwo\nthree")
	top, foot := w.tip.Box.Position().Y, w.tip.Box.Position().Y+w.tip.Box.Size().Height
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.status.object).Y
	if top < 0 || foot > at {
		t.Errorf("the tip stands from %v to %v, what it is of at %v", top, foot, at)
	}
}
