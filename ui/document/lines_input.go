package document

import (
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
		v.setColumn(v.Port.column - int(e.Scrolled.DX/v.Port.cell))
	}
	v.Scroll(-e.Scrolled.DY)
}

// Cursor is that of text.
func (v *LineView) Cursor() desktop.Cursor { return desktop.TextCursor }

// MouseDown begins a selection, or takes hold of the scroll bar.
func (v *LineView) MouseDown(e *desktop.MouseEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil {
		c.Focus(v)
	}
	if e.Button != desktop.MouseButtonPrimary {
		return
	}
	if e.Position.X >= v.Size().Width-barWidth-2 {
		y, height := v.Port.thumb()
		v.barGrab = e.Position.Y - y
		if v.barGrab < 0 || v.barGrab > height {
			v.barGrab = height / 2
			v.ScrollToThumb(e.Position.Y - v.barGrab)
		}
		return
	}
	at := v.Port.posAt(e.Position)
	if v.selected.again(at) && at.Line < v.Port.Doc.Len() {
		from, to := wordAt(v.Port.lineAt(at.Line).Text, at.at)
		v.selected.docSelection = docSelection{Pos{at.Line, from}, Pos{at.Line, to}}
	} else {
		v.selected.begin(at, e.Modifier&fyne.KeyModifierShift != 0)
	}
	v.markedByMouse()
	v.Refresh()
}

// MouseUp ends what MouseDown began.
func (v *LineView) MouseUp(*desktop.MouseEvent) { v.DragEnd() }

// Dragged selects, or moves the scroll bar.
func (v *LineView) Dragged(e *fyne.DragEvent) {
	switch {
	case v.barGrab >= 0:
		v.ScrollToThumb(e.Position.Y - v.barGrab)
	case v.selected.dragging:
		if e.Position.Y < 0 {
			v.Scroll(e.Position.Y)
		} else if below := e.Position.Y - v.Size().Height; below > 0 {
			v.Scroll(below)
		}
		v.selected.head = v.Port.posAt(fyne.NewPos(e.Position.X, min(max(e.Position.Y, 0), v.Size().Height-1)))
		v.markedByMouse()
		v.Refresh()
	}
}

func (v *LineView) markedByMouse() {
	if v.edit != nil {
		v.edit.marked()
	}
}

func (v *LineView) DragEnd() { v.barGrab, v.selected.dragging = -1, false }

// Tapped keeps taps from what lies under the view.
func (v *LineView) Tapped(*fyne.PointEvent) {}

// TappedSecondary opens the context menu.
func (v *LineView) TappedSecondary(e *fyne.PointEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(v)
	if c == nil || v.Port.Doc.Len() == 0 {
		return
	}
	copySelected := fyne.NewMenuItem(i18n.T("details.copy_selected"), v.CopySelected)
	copySelected.Disabled = v.selected.empty()
	items := []*fyne.MenuItem{copySelected, fyne.NewMenuItem(i18n.T("details.select_all"), v.SelectAll)}
	if v.Menu != nil {
		items = append(items, v.Menu(v.Port.posAt(e.Position), !v.selected.empty())...)
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), c, e.AbsolutePosition)
}

// SelectAll selects the whole document.
func (v *LineView) SelectAll() {
	if v.edit != nil {
		v.edit.selectAll()
		return
	}
	v.selected.docSelection = docSelection{head: Pos{v.Port.Doc.Len(), 0}}
	v.Refresh()
}

// CopySelected copies what is selected, as it is and not as it is shown.
func (v *LineView) CopySelected() {
	if v.selected.empty() {
		return
	}
	doc := v.Port.Doc
	from, to := v.selected.ordered()
	v.copyOut(func(limit int) (string, bool) { return doc.Copy(from, to, limit) })
}

// TypedShortcut takes copy, select all and find; the window gets the others.
func (v *LineView) TypedShortcut(s fyne.Shortcut) {
	if v.edit != nil && v.edit.typedShortcut(s) {
		return
	}
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
func toWindow(o fyne.Focusable, s fyne.Shortcut) {
	if window, ok := canvasOf(o).(fyne.Shortcutable); ok {
		window.TypedShortcut(s)
	}
}

// canvasOf is where an object is drawn, or has the focus: of one that is hidden for a minute the driver
// has forgotten the canvas, and still sends it all keys.
func canvasOf(o fyne.Focusable) fyne.Canvas {
	driver := fyne.CurrentApp().Driver()
	if shown, ok := o.(fyne.CanvasObject); ok {
		if c := driver.CanvasForObject(shown); c != nil {
			return c
		}
	}
	for _, w := range driver.AllWindows() {
		if c := w.Canvas(); c.Focused() == o {
			return c
		}
	}
	return nil
}

// TypedKey scrolls.
func (v *LineView) TypedKey(e *fyne.KeyEvent) {
	if v.OnKey != nil && v.OnKey(e) || v.edit != nil && v.edit.typedKey(e) {
		return
	}
	page := max(v.Port.Row, v.Size().Height-v.Port.Row)
	switch e.Name {
	case fyne.KeyUp:
		v.Scroll(-v.Port.Row)
	case fyne.KeyDown:
		v.Scroll(v.Port.Row)
	case fyne.KeyPageUp:
		v.Scroll(-page)
	case fyne.KeyPageDown, fyne.KeySpace:
		v.Scroll(page)
	case fyne.KeyHome:
		v.Port.home()
		v.Refresh()
	case fyne.KeyEnd:
		v.Port.end()
		v.Refresh()
	case fyne.KeyLeft:
		v.setColumn(v.Port.column - 8)
	case fyne.KeyRight:
		v.setColumn(v.Port.column + 8)
	case fyne.KeyEscape:
		if c := canvasOf(v); c != nil && c.OnTypedKey() != nil {
			c.OnTypedKey()(e)
		}
	}
}

// TypedRune gives the window its keys, such as /.
func (v *LineView) TypedRune(r rune) {
	if v.edit != nil {
		v.edit.typedRune(r)
		return
	}
	if c := canvasOf(v); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

// FocusGained shows the caret of an editor.
func (v *LineView) FocusGained() { v.focus(true) }

// FocusLost hides it.
func (v *LineView) FocusLost() { v.focus(false) }

func (v *LineView) focus(on bool) {
	if v.edit != nil {
		v.edit.focus(on)
	}
}
