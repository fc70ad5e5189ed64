package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/ui/i18n"
)

// action is something that a key does, and a menu offers.
type action struct {
	word     string // key of its text
	key      fyne.KeyName
	modifier fyne.KeyModifier
	do       func()
}

func (w *Window) actions() []action {
	const command = fyne.KeyModifierShortcutDefault
	markModifier := command
	if command == fyne.KeyModifierSuper {
		markModifier |= fyne.KeyModifierShift // Cmd+M makes a window small
	}
	return []action{
		{"action.filter", fyne.KeyF, command, func() { w.filter.focus() }},
		{"action.clear", fyne.KeyK, command, w.clear},
		{"action.recording", fyne.KeyR, command, w.switches.toggleRecording},
		{"action.proxy", fyne.KeyP, command | fyne.KeyModifierShift, w.switches.toggleProxy},
		{"action.mark", fyne.KeyM, markModifier, func() { w.rows.marks.toggle(w.list.Selected) }},
		{"action.follow", fyne.KeyG, command, func() { w.list.SetFollow(true) }},
		{"action.sidebar", fyne.KeyB, command, w.toggleSidebar},
		{"action.settings", fyne.KeyComma, command, w.setups.openSettings},
	}
}

func (a *action) shortcut() *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: a.key, Modifier: a.modifier}
}

func (w *Window) addShortcuts() {
	for _, a := range w.actions() {
		w.win.Canvas().AddShortcut(a.shortcut(), func(fyne.Shortcut) { w.act(&a) })
	}
	w.win.Canvas().SetOnTypedRune(func(r rune) {
		if r == '/' && !w.covered() {
			w.filter.focus()
		}
	})
	w.win.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
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
	})
}

// shortcut does what a shortcut means wherever the focus is.
func (w *Window) shortcut(s fyne.Shortcut) {
	for _, a := range w.actions() {
		if a.shortcut().ShortcutName() == s.ShortcutName() {
			w.act(&a)
			return
		}
	}
}

// act does what a shortcut means, but not behind a dialog.
func (w *Window) act(a *action) {
	if !w.covered() {
		a.do()
	}
}

// keyText is a shortcut as people write it.
func (a *action) keyText() string {
	var parts []string
	if a.modifier&fyne.KeyModifierShortcutDefault != 0 {
		parts = append(parts, map[bool]string{true: "Cmd", false: "Ctrl"}[fyne.KeyModifierShortcutDefault == fyne.KeyModifierSuper])
	}
	if a.modifier&fyne.KeyModifierShift != 0 {
		parts = append(parts, "Shift")
	}
	return strings.Join(append(parts, string(a.key)), "+")
}

// showMenu is what the gear opens.
func (w *Window) showMenu() {
	var items []*fyne.MenuItem
	for _, a := range w.actions() {
		items = append(items, fyne.NewMenuItem(i18n.T(a.word)+"    "+a.keyText(), a.do))
	}
	items = append(items, w.programs.launchItems()...)
	items = append(append(items, fyne.NewMenuItemSeparator()), w.setups.menu()...)
	items = append(items, fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(i18n.T("menu.keys"), w.showKeys),
		fyne.NewMenuItem(i18n.T("menu.about"), w.showAbout))
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.gear)
	menu := widget.NewPopUpMenu(fyne.NewMenu("", items...), w.win.Canvas())
	menu.ShowAtPosition(at.Add(fyne.NewPos(w.gear.Size().Width-menu.MinSize().Width, w.gear.Size().Height)))
}

func (w *Window) showKeys() {
	form := widget.NewForm()
	for _, a := range w.actions() {
		form.Append(a.keyText(), widget.NewLabel(i18n.T(a.word)))
	}
	for _, k := range [][2]string{{"/", "keys.filter"}, {"↑ ↓ PgUp PgDn Home End", "keys.move"}, {"Enter ← →", "keys.open"}, {"Ctrl+C", "keys.copy"}, {"Esc", "keys.back"}} {
		form.Append(k[0], widget.NewLabel(i18n.T(k[1])))
	}
	w.open(dialog.NewCustom(i18n.T("menu.keys"), i18n.T("close"), form, w.win))
}

func (w *Window) showAbout() {
	text := widget.NewLabel(i18n.T("about", app.Version))
	text.Alignment = fyne.TextAlignCenter
	w.open(dialog.NewCustom("Posthouse 驿站", i18n.T("close"), text, w.win))
}

// retranslate puts every word in the language in force.
func (w *Window) retranslate() {
	w.filter.retranslate()
	w.clearBtn.SetText(i18n.T("clear"))
	w.list.Header.Refresh()
	w.list.Refresh()
	w.side.Refresh()
	w.details.Retranslate()
	w.showFollow()
	w.followController()
}
