package rules

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/virtual"
)

// ruleList is the list of the rules. While it has the focus the arrows go through it, Space
// switches a rule, Enter edits it, Delete takes it out.
type ruleList struct {
	virtual.List
	room *Room
}

func newRuleList(r *Room) *ruleList {
	l := &ruleList{room: r}
	l.Length = func() int { return len(r.lines) }
	l.CreateItem = func() fyne.CanvasObject { return newRow(r) }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*row).show(i) }
	l.OnSelected = r.selected
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey is a key while the list has the focus.
func (l *ruleList) TypedKey(e *fyne.KeyEvent) {
	r := l.room
	at := r.cursor()
	switch e.Name {
	case fyne.KeyEscape:
		r.dialog.Hide()
	case fyne.KeyUp:
		r.goTo(at - 1)
	case fyne.KeyDown:
		r.goTo(at + 1)
	case fyne.KeyHome:
		r.goTo(0)
	case fyne.KeyEnd:
		r.goTo(len(r.lines) - 1)
	case fyne.KeyDelete:
		r.delete()
	case fyne.KeyReturn, fyne.KeyEnter:
		if at >= 0 && r.lines[at].rule < 0 {
			r.toggleFold(at)
			return
		}
		r.tabs.Choose(tabRule)
		r.Window.Canvas().Focus(r.text)
	case fyne.KeyLeft, fyne.KeyRight:
		if at >= 0 && r.lines[at].rule < 0 && r.State.folded(r.lines[at].folder) == (e.Name == fyne.KeyRight) {
			r.toggleFold(at)
		}
	case fyne.KeySpace:
		if at >= 0 {
			r.turn(r.allOff(at), r.lines[at].rules()...)
		}
	}
}

// allOff reports whether one of a line's rules is off: a switch has all on then.
func (r *Room) allOff(at int) bool {
	for _, i := range r.lines[at].rules() {
		if r.set.Rules[i].Off {
			return true
		}
	}
	return false
}

// TypedShortcut are keys of the room.
func (l *ruleList) TypedShortcut(s fyne.Shortcut) { l.room.shortcut(s) }

// shortcut moves what is chosen, copies it, or takes back what was done.
func (r *Room) shortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutUndo:
		r.undo(false)
	case *fyne.ShortcutRedo:
		r.undo(true)
	case *desktop.CustomShortcut:
		switch {
		case s.Modifier == fyne.KeyModifierAlt && (s.KeyName == fyne.KeyUp || s.KeyName == fyne.KeyDown):
			r.step(s.KeyName == fyne.KeyDown)
		case s.Modifier == fyne.KeyModifierShortcutDefault && s.KeyName == fyne.KeyS:
			r.keep()
		case s.Modifier == fyne.KeyModifierShortcutDefault && s.KeyName == fyne.KeyD:
			r.duplicate()
		}
	}
}

// cursor is the line that is chosen, -1 for none.
func (r *Room) cursor() int {
	if r.head >= 0 {
		for i, l := range r.lines {
			if l.rule < 0 && l.from == r.head {
				return i
			}
		}
	}
	if r.at < 0 {
		return -1
	}
	return lineOf(r.lines, r.at)
}

// goTo chooses a line by a key.
func (r *Room) goTo(i int) {
	if i < 0 || i >= len(r.lines) {
		return
	}
	if l := r.lines[i]; l.rule < 0 {
		r.onFolder(l.from)
	} else {
		r.selectRule(l.rule)
	}
}

// selected is a line that was clicked: a folder opens or closes.
func (r *Room) selected(i widget.ListItemID) {
	if r.marking || i >= len(r.lines) {
		return
	}
	if l := r.lines[i]; l.rule < 0 {
		r.toggleFold(i)
	} else {
		r.selectRule(l.rule)
	}
}

// onFolder chooses the folder whose first rule is the n-th. What is edited stays.
func (r *Room) onFolder(n int) {
	r.head = n
	r.mark()
	r.arm()
}

// toggleFold shows the rules of a folder, or hides them.
func (r *Room) toggleFold(at int) {
	l := r.lines[at]
	r.State.fold(l.folder, !r.State.folded(l.folder))
	r.Remember()
	r.layOut()
	r.onFolder(l.from)
}

// layOut puts the rules into lines.
func (r *Room) layOut() {
	r.lines = linesOf(r.rules(), r.State.folded)
	r.list.Refresh()
}

// mark selects in the list what is chosen.
func (r *Room) mark() {
	r.marking = true
	defer func() { r.marking = false }()
	if at := r.cursor(); at >= 0 {
		r.list.Select(at)
	} else {
		r.list.UnselectAll()
	}
}
