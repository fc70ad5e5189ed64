package list

import (
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
)

// View is how a list is looked at. It is kept while the list shows another model.
type View struct {
	Sort   feed.Sorting
	Follow bool
	Missed int // rows that came out of sight

	still, top bool
	kept       anchor // the row that stays where it is on the screen

	ids                      []flow.ID
	selected, cursor, anchor flow.ID
}

// Still is a list to which nothing comes that could be followed. It is opened at its beginning.
func Still() View { return View{still: true, top: true} }

// View is how the list is looked at now.
func (l *List) View() View {
	l.noticeScroll()
	return View{Sort: l.Header.Sort, Follow: l.Follow, Missed: l.Missed, still: l.still, top: l.top, kept: l.keep(),
		ids: l.ids, selected: l.Selected, cursor: l.cursor, anchor: l.anchor}
}

// Turn has the list show another model, as that was looked at before.
func (l *List) Turn(m *feed.Model, v View) {
	if l.hovered != nil {
		l.hovered.setHover(false)
		l.hovered = nil
	}
	l.pointing, l.press, l.before, l.lastTapID = false, press{}, painted{}, 0
	l.drawn = [maxInSight]placed{}
	l.model, l.shown = m, feed.Shown{}
	m.CopyShown(&l.shown)
	l.Length = l.shown.Len()
	l.Header.Sort, l.Follow, l.Missed, l.still, l.top = v.Sort, v.Follow, v.Missed, v.still, v.top
	l.ids, l.Selected, l.cursor, l.anchor = v.ids, v.selected, v.cursor, v.anchor
	l.version++ // two models may show lists of one version
	l.Header.Refresh()
	l.Refresh()
	switch {
	case l.Following():
		l.toEdge()
	case v.top || v.kept.id == 0:
		l.Rows.ScrollToTop()
	default:
		v.kept.row = nil
		l.stay(v.kept)
	}
	l.offset = l.Rows.GetScrollOffset()
	l.rescale()
	l.selectionChanged()
}
