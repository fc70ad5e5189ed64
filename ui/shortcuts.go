package ui

import (
	"slices"
	"strings"

	"posthouse/app/settings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	uisettings "posthouse/ui/settings"
)

// action is something that a key does, and a menu offers.
type Action struct {
	word     string // key of its text
	Key      fyne.KeyName
	Modifier fyne.KeyModifier
	do       func()
}

func (w *Window) actions() []Action {
	const command = fyne.KeyModifierShortcutDefault
	markModifier := command
	if command == fyne.KeyModifierSuper {
		markModifier |= fyne.KeyModifierShift // Cmd+M makes a window small
	}
	return []Action{
		{"action.filter", fyne.KeyF, command, func() { w.win.Canvas().Focus(w.filter) }},
		{"action.clear", fyne.KeyK, command, w.clear},
		{"action.recording", fyne.KeyR, command, w.toggleRecording},
		{"action.proxy", fyne.KeyP, command | fyne.KeyModifierShift, w.toggleProxy},
		{"action.mark", fyne.KeyM, markModifier, w.toggleMark},
		{"action.follow", fyne.KeyG, command, func() { w.list.SetFollow(true) }},
		{"action.sidebar", fyne.KeyB, command, w.toggleSidebar},
		{"action.settings", fyne.KeyComma, command, w.showSettings},
	}
}

func (a *Action) Shortcut() *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: a.Key, Modifier: a.Modifier}
}

func (w *Window) addShortcuts() {
	for _, a := range w.actions() {
		w.win.Canvas().AddShortcut(a.Shortcut(), func(fyne.Shortcut) { w.act(&a) })
	}
	w.list.Rows.Window = w.shortcut
	w.win.Canvas().SetOnTypedRune(func(r rune) {
		if r == '/' && !w.covered() {
			w.win.Canvas().Focus(w.filter)
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
		if a.Shortcut().ShortcutName() == s.ShortcutName() {
			w.act(&a)
			return
		}
	}
}

// covered reports whether a dialog or a menu lies over the window.
func (w *Window) covered() bool { return w.win.Canvas().Overlays().Top() != nil }

// act does what a shortcut means, but not behind a dialog.
func (w *Window) act(a *Action) {
	if !w.covered() {
		a.do()
	}
}

// keyText is a shortcut as people write it.
func (a *Action) keyText() string {
	var parts []string
	if a.Modifier&fyne.KeyModifierShortcutDefault != 0 {
		parts = append(parts, map[bool]string{true: "Cmd", false: "Ctrl"}[fyne.KeyModifierShortcutDefault == fyne.KeyModifierSuper])
	}
	if a.Modifier&fyne.KeyModifierShift != 0 {
		parts = append(parts, "Shift")
	}
	return strings.Join(append(parts, string(a.Key)), "+")
}

// showMenu is what the gear opens.
func (w *Window) showMenu() {
	var items []*fyne.MenuItem
	for _, a := range w.actions() {
		items = append(items, fyne.NewMenuItem(i18n.T(a.word)+"    "+a.keyText(), a.do))
	}
	items = append(items, w.launchItems()...)
	items = append(append(items, fyne.NewMenuItemSeparator()), w.setupMenu()...)
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

func (w *Window) showSettings() {
	if w.login != nil {
		w.login.Look()
	}
	w.settings = uisettings.New(uisettings.Deps{
		Window: w.win, Path: w.controller.Path(), Current: w.controller.Settings, Copy: w.copy,
		Setup: w.setupDeps(),
		Change: func(change func(*settings.Settings)) error {
			err := w.controller.Change(change)
			if app.InForce(err) {
				w.report(err)
			}
			w.followController()
			return err
		},
	})
	w.settings.MarkLogin(w.login)
	w.open(w.settings.Dialog)
}

// rowMenu is what the other button opens on a row.
func (w *Window) rowMenu(id flow.ID, at fyne.Position) {
	if row, ok := w.controller.Store().Row(id); ok {
		widget.ShowPopUpMenuAtPosition(w.rowItems(id, &row), w.win.Canvas(), at)
	}
}

func (w *Window) rowItems(id flow.ID, row *flow.Row) *fyne.Menu {
	copyOf := func(word string, text func(*flow.Exchange) string) *fyne.MenuItem {
		return fyne.NewMenuItem(i18n.T(word), func() {
			if x, ok := w.controller.Store().Get(id); ok {
				w.copy(text(&x))
			}
		})
	}
	menu := fyne.NewMenu("",
		copyOf("row.copy.url", func(x *flow.Exchange) string { return details.UrlText(&x.Row) }),
		copyOf("row.copy.request", func(x *flow.Exchange) string { return string(x.RequestHead) }),
		copyOf("row.copy.response", func(x *flow.Exchange) string { return string(x.ResponseHead) }),
		fyne.NewMenuItemSeparator(),
	)
	menu.Items = slices.Insert(menu.Items, 1, details.CurlItems(row.Kind, func(s export.Shell) { w.copyRowCurl(id, s) })...)
	menu.Items = append(menu.Items, w.markMenu(row), fyne.NewMenuItemSeparator())
	if host := feed.HostGroup(row); host != "" {
		menu.Items = append(menu.Items, w.scopeItems(feed.ScopeKeys[0], host)...)
	}
	if row.App != "" {
		menu.Items = append(menu.Items, w.scopeItems(feed.ScopeKeys[1], row.App)...)
	}
	if choices := w.decryptMenu(row); len(choices) > 0 {
		menu.Items = append(append(menu.Items, fyne.NewMenuItemSeparator()), choices...)
	}
	return menu
}

// addFilter adds a word to the filter.
func (w *Window) addFilter(word string) {
	w.filter.SetText(strings.TrimSpace(w.filter.Text + " " + word))
}

// retranslate puts every word in the language in force.
func (w *Window) retranslate() {
	w.filter.SetPlaceHolder(i18n.T("filter.hint"))
	w.clearBtn.SetText(i18n.T("clear"))
	w.list.Header.Refresh()
	w.list.Refresh()
	w.side.Refresh()
	w.details.Retranslate()
	w.showFollow()
	w.followController()
}
