package document

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/ui/i18n"
	"posthouse/ui/visible"
)

// focus shows the caret, or hides it.
func (e *Editor) focus(on bool) {
	e.focused = on
	e.Refresh()
}

// typedRune writes a character.
func (e *Editor) typedRune(r rune) { e.Insert(string(r)) }

// typedKey moves the caret, or edits. Tab is the window's: it goes to the next part.
func (e *Editor) typedKey(k *fyne.KeyEvent) bool {
	extend := e.held()&fyne.KeyModifierShift != 0
	from, to := e.selection()
	switch k.Name {
	case fyne.KeyLeft, fyne.KeyRight:
		switch {
		case !extend && from != to && k.Name == fyne.KeyLeft:
			e.moveTo(from, false)
		case !extend && from != to:
			e.moveTo(to, false)
		case k.Name == fyne.KeyLeft:
			e.moveTo(e.before(e.caret), extend)
		default:
			e.moveTo(e.next(e.caret), extend)
		}
	case fyne.KeyUp:
		e.moveRows(-1, extend)
	case fyne.KeyDown:
		e.moveRows(1, extend)
	case fyne.KeyPageUp:
		e.moveRows(-e.page(), extend)
	case fyne.KeyPageDown:
		e.moveRows(e.page(), extend)
	case fyne.KeyHome:
		e.moveTo(e.lineStart(e.caret), extend)
	case fyne.KeyEnd:
		e.moveTo(e.lineEnd(e.caret), extend)
	case fyne.KeyReturn, fyne.KeyEnter:
		e.Insert(e.LineEnd)
	case fyne.KeyBackspace:
		if from == to {
			from = e.before(from)
		}
		e.replace(from, to, "")
	case fyne.KeyDelete:
		if from == to {
			to = e.next(to)
		}
		e.replace(from, to, "")
	case fyne.KeyEscape:
		if e.Escape == nil {
			return false
		}
		e.Escape()
	default:
		return false
	}
	return true
}

func (e *Editor) page() int { return max(1, int(e.Size().Height/e.Port.Row)-1) }

// moveTo brings the caret to a place; what lies between is selected where extend says so.
func (e *Editor) moveTo(at int, extend bool) {
	e.caret, e.goal = at, -1
	if !extend {
		e.anchor = at
	}
	e.mark()
	e.follow()
	e.Refresh()
}

// moveRows goes up or down some rows as they are drawn.
func (e *Editor) moveRows(by int, extend bool) {
	row, x := e.Port.placeOf(e.doc.pos(e.caret))
	if e.goal >= 0 {
		x = e.goal
	}
	to := row
	for ; by < 0; by++ {
		to = e.Port.rowBefore(to)
	}
	for ; by > 0; by-- {
		if next := e.Port.rowAfter(to); next.line < e.doc.Len() {
			to = next
		}
	}
	var at int
	switch {
	case to == row && e.held()&fyne.KeyModifierShift == 0 && e.doc.pos(e.caret).Line == 0:
		at = e.caret // there is no row above
	default:
		l := e.Port.lineAt(to.line)
		pieces := e.Port.pieces(&l)
		at = e.doc.offset(Pos{to.line, e.Port.offsetAt(&l, pieces[min(to.row, len(pieces)-1)], x)})
	}
	e.moveTo(at, extend)
	e.goal = x
}

// placeOf is the row of a place, and where in it the place is drawn.
func (vp *viewport) placeOf(p Pos) (r rowAt, x float32) {
	l := vp.lineAt(p.Line)
	pieces := vp.pieces(&l)
	r = rowAt{p.Line, 0}
	for i := range pieces {
		if p.at >= pieces[i].from {
			r.row = i
		}
	}
	return r, vp.xOf(&l, pieces[r.row], p.at)
}

// follow brings the caret into sight, by no more than needed.
func (e *Editor) follow() {
	p := e.doc.pos(e.caret)
	if !e.Port.wraps() {
		e.Port.revealColumn(p)
	}
	row, _ := e.Port.placeOf(p)
	switch y, seen := e.Port.rowTop(row); {
	case e.Port.size.Height == 0 || seen && y >= 0 && y+e.Port.Row <= e.Port.size.Height:
	case row.before(e.Port.Top) || seen && y < 0:
		e.Port.Top, e.Port.shift = row, 0
		e.Port.clamp()
	default:
		e.Port.Top, e.Port.shift = row, 0
		e.Port.scroll(e.Port.Row - e.Port.size.Height)
	}
}

// typedShortcut reports whether the editor knows a shortcut.
func (e *Editor) typedShortcut(s fyne.Shortcut) bool {
	if e.Keys != nil && e.Keys(s) {
		return true
	}
	switch s := s.(type) {
	case *fyne.ShortcutCut:
		e.cut()
	case *fyne.ShortcutCopy:
		e.copySelected()
	case *fyne.ShortcutPaste:
		e.paste()
	case *fyne.ShortcutUndo:
		e.Undo()
	case *fyne.ShortcutRedo:
		e.Redo()
	case *fyne.ShortcutSelectAll:
		e.selectAll()
	case *desktop.CustomShortcut:
		return e.typedWithCtrl(s)
	default:
		return false
	}
	return true
}

// typedWithCtrl moves by words, or to the ends of the text.
func (e *Editor) typedWithCtrl(s *desktop.CustomShortcut) bool {
	word := fyne.KeyModifierShortcutDefault
	extend := s.Modifier&fyne.KeyModifierShift != 0
	if s.Modifier&^fyne.KeyModifierShift != word {
		return false
	}
	switch s.KeyName {
	case fyne.KeyLeft:
		e.moveTo(e.word(e.caret, -1), extend)
	case fyne.KeyRight:
		e.moveTo(e.word(e.caret, 1), extend)
	case fyne.KeyHome:
		e.moveTo(0, extend)
	case fyne.KeyEnd:
		e.moveTo(len(e.text), extend)
	default:
		return false
	}
	return true
}

func (e *Editor) selectAll() {
	e.anchor, e.caret = 0, len(e.text)
	e.mark()
	e.Refresh()
}

// copySelected puts what is selected on the clipboard, where controls are words.
func (e *Editor) copySelected() {
	from, to := e.selection()
	if from == to {
		return
	}
	e.copied = e.text[from:to]
	e.CopySelected()
}

func (e *Editor) cut() {
	e.copySelected()
	from, to := e.selection()
	e.replace(from, to, "")
}

// paste takes the clipboard; what was copied here comes back as it was.
func (e *Editor) paste() {
	text := fyne.CurrentApp().Clipboard().Content()
	if e.copied != "" && visible.Lines(e.copied) == visible.Lines(text) {
		text = e.copied
	}
	e.Insert(text)
}

// menu is what the other button offers beside copying.
func (e *Editor) menu(Pos, bool) []*fyne.MenuItem {
	item := func(key string, do func(), off bool) *fyne.MenuItem {
		m := fyne.NewMenuItem(i18n.T(key), do)
		m.Disabled = off
		return m
	}
	from, to := e.selection()
	insert := fyne.NewMenuItem(i18n.T("edit.insert"), nil)
	insert.Disabled = e.ReadOnly
	insert.ChildMenu = fyne.NewMenu("")
	for _, one := range []struct{ name, text string }{{"CR LF", "\r\n"}, {"CR", "\r"}, {"LF", "\n"}, {"HT", "\t"}, {"NUL", "\x00"}} {
		insert.ChildMenu.Items = append(insert.ChildMenu.Items, fyne.NewMenuItem(one.name, func() { e.Insert(one.text) }))
	}
	return []*fyne.MenuItem{item("edit.cut", e.cut, e.ReadOnly || from == to), item("edit.paste", e.paste, e.ReadOnly),
		fyne.NewMenuItemSeparator(), item("edit.undo", e.Undo, len(e.past.all) == 0), item("edit.redo", e.Redo, len(e.future.all) == 0),
		fyne.NewMenuItemSeparator(), insert}
}
