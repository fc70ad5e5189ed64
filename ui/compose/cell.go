package compose

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// cell is an entry of a row.
type cell struct {
	uiwidget.KeyEntry
	row    *tableRow
	column int
	locked bool
	is     string // what the row says
}

func newCell(r *tableRow, column int) *cell {
	c := &cell{row: r, column: column}
	c.Wrapping, c.Scroll = fyne.TextWrap(fyne.TextTruncateClip), fyne.ScrollNone
	c.TextStyle.Monospace = true
	c.Window = func(s fyne.Shortcut) {
		if r.table.window != nil {
			r.table.window(s)
		}
	}
	c.OnChanged = c.typed
	c.ExtendBaseWidget(c)
	return c
}

// show shows a text. One that does not show as it is, or is long, can be read alone.
func (c *cell) show(text string, locked bool) {
	seen := visible.Text(words.ShortText(text, maxShown))
	c.is, c.locked = seen, locked || seen != text
	if c.TextStyle.Italic != c.locked {
		c.TextStyle = fyne.TextStyle{Monospace: !c.locked, Italic: c.locked}
		c.Refresh()
	}
	if c.Text != seen {
		c.SetText(seen)
	}
}

// typed hands on what a person wrote, or takes it back.
func (c *cell) typed(text string) {
	t := c.row.table
	if c.row.filled || text == c.is {
		return
	}
	if err := c.take(text); err != nil {
		t.refused(err)
		c.row.filled = true
		c.SetText(c.is)
		c.row.filled = false
		return
	}
	c.is = text
	t.refused(nil)
	c.row.edited()
}

func (c *cell) take(text string) error {
	t := c.row.table
	switch {
	case c.locked:
		return errLocked
	case visible.Text(text) != text:
		return errUnseen
	case len(text) > maxShown:
		return errLarge
	case c.row.i > t.rows.Len(): // its row is gone
		return errLocked
	case c.row.i == t.rows.Len():
		if t.rows.Len() >= maxRows {
			return errMany
		}
		t.rows.Add()
		defer t.refresh()
	}
	return t.rows.SetCell(c.row.i, c.column, text)
}

// FocusGained remembers which row is edited.
func (c *cell) FocusGained() {
	c.row.table.last = c.row.i
	c.KeyEntry.FocusGained()
}

// AcceptsTab has Tab go through all rows, those out of sight too.
func (c *cell) AcceptsTab() bool { return true }

// TypedKey goes from cell to cell; at the ends the toolkit goes on.
func (c *cell) TypedKey(k *fyne.KeyEvent) {
	t, i := c.row.table, c.row.i
	back := t.held()&fyne.KeyModifierShift != 0
	switch {
	case k.Name == fyne.KeyTab && back:
		if c.column > 0 && t.focus(i, 0) || t.focus(i-1, 1) {
			return
		}
		canvasOf(c).FocusPrevious()
	case k.Name == fyne.KeyTab:
		if c.column == 0 && t.focus(i, 1) || t.focus(i+1, 0) {
			return
		}
		canvasOf(c).FocusNext()
	case k.Name == fyne.KeyUp:
		t.focus(i-1, c.column)
	case k.Name == fyne.KeyDown, k.Name == fyne.KeyReturn, k.Name == fyne.KeyEnter:
		t.focus(i+1, c.column)
	case k.Name == fyne.KeyEscape:
		if t.escape != nil {
			t.escape()
		}
	case c.locked && (k.Name == fyne.KeyBackspace || k.Name == fyne.KeyDelete):
		t.refused(errLocked)
	default:
		c.KeyEntry.TypedKey(k)
	}
}

// TypedShortcut moves and removes the row; a text with line ends is not pasted, for the
// toolkit would make spaces of them.
func (c *cell) TypedShortcut(s fyne.Shortcut) {
	t := c.row.table
	if custom, ok := s.(*desktop.CustomShortcut); ok {
		switch {
		case custom.Modifier == fyne.KeyModifierAlt && custom.KeyName == fyne.KeyUp:
			t.move(-1)
			return
		case custom.Modifier == fyne.KeyModifierAlt && custom.KeyName == fyne.KeyDown:
			t.move(1)
			return
		case custom.Modifier == fyne.KeyModifierShortcutDefault && custom.KeyName == fyne.KeyBackspace:
			t.remove(c.row.i)
			return
		}
	}
	if _, ok := s.(*fyne.ShortcutPaste); ok {
		text := fyne.CurrentApp().Clipboard().Content()
		switch trimmed := strings.TrimRight(text, "\r\n"); {
		case len(text) > maxShown:
			t.refused(errLarge)
			return
		case strings.ContainsAny(trimmed, "\r\n"):
			t.refused(errLines)
			return
		case trimmed != text: // the line end that is copied with a line
			for _, r := range trimmed {
				c.TypedRune(r)
			}
			return
		}
	}
	c.KeyEntry.TypedShortcut(s)
}
