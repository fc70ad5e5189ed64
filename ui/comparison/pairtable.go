package comparison

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/style"
	"posthouse/ui/virtual"
	uiwidget "posthouse/ui/widget"
)

// pairTable is the table of pairs. Keys go through it.
type pairTable struct {
	virtual.List
	room *lists
	head *pairHead
}

var (
	_ fyne.Focusable    = (*pairTable)(nil)
	_ fyne.Shortcutable = (*pairTable)(nil)
)

func newPairTable(r *lists) *pairTable {
	t := &pairTable{room: r, head: newPairHead()}
	t.Length = func() int { return len(r.shown) }
	t.CreateItem = func() fyne.CanvasObject { return newPairRow(r) }
	t.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*pairRow).show(i) }
	t.HideSeparators = true
	t.ExtendBaseWidget(t)
	return t
}

// object is the table with its head.
func (t *pairTable) object() fyne.CanvasObject {
	return container.NewThemeOverride(uiwidget.NewPage(t.head, t), style.DenseTheme{})
}

// FocusGained keeps the list's own mark away: the rows draw what is chosen.
func (t *pairTable) FocusGained() {}

// FocusLost is the same.
func (t *pairTable) FocusLost() {}

// TypedRune has a digit show or hide a kind of pairs.
func (t *pairTable) TypedRune(c rune) {
	if chip := int(c - '1'); chip >= 0 && chip < chips && t.room.result != nil {
		t.room.toggle(chip)
	}
}

// TypedKey goes through the pairs, opens one, or leaves.
func (t *pairTable) TypedKey(k *fyne.KeyEvent) {
	r := t.room
	page := max(1, int(t.Size().Height/style.RowHeight)-1)
	to := r.at
	switch k.Name {
	case fyne.KeyUp:
		to--
	case fyne.KeyDown:
		to++
	case fyne.KeyPageUp:
		to -= page
	case fyne.KeyPageDown:
		to += page
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = len(r.shown) - 1
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		r.openPair()
		return
	case fyne.KeyEscape:
		r.dialog.Hide()
		return
	default:
		return
	}
	t.choose(to)
}

// TypedShortcut copies what is shown.
func (t *pairTable) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutCopy); ok && len(t.room.shown) > 0 {
		t.room.copyMarkdown()
	}
}

// choose goes to another pair.
func (t *pairTable) choose(to int) {
	r := t.room
	r.at = max(0, min(to, len(r.shown)-1))
	t.ScrollTo(r.at)
	t.Refresh()
}

// tapped chooses a pair, and opens one that is chosen.
func (t *pairTable) tapped(at int) {
	if t.room.at == at && at < len(t.room.shown) {
		t.room.openPair()
		return
	}
	t.choose(at)
	t.room.Window.Canvas().Focus(t)
}

// menu offers what can be done with a pair: to compare both, and to pass over what differs.
func (t *pairTable) menu(at int, where fyne.Position) {
	t.choose(at)
	r := t.room
	p := r.chosen()
	if p == nil {
		return
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", r.pairItems(p)...), r.Window.Canvas(), where)
}
