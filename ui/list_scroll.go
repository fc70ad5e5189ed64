package ui

import (
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/style"
)

// changed takes in what the feed prepared.
func (l *requestList) changed(u *feed.Update) {
	l.now = u.At
	l.noticeScroll()
	kept := l.keep()
	l.length = l.model.Len()
	l.refresh()
	if u.Sorted && l.selected == 0 {
		l.follow = true // who sorts wants to see what comes first in the order
	}
	switch {
	case l.following():
		l.toEdge()
		l.setMissed(0)
	case u.Rebuilt && kept.id != l.selected && l.model.Index(l.selected) >= 0:
		l.reveal(l.selected) // what was found stays in sight among the rows around it
	default:
		l.stay(kept)
		if u.Fresh > 0 && !l.rows.allInSight() {
			l.setMissed(l.missed + u.Fresh)
		}
	}
	if l.rows.allInSight() {
		l.setMissed(0)
	}
	l.tellFollow()
	l.rescale()
	l.markHovered()
	l.offset = l.rows.GetScrollOffset()
}

// anchor is a row that is to stay where it is on the screen.
type anchor struct {
	placed
	y float32 // of its top below the list's
}

// keep finds the row that stays where it is on the screen whatever comes and goes
// above it: the one under the pointer, else the selected one, else the first in
// sight. One that is not shown any more is none, unless none of them is.
func (l *requestList) keep() anchor {
	var selected, first, gone anchor
	at, count := l.rows.inSight()
	for i := at; i < at+count; i++ {
		a := anchor{l.placed(i), float32(i)*style.RowHeight - l.rows.GetScrollOffset()}
		if a.id == 0 || a.y >= l.rows.Size().Height {
			continue
		}
		if gone.id == 0 {
			gone = a
		}
		pointed := l.pointing && i == l.pointed()
		if first.id != 0 && !pointed && a.id != l.selected || l.model.Index(a.id) < 0 {
			continue // all that is asked of the model may cost a look at every row
		}
		if pointed {
			return a
		}
		if a.id == l.selected {
			selected = a
		}
		if first.id == 0 {
			first = a
		}
	}
	switch {
	case selected.id != 0:
		return selected
	case first.id != 0:
		return first
	}
	return gone
}

// stay scrolls so that a row is where it was on the screen.
func (l *requestList) stay(a anchor) {
	if a.id != 0 {
		l.rows.scrollTo(float32(l.model.Near(a.id, a.index))*style.RowHeight - a.y)
	}
}

// noticeScroll stops following when a person has scrolled away from what is
// followed, and resumes it when they have scrolled back.
func (l *requestList) noticeScroll() {
	by := l.rows.GetScrollOffset() - l.offset
	if !l.newestBelow() {
		by = -by
	}
	if follow := l.atEdge(); by < -1 && l.follow && !follow || by > 1 && !l.follow && follow {
		l.follow = follow
		l.tellFollow()
	}
}

func (l *requestList) tellFollow() {
	if l.onFollow != nil {
		l.onFollow()
	}
}

// following reports whether new rows scroll the list now.
func (l *requestList) following() bool {
	return l.follow && !l.pointing && l.selected == 0
}

// newestBelow reports whether the newest row is the last one. In every other order
// the list follows its beginning: the newest or, say, the slowest.
func (l *requestList) newestBelow() bool {
	s := l.header.sort
	return s.Column == "" || !s.Descending && (s.Column == "number" || s.Column == "time")
}

// toEdge scrolls to what is followed.
func (l *requestList) toEdge() {
	if l.newestBelow() {
		l.rows.toBottom()
	} else {
		l.rows.ScrollToTop()
	}
}

// atEdge reports whether what is followed is in sight.
func (l *requestList) atEdge() bool {
	if l.newestBelow() {
		return l.rows.atBottom()
	}
	return l.rows.GetScrollOffset() <= style.RowHeight
}

// keepEdge stays with what is followed while the list becomes higher or lower.
func (l *requestList) keepEdge() {
	if l.following() {
		l.toEdge()
		l.offset = l.rows.GetScrollOffset()
	}
}

func (l *requestList) setMissed(n int) {
	if n != l.missed {
		l.missed = n
		l.tellFollow()
	}
}

// setFollow resumes following, or stops it.
func (l *requestList) setFollow(on bool) {
	l.follow = on
	if on {
		l.pointing = false
		l.selectID(0)
		l.toEdge()
		l.missed = 0
		l.offset = l.rows.GetScrollOffset()
	}
	l.tellFollow()
}

// reveal scrolls a row into sight. Nobody scrolled: following stays as it is.
func (l *requestList) reveal(id flow.ID) {
	if i := l.model.Index(id); i >= 0 && i < l.length {
		l.noticeScroll()
		l.rows.ScrollTo(i)
		l.offset = l.rows.GetScrollOffset()
	}
}

// inSight is where the first row in sight stands, and how many there are.
func (w *rowsWidget) inSight() (first, count int) {
	first = int(w.GetScrollOffset() / style.RowHeight)
	return first, min(maxInSight, int(w.Size().Height/style.RowHeight)+2)
}

// last is where the list is scrolled to when its last row is in sight.
func (w *rowsWidget) last() float32 {
	return max(0, float32(w.Length())*style.RowHeight-w.Size().Height)
}

func (w *rowsWidget) atBottom() bool { return w.GetScrollOffset() >= w.last()-style.RowHeight }

func (w *rowsWidget) allInSight() bool { return w.last() == 0 }

func (w *rowsWidget) toBottom() {
	if w.Size().Height > 0 && w.Length() > 0 {
		w.ScrollToBottom()
	}
}

func (w *rowsWidget) scrollTo(y float32) { w.ScrollToOffset(min(max(0, y), w.last())) }
