package list

import (
	"time"

	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/style"
)

// Changed takes in what the feed prepared.
func (l *List) Changed(u *feed.Update) {
	l.now = u.At
	l.noticeScroll()
	l.notePainted()
	l.model.CopyShown(&l.shown)
	kept := l.keep()
	l.top = l.top && l.Selected == 0 && !l.pointing
	l.Length = l.shown.Len()
	l.Refresh()
	if u.Sorted && l.Selected == 0 {
		l.Follow, l.top = !l.still, l.still // who sorts wants to see what comes first in the order
	}
	switch {
	case l.Following():
		l.toEdge()
		l.setMissed(0)
	case u.Rebuilt && kept.id != l.Selected && l.shown.Index(l.Selected) >= 0:
		l.Reveal(l.Selected) // what was found stays in sight among the rows around it
	case l.top:
		l.Rows.ScrollToTop()
	default:
		l.stay(kept)
		if u.Fresh > 0 && !l.Rows.AllInSight() {
			l.setMissed(l.Missed + u.Fresh)
		}
	}
	if l.Rows.AllInSight() {
		l.setMissed(0)
	}
	l.tellFollow()
	l.rescale()
	l.markHovered()
	l.offset = l.Rows.GetScrollOffset()
	l.before.until = time.Now()
}

// anchor is a row that is to stay where it is on the screen.
type anchor struct {
	placed
	y float32 // of its top below the list's
}

// keep finds the row that stays where it is on the screen whatever comes and goes
// above it: the one under the pointer, else the selected one, else the first in
// sight. One that is not shown any more is none, unless none of them is.
func (l *List) keep() anchor {
	var selected, first, gone anchor
	at, count := l.Rows.inSight()
	for i := at; i < at+count; i++ {
		a := anchor{l.placed(i), float32(i)*style.RowHeight - l.Rows.GetScrollOffset()}
		if a.id == 0 || a.y >= l.Rows.Size().Height {
			continue
		}
		if gone.id == 0 {
			gone = a
		}
		pointed := l.pointing && i == l.pointed()
		if first.id != 0 && !pointed && a.id != l.Selected || l.shown.Index(a.id) < 0 {
			continue // all that is asked of the model may cost a look at every row
		}
		if pointed {
			return a
		}
		if a.id == l.Selected {
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
func (l *List) stay(a anchor) {
	if a.id != 0 {
		l.Rows.scrollTo(float32(l.shown.Near(a.id, a.index))*style.RowHeight - a.y)
	}
}

// noticeScroll stops following when a person has scrolled away from what is
// followed, and resumes it when they have scrolled back.
func (l *List) noticeScroll() {
	by := l.Rows.GetScrollOffset() - l.offset
	l.top = l.top && by == 0
	if l.still {
		return
	}
	if !l.NewestBelow() {
		by = -by
	}
	if follow := l.atEdge(); by < -1 && l.Follow && !follow || by > 1 && !l.Follow && follow {
		l.Follow = follow
		l.tellFollow()
	}
}

func (l *List) tellFollow() {
	if l.deps.Follow != nil {
		l.deps.Follow()
	}
}

// Following reports whether new rows scroll the list now.
func (l *List) Following() bool {
	return l.Follow && !l.pointing && l.Selected == 0
}

// NewestBelow reports whether the newest row is the last one. In every other order
// the list follows its beginning: the newest or, say, the slowest.
func (l *List) NewestBelow() bool {
	s := l.Header.Sort
	return s.Column == "" || !s.Descending && (s.Column == "number" || s.Column == "time")
}

// toEdge scrolls to what is followed.
func (l *List) toEdge() {
	if l.NewestBelow() {
		l.Rows.toBottom()
	} else {
		l.Rows.ScrollToTop()
	}
}

// atEdge reports whether what is followed is in sight.
func (l *List) atEdge() bool {
	if l.NewestBelow() {
		return l.Rows.AtBottom()
	}
	return l.Rows.GetScrollOffset() <= style.RowHeight
}

// keepEdge stays with what is followed while the list becomes higher or lower.
func (l *List) keepEdge() {
	if l.Following() {
		l.toEdge()
		l.offset = l.Rows.GetScrollOffset()
	}
}

func (l *List) setMissed(n int) {
	if n != l.Missed {
		l.Missed = n
		l.tellFollow()
	}
}

// SetFollow resumes following, or stops it.
func (l *List) SetFollow(on bool) {
	l.Follow = on
	if on {
		l.pointing = false
		l.SelectID(0)
		l.toEdge()
		l.Missed = 0
		l.offset = l.Rows.GetScrollOffset()
	}
	l.tellFollow()
}

// Reveal scrolls a row into sight. Nobody scrolled: following stays as it is.
func (l *List) Reveal(id flow.ID) {
	if i := l.shown.Index(id); i >= 0 && i < l.Length {
		l.noticeScroll()
		l.Rows.ScrollTo(i)
		l.offset = l.Rows.GetScrollOffset()
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

func (w *rowsWidget) AtBottom() bool { return w.GetScrollOffset() >= w.last()-style.RowHeight }

func (w *rowsWidget) AllInSight() bool { return w.last() == 0 }

func (w *rowsWidget) toBottom() {
	if w.Size().Height > 0 && w.Length() > 0 {
		w.ScrollToBottom()
	}
}

func (w *rowsWidget) scrollTo(y float32) { w.ScrollToOffset(min(max(0, y), w.last())) }
