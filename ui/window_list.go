package ui

import (
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/capture/history"
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
	row, there := w.tiers.Row(id)
	return there && !w.filter.passes(&row)
}

// drawn is a row of the tab in sight as it is shown.
func (w *Window) drawn(r *flow.Row) flow.Row { return w.tab.row(w.secrets.mask(r)) }

// showFollow shows the chip while new rows are out of sight.
func (w *Window) showFollow() {
	w.syncCommandsSoon()
	if !w.tab.live() || w.list.Following() || w.list.Follow && w.list.Missed == 0 || w.list.Rows.AllInSight() {
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

// selected opens the details of what is selected now, or closes them.
func (w *Window) selected(id flow.ID) {
	w.feed.Watched.Store(uint64(id))
	defer w.syncCommands()
	if id == 0 {
		w.details.Clear()
		w.body.open(false)
		return
	}
	if w.list.Several() {
		w.details.ShowSeveral(w.list.Selection(), w.list.SelectedHidden())
	} else {
		w.details.Show(id)
		w.details.SetHidden(w.filteredOut(id))
	}
	if w.body.open(true) {
		w.list.Reveal(id)
	}
}

// opened goes to the details of one exchange.
func (w *Window) opened(flow.ID) {
	if !w.details.Several() {
		w.win.Canvas().Focus(w.details.Tabs)
	}
}

// toggleBeside has the details stand beside the list where there is room, or below it.
func (w *Window) toggleBeside() {
	w.body.split.SetWanted(!w.body.split.Wanted())
	w.syncCommands()
	if w.list.Selected != 0 {
		w.list.Reveal(w.list.Selected)
	}
}

// detailsOf is what a pane needs that shows exchanges of a list.
func detailsOf(w *Window, tiers func() *history.Tiers) details.Deps {
	return details.Deps{
		Get:  func(id flow.ID) (flow.Exchange, bool) { return w.secrets.exchange(tiers().Get(id)) },
		Row:  func(id flow.ID) (flow.Row, bool) { return w.secrets.row(tiers().Row(id)) },
		Copy: w.copy, CopyAs: w.rows.copyAs, Open: w.open, Save: w.files.Save, Window: w.win,
		Remedies: w.rows.remedies(), Icons: w.icons, Do: w.do, Unfilter: func() {},
		Compare: func(id flow.ID) { w.rows.compareVersions(tiers(), id) },
	}
}

// showColumn brings a column of the list into sight.
func (w *Window) showColumn(name string) {
	w.layout.Show(name)
	w.list.Header.Refresh()
	w.list.Refresh()
	w.syncCommands()
}

// deleted goes on to the row after those that were deleted.
func (w *Window) deleted() {
	if w.tab.live() {
		w.list.SelectID(w.list.After())
	}
	w.tabs.live().feed.Cleared()
}

// showIcons draws what has become known.
func (w *Window) showIcons() {
	w.side.Refresh()
	w.list.Refresh()
	if x := w.details.Exchange; x != nil && w.details.Tabs.Selected == details.TabOverview {
		w.details.Overview.Show(x)
	}
}
