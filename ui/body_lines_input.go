package ui

import (
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
		v.setColumn(v.port.column - int(e.Scrolled.DX/v.port.cell))
	}
	v.scroll(-e.Scrolled.DY)
}

// Cursor is that of text.
func (v *lineView) Cursor() desktop.Cursor { return desktop.TextCursor }

// MouseDown begins a selection, or takes hold of the scroll bar.
func (v *lineView) MouseDown(e *desktop.MouseEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil {
		c.Focus(v)
	}
	if e.Button != desktop.MouseButtonPrimary {
		return
	}
	if e.Position.X >= v.Size().Width-barWidth-2 {
		y, height := v.port.thumb()
		v.barGrab = e.Position.Y - y
		if v.barGrab < 0 || v.barGrab > height {
			v.barGrab = height / 2
			v.scrollToThumb(e.Position.Y - v.barGrab)
		}
		return
	}
	at := v.port.posAt(e.Position)
	if v.selected.again(at) && at.line < v.port.doc.Len() {
		from, to := wordAt(v.port.lineAt(at.line).text, at.at)
		v.selected.docSelection = docSelection{docPos{at.line, from}, docPos{at.line, to}}
	} else {
		v.selected.begin(at, e.Modifier&fyne.KeyModifierShift != 0)
	}
	v.Refresh()
}

// MouseUp ends what MouseDown began.
func (v *lineView) MouseUp(*desktop.MouseEvent) { v.DragEnd() }

// Dragged selects, or moves the scroll bar.
func (v *lineView) Dragged(e *fyne.DragEvent) {
	switch {
	case v.barGrab >= 0:
		v.scrollToThumb(e.Position.Y - v.barGrab)
	case v.selected.dragging:
		if e.Position.Y < 0 {
			v.scroll(e.Position.Y)
		} else if below := e.Position.Y - v.Size().Height; below > 0 {
			v.scroll(below)
		}
		v.selected.head = v.port.posAt(fyne.NewPos(e.Position.X, min(max(e.Position.Y, 0), v.Size().Height-1)))
		v.Refresh()
	}
}

func (v *lineView) DragEnd() { v.barGrab, v.selected.dragging = -1, false }

// Tapped keeps taps from what lies under the view.
func (v *lineView) Tapped(*fyne.PointEvent) {}

// TappedSecondary opens the context menu.
func (v *lineView) TappedSecondary(e *fyne.PointEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(v)
	if c == nil || v.port.doc.Len() == 0 {
		return
	}
	copySelected := fyne.NewMenuItem(i18n.T("details.copy_selected"), v.copySelected)
	copySelected.Disabled = v.selected.empty()
	items := []*fyne.MenuItem{copySelected, fyne.NewMenuItem(i18n.T("details.select_all"), v.selectAll)}
	if v.menu != nil {
		items = append(items, v.menu(v.port.posAt(e.Position), !v.selected.empty())...)
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), c, e.AbsolutePosition)
}

func (v *lineView) selectAll() {
	v.selected.docSelection = docSelection{head: docPos{v.port.doc.Len(), 0}}
	v.Refresh()
}

func (v *lineView) copySelected() {
	if v.selected.empty() {
		return
	}
	doc := v.port.doc
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
	page := max(v.port.row, v.Size().Height-v.port.row)
	switch e.Name {
	case fyne.KeyUp:
		v.scroll(-v.port.row)
	case fyne.KeyDown:
		v.scroll(v.port.row)
	case fyne.KeyPageUp:
		v.scroll(-page)
	case fyne.KeyPageDown, fyne.KeySpace:
		v.scroll(page)
	case fyne.KeyHome:
		v.port.home()
		v.Refresh()
	case fyne.KeyEnd:
		v.port.end()
		v.Refresh()
	case fyne.KeyLeft:
		v.setColumn(v.port.column - 8)
	case fyne.KeyRight:
		v.setColumn(v.port.column + 8)
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

func (v *lineView) FocusGained() {}

func (v *lineView) FocusLost() {}
