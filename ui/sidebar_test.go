package ui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	"posthouse/ui/sidebar"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
	"posthouse/ui/words"
)

// rowOf draws the row of a name, as the list does.
func (w *testWindow) rowOf(section int, name string) *sidebar.GroupRow {
	w.t.Helper()
	order, _ := w.side.Section(section)
	for at, g := range order.Shown {
		if g.Name == name {
			r := sidebar.NewGroupRow(w.side, sidebar.Sections[section].key)
			r.Resize(fyne.NewSize(180, style.RowHeight))
			w.side.Draw(section, at, r)
			return r
		}
	}
	w.t.Fatalf("there is no %s", name)
	return nil
}

// A click on a host shows its requests alone, and the filter says so; another
// click, or one on All, shows all again.
func TestAClickOnAHostShowsItAlone(t *testing.T) {
	w := openWindow(t, windowOptions{})
	if !w.side.Split.Hidden {
		t.Error("without requests there is nothing to tell apart, and the sidebar shows")
	}
	for i := range 20 {
		uitest.Record(w.controller.Store(), uitest.SampleHosts[i%4], fmt.Sprintf("/%d", i), 200)
	}
	w.until("the hosts are shown", func() bool {
		return len(w.side.Order.Hosts.Names) == 4 && w.side.Order.Total == 20 && !w.side.Split.Hidden
	})
	w.filter.SetText("path:/1")
	host := w.rowOf(0, "www.example.test")
	if host.Count.Text != "5" || host.Active {
		t.Errorf("it has %s requests, marked: %v", host.Count.Text, host.Active)
	}
	test.Tap(host)
	if w.filter.Text != "host:=www.example.test path:/1" {
		t.Errorf("the filter is %q", w.filter.Text)
	}
	w.until("its requests are shown", func() bool { return w.model.Len() == 3 })
	if !w.rowOf(0, "www.example.test").Active || w.side.All.Active {
		t.Error("the sidebar does not mark what the list is narrowed to")
	}
	test.Tap(w.rowOf(0, "api.example.test"))
	test.Tap(w.rowOf(0, "api.example.test"))
	if w.filter.Text != "path:/1" || !w.side.All.Active {
		t.Errorf("after another click the filter is %q", w.filter.Text)
	}
	test.Tap(w.rowOf(0, "cdn.example.test"))
	w.filter.SetText("")
	w.until("all requests are shown", func() bool { return w.model.Len() == 20 })
	test.Tap(w.rowOf(0, "cdn.example.test"))
	test.Tap(w.side.All)
	if w.filter.Text != "" {
		t.Errorf("after a click on All the filter is %q", w.filter.Text)
	}
	domain := w.rowOf(0, "*.example.test")
	if domain.Text.Text != "example.test" || domain.Count.Text != words.CountText(w.side.Order.Hosts.Count("*.example.test")) || w.rowOf(0, "api.example.test").Text.Text != "api" {
		t.Errorf("the domain says %q, %s", domain.Text.Text, domain.Count.Text)
	}
	test.Tap(domain)
	if w.filter.Text != "host:=*.example.test" {
		t.Errorf("after a click on a domain the filter is %q", w.filter.Text)
	}
	w.until("the domain's requests are shown", func() bool { return w.model.Len() == w.side.Order.Hosts.Count("*.example.test") })
	test.Tap(domain)
	w.until("all are shown", func() bool { return w.model.Len() == 20 })
	w.scopeItems(feed.ScopeKeys[0], "api.example.test")[1].Action()
	w.until("the host is hidden", func() bool { return w.model.Len() == 15 })
	test.Tap(w.rowOf(0, "api.example.test"))
	w.until("the hidden host is shown alone", func() bool { return w.model.Len() == 5 })
}

// While the pointer rests on the sidebar its rows stay where they are.
func TestTheSidebarHoldsStill(t *testing.T) {
	s := sidebar.New(app.SidebarState{Width: 180}, nil)
	s.OnScope = func(string) {}
	m := feed.NewModel(uitest.FakeRows{}, list.SortKeys)
	count := func(host string) {
		m.Tally.Add(len(m.Tally.Of), &flow.Row{Host: host})
		s.Take(m.Tally.Snapshot(true))
	}
	names := func() (all []string) {
		order, _ := s.Section(0)
		for _, g := range order.Shown {
			all = append(all, g.Name)
		}
		return all
	}
	for _, host := range []string{"a.test", "a.test", "b.test"} {
		count(host)
	}
	s.Hold(true)
	for range 5 {
		count("b.test")
		count("c.test")
	}
	if got := names(); !slices.Equal(got, []string{"a.test", "b.test"}) {
		t.Errorf("under the pointer the hosts are %q", got)
	}
	r := sidebar.NewGroupRow(s, sidebar.Sections[0].key)
	r.Resize(fyne.NewSize(180, style.RowHeight))
	if s.Draw(0, 1, r); r.Name != "b.test" || r.Count.Text != "6" {
		t.Errorf("the row says %s: %s", r.Name, r.Count.Text)
	}
	s.Hold(false)
	if got := names(); !slices.Equal(got, []string{"b.test", "c.test", "a.test"}) {
		t.Errorf("then they are %q", got)
	}
}

func TestTheSidebarIsRemembered(t *testing.T) {
	state := filepath.Join(t.TempDir(), "window.json")
	w := openWindow(t, windowOptions{state: state})
	uitest.Record(w.controller.Store(), "a.test", "/", 200)
	w.until("the sidebar shows", func() bool { return !w.side.Split.Hidden })
	w.side.Split.Edge.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(57, 0)})
	test.Tap(w.side.Heads[0])
	w.key(fyne.KeyB, command)
	if !w.side.Split.Hidden {
		t.Error("the key does not hide it")
	}
	w.remember()
	again := openWindow(t, windowOptions{state: state})
	if s := again.side; !s.State.Hidden || !s.State.ByCount || s.Split.Width != app.DefaultWindowState().Sidebar.Width+57 {
		t.Errorf("it comes back as %+v, %v wide", s.State, s.Split.Width)
	}
}

// In a narrow window the list comes first.
func TestANarrowWindowHasNoSidebar(t *testing.T) {
	w := openWindow(t, windowOptions{})
	uitest.Record(w.controller.Store(), "a.test", "/", 200)
	w.until("the sidebar shows", func() bool { return w.side.Object.Visible() })
	for width, want := range map[float32]bool{1180: true, 1000: true, 900: false, 500: false} {
		w.win.Resize(fyne.NewSize(width, 500))
		if w.side.Object.Visible() != want {
			t.Errorf("in a window %v wide, shown is %v", width, w.side.Object.Visible())
		}
	}
}

// sampleGroups are counts of some hosts and apps.
func sampleGroups(byCount bool) *feed.GroupsView {
	v := &feed.GroupsView{Total: 98_231}
	hosts, apps := feed.NewHosts(), feed.NewGroups(feed.MaxApps)
	for name, n := range map[string]int{"api.example.test": 310, "cdn.example.test": 70_215, "www.example.test": 1204, "a-very-long-name-of-a-host.example.test": 12, "10.0.0.7": 1} {
		for range n {
			hosts.Join(name)
		}
	}
	for range 26_489 {
		hosts.Join(strings.Repeat("x", 999))
	}
	for name, n := range map[string]int{"firefox": 90_000, "curl": 12, "node": 8219} {
		for range n {
			apps.Join(name)
		}
	}
	v.Hosts, v.Apps = hosts.View(byCount), apps.View(byCount)
	return v
}

func TestSidebarPictures(t *testing.T) {
	for _, c := range []struct {
		name, theme, lang string
		byCount           bool
	}{{"light-en", "light", "en", false}, {"dark-en", "dark", "en", true}, {"light-zh", "light", "zh-Hans", true}} {
		t.Run(c.name, func(t *testing.T) {
			a := test.NewTempApp(t)
			a.Settings().SetTheme(style.NewTheme(c.theme))
			i18n.Set(c.lang)
			defer i18n.Set("en")
			s := sidebar.New(app.SidebarState{ByCount: c.byCount}, nil)
			s.SetFilter("host:=api.example.test status:5xx")
			s.Take(sampleGroups(c.byCount))
			win := test.NewWindow(s.Object)
			defer win.Close()
			win.SetPadded(false)
			win.Resize(fyne.NewSize(200, 366))
			s.Refresh()
			test.AssertRendersToImage(t, "sidebar-"+c.name+".png", win.Canvas())
		})
	}
}

// BenchmarkSidebarRefresh is what a refresh costs the UI goroutine with 10,000 hosts.
func BenchmarkSidebarRefresh(b *testing.B) {
	test.NewTempApp(b)
	m := feed.NewModel(uitest.FakeRows{}, list.SortKeys)
	rows := uitest.ManyHosts()
	m.Apply(rows)
	s := sidebar.New(app.SidebarState{ByCount: true}, nil)
	win := test.NewWindow(s.Object)
	defer win.Close()
	win.Resize(fyne.NewSize(200, 700))
	m.Tally.Changed = true
	one := m.Tally.Snapshot(true)
	m.Tally.Add(len(m.Tally.Of), &rows[0])
	other := m.Tally.Snapshot(true)
	b.ReportAllocs()
	for b.Loop() {
		s.Take(one)
		one, other = other, one
	}
}
