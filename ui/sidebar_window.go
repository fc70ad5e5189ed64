package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/sidebar"
)

// buildSidebar makes the sidebar and says what it does to the window.
func (w *Window) buildSidebar() {
	w.side = sidebar.New(w.memory.Sidebar, sidebar.Deps{Icons: w.icons, State: w.wantGroups, Scope: w.filter.scope,
		Menu: func(key, name string, at fyne.Position) {
			items := w.rows.scopeItems(key, name)
			if w.live() {
				items = append(items, fyne.NewMenuItem(i18n.T("row.break"), func() { w.rooms.waiting.nextOf(feed.ScopeWord(key, name)) }))
			}
			widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), w.win.Canvas(), at)
		}})
	w.wantGroups()
}

// wantGroups asks the feed for what the sidebar shows.
func (w *Window) wantGroups() {
	w.tabs.setGroups(feed.GroupsRequest{On: !w.side.State.Hidden, ByCount: w.side.State.ByCount})
}

// showSidebar shows it while there are requests to tell apart.
func (w *Window) showSidebar() { w.side.Show(!w.side.State.Hidden && w.last.Total > 0) }

func (w *Window) toggleSidebar() {
	w.side.State.Hidden = !w.side.State.Hidden
	w.wantGroups()
	w.showSidebar()
}
