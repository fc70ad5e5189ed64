package command

import (
	"runtime"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/ui/i18n"
)

// systemBar is whether the system draws the menu bar, outside the window.
const systemBar = runtime.GOOS == "darwin"

// shortcut is what the toolkit says when the key is pressed.
func (k Key) shortcut() *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: k.Name, Modifier: k.Modifier}
}

// Text is the key as people write it, "" for none.
func (k Key) Text() string {
	if k.Name == "" {
		return ""
	}
	var parts []string
	for _, m := range []struct {
		modifier fyne.KeyModifier
		name     string
	}{{fyne.KeyModifierControl, "Ctrl"}, {fyne.KeyModifierSuper, "Cmd"}, {fyne.KeyModifierAlt, "Alt"}, {fyne.KeyModifierShift, "Shift"}} {
		if k.Modifier&m.modifier != 0 {
			parts = append(parts, m.name)
		}
	}
	return strings.Join(append(parts, string(k.Name)), "+")
}

// KeyText is how a command is had from the keyboard, "" for no way.
func (c *Command) KeyText() string {
	text := c.Key.Text()
	if c.Rune == 0 {
		return text
	}
	if text != "" {
		text += "   "
	}
	return text + string(c.Rune)
}

// Keyed are the commands that have a key, in the order of the menus.
func (t *Table) Keyed() (keyed []*Command) {
	t.eachFixed(func(c *Command) {
		if c.KeyText() != "" {
			keyed = append(keyed, c)
		}
	})
	return keyed
}

// eachFixed visits the commands that are always there: those have keys.
func (t *Table) eachFixed(visit func(*Command)) {
	var of func(*Menu)
	of = func(m *Menu) {
		for _, item := range m.Items {
			switch {
			case item.Command != nil:
				visit(item.Command)
			case item.Menu != nil:
				of(item.Menu)
			}
		}
	}
	for _, m := range t.Menus {
		of(m)
	}
}

// AddShortcuts has the keys of the table act in a canvas, and Alt with a letter open
// the menus of its bar.
func (t *Table) AddShortcuts(c fyne.Canvas) {
	t.eachKey(c, func(k Key, do func()) { c.AddShortcut(k.shortcut(), func(fyne.Shortcut) { do() }) })
	if window, ok := c.(desktop.Canvas); ok {
		window.SetOnKeyUp(func(e *fyne.KeyEvent) { t.released(c, e.Name) })
	}
}

// released closes the menu that the toolkit opens with the Alt key behind a dialog too.
// It does not get to know that where something in the dialog has the focus: the menu
// stays there then, and nothing in it acts.
func (t *Table) released(c fyne.Canvas, key fyne.KeyName) {
	bar, ok := c.(menuBar)
	if ok && (key == desktop.KeyAltLeft || key == desktop.KeyAltRight) && t.Covered != nil && t.Covered() {
		bar.DismissMenu()
	}
}

// TypedShortcut does what a shortcut means: for what has the focus in a canvas, since
// the toolkit gives a shortcut to that alone.
func (t *Table) TypedShortcut(c fyne.Canvas, s fyne.Shortcut) {
	t.eachKey(c, func(k Key, do func()) {
		if k.shortcut().ShortcutName() == s.ShortcutName() {
			do()
		}
	})
}

// eachKey visits the keys that act in a canvas with what they do.
func (t *Table) eachKey(c fyne.Canvas, visit func(k Key, do func())) {
	t.eachFixed(func(command *Command) {
		if command.Key.Name != "" && command.Key.Modifier != 0 && !command.Local {
			visit(command.Key, func() { t.pressed(c, command) })
		}
	})
	if systemBar {
		return
	}
	for i, letter := range letters(t.Menus) {
		if letter != 0 {
			visit(Key{fyne.KeyName(letter), fyne.KeyModifierAlt}, func() { t.openMenu(c, i) })
		}
	}
}

// pressed runs the command of a key. A menu that is open is left first.
func (t *Table) pressed(c fyne.Canvas, command *Command) {
	if bar, ok := c.(menuBar); ok {
		bar.DismissMenu()
	}
	t.Run(command)
}

// TypedRune does what is had by typing a rune where nothing has the focus.
func (t *Table) TypedRune(r rune) {
	t.eachFixed(func(c *Command) {
		if c.Rune == r {
			t.Run(c)
		}
	})
}

// TypedKey does what is had by a key without others beside it, where nothing that has the
// focus uses it.
func (t *Table) TypedKey(name fyne.KeyName) {
	t.eachFixed(func(c *Command) {
		if c.Key == (Key{Name: name}) && name != "" && !c.Local {
			t.Run(c)
		}
	})
}

// menuBar is what the canvas of a window with a menu bar can do.
type menuBar interface {
	ToggleMenu() // opens the first menu, and gives its bar the focus
	DismissMenu() bool
}

// openMenu opens a menu of the bar by its number.
func (t *Table) openMenu(c fyne.Canvas, number int) {
	bar, ok := c.(menuBar)
	if !ok || t.Covered != nil && t.Covered() {
		return
	}
	bar.DismissMenu()
	bar.ToggleMenu()
	for range number {
		c.FocusNext()
	}
}

// letters are those that open the menus with Alt: of each English name the first that
// no menu before it has; 0 where all are taken. They are the same in all languages.
func letters(menus []*Menu) []rune {
	taken := map[rune]bool{}
	all := make([]rune, len(menus))
	for i, m := range menus {
		for _, r := range nameIn(i18n.English, m.Name, "") {
			if r = unicode.ToUpper(r); r >= 'A' && r <= 'Z' && !taken[r] {
				all[i], taken[r] = r, true
				break
			}
		}
	}
	return all
}

// barLabels are the names of the menus in the bar, with the letter behind those that
// do not have it.
func barLabels(menus []*Menu) []string {
	labels := make([]string, len(menus))
	for i, letter := range letters(menus) {
		labels[i] = i18n.T(menus[i].Name)
		if letter != 0 && !systemBar && !strings.ContainsRune(strings.ToUpper(labels[i]), letter) {
			labels[i] += "(" + string(letter) + ")"
		}
	}
	return labels
}
