package ui

import (
	"fmt"
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/app/clients/appicon"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	"posthouse/ui/sidebar"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// knownIcons are icons that were found out before they are asked for.
func knownIcons(t *testing.T, all ...appicon.Program) *uiwidget.ProgramIcons {
	t.Helper()
	news := make(chan struct{}, len(all))
	p := uiwidget.NewProgramIcons(uitest.SampleIcons, func(f func()) { f() }, func() { news <- struct{}{} })
	t.Cleanup(p.Close)
	for _, one := range all {
		for _, known := p.Service.Icon(one); !known; _, known = p.Service.Icon(one) {
			<-news
		}
	}
	return p
}

// recordBy puts an exchange of a program into a store.
func recordBy(s *capture.Store, path string, a flow.App) flow.ID {
	head := "GET http://a.test" + path + " HTTP/1.1\r\n\r\n"
	asker := new(capture.ClientProcess)
	asker.Set(a)
	r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: uitest.StartOfTests, Head: []byte(head), Scheme: "http", Process: asker,
		Method: capture.Span{Len: 3}, Host: capture.Span{Off: 11, Len: 6}, Path: capture.Span{Off: 17, Len: uint32(len(path))}})
	id := r.ID()
	uitest.Answer(r, 200)
	return id
}

// The icon comes to the sidebar, the list and the details as soon as it is known;
// a name that two different programs have has none.
func TestIconsOfPrograms(t *testing.T) {
	w := openWindow(t, windowOptions{icons: uitest.SampleIcons})
	w.layout.SetHidden(appIndex(), false)
	store := w.controller.Store()
	id := recordBy(store, "/1", flow.App{Name: "firefox", Path: "/usr/lib/firefox/firefox", PID: 7})
	recordBy(store, "/2", flow.App{Name: "firefox", Path: "/usr/lib/firefox/firefox", PID: 8})
	recordBy(store, "/3", flow.App{Name: "curl", Path: "/usr/bin/curl", PID: 9})
	for _, path := range []string{"/usr/bin/node", "/home/u/node"} {
		recordBy(store, path, flow.App{Name: "node", Path: path, PID: 10})
	}
	w.until("the programs are counted", func() bool { return len(w.side.Order.Apps.Shown) == 3 })
	w.list.SelectID(id)
	icon := func(name string) *sidebar.GroupRow { return w.rowOf(1, name) }
	w.until("the icons are known", func() bool {
		return icon("firefox").Icon.Icon != nil && icon("curl").Glyph.Visible() && icon("node").Glyph.Visible()
	})
	if icon("node").Icon.Icon != nil || icon("firefox").Glyph.Visible() {
		t.Error("an icon is guessed, or stands beside a glyph")
	}
	if w.rowOf(0, "a.test").Icon != nil {
		t.Error("a host has room for an icon")
	}
	firefox := icon("firefox").Icon.Icon
	w.until("the details show it", func() bool { return w.details.Overview.Facts.Icon.Icon == firefox })
	for at, want := range []*appicon.Icon{firefox, firefox, nil} {
		r := list.NewRow(w.list)
		r.Resize(fyne.NewSize(1000, style.RowHeight))
		w.list.Update(at, r)
		if r.Icon.Icon != want || r.Icon.Picture.Visible() != (want != nil) {
			t.Errorf("row %d shows another icon", at)
		}
	}
	w.layout.SetHidden(appIndex(), true)
	r := list.NewRow(w.list)
	if w.list.Update(0, r); r.Icon.Picture.Visible() {
		t.Error("without its column the icon is seen")
	}
}

func appIndex() int {
	for i := range list.Columns {
		if list.Columns[i].Name == list.AppColumn {
			return i
		}
	}
	return -1
}

// An icon is drawn at the pixels of the screen, and touched only when it changes.
func TestIconCell(t *testing.T) {
	c, icon := uiwidget.NewProgramIconCell(), uitest.DiscIcon(uitest.Orange)
	c.Show(icon, fyne.NewPos(3, 4))
	for _, size := range []int{16, 20, 32} {
		if got := c.Picture.Generator(size, size).Bounds().Dx(); got != size {
			t.Errorf("%d pixels for %d", got, size)
		}
	}
	if c.Picture.Generator(16, 16) != image.Image(icon.At(16)) {
		t.Error("it is drawn again")
	}
	c.Show(nil, fyne.NewPos(3, 4))
	if c.Picture.Visible() || c.Picture.Generator(16, 16) == nil {
		t.Error("nothing is not drawn")
	}
}

// However many programs share a name, the last few are remembered.
func TestProgramsOfANameAreBounded(t *testing.T) {
	g := feed.NewGroups(feed.MaxApps)
	slot := g.Join("a")
	for i := range 5 * feed.MaxPrograms {
		view := g.View(false)
		before := fmt.Sprint(view.Named("a").Programs)
		for range 2 {
			g.Note(slot, &flow.Row{App: "a", AppPath: fmt.Sprint("/", i)})
		}
		if fmt.Sprint(view.Named("a").Programs) != before {
			t.Fatal("a snapshot changes")
		}
	}
	view := g.View(false)
	all := view.Named("a").Programs
	if len(all) != feed.MaxPrograms || all[feed.MaxPrograms-1].Path != fmt.Sprint("/", 5*feed.MaxPrograms-1) {
		t.Errorf("remembered: %v", all)
	}
	g.Note(feed.OtherGroups, &flow.Row{App: "b", AppPath: "/b"})
	if len(g.List[feed.OtherGroups].Programs) != 0 {
		t.Error("names beyond the bounds are remembered")
	}
}

func TestPicturesWithIcons(t *testing.T) {
	firefox, node := appicon.Program{Path: "/usr/lib/firefox/firefox"}, appicon.Program{Path: "/usr/bin/node"}
	for _, c := range []struct{ theme, lang string }{{"light", "en"}, {"dark", "en"}} {
		name := c.theme + "-" + c.lang + ".png"
		t.Run("sidebar-"+name, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(style.NewTheme(c.theme))
			i18n.Set(c.lang)
			s := sidebar.New(app.SidebarState{ByCount: true}, knownIcons(t, firefox, node, appicon.Program{Path: "/usr/bin/curl"}))
			s.SetFilter("app:=firefox")
			v := sampleGroups(true)
			for i := range v.Apps.Names {
				switch g := &v.Apps.Names[i]; g.Name {
				case "firefox":
					g.Programs = []appicon.Program{firefox}
				case "node":
					g.Programs = []appicon.Program{node}
				default:
					g.Programs = []appicon.Program{{Path: "/usr/bin/curl"}}
				}
			}
			s.Take(v)
			win := test.NewWindow(s.Object)
			defer win.Close()
			win.SetPadded(false)
			win.Resize(fyne.NewSize(200, 366))
			s.Refresh()
			test.AssertRendersToImage(t, "icons-sidebar-"+name, win.Canvas())
		})
		t.Run("details-"+name, func(t *testing.T) {
			d := details.OpenDetails(t, c.theme, c.lang)
			d.Overview.Icons = knownIcons(t, firefox)
			x := uitest.SampleExchange(1, "application/json", uitest.SampleJSON)
			x.App, x.AppPID, x.AppPath = "firefox", 4711, firefox.Path
			d.Open(x, details.TabOverview)
			test.AssertRendersToImage(t, "icons-details-"+name, d.Win.Canvas())
		})
		t.Run("list-"+name, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(style.NewTheme(c.theme))
			i18n.Set(c.lang)
			rows := uitest.FakeRows{}
			all := rows.Fill(8)
			for i := range all {
				r := all[i]
				r.App, r.AppPath = []string{"firefox", "node", "curl", ""}[i%4], []string{firefox.Path, node.Path, "/usr/bin/curl", ""}[i%4]
				rows[r.ID] = r
			}
			m := feed.NewModel(rows, list.SortKeys)
			m.Apply(all)
			l := list.New(m, list.NewColumnLayout(nil))
			l.Icons = knownIcons(t, firefox, node)
			l.Layout.SetHidden(appIndex(), false)
			win := test.NewWindow(l.Object)
			defer win.Close()
			win.SetPadded(false)
			win.Resize(fyne.NewSize(1000, 240))
			l.Changed(&feed.Update{At: uitest.StartOfTests.Add(20_000_000_000)})
			test.AssertRendersToImage(t, "icons-list-"+name, win.Canvas())
		})
	}
}

// BenchmarkRowsWithIcons is what a refresh costs the UI goroutine with the column
// of programs, without icons and with them.
func BenchmarkRowsWithIcons(b *testing.B) {
	for _, with := range []bool{false, true} {
		b.Run(fmt.Sprint("icons=", with), func(b *testing.B) {
			test.NewTempApp(b)
			rows := uitest.FakeRows{}
			all := rows.Fill(10_000)
			for i := range all {
				all[i].App, all[i].AppPath = "firefox", "/usr/lib/firefox/firefox"
				rows[all[i].ID] = all[i]
			}
			m := feed.NewModel(rows, list.SortKeys)
			m.Apply(all)
			l := list.New(m, list.NewColumnLayout(nil))
			l.Layout.SetHidden(appIndex(), false)
			if with {
				l.Icons = uiwidget.NewProgramIcons(uitest.SampleIcons, func(f func()) { f() }, func() {})
				defer l.Icons.Close()
			}
			w := test.NewTempWindow(b, l.Object)
			w.Resize(fyne.NewSize(1280, 900))
			l.Follow = false
			b.ReportAllocs()
			offset := float32(0)
			for b.Loop() {
				offset += 3 * style.RowHeight
				if offset > 200_000 {
					offset = 0
				}
				l.Rows.ScrollToOffset(offset)
			}
		})
	}
}
