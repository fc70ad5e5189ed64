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
	room    *Room
	drag    *drag
	marking bool   // the selection follows, and nobody has chosen
	hits    uint64 // in sight: of all rules
}

func newRuleList(r *Room) *ruleList {
	l := &ruleList{room: r}
	l.Length = func() int { return len(r.lines) }
	l.CreateItem = func() fyne.CanvasObject { return newRow(r) }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*row).show(i) }
	l.OnSelected = l.selected
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey is a key while the list has the focus.
func (l *ruleList) TypedKey(e *fyne.KeyEvent) {
	r := l.room
	at := r.list.cursor()
	switch e.Name {
	case fyne.KeyEscape:
		r.Leave()
	case fyne.KeyUp:
		r.list.goTo(at - 1)
	case fyne.KeyDown:
		r.list.goTo(at + 1)
	case fyne.KeyHome:
		r.list.goTo(0)
	case fyne.KeyEnd:
		r.list.goTo(len(r.lines) - 1)
	case fyne.KeyDelete:
		r.Delete()
	case fyne.KeyReturn, fyne.KeyEnter:
		if at >= 0 && r.lines[at].rule < 0 {
			r.list.toggleFold(at)
			return
		}
		r.tabs.Choose(tabRule)
		r.Window.Canvas().Focus(r.text)
	case fyne.KeyLeft, fyne.KeyRight:
		if at >= 0 && r.lines[at].rule < 0 && r.folded.has(r.lines[at].folder) == (e.Name == fyne.KeyRight) {
			r.list.toggleFold(at)
		}
	case fyne.KeySpace:
		if at >= 0 {
			order{r}.turn(r.list.allOff(at), r.lines[at].rules()...)
		}
	}
}

// allOff reports whether one of a line's rules is off: a switch has all on then.
func (l *ruleList) allOff(at int) bool {
	r := l.room
	for _, i := range r.lines[at].rules() {
		if r.set.Rules[i].Off {
			return true
		}
	}
	return false
}

// TypedShortcut takes back what was done; all other keys are the window's, which asks the room first.
func (l *ruleList) TypedShortcut(s fyne.Shortcut) {
	switch s.(type) {
	case *fyne.ShortcutUndo:
		l.room.undo(false)
	case *fyne.ShortcutRedo:
		l.room.undo(true)
	default:
		l.room.Shortcut(s)
	}
}

// Typed moves what is chosen; it reports whether the shortcut is one of the room.
func (r *Room) Typed(s fyne.Shortcut) bool {
	c, is := s.(*desktop.CustomShortcut)
	if !is || c.Modifier != fyne.KeyModifierAlt || c.KeyName != fyne.KeyUp && c.KeyName != fyne.KeyDown {
		return false
	}
	order{r}.step(c.KeyName == fyne.KeyDown)
	return true
}

// folder is the folder that is chosen, and whether one is.
func (l *ruleList) folder() (name string, is bool) {
	for _, one := range l.room.lines {
		if one.rule < 0 && one.from == l.room.head {
			return one.folder, true
		}
	}
	return "", false
}

// followFolder has a folder stay chosen where it is now, "" for none: others may have come before it.
func (l *ruleList) followFolder(name string) {
	r := l.room
	if now, _ := l.folder(); name != "" && now == name {
		return
	}
	r.head = -1
	for _, one := range r.lines {
		if name != "" && one.rule < 0 && one.folder == name {
			r.head = one.from
			return
		}
	}
}

// cursor is the line that is chosen, -1 for none.
func (l *ruleList) cursor() int {
	r := l.room
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
func (l *ruleList) goTo(i int) {
	r := l.room
	if i < 0 || i >= len(r.lines) {
		return
	}
	if l := r.lines[i]; l.rule < 0 {
		r.list.onFolder(l.from)
	} else {
		r.selectRule(l.rule)
	}
}

// selected is a line that was clicked: a folder opens or closes.
func (l *ruleList) selected(i widget.ListItemID) {
	r := l.room
	if l.marking || i >= len(r.lines) {
		return
	}
	if l := r.lines[i]; l.rule < 0 {
		r.list.toggleFold(i)
	} else {
		r.selectRule(l.rule)
	}
}

// onFolder chooses the folder whose first rule is the n-th. What is edited stays.
func (l *ruleList) onFolder(n int) {
	r := l.room
	r.head = n
	r.list.mark()
	r.arm()
}

// toggleFold shows the rules of a folder, or hides them.
func (l *ruleList) toggleFold(at int) {
	r := l.room
	on := r.lines[at]
	r.fold(on.folder, !r.folded.has(on.folder))
	r.list.onFolder(on.from)
}

// layOut puts the rules into lines.
func (l *ruleList) layOut() {
	r := l.room
	r.lines = linesOf(r.rules(), r.folded.has)
	r.list.drag.GiveUp()
	r.list.Refresh()
}

// mark selects in the list what is chosen.
func (l *ruleList) mark() {
	r := l.room
	l.marking = true
	defer func() { l.marking = false }()
	if at := r.list.cursor(); at >= 0 {
		r.list.Select(at)
	} else {
		r.list.UnselectAll()
	}
}
