package list

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/proxy/flow"
)

// SelectID selects one exchange alone, or none with 0.
func (l *List) SelectID(id flow.ID) {
	if l.selection.several() || l.Selected != id || l.selection.cursor != id {
		l.selection.choose(id)
		l.selectionChanged()
	}
}

// SelectAll selects every row that is shown.
func (l *List) SelectAll() {
	l.selection.all(&l.shown)
	l.selectionChanged()
}

// InvertSelection selects the rows shown that are not selected, and no others.
func (l *List) InvertSelection() {
	l.selection.invert(&l.shown)
	l.selectionChanged()
}

// selectionChanged draws another selection, and tells the window.
func (l *List) selectionChanged() {
	l.Selected = l.selection.lead
	l.Refresh()
	if l.deps.Select != nil {
		l.deps.Select(l.Selected)
	}
	l.tellFollow()
}

// Selection is what is acted on, by rising ID: the selected row or, of several, those that
// are shown. The caller must not change it.
func (l *List) Selection() []flow.ID {
	if !l.Several() {
		return l.selection.ids
	}
	now := actedOn{l.selection.version, l.shown.Version(), nil}
	if l.acted.selection != now.selection || l.acted.shown != now.shown {
		now.ids = l.shown.Among(l.selection.ids)
		l.acted = now
	}
	return l.acted.ids
}

// actedOn is what of a selection is shown, until one of them changes.
type actedOn struct {
	selection, shown uint64
	ids              []flow.ID
}

// Several reports whether more than one row is selected, shown or not.
func (l *List) Several() bool { return l.selection.several() }

// SelectedHidden is how many of several selected rows are not shown: the filter hides
// them, or they are gone.
func (l *List) SelectedHidden() int {
	if !l.Several() {
		return 0
	}
	return len(l.selection.ids) - len(l.Selection())
}

// After is the row that stands below the selected ones, else above them: where a person is
// once these are gone. 0: there is none.
func (l *List) After() flow.ID {
	at := l.shown.Index(l.Selected)
	for i := at + 1; i < l.shown.Len(); i++ {
		if id := l.shown.At(i); !l.selection.has(id) {
			return id
		}
	}
	for i := min(at, l.shown.Len()) - 1; i >= 0; i-- {
		if id := l.shown.At(i); !l.selection.has(id) {
			return id
		}
	}
	return 0
}

// point selects by a click or a key on a row, with what is held down beside it: Shift
// extends to it, Ctrl (Cmd on macOS) toggles it, both add a range.
func (l *List) point(id flow.ID, held fyne.KeyModifier) {
	const toggle = fyne.KeyModifierShortcutDefault
	switch {
	case held&fyne.KeyModifierShift != 0 && l.shown.Index(id) >= 0:
		l.selection.extend(id, held&toggle != 0, &l.shown)
	case held&toggle != 0:
		l.selection.toggle(id, &l.shown)
	default:
		l.SelectID(id)
		return
	}
	l.selectionChanged()
}

// moveCursor has keys go on from another row, without selecting it.
func (l *List) moveCursor(id flow.ID) {
	l.selection.cursor = id
	l.Refresh()
}

// heldKeys are the keys held down beside the one that is typed.
func heldKeys() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}
