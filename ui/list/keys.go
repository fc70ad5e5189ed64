package list

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/proxy/flow"
	"posthouse/ui/style"
)

// FocusGained keeps the list's own mark away: the selection is drawn by the rows.
func (w *rowsWidget) FocusGained() {}

// FocusLost is the same.
func (w *rowsWidget) FocusLost() {}

// TypedRune is the window's: the list knows no letters.
func (w *rowsWidget) TypedRune(r rune) {
	if w.owner.deps.Rune != nil {
		w.owner.deps.Rune(r)
	}
}

// TypedKey moves the selection; with Shift it extends it. What the list does not know is
// the window's.
func (w *rowsWidget) TypedKey(e *fyne.KeyEvent) {
	l := w.owner
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		l.enter()
		return
	case fyne.KeyEscape:
		l.SelectID(0)
		return
	case desktop.KeyMenu:
		menuAtCursor(l)
		return
	case fyne.KeyF10: // with Shift, where a keyboard has no such key
		if l.held() == fyne.KeyModifierShift {
			menuAtCursor(l)
			return
		}
	}
	id := w.target(e.Name)
	switch {
	case id != 0:
		l.point(id, l.held()&fyne.KeyModifierShift)
		w.ScrollTo(l.shown.Index(id))
	case l.deps.Key != nil && !moves(e.Name):
		l.deps.Key(e)
	}
}

// menuAtCursor opens the menu of the row that the keys are at, or of the first in sight, below that row.
func menuAtCursor(l *List) {
	at := l.shown.Index(l.cursor)
	if at < 0 {
		at, _ = l.Rows.inSight()
	}
	id := l.shown.At(at)
	if id == 0 || l.deps.Menu == nil {
		return
	}
	if !l.has(id) {
		l.SelectID(id)
	}
	l.Rows.ScrollTo(at)
	place := fyne.CurrentApp().Driver().AbsolutePositionForObject(l.Rows)
	l.deps.Menu(id, place.AddXY(menuIndent, float32(at+1)*style.RowHeight-l.Rows.GetScrollOffset()))
}

// menuIndent is how far from the list's left edge the menu opens that a key asks for.
const menuIndent = 80

// moves reports whether a key goes to another row.
func moves(key fyne.KeyName) bool {
	switch key {
	case fyne.KeyDown, fyne.KeyUp, fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyHome, fyne.KeyEnd:
		return true
	}
	return false
}

// target is the row that a key goes to, 0 for none.
func (w *rowsWidget) target(key fyne.KeyName) flow.ID {
	l := w.owner
	_, page := w.inSight()
	n := w.Length()
	at := l.shown.Index(l.cursor)
	switch key {
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
	default:
		return 0
	}
	return l.shown.At(min(max(at, 0), n-1))
}

// heldKeys are the keys held down beside the one that is typed.
func heldKeys() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
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

// Shortcuts are those that the list knows itself, for when nothing has the focus.
func Shortcuts() (all []fyne.Shortcut) {
	const ctrl, shift = fyne.KeyModifierShortcutDefault, fyne.KeyModifierShift
	for _, key := range []fyne.KeyName{fyne.KeyDown, fyne.KeyUp, fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyHome, fyne.KeyEnd} {
		all = append(all, &desktop.CustomShortcut{KeyName: key, Modifier: ctrl},
			&desktop.CustomShortcut{KeyName: key, Modifier: ctrl | shift})
	}
	return append(all, &desktop.CustomShortcut{KeyName: fyne.KeySpace, Modifier: ctrl}, &fyne.ShortcutSelectAll{})
}

// TypedShortcut copies the selected request, selects all rows, goes to a row without
// selecting it (Ctrl) or with those before it (Ctrl and Shift), and toggles the row where
// that led. The others are the window's.
func (w *rowsWidget) TypedShortcut(s fyne.Shortcut) {
	l := w.owner
	switch s := s.(type) {
	case *fyne.ShortcutCopy:
		if l.Selected != 0 && l.deps.Copy != nil {
			l.deps.Copy(l.Selected)
		}
		return
	case *fyne.ShortcutSelectAll:
		l.SelectAll()
		return
	case *desktop.CustomShortcut:
		if w.typedWithCtrl(s) {
			return
		}
	}
	if l.deps.Shortcut != nil {
		l.deps.Shortcut(s)
	}
}

// typedWithCtrl reports whether the list knows a key with Ctrl (Cmd on macOS).
func (w *rowsWidget) typedWithCtrl(s *desktop.CustomShortcut) bool {
	const ctrl = fyne.KeyModifierShortcutDefault
	l := w.owner
	switch {
	case s.Modifier == ctrl && s.KeyName == fyne.KeySpace:
		if id := l.cursor; l.shown.Index(id) >= 0 {
			l.point(id, ctrl)
		}
		return true
	case s.Modifier != ctrl && s.Modifier != ctrl|fyne.KeyModifierShift || !moves(s.KeyName):
		return false
	}
	id := w.target(s.KeyName)
	if id == 0 {
		return true
	}
	if s.Modifier == ctrl {
		l.cursor = id
		l.Refresh()
	} else {
		l.point(id, s.Modifier)
	}
	w.ScrollTo(l.shown.Index(id))
	return true
}
