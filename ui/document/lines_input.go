package document

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
	_ fyne.Scrollable        = (*LineView)(nil)
	_ fyne.Focusable         = (*LineView)(nil)
	_ fyne.Draggable         = (*LineView)(nil)
	_ fyne.Shortcutable      = (*LineView)(nil)
	_ fyne.SecondaryTappable = (*LineView)(nil)
	_ fyne.Tappable          = (*LineView)(nil)
	_ desktop.Mouseable      = (*LineView)(nil)
	_ desktop.Cursorable     = (*LineView)(nil)
)

// Scrolled is the wheel.
func (v *LineView) Scrolled(e *fyne.ScrollEvent) {
	if e.Scrolled.DX != 0 {
		v.setColumn(v.column - int(e.Scrolled.DX/v.cell))
	}
	v.Scroll(-e.Scrolled.DY)
}

// setColumn scrolls sideways. No line is longer than maxPiece bytes and what
// visibleText makes of them.
func (v *LineView) setColumn(column int) {
	if v.wraps() {
		return
	}
	v.column = min(max(0, column), maxPiece)
	v.Refresh()
}

// Cursor is that of text.
func (v *LineView) Cursor() desktop.Cursor { return desktop.TextCursor }

// posAt is the place in the document under a place on the screen.
func (v *LineView) posAt(at fyne.Position) Pos {
	y := -v.shift
	for r := v.Top; r.line < v.Doc.Len(); r = v.rowAfter(r) {
		if y += v.Row; at.Y >= y {
			continue
		}
		l := v.lineAt(r.line)
		pieces := v.pieces(&l)
		p := pieces[min(r.row, len(pieces)-1)]
		return Pos{r.line, v.offsetAt(&l, p, at.X)}
	}
	return Pos{v.Doc.Len(), 0}
}

// offsetAt is the offset in a row whose place is nearest to x.
func (v *LineView) offsetAt(l *Line, p piece, x float32) int {
	text := l.Text[p.from:p.to]
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
func (v *LineView) MouseDown(e *desktop.MouseEvent) {
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
			v.ScrollToThumb(e.Position.Y - v.barGrab)
		}
		return
	}
	at := v.posAt(e.Position)
	again := at == v.lastDown && time.Since(v.lastTime) < doubleClickTime
	v.lastDown, v.lastTime = at, time.Now()
	switch {
	case again && at.Line < v.Doc.Len():
		from, to := wordAt(v.lineAt(at.Line).Text, at.at)
		v.selected = docSelection{Pos{at.Line, from}, Pos{at.Line, to}}
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
func (v *LineView) MouseUp(*desktop.MouseEvent) { v.DragEnd() }

// Dragged selects, or moves the scroll bar.
func (v *LineView) Dragged(e *fyne.DragEvent) {
	switch {
	case v.barGrab >= 0:
		v.ScrollToThumb(e.Position.Y - v.barGrab)
	case v.selecting:
		if e.Position.Y < 0 {
			v.Scroll(e.Position.Y)
		} else if below := e.Position.Y - v.Size().Height; below > 0 {
			v.Scroll(below)
		}
		v.selected.head = v.posAt(fyne.NewPos(e.Position.X, min(max(e.Position.Y, 0), v.Size().Height-1)))
		v.Refresh()
	}
}

// DragEnd is for the toolkit.
func (v *LineView) DragEnd() { v.barGrab, v.selecting = -1, false }

// Tapped keeps taps from what lies under the view.
func (v *LineView) Tapped(*fyne.PointEvent) {}

// TappedSecondary opens the context menu.
func (v *LineView) TappedSecondary(e *fyne.PointEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(v)
	if c == nil || v.Doc.Len() == 0 {
		return
	}
	copySelected := fyne.NewMenuItem(i18n.T("details.copy_selected"), v.CopySelected)
	copySelected.Disabled = v.selected.empty()
	items := []*fyne.MenuItem{copySelected, fyne.NewMenuItem(i18n.T("details.select_all"), v.SelectAll)}
	if v.Menu != nil {
		items = append(items, v.Menu(v.posAt(e.Position), !v.selected.empty())...)
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), c, e.AbsolutePosition)
}

func (v *LineView) SelectAll() {
	v.selected = docSelection{head: Pos{v.Doc.Len(), 0}}
	v.Refresh()
}

func (v *LineView) CopySelected() {
	if v.selected.empty() {
		return
	}
	doc := v.Doc
	from, to := v.selected.ordered()
	v.copyOut(func(limit int) (string, bool) { return doc.Copy(from, to, limit) })
}

// TypedShortcut takes copy, select all and find; the window gets the others.
func (v *LineView) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutCopy:
		if !v.selected.empty() {
			v.CopySelected()
			return
		}
	case *fyne.ShortcutSelectAll:
		v.SelectAll()
		return
	case *desktop.CustomShortcut:
		if s.KeyName == fyne.KeyF && s.Modifier == fyne.KeyModifierShortcutDefault && v.OnFind != nil {
			v.OnFind()
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
func (v *LineView) TypedKey(e *fyne.KeyEvent) {
	if v.OnKey != nil && v.OnKey(e) {
		return
	}
	page := max(v.Row, v.Size().Height-v.Row)
	switch e.Name {
	case fyne.KeyUp:
		v.Scroll(-v.Row)
	case fyne.KeyDown:
		v.Scroll(v.Row)
	case fyne.KeyPageUp:
		v.Scroll(-page)
	case fyne.KeyPageDown, fyne.KeySpace:
		v.Scroll(page)
	case fyne.KeyHome:
		v.Top, v.shift, v.column = rowAt{}, 0, 0
		v.Refresh()
	case fyne.KeyEnd:
		v.Top, v.shift = v.lastTop()
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
func (v *LineView) TypedRune(r rune) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

// FocusGained is for the toolkit.
func (v *LineView) FocusGained() { v.focused = true }

// FocusLost is for the toolkit.
func (v *LineView) FocusLost() { v.focused = false }

// setMatches marks what a search found and goes to the first match from what is
// in sight on. With stay, nothing moves: the same was searched in a newer state
// of the document.
func (v *LineView) setMatches(found []match, stay bool) {
	var now match
	if v.matchNow >= 0 {
		now = v.Matches[v.matchNow]
	}
	v.Matches, v.matchNow = found, -1
	switch {
	case len(found) > 0 && stay && now.Line < v.Doc.Len():
		v.matchNow = v.firstMatch(now.Line) % len(found)
		for i := v.matchNow; i < len(found) && found[i].Line == now.Line; i++ {
			if found[i] == now {
				v.matchNow = i
			}
		}
	case len(found) > 0:
		v.goTo(v.firstMatch(v.Top.line) % len(found))
		return
	}
	v.Refresh()
}

// firstMatch is the index of the first match in or after a line.
func (v *LineView) firstMatch(line int) int {
	return sort.Search(len(v.Matches), func(i int) bool { return v.Matches[i].Line >= line })
}

// goTo makes a match the one the search stands at.
func (v *LineView) goTo(i int) {
	v.matchNow = i
	v.reveal(Pos{v.Matches[i].Line, v.Matches[i].from})
}

// nextMatch goes on by some matches, around the end.
func (v *LineView) nextMatch(by int) {
	if n := len(v.Matches); n > 0 {
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
