package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/command"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// tabKey is Ctrl+Tab with others: on macOS, too, where Cmd+Tab is the system's.
func tabKey(with fyne.KeyModifier) command.Key {
	return command.Key{Name: fyne.KeyTab, Modifier: fyne.KeyModifierControl | with}
}

// tabShortcuts are the keys of the first nine tabs.
func tabShortcuts() (all []*desktop.CustomShortcut) {
	for key := '1'; key <= '9'; key++ {
		all = append(all, &desktop.CustomShortcut{KeyName: fyne.KeyName(key), Modifier: ctrl})
	}
	return all
}

// tabKeys is what the list of keys says of them.
func tabKeys() string {
	return ctrlKey(fyne.Key1).Text() + " … " + string(fyne.Key9)
}

// typed reports whether a shortcut is one of those that choose a tab by its number.
func (s *tabs) typed(shortcut fyne.Shortcut) bool {
	for i, one := range tabShortcuts() {
		if one.ShortcutName() == shortcut.ShortcutName() {
			if i < len(s.all) {
				s.showFree(s.all[i])
			}
			return true
		}
	}
	return false
}

// several reports whether there is another tab.
func (s *tabs) several() bool { return len(s.all) > 1 }

// items are the tabs as commands.
func (s *tabs) items() (items []command.Item) {
	for _, t := range s.all {
		c := command.Command{ID: "tab.live", Name: "session.live"}
		if !t.live() {
			c = command.Command{ID: "tab." + t.opened.Path, Title: t.name()}
		}
		c.Checked, c.Run = func() bool { return t == s.w.tab }, func() { s.showFree(t) }
		items = append(items, command.Do(c))
	}
	return items
}

// closeName is what Ctrl+W closes.
func (s *tabs) closeName() string {
	if s.w.live() {
		return "command.close"
	}
	return "command.session.close"
}

// closeInSight closes the session in sight or, where Live is, the window.
func (s *tabs) closeInSight() {
	if s.w.live() {
		s.w.residency.closing()
		return
	}
	s.close(s.w.tab)
}

// whyKept says why a session's requests cannot be removed.
func (s *tabs) whyKept() string {
	if s.w.live() {
		return ""
	}
	return i18n.T("session.kept")
}

// clearButton clears Live; in a session it says why it does not.
type clearButton struct {
	widget.Button
	hover func(o fyne.CanvasObject, in bool)
}

var _ desktop.Hoverable = (*clearButton)(nil)

func newClearButton(w *Window) *clearButton {
	b := &clearButton{hover: func(o fyne.CanvasObject, in bool) { w.tip.Hover(o, in, w.tabs.whyKept) }}
	b.Icon, b.OnTapped, b.Importance = theme.DeleteIcon(), clearing{w}.clear, widget.LowImportance
	b.ExtendBaseWidget(b)
	return b
}

// MouseIn has the tip shown.
func (b *clearButton) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	b.hover(b, true)
}

// MouseOut takes it away.
func (b *clearButton) MouseOut() {
	b.Button.MouseOut()
	b.hover(b, false)
}

// tabName is what a tab is called beside others.
func tabName(t *tab) string {
	if t.live() {
		return i18n.T("session.live")
	}
	return words.VisibleText(t.opened.Name)
}
