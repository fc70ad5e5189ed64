package sidebar

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/app/clients/appicon"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// While the pointer rests on the sidebar its rows stay where they are.
func TestTheSidebarHoldsStill(t *testing.T) {
	s := New(app.SidebarState{Width: 180}, Deps{})
	m := feed.NewModel(uitest.FakeRows{}, nil)
	count := func(host string) {
		m.Counts.Add(len(m.Counts.Of), &flow.Row{Host: host})
		s.Take(m.Counts.Snapshot(true))
	}
	names := func() (all []string) {
		order, _ := s.section(0)
		for _, g := range order.Shown {
			all = append(all, g.Name)
		}
		return all
	}
	for _, host := range []string{"a.test", "a.test", "b.test"} {
		count(host)
	}
	s.hold(true)
	for range 5 {
		count("b.test")
		count("c.test")
	}
	if got := names(); !slices.Equal(got, []string{"a.test", "b.test"}) {
		t.Errorf("under the pointer the hosts are %q", got)
	}
	r := newGroupRow(s, sections[0].key)
	r.Resize(fyne.NewSize(180, style.RowHeight))
	if s.draw(0, 1, r); r.name != "b.test" || r.count.Text != "6" {
		t.Errorf("the row says %s: %s", r.name, r.count.Text)
	}
	s.hold(false)
	if got := names(); !slices.Equal(got, []string{"b.test", "c.test", "a.test"}) {
		t.Errorf("then they are %q", got)
	}
}

// sampleGroups are counts of some hosts and apps.
func sampleGroups(byCount bool) *feed.GroupsView {
	v := &feed.GroupsView{Total: 98_231}
	hosts, apps := feed.NewHosts(), feed.NewGroups(feed.MaxApps)
	for name, n := range map[string]int{"api.example.test": 310, "cdn.example.test": 70_215, "www.example.test": 1204,
		"a-very-long-name-of-a-host.example.test": 12, "10.0.0.7": 1} {
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
			s := New(app.SidebarState{ByCount: c.byCount}, Deps{})
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
	m := feed.NewModel(uitest.FakeRows{}, nil)
	rows := uitest.ManyHosts()
	m.Apply(rows)
	s := New(app.SidebarState{ByCount: true}, Deps{})
	win := test.NewWindow(s.Object)
	defer win.Close()
	win.Resize(fyne.NewSize(200, 700))
	m.Counts.Changed = true
	one := m.Counts.Snapshot(true)
	m.Counts.Add(len(m.Counts.Of), &rows[0])
	other := m.Counts.Snapshot(true)
	b.ReportAllocs()
	for b.Loop() {
		s.Take(one)
		one, other = other, one
	}
}

// A name that would turn itself round is seen as what it is.
func TestForeignTextInTheSidebarIsSeenAsItIs(t *testing.T) {
	const host, safeHost = "a\u200b\xff.test", `a‹U+200B›‹\xFF›.test`
	s := New(app.SidebarState{}, Deps{})
	g := newGroupRow(s, sections[0].key)
	g.Resize(fyne.NewSize(400, style.RowHeight))
	s.view = &feed.GroupsView{Hosts: feed.GroupView{Shown: []feed.GroupCount{{Name: host}}}}
	s.order = s.view
	s.draw(0, 0, g)
	if g.text.Text != safeHost || g.name != host {
		t.Errorf("the sidebar shows %q for %q", g.text.Text, g.name)
	}
}

func TestPicturesWithIcons(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(style.NewTheme(theme))
			i18n.Set("en")
			icons := uitest.KnownIcons(t, uiwidget.NewProgramIcons, uitest.Firefox, uitest.Node, uitest.Curl)
			s := New(app.SidebarState{ByCount: true}, Deps{Icons: icons})
			s.SetFilter("app:=firefox")
			v := sampleGroups(true)
			for i := range v.Apps.Names {
				g := &v.Apps.Names[i]
				g.Programs = []appicon.Program{map[string]appicon.Program{"firefox": uitest.Firefox, "node": uitest.Node,
					"curl": uitest.Curl}[g.Name]}
			}
			s.Take(v)
			win := test.NewWindow(s.Object)
			defer win.Close()
			win.SetPadded(false)
			win.Resize(fyne.NewSize(200, 366))
			s.Refresh()
			test.AssertRendersToImage(t, "icons-sidebar-"+theme+"-en.png", win.Canvas())
		})
	}
}
