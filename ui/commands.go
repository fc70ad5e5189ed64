package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/ui/command"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
)

// commands are all that a person can have done in the window: the one table, and what
// is made of it.
type commands struct {
	w       *Window
	table   *command.Table
	bar     *command.Bar
	waiting *time.Timer // for an open menu to close; nil: nothing waits
	soon    bool        // sync is about to be called
}

// newCommands makes the menus of the window, and has their keys act.
func newCommands(w *Window) *commands {
	c := &commands{w: w}
	c.table = &command.Table{
		Menus:   []*command.Menu{c.file(), c.edit(), c.view(), c.proxy(), c.tools(), c.help()},
		Covered: w.covered,
		Refused: func(why string) {
			if why != "" {
				w.notices.answer(notice{source: source{kind: ofRefused}, text: why})
			}
		},
		Done: func() {
			w.notices.withdraw(ofRefused)
			c.sync()
		},
	}
	c.keepToTheirRoom()
	c.bar = command.NewBar(w.win, c.table, c.syncLater)
	canvas := w.win.Canvas()
	c.table.AddShortcuts(canvas)
	canvas.SetOnTypedRune(w.typedRune)
	canvas.SetOnTypedKey(w.typedKey)
	for _, s := range list.Shortcuts() {
		canvas.AddShortcut(s, w.listShortcut)
	}
	for _, s := range tabShortcuts() {
		canvas.AddShortcut(s, w.shortcut)
	}
	w.setups.look()
	return c
}

// sync has the menu bar show what can be done now, and what is so.
func (c *commands) sync() { c.bar.Sync() }

// syncSoon is sync for callers that may be laying something out: the toolkit would then
// place the window by the theme of that part, which has other paddings.
func (c *commands) syncSoon() {
	if c.soon {
		return
	}
	c.soon = true
	c.w.do(func() {
		c.soon = false
		c.sync()
	})
}

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

// syncCommands has the menus follow the window.
func (w *Window) syncCommands() {
	if w.commands != nil { // else the window is being made
		w.commands.sync()
	}
}

// syncCommandsSoon is syncCommands for what may be laying something out.
func (w *Window) syncCommandsSoon() {
	if w.commands != nil {
		w.commands.syncSoon()
	}
}

// shortcut is for what has the focus, and is handed a key that it does not use.
func (w *Window) shortcut(s fyne.Shortcut) {
	if !w.rooms.typed(s) && !w.tabs.typed(s) {
		w.commands.table.TypedShortcut(w.win.Canvas(), s)
	}
}

// typedKey is for keys that are typed where nothing has the focus.
func (w *Window) typedKey(e *fyne.KeyEvent) {
	if w.covered() {
		if e.Name == fyne.KeyEscape {
			w.leaveDialog()
		}
		return
	}
	if w.rooms.ruling() && e.Name == fyne.KeyEscape {
		w.rooms.show(roomTraffic)
		return
	}
	if !w.rooms.traffic() {
		w.plainKey(e)
		return
	}
	switch e.Name {
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyPageUp, fyne.KeyPageDown, fyne.KeyHome, fyne.KeyEnd, fyne.KeyReturn, fyne.KeyEnter,
		fyne.KeyEscape:
		w.list.Rows.TypedKey(e)
	default:
		w.plainKey(e)
	}
}

// listShortcut is for what the list knows itself, where nothing has the focus.
func (w *Window) listShortcut(s fyne.Shortcut) {
	if !w.covered() && w.rooms.traffic() {
		w.list.Rows.TypedShortcut(s)
	}
}

// plainKey is for keys without others beside them that nothing else uses.
func (w *Window) plainKey(e *fyne.KeyEvent) {
	name := e.Name
	if name == fyne.KeyBackspace && ctrl == fyne.KeyModifierSuper {
		name = fyne.KeyDelete // which keyboards of Macs do not have
	}
	w.commands.table.TypedKey(name)
}

// typedRune is for letters that nothing else uses.
func (w *Window) typedRune(r rune) { w.commands.table.TypedRune(r) }

// showKeys lists the keys.
func (c *commands) showKeys() {
	form := widget.NewForm()
	for _, one := range c.table.Keyed() {
		form.Append(one.KeyText(), widget.NewLabel(one.Words()))
	}
	// Nothing stands behind an arrow: the toolkit draws it in another font, and a space after it as a box.
	for _, k := range [][2]string{{"PgUp PgDn Home End ↑↓", "keys.move"},
		{"Shift+… Ctrl+… Ctrl+Space", "keys.extend"}, {"Menu Shift+F10", "keys.menu"}, {tabKeys(), "keys.tabs"},
		{"Enter ←→", "keys.open"}, {"Esc", "keys.back"}} {
		form.Append(k[0], widget.NewLabel(i18n.T(k[1])))
	}
	c.w.open(dialog.NewCustom(i18n.T("command.keys"), i18n.T("close"), form, c.w.win))
}

func (c *commands) showAbout() {
	text := widget.NewLabel(i18n.T("about", app.Version))
	text.Alignment = fyne.TextAlignCenter
	c.w.open(dialog.NewCustom("Posthouse 驿站", i18n.T("close"), text, c.w.win))
}
