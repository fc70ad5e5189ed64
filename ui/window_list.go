package ui

import (
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// filteredOut reports whether a row is there, and only the filter hides it.
func (w *Window) filteredOut(id flow.ID) bool {
	if w.model.Index(id) >= 0 {
		return false
	}
	row, there := w.controller.Store().Row(id)
	q, _ := query.Parse(w.filter.Text)
	return there && !q.Match(&row)
}

// showFollow shows the chip while new rows are out of sight.
func (w *Window) showFollow() {
	if w.list.Following() || w.list.Follow && w.list.Missed == 0 || w.list.Rows.AllInSight() {
		w.follow.Hide()
		return
	}
	text := i18n.T("follow")
	if w.list.Missed > 0 {
		text = i18n.T("follow.new", words.CountText(w.list.Missed))
	}
	if w.follow.Text != text {
		w.follow.SetText(text)
	}
	if icon := followIcon(w.list.NewestBelow()); w.follow.Icon != icon {
		w.follow.SetIcon(icon)
	}
	w.follow.Show()
}

// followIcon points to where the list follows.
func followIcon(below bool) fyne.Resource {
	if below {
		return followDown()
	}
	return followUp()
}

// They are looked up once there is an app: before that the toolkit logs an error.
var followDown, followUp = sync.OnceValue(theme.MoveDownIcon), sync.OnceValue(theme.MoveUpIcon)

// selected opens the details, or closes them.
func (w *Window) selected(id flow.ID) {
	w.feed.Watched.Store(uint64(id))
	if id == 0 {
		w.details.Clear()
		if len(w.body.Objects) == 1 && w.body.Objects[0] == w.split.Object {
			w.body.Objects = []fyne.CanvasObject{w.listArea}
			w.body.Refresh()
		}
		return
	}
	w.details.Show(id)
	w.details.SetHidden(w.filteredOut(id))
	if w.body.Objects[0] != w.split.Object {
		w.body.Objects = []fyne.CanvasObject{w.split.Object}
		w.body.Refresh()
		w.list.Reveal(id)
	}
}

// clear removes all finished exchanges.
func (w *Window) clear() {
	w.controller.Store().Clear()
	w.list.SetFollow(true)
	w.feed.Cleared()
}

// showIcons draws what has become known.
func (w *Window) showIcons() {
	w.side.Refresh()
	w.list.Refresh()
	if x := w.details.Exchange; x != nil && w.details.Tabs.Selected == details.TabOverview {
		w.details.Overview.Show(x)
	}
}
