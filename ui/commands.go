package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"posthouse/ui/command"
)

// commands are all that a person can have done in the window: the one table, and what
// is made of it.
type commands struct {
	w     *Window
	table *command.Table
	bar   *command.Bar

	certificate bool        // there is a certificate authority; see look
	waiting     *time.Timer // for an open menu to close; nil: nothing waits
}

// newCommands makes the menus of the window, and has their keys act.
func newCommands(w *Window) *commands {
	c := &commands{w: w}
	c.table = &command.Table{
		Menus:   []*command.Menu{c.file(), c.edit(), c.view(), c.proxy(), c.tools(), c.help()},
		Covered: w.covered,
		Done:    c.sync,
	}
	c.bar = command.NewBar(w.win, c.table, c.syncLater)
	canvas := w.win.Canvas()
	c.table.AddShortcuts(canvas)
	canvas.SetOnTypedRune(c.table.TypedRune)
	canvas.SetOnTypedKey(w.typedKey)
	c.look()
	return c
}

// sync has the menu bar show what can be done now, and what is so.
func (c *commands) sync() { c.bar.Sync() }

// menuPause is how long a change waits for an open menu to close.
const menuPause = 300 * time.Millisecond

// syncLater looks again in a while, on one timer.
func (c *commands) syncLater() {
	if c.waiting != nil {
		return
	}
	c.waiting = time.AfterFunc(menuPause, func() {
		c.w.do(func() {
			c.waiting = nil
			c.sync()
		})
	})
}

// close ends what waits.
func (c *commands) close() {
	if c.waiting != nil {
		c.waiting.Stop()
	}
}

// look finds out whether there is a certificate authority: files may be read for that.
func (c *commands) look() {
	_, err := c.w.controller.Decryption().Authority()
	c.certificate = err == nil
}

// syncCommands has the menus follow the window.
func (w *Window) syncCommands() {
	if w.commands != nil { // else the window is being made
		w.commands.sync()
	}
}

// typedShortcut is for what has the focus, and is handed a shortcut that it does not use.
func (w *Window) typedShortcut(s fyne.Shortcut) { command.TypedShortcut(w.win.Canvas(), s) }

// covered reports whether a dialog, a menu or the palette lies over the window.
func (w *Window) covered() bool { return w.win.Canvas().Overlays().Top() != nil }

// typedKey is for keys that are typed where nothing has the focus.
func (w *Window) typedKey(e *fyne.KeyEvent) {
	if w.covered() {
		if e.Name == fyne.KeyEscape {
			w.leaveDialog()
		}
		return
	}
	switch e.Name {
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyPageUp, fyne.KeyPageDown, fyne.KeyHome, fyne.KeyEnd, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyEscape:
		w.list.Rows.TypedKey(e)
	}
}

// changedColumns follows a change of the columns.
func (w *Window) changedColumns() {
	w.list.Refresh()
	w.syncCommands()
}
