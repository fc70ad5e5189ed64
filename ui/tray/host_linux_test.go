//go:build !race

// Without the race detector: fyne.io/systray writes the version of its menu beside its lock.

package tray

import (
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/godbus/dbus/v5"

	"posthouse/app/desktop/dbus/dbustest"
	"posthouse/assets"
	"posthouse/proxy/proxytest/eventually"
)

// panel reads the icon and its menu as a panel does.
type panel struct {
	t    *testing.T
	conn *dbus.Conn
	menu dbus.BusObject
	icon dbus.BusObject
}

type panelEntry struct {
	id            int32
	label         string
	mark          bool // it may have a check mark
	checked, grey bool
	separator     bool
}

func newPanel(t *testing.T) *panel {
	t.Helper()
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &panel{t: t, conn: conn}
}

// found reports whether there is an icon, and goes to it.
func (p *panel) found() bool {
	var names []string
	if p.conn.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&names) != nil {
		return false
	}
	for _, name := range names {
		if len(name) > 25 && name[:25] == "org.kde.StatusNotifierIte" {
			p.icon = p.conn.Object(name, "/StatusNotifierItem")
			p.menu = p.conn.Object(name, "/StatusNotifierItem/menu")
			v, err := p.icon.GetProperty("org.kde.StatusNotifierItem.Status")
			return err == nil && v.Value() == "Active"
		}
	}
	return false
}

func (p *panel) entries() (all []panelEntry) {
	p.t.Helper()
	var revision uint32
	var root struct {
		ID       int32
		Props    map[string]dbus.Variant
		Children []dbus.Variant
	}
	layout := p.menu.Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{})
	if err := layout.Store(&revision, &root); err != nil {
		p.t.Fatal(err)
	}
	for _, child := range root.Children {
		var c struct {
			ID       int32
			Props    map[string]dbus.Variant
			Children []dbus.Variant
		}
		if err := child.Store(&c); err != nil {
			p.t.Fatal(err)
		}
		label, _ := c.Props["label"].Value().(string)
		enabled, said := c.Props["enabled"].Value().(bool)
		all = append(all, panelEntry{id: c.ID, label: label, mark: c.Props["toggle-type"].Value() == "checkmark",
			checked:   c.Props["toggle-state"].Value() == int32(1),
			grey:      said && !enabled,
			separator: c.Props["type"].Value() == "separator"})
	}
	return all
}

func (p *panel) pixels() int {
	v, err := p.icon.GetProperty("org.kde.StatusNotifierItem.IconPixmap")
	var maps []struct {
		W, H   int32
		Pixels []byte
	}
	if err != nil || v.Store(&maps) != nil || len(maps) == 0 {
		return 0
	}
	return len(maps[0].Pixels)
}

// The icon and its menu are on the bus without a window of the toolkit, entries change in place, a
// click does what an entry says, and all is gone with Close.
func TestTheIconOnTheBus(t *testing.T) {
	dbustest.Start(t)
	var mu sync.Mutex
	clicks, again := 0, 0
	do := func(f func()) {
		mu.Lock()
		defer mu.Unlock()
		f()
	}
	count := func(n *int) int {
		mu.Lock()
		defer mu.Unlock()
		return *n
	}
	first := fyne.NewMenuItem("First", func() { clicks++ })
	check := fyne.NewMenuItem("Check", nil)
	check.Disabled = true
	menu := fyne.NewMenu("", first, fyne.NewMenuItemSeparator(), check)
	icon := fyne.NewStaticResource("a.png", assets.TrayStopped)
	h := newHost(test.NewTempApp(t), do, nil, menu, []*fyne.MenuItem{check}, icon, func() { again++ })

	p := newPanel(t)
	eventually.Holds(t, "the icon is there", func() bool { return count(&again) == 1 && p.found() })
	before := p.entries()
	if len(before) != 3 || before[0].label != "First" || before[0].mark || !before[1].separator || !before[2].mark || before[2].checked ||
		!before[2].grey || p.pixels() == 0 {
		t.Fatalf("%+v, %d bytes of pixels", before, p.pixels())
	}
	do(func() {
		first.Label, check.Checked, check.Disabled = "Other", true, false
		h.show(menu)
	})
	after := p.entries()
	if len(after) != 3 || after[0].label != "Other" || !after[2].checked || after[2].grey || after[0].id != before[0].id ||
		after[2].id != before[2].id {
		t.Errorf("%+v", after)
	}
	click := p.menu.Call("com.canonical.dbusmenu.Event", 0, after[0].id, "clicked", dbus.MakeVariant(int32(0)), uint32(0))
	if click.Err != nil {
		t.Error(click.Err)
	}
	eventually.Holds(t, "the click arrives", func() bool { return count(&clicks) == 1 })
	h.close()
	eventually.Holds(t, "the icon is gone", func() bool { return !p.found() })
}
