// Package command is the one table of what a person can have done in the window, and
// what is made of it: the menu bar, the shortcuts, the palette that finds commands by
// typing, and the list of keys.
//
// The table is made by the window, which knows what each command does. All of this
// belongs to the UI goroutine, and starts none.
package command

import (
	"fyne.io/fyne/v2"

	"posthouse/ui/i18n"
)

// Command is something that a person can have done.
type Command struct {
	ID   string // stable, and unique in its table
	Name string // key of its name in package i18n
	// NameNow is the key of its name where that changes, and goes before Name.
	NameNow func() string
	// Title is the name of what is no word of ours, such as a browser. Name is "" then.
	Title string
	Icon  fyne.Resource // nil: none
	Key   Key
	Rune  rune // does it too, typed where nothing has the focus; 0: none
	// Local says that Key is for what has the focus, and acts there alone: the menu
	// shows it.
	Local   bool
	Enabled func() bool // nil: always
	// Why says why the command cannot be done now, and what to do instead; "" or nil: nothing.
	Why     func() string
	Checked func() bool // nil: it has no check mark
	Run     func()
}

// Key is a key of the keyboard with those held down beside it. The zero Key is none.
type Key struct {
	Name     fyne.KeyName
	Modifier fyne.KeyModifier
}

// Menu is a menu of the bar, or one inside another.
type Menu struct {
	ID    string // stable
	Name  string // key of its name in package i18n
	Items []Item
	// Make makes the items when they are needed, in place of Items: they have no keys.
	Make func() []Item
}

// Item is a command or a menu; the zero Item separates.
type Item struct {
	Command *Command
	Menu    *Menu
}

// Do is the item of a command.
func Do(c Command) Item { return Item{Command: &c} }

// Sub is the item of a menu inside another.
func Sub(m Menu) Item { return Item{Menu: &m} }

// Separator stands between items.
func Separator() Item { return Item{} }

// Table is all commands, in the order of the menus.
type Table struct {
	Menus []*Menu
	// Covered tells whether a dialog lies over the window: no command acts behind one.
	Covered func() bool
	// Refused is told why a command cannot be done for which a person pressed its key; may be nil.
	Refused func(why string)
	// Done is called after a command was run.
	Done func()
}

// Words is the command's name in the language in force.
func (c *Command) Words() string { return c.words("") }

// words is Words in a language.
func (c *Command) words(lang string) string {
	if c.NameNow != nil {
		return nameIn(lang, c.NameNow(), "")
	}
	return nameIn(lang, c.Name, c.Title)
}

// enabled tells whether the command can be run now.
func (c *Command) enabled() bool { return c.Run != nil && (c.Enabled == nil || c.Enabled()) }

// whyNot says why the command cannot be done now; "" where it can, or where nothing is to be said.
func (c *Command) whyNot() string {
	if c.Why == nil || c.enabled() {
		return ""
	}
	return c.Why()
}

// checked tells whether the command shows a check mark now.
func (c *Command) checked() bool { return c.Checked != nil && c.Checked() }

// nameIn is a name in a language.
func nameIn(lang, key, title string) string {
	if key == "" {
		return title
	}
	return i18n.In(lang, key)
}

// items are those of a menu now.
func (m *Menu) items() []Item {
	if m.Make != nil {
		return m.Make()
	}
	return m.Items
}

// Run does what a command says, if it can be done now.
func (t *Table) Run(c *Command) {
	switch {
	case t.Covered != nil && t.Covered():
		return
	case !c.enabled():
		if t.Refused != nil {
			t.Refused(c.whyNot())
		}
		return
	}
	c.Run()
	if t.Done != nil {
		t.Done()
	}
}

// Find is the command with an ID, nil for none.
func (t *Table) Find(id string) (found *Command) {
	t.each(func(_ []*Menu, c *Command) {
		if c.ID == id {
			found = c
		}
	})
	return found
}

// each visits all commands that there are now, with the menus that lead to them. The
// visitor must not keep the list of menus.
func (t *Table) each(visit func(path []*Menu, c *Command)) {
	path := make([]*Menu, 0, 4)
	for _, m := range t.Menus {
		eachOf(append(path, m), visit)
	}
}

func eachOf(path []*Menu, visit func([]*Menu, *Command)) {
	for _, item := range path[len(path)-1].items() {
		switch {
		case item.Command != nil:
			visit(path, item.Command)
		case item.Menu != nil:
			eachOf(append(path, item.Menu), visit)
		}
	}
}
