package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/app"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/list"
	"posthouse/ui/sidebar"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

// A name that would turn itself round is seen as what it is, wherever it is drawn.
func TestForeignTextIsSeenAsItIs(t *testing.T) {
	const path, host = "/ru/\u202eexe.txt", "a\u200b\xff.test"
	const safePath, safeHost = "/ru/‹U+202E›exe.txt", `a‹U+200B›‹\xFF›.test`
	l := list.NewTestList(t, 1)
	said := ""
	l.OnWords = func(_ fyne.CanvasObject, in bool, words func() string) {
		if in {
			said = words()
		}
	}
	r := list.NewRow(l.List)
	show := func(path string) {
		r.Display(flow.Row{ID: 1, Kind: flow.KindHTTP, Method: "GET", Host: host, Path: path}, false, false, time.Second, uitest.StartOfTests)
	}
	show(path)
	texts := map[string]bool{}
	for _, c := range r.Cells {
		texts[c.Text] = true
	}
	if !texts[safePath] || !texts[safeHost] {
		t.Errorf("a row shows %v", texts)
	}
	show(path + strings.Repeat("/long", 200))
	r.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(l.Layout.Place("path").X+9, 5)}})
	if !strings.HasPrefix(said, safePath) {
		t.Errorf("a tip says %q", said)
	}

	s := sidebar.New(app.SidebarState{}, nil)
	g := sidebar.NewGroupRow(s, sidebar.Sections[0].key)
	g.Resize(fyne.NewSize(400, style.RowHeight))
	s.View = &feed.GroupsView{Hosts: feed.GroupView{Shown: []feed.GroupCount{{Name: host}}}}
	s.Order = s.View
	s.Draw(0, 0, g)
	if g.Text.Text != safeHost || g.Name != host {
		t.Errorf("the sidebar shows %q for %q", g.Text.Text, g.Name)
	}

	w := openWindow(t, windowOptions{})
	items := append(w.scopeItems("host:=", host), w.decryptMenu(&flow.Row{ID: 1, Scheme: "https", Host: host})...)
	for _, item := range items {
		if strings.ContainsAny(item.Label, "\u200b") || strings.Contains(item.Label, "\xff") {
			t.Errorf("a menu says %q", item.Label)
		}
	}
	w.banner.Show("x", "no such host "+host, "", nil)
	if !strings.Contains(w.banner.Text.Text, safeHost) {
		t.Errorf("the banner says %q", w.banner.Text.Text)
	}
}
