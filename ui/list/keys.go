package list

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
	at := l.shown.Index(l.Selected)
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
		l.SelectID(0)
		return
	default:
		return
	}
	at = min(max(at, 0), n-1)
	if at < 0 {
		return
	}
	if id := l.shown.At(at); id != 0 {
		l.SelectID(id)
		w.ScrollTo(at)
	}
}

// enter opens the selected row, or the first one in sight: while the list follows
// the newest one, that.
func (l *List) enter() {
	if l.Selected == 0 {
		at, _ := l.Rows.inSight()
		if l.Follow && l.NewestBelow() {
			at = l.Rows.Length() - 1
		}
		id := l.shown.At(at)
		if id == 0 {
			return
		}
		l.SelectID(id)
	}
	if l.deps.Open != nil {
		l.deps.Open(l.Selected)
	}
}

// TypedShortcut copies the selected request, or is the window's.
func (w *rowsWidget) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutCopy); !ok {
		if w.owner.deps.Shortcut != nil {
			w.owner.deps.Shortcut(s)
		}
	} else if w.owner.Selected != 0 && w.owner.deps.Copy != nil {
		w.owner.deps.Copy(w.owner.Selected)
	}
}
