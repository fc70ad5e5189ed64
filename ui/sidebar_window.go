package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/feed"
	"posthouse/ui/sidebar"
)

// buildSidebar makes the sidebar and says what it does to the window.
func (w *Window) buildSidebar() {
	w.side = sidebar.New(w.memory.Sidebar, w.icons)
	w.side.OnScope = w.filter.scope
	w.side.OnMenu = func(key, name string, at fyne.Position) {
		widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", w.rows.scopeItems(key, name)...), w.win.Canvas(), at)
	}
	w.side.OnState = w.wantGroups
	w.wantGroups()
}

// beside puts the sidebar beside the list.
func (w *Window) beside(main fyne.CanvasObject) fyne.CanvasObject {
	w.side.Split = sidebar.NewSideSplit(w.side.Object, main, w.memory.Sidebar.Width)
	return w.side.Split.Object
}

// wantGroups asks the feed for what the sidebar shows.
func (w *Window) wantGroups() {
	w.feed.SetGroups(feed.GroupsRequest{On: !w.side.State.Hidden, ByCount: w.side.State.ByCount})
}

// showSidebar shows it while there are requests to tell apart.
func (w *Window) showSidebar() {
	hidden := w.side.State.Hidden || w.last.Total == 0
	if hidden {
		w.side.Held = false // nobody tells that the pointer has left
	}
	w.side.Split.SetHidden(hidden)
}

func (w *Window) toggleSidebar() {
	w.side.State.Hidden = !w.side.State.Hidden
	w.wantGroups()
	w.showSidebar()
}
