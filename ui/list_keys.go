package ui

import "fyne.io/fyne/v2"

// FocusGained keeps the list's own mark away: the selection is drawn by the rows.
func (w *rowsWidget) FocusGained() {}

// FocusLost is the same.
func (w *rowsWidget) FocusLost() {}

// TypedKey moves the selection.
func (w *rowsWidget) TypedKey(e *fyne.KeyEvent) {
	l := w.owner
	_, page := w.inSight()
	n := w.Length()
	at := l.model.Index(l.selected)
	switch e.Name {
	case fyne.KeyDown:
		at++
	case fyne.KeyUp:
		if at < 0 {
			at = n
		}
		at--
	case fyne.KeyPageDown:
		at += page - 3
	case fyne.KeyPageUp:
		at -= page - 3
	case fyne.KeyHome:
		at = 0
	case fyne.KeyEnd:
		at = n - 1
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		l.enter()
		return
	case fyne.KeyEscape:
		l.selectID(0)
		return
	default:
		return
	}
	at = min(max(at, 0), n-1)
	if at < 0 {
		return
	}
	if id := l.model.At(at); id != 0 {
		l.selectID(id)
		w.ScrollTo(at)
	}
}

// enter opens the selected row, or the first one in sight: while the list follows
// the newest one, that.
func (l *requestList) enter() {
	if l.selected == 0 {
		at, _ := l.rows.inSight()
		if l.follow && l.newestBelow() {
			at = l.rows.Length() - 1
		}
		id := l.model.At(at)
		if id == 0 {
			return
		}
		l.selectID(id)
	}
	if l.onOpen != nil {
		l.onOpen(l.selected)
	}
}

// TypedShortcut copies the selected request, or is the window's.
func (w *rowsWidget) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutCopy); !ok {
		if w.window != nil {
			w.window(s)
		}
	} else if w.owner.selected != 0 && w.owner.onCopy != nil {
		w.owner.onCopy(w.owner.selected)
	}
}
