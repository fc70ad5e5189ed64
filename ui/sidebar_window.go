package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/sidebar"
	"posthouse/ui/words"
)

// buildSidebar makes the sidebar and says what it does to the window.
func (w *Window) buildSidebar() {
	w.side = sidebar.New(w.state.Sidebar, sidebar.Deps{Icons: w.icons, State: w.wantGroups,
		Scope: func(word string) { w.filter.SetText(feed.WithScope(w.filter.Text, word)) },
		Menu: func(key, name string, at fyne.Position) {
			widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", w.scopeItems(key, name)...), w.win.Canvas(), at)
		}})
	w.wantGroups()
}

// wantGroups asks the feed for what the sidebar shows.
func (w *Window) wantGroups() {
	w.feed.SetGroups(feed.GroupsRequest{On: !w.side.State.Hidden, ByCount: w.side.State.ByCount})
}

// showSidebar shows it while there are requests to tell apart.
func (w *Window) showSidebar() { w.side.Show(!w.side.State.Hidden && w.last.Total > 0) }

func (w *Window) toggleSidebar() {
	w.side.State.Hidden = !w.side.State.Hidden
	w.wantGroups()
	w.showSidebar()
}

// scopeItems are the choices at a host or an app, in the list and in the sidebar.
func (w *Window) scopeItems(key, name string) []*fyne.MenuItem {
	word, shown := feed.ScopeWord(key, name), words.VisibleText(name)
	return []*fyne.MenuItem{
		fyne.NewMenuItem(i18n.T("row.only", shown), func() { w.filter.SetText(feed.OnlyScope(w.filter.Text, word)) }),
		fyne.NewMenuItem(i18n.T("row.hide", shown), func() { w.addFilter("-" + word) }),
	}
}
