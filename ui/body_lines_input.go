package ui

import (
	"sort"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
)

var (
	_ fyne.Scrollable        = (*lineView)(nil)
	_ fyne.Focusable         = (*lineView)(nil)
	_ fyne.Draggable         = (*lineView)(nil)
	_ fyne.Shortcutable      = (*lineView)(nil)
	_ fyne.SecondaryTappable = (*lineView)(nil)
	_ fyne.Tappable          = (*lineView)(nil)
	_ desktop.Mouseable      = (*lineView)(nil)
	_ desktop.Cursorable     = (*lineView)(nil)
)

// Scrolled is the wheel.
func (v *lineView) Scrolled(e *fyne.ScrollEvent) {
	if e.Scrolled.DX != 0 {
		v.setColumn(v.column - int(e.Scrolled.DX/v.cell))
	}
	v.scroll(-e.Scrolled.DY)
}

// setColumn scrolls sideways. No line is longer than maxPiece bytes and what
// visibleText makes of them.
func (v *lineView) setColumn(column int) {
	if v.wraps() {
		return
	}
	v.column = min(max(0, column), maxPiece)
	v.Refresh()
}

// Cursor is that of text.
func (v *lineView) Cursor() desktop.Cursor { return desktop.TextCursor }

// posAt is the place in the document under a place on the screen.
func (v *lineView) posAt(at fyne.Position) docPos {
	y := -v.shift
	for r := v.top; r.line < v.doc.Len(); r = v.rowAfter(r) {
		if y += v.row; at.Y >= y {
			continue
		}
		l := v.lineAt(r.line)
		pieces := v.pieces(&l)
		p := pieces[min(r.row, len(pieces)-1)]
		return docPos{r.line, v.offsetAt(&l, p, at.X)}
	}
	return docPos{v.doc.Len(), 0}
}

// offsetAt is the offset in a row whose place is nearest to x.
func (v *lineView) offsetAt(l *docLine, p piece, x float32) int {
	text := l.text[p.from:p.to]
	at := func(i int) float32 { return v.xOf(l, p, p.from+i) }
	var starts []int
	for i := range text {
		starts = append(starts, i)
	}
	starts = append(starts, len(text))
	i := sort.Search(len(starts), func(i int) bool { return at(starts[i]) >= x })
	if i == len(starts) {
		return p.to
	}
	if i > 0 && x-at(starts[i-1]) < at(starts[i])-x {
		i--
	}
	return p.from + starts[i]
}

// MouseDown begins a selection, or takes hold of the scroll bar.
func (v *lineView) MouseDown(e *desktop.MouseEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil {
		c.Focus(v)
	}
	if e.Button != desktop.MouseButtonPrimary {
		return
	}
	if e.Position.X >= v.Size().Width-barWidth-2 {
		y, height := v.thumb()
		v.barGrab = e.Position.Y - y
		if v.barGrab < 0 || v.barGrab > height {
			v.barGrab = height / 2
			v.scrollToThumb(e.Position.Y - v.barGrab)
		}
		return
	}
	at := v.posAt(e.Position)
	again := at == v.lastDown && time.Since(v.lastTime) < doubleClickTime
	v.lastDown, v.lastTime = at, time.Now()
	switch {
	case again && at.line < v.doc.Len():
		from, to := wordAt(v.lineAt(at.line).text, at.at)
		v.selected = docSelection{docPos{at.line, from}, docPos{at.line, to}}
		v.Refresh()
		return
	case e.Modifier&fyne.KeyModifierShift == 0:
		v.selected.anchor = at
	}
	v.selected.head, v.selecting = at, true
	v.Refresh()
}

// doubleClickTime is how soon the second press follows the first.
const doubleClickTime = 400 * time.Millisecond

// MouseUp ends what MouseDown began.
func (v *lineView) MouseUp(*desktop.MouseEvent) { v.DragEnd() }

// Dragged selects, or moves the scroll bar.
func (v *lineView) Dragged(e *fyne.DragEvent) {
	switch {
	case v.barGrab >= 0:
		v.scrollToThumb(e.Position.Y - v.barGrab)
	case v.selecting:
		if e.Position.Y < 0 {
			v.scroll(e.Position.Y)
		} else if below := e.Position.Y - v.Size().Height; below > 0 {
			v.scroll(below)
		}
		v.selected.head = v.posAt(fyne.NewPos(e.Position.X, min(max(e.Position.Y, 0), v.Size().Height-1)))
		v.Refresh()
	}
}

// DragEnd is for the toolkit.
func (v *lineView) DragEnd() { v.barGrab, v.selecting = -1, false }

// Tapped keeps taps from what lies under the view.
func (v *lineView) Tapped(*fyne.PointEvent) {}

// TappedSecondary opens the context menu.
func (v *lineView) TappedSecondary(e *fyne.PointEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(v)
	if c == nil || v.doc.Len() == 0 {
		return
	}
	copySelected := fyne.NewMenuItem(i18n.T("details.copy_selected"), v.copySelected)
	copySelected.Disabled = v.selected.empty()
	items := []*fyne.MenuItem{copySelected, fyne.NewMenuItem(i18n.T("details.select_all"), v.selectAll)}
	if v.menu != nil {
		items = append(items, v.menu(v.posAt(e.Position), !v.selected.empty())...)
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), c, e.AbsolutePosition)
}

func (v *lineView) selectAll() {
	v.selected = docSelection{head: docPos{v.doc.Len(), 0}}
	v.Refresh()
}

func (v *lineView) copySelected() {
	if v.selected.empty() {
		return
	}
	doc := v.doc
	from, to := v.selected.ordered()
	v.copyOut(func(limit int) (string, bool) { return doc.Copy(from, to, limit) })
}

// TypedShortcut takes copy, select all and find; the window gets the others.
func (v *lineView) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutCopy:
		if !v.selected.empty() {
			v.copySelected()
			return
		}
	case *fyne.ShortcutSelectAll:
		v.selectAll()
		return
	case *desktop.CustomShortcut:
		if s.KeyName == fyne.KeyF && s.Modifier == fyne.KeyModifierShortcutDefault && v.onFind != nil {
			v.onFind()
			return
		}
	}
	toWindow(v, s)
}

// toWindow hands a shortcut of a focused object on: the toolkit gives it to that alone.
func toWindow(o fyne.CanvasObject, s fyne.Shortcut) {
	if window, ok := fyne.CurrentApp().Driver().CanvasForObject(o).(fyne.Shortcutable); ok {
		window.TypedShortcut(s)
	}
}

// TypedKey scrolls.
func (v *lineView) TypedKey(e *fyne.KeyEvent) {
	if v.onKey != nil && v.onKey(e) {
		return
	}
	page := max(v.row, v.Size().Height-v.row)
	switch e.Name {
	case fyne.KeyUp:
		v.scroll(-v.row)
	case fyne.KeyDown:
		v.scroll(v.row)
	case fyne.KeyPageUp:
		v.scroll(-page)
	case fyne.KeyPageDown, fyne.KeySpace:
		v.scroll(page)
	case fyne.KeyHome:
		v.top, v.shift, v.column = rowAt{}, 0, 0
		v.Refresh()
	case fyne.KeyEnd:
		v.top, v.shift = v.lastTop()
		v.Refresh()
	case fyne.KeyLeft:
		v.setColumn(v.column - 8)
	case fyne.KeyRight:
		v.setColumn(v.column + 8)
	case fyne.KeyEscape:
		if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil && c.OnTypedKey() != nil {
			c.OnTypedKey()(e)
		}
	}
}

// TypedRune gives the window its keys, such as /.
func (v *lineView) TypedRune(r rune) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

// FocusGained is for the toolkit.
func (v *lineView) FocusGained() { v.focused = true }

// FocusLost is for the toolkit.
func (v *lineView) FocusLost() { v.focused = false }

// setMatches marks what a search found and goes to the first match from what is
// in sight on. With stay, nothing moves: the same was searched in a newer state
// of the document.
func (v *lineView) setMatches(found []docMatch, stay bool) {
	var now docMatch
	if v.matchNow >= 0 {
		now = v.matches[v.matchNow]
	}
	v.matches, v.matchNow = found, -1
	switch {
	case len(found) > 0 && stay && now.line < v.doc.Len():
		v.matchNow = v.firstMatch(now.line) % len(found)
		for i := v.matchNow; i < len(found) && found[i].line == now.line; i++ {
			if found[i] == now {
				v.matchNow = i
			}
		}
	case len(found) > 0:
		v.goTo(v.firstMatch(v.top.line) % len(found))
		return
	}
	v.Refresh()
}

// firstMatch is the index of the first match in or after a line.
func (v *lineView) firstMatch(line int) int {
	return sort.Search(len(v.matches), func(i int) bool { return v.matches[i].line >= line })
}

// goTo makes a match the one the search stands at.
func (v *lineView) goTo(i int) {
	v.matchNow = i
	v.reveal(docPos{v.matches[i].line, v.matches[i].from})
}

// nextMatch goes on by some matches, around the end.
func (v *lineView) nextMatch(by int) {
	if n := len(v.matches); n > 0 {
		v.goTo(((v.matchNow+by)%n + n) % n)
	}
}

// wordAt is the run of letters, digits and _ around a place.
func wordAt(text string, at int) (from, to int) {
	isWord := func(r rune) bool {
		return r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' || r >= utf8.RuneSelf
	}
	from, to = min(at, len(text)), min(at, len(text))
	for from > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:from])
		if !isWord(r) {
			break
		}
		from -= size
	}
	for to < len(text) {
		r, size := utf8.DecodeRuneInString(text[to:])
		if !isWord(r) {
			break
		}
		to += size
	}
	return from, to
}
