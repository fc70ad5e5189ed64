package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
)

// A name that would turn itself round is seen as what it is in menus and messages.
func TestForeignTextIsSeenAsItIs(t *testing.T) {
	const host, safeHost = "a\u200b\xff.test", `a‹U+200B›‹\xFF›.test`
	w := openWindow(t, windowOptions{})
	items := append(w.rows.scopeItems("host:=", host), w.rows.decryptMenu(&flow.Row{ID: 1, Scheme: "https", Host: host})...)
	for _, item := range items {
		if strings.ContainsAny(item.Label, "\u200b") || strings.Contains(item.Label, "\xff") {
			t.Errorf("a menu says %q", item.Label)
		}
	}
	w.notices.banner.Show("x", "no such host "+host, "", nil)
	if !strings.Contains(w.notices.banner.Text.Text, safeHost) {
		t.Errorf("the banner says %q", w.notices.banner.Text.Text)
	}
}

// A name of any length makes no menu wider than a narrow window, and is filtered by whole.
func TestALongNameMakesNoWideMenu(t *testing.T) {
	w := openWindow(t, windowOptions{})
	for _, letter := range []string{"h", "字", "\u202e", "\xff"} {
		host := strings.Repeat(letter, 9000)
		row := flow.Row{ID: 1, Scheme: "https", Host: host, App: host, TLS: flow.TLS{Problem: flow.ProblemExpired}}
		menus := []*fyne.Menu{w.rows.rowItems(1, &row)}
		for _, item := range menus[0].Items {
			if item.ChildMenu != nil {
				menus = append(menus, item.ChildMenu)
			}
		}
		for _, menu := range menus {
			if width := widget.NewMenu(menu).MinSize().Width; width > 600 {
				t.Errorf("9000 times %q: the menu is %v wide", letter, width)
			}
		}
	}
	w.rows.scopeItems("host:=", strings.Repeat("h", 300))[0].Action()
	if !strings.Contains(w.filter.text(), strings.Repeat("h", 300)) {
		t.Errorf("the filter has %q", w.filter.text())
	}
}

// A filter of any length makes the window no wider.
func TestALongFilterMakesTheWindowNoWider(t *testing.T) {
	w := openWindow(t, windowOptions{})
	before := w.win.Content().MinSize().Width
	w.filter.set("host:" + strings.Repeat("h", 3000))
	if now := w.win.Content().MinSize().Width; now > before+60 { // the button that empties it
		t.Errorf("the window is at least %v wide, and %v with a long filter", before, now)
	}
}

// The window's edge is its own: the toolkit would take that of the theme which is in
// force while the menu bar is made anew, and the window would jump.
func TestTheWindowsEdgeIsItsOwn(t *testing.T) {
	w := openWindow(t, windowOptions{})
	if w.win.Padded() {
		t.Error("the toolkit keeps the window's edge")
	}
	edge, all := w.win.Content().Size(), w.win.Content().(*fyne.Container).Objects[0]
	if want := edge.SubtractWidthHeight(8, 8); all.Size() != want || all.Position() != fyne.NewPos(4, 4) {
		t.Errorf("in %v the window's parts have %v at %v", edge, all.Size(), all.Position())
	}
}
