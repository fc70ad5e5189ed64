package command

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Bar keeps a window's menu bar as the table says.
//
// The toolkit (2.8.1) makes the whole bar anew for any change, and closes an open menu
// with it. So it is asked for that only where words, keys or the order differ, and
// never while a menu is open; check marks and what is enabled change in place.
type Bar struct {
	window fyne.Window
	table  *Table
	lines  []*line // drawn, in the order of the menus
	later  func()  // has Sync called again soon
}

// line is an entry of a menu, or the name of one.
type line struct {
	lineLook
	command *Command // nil: a menu's, or a separator
	item    *fyne.MenuItem
}

// lineLook is what is seen of it.
type lineLook struct {
	label     string
	key       Key
	depth     int // 0 in the bar
	menu      bool
	id        string
	quit      bool
	disabled  bool
	checked   bool
	checkable bool // an entry of its menu has a check mark: all make room for it
}

// NewBar makes the menu bar of a window. later has Sync called again soon: a menu is
// open, and what would close it waits.
func NewBar(window fyne.Window, table *Table, later func()) *Bar {
	return &Bar{window: window, table: table, later: later}
}

// Sync draws what has changed, and touches nothing where nothing has.
func (b *Bar) Sync() {
	now := b.look()
	same, inPlace := compare(b.lines, now)
	switch {
	case same:
		b.adopt(now, false)
	case inPlace:
		b.adopt(now, true)
		if open := openMenu(b.window.Canvas()); open != nil {
			open.Refresh()
		}
	case openMenu(b.window.Canvas()) != nil:
		b.later()
	default:
		b.lines = now
		b.window.SetMainMenu(b.build())
	}
}

// adopt takes over what the entries do, and how they look.
func (b *Bar) adopt(now []*line, look bool) {
	for i, l := range b.lines {
		l.command = now[i].command
		if look && l.item != nil {
			l.lineLook = now[i].lineLook
			l.item.Disabled, l.item.Checked = l.disabled, l.checked
		}
	}
}

// compare tells whether two bars look alike, and whether one can become the other in
// place.
func compare(before, now []*line) (same, inPlace bool) {
	if len(before) != len(now) {
		return false, false
	}
	same = true
	for i := range now {
		a, b := before[i].lineLook, now[i].lineLook
		if a == b {
			continue
		}
		same = false
		a.disabled, a.checked = b.disabled, b.checked
		if a != b {
			return false, false
		}
	}
	return same, true
}

// look is how the bar is to be drawn now.
func (b *Bar) look() (lines []*line) {
	labels := barLabels(b.table.Menus)
	for i, m := range b.table.Menus {
		lines = append(lines, &line{lineLook: lineLook{label: labels[i], menu: true, id: m.ID}})
		lines = appendMenu(lines, m, 1)
	}
	return lines
}

func appendMenu(lines []*line, m *Menu, depth int) []*line {
	items := m.items()
	checkable := false
	for _, item := range items {
		checkable = checkable || item.Command != nil && item.Command.checked()
	}
	for _, item := range items {
		look := lineLook{depth: depth, checkable: checkable}
		switch c := item.Command; {
		case c != nil:
			look.id, look.label, look.key, look.quit = c.ID, c.Words(), c.Key, c.ID == QuitID
			look.disabled, look.checked = !c.enabled(), c.checked()
			lines = append(lines, &line{lineLook: look, command: c})
		case item.Menu != nil:
			look.id, look.label, look.menu = item.Menu.ID, nameIn("", item.Menu.Name, ""), true
			lines = appendMenu(append(lines, &line{lineLook: look}), item.Menu, depth+1)
		default:
			lines = append(lines, &line{lineLook: look})
		}
	}
	return lines
}

// QuitID is the ID of the command that ends the app: the last of the first menu.
const QuitID = "quit"

// build makes the toolkit's menus of the lines.
func (b *Bar) build() *fyne.MainMenu {
	main := fyne.NewMainMenu()
	open := []*fyne.Menu{} // by depth
	keys := map[*fyne.MenuItem]string{}
	for _, l := range b.lines {
		if l.depth == 0 {
			open = []*fyne.Menu{fyne.NewMenu(l.label)}
			main.Items = append(main.Items, open[0])
			continue
		}
		l.item = b.item(l)
		open = open[:l.depth]
		open[l.depth-1].Items = append(open[l.depth-1].Items, l.item)
		if key := l.key.Text(); key != "" && !systemBar {
			keys[l.item] = key
		}
		if l.menu {
			l.item.ChildMenu = fyne.NewMenu(l.label)
			open = append(open, l.item.ChildMenu)
		}
	}
	for _, m := range main.Items {
		showKeys(m, keys)
	}
	return main
}

func (b *Bar) item(l *line) *fyne.MenuItem {
	if l.command == nil && !l.menu {
		return fyne.NewMenuItemSeparator()
	}
	item := &fyne.MenuItem{Label: l.label, Disabled: l.disabled, Checked: l.checked, IsQuit: l.quit}
	if l.menu {
		return item
	}
	item.Action, item.Icon = func() { b.table.Run(l.command) }, l.command.Icon
	if systemBar && l.key.Name != "" && !l.command.Local {
		item.Shortcut = l.key.shortcut()
	}
	return item
}

// PopUp is a menu of some commands, to be shown once.
func PopUp(items []Item) *fyne.Menu {
	menu := fyne.NewMenu("")
	for _, item := range items {
		switch c, sub := item.Command, item.Menu; {
		case c != nil:
			menu.Items = append(menu.Items, &fyne.MenuItem{Label: c.Words(), Disabled: !c.enabled(), Checked: c.checked(), Icon: c.Icon,
				Action: c.Run})
		case sub != nil:
			child := fyne.NewMenuItem(nameIn("", sub.Name, ""), nil)
			child.ChildMenu = PopUp(sub.items())
			menu.Items = append(menu.Items, child)
		default:
			menu.Items = append(menu.Items, fyne.NewMenuItemSeparator())
		}
	}
	return menu
}

// openMenu is the menu of a window's bar that is open, nil for none: the name above it
// has the focus then.
func openMenu(c fyne.Canvas) *widget.Menu {
	if name, ok := c.Focused().(interface{ Child() *widget.Menu }); ok {
		return name.Child()
	}
	return nil
}
