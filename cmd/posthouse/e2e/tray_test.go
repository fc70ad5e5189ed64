//go:build e2e && linux

package e2e

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// tray is the test's eye and hand on the tray: it reads a program's
// StatusNotifierItem and menu over D-Bus and sends the clicks a panel sends.
type tray struct {
	d    *desktop
	conn *dbus.Conn
}

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	itemName    = "org.kde.StatusNotifierItem"
	menuName    = "com.canonical.dbusmenu"
)

func (d *desktop) tray() *tray {
	d.t.Helper()
	conn, err := dbus.Connect(d.bus)
	d.must(err)
	d.t.Cleanup(func() { conn.Close() })
	return &tray{d: d, conn: conn}
}

func (y *tray) watcher() dbus.BusObject { return y.conn.Object(watcherName, "/StatusNotifierWatcher") }

func (y *tray) hostRegistered() bool {
	v, err := y.watcher().GetProperty(watcherName + ".IsStatusNotifierHostRegistered")
	there, _ := v.Value().(bool)
	return err == nil && there
}

type trayItem struct {
	tray *tray
	obj  dbus.BusObject
	menu dbus.BusObject
}

// item finds the icon of a process.
func (y *tray) item(pid int) (*trayItem, error) {
	v, err := y.watcher().GetProperty(watcherName + ".RegisteredStatusNotifierItems")
	if err != nil {
		return nil, err
	}
	names, _ := v.Value().([]string)
	for _, name := range names {
		dest, path, found := strings.Cut(name, "/")
		if !found {
			path = "StatusNotifierItem"
		}
		var owner uint32
		err := y.conn.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, dest).Store(&owner)
		if err != nil || int(owner) != pid {
			continue
		}
		obj := y.conn.Object(dest, dbus.ObjectPath("/"+path))
		menu, err := obj.GetProperty(itemName + ".Menu")
		if err != nil {
			return nil, err
		}
		menuPath, _ := menu.Value().(dbus.ObjectPath)
		return &trayItem{tray: y, obj: obj, menu: y.conn.Object(dest, menuPath)}, nil
	}
	return nil, fmt.Errorf("process %d has no tray icon among %v", pid, names)
}

// icon tells pictures apart: it is a digest of the pixels.
func (i *trayItem) icon() string {
	v, err := i.obj.GetProperty(itemName + ".IconPixmap")
	if err != nil {
		return ""
	}
	var pixmaps []struct {
		Width, Height int32
		Pixels        []byte
	}
	if v.Store(&pixmaps) != nil || len(pixmaps) == 0 || len(pixmaps[0].Pixels) == 0 {
		return ""
	}
	return fmt.Sprintf("%dx%d %x", pixmaps[0].Width, pixmaps[0].Height, sha256.Sum256(pixmaps[0].Pixels))
}

// tip is what a panel shows under the pointer.
func (i *trayItem) tip() string {
	v, err := i.obj.GetProperty(itemName + ".ToolTip")
	if err != nil {
		return ""
	}
	var tip struct {
		Icon    string
		Pixmaps []struct {
			Width, Height int32
			Pixels        []byte
		}
		Title, Text string
	}
	if v.Store(&tip) != nil {
		return ""
	}
	return tip.Title
}

type menuEntry struct {
	id      int32
	label   string
	checked bool
	enabled bool
}

// entries reads the menu, from the top; separators are left out.
func (i *trayItem) entries() ([]menuEntry, error) {
	var need bool
	i.menu.Call(menuName+".AboutToShow", 0, int32(0)).Store(&need) // as a panel does
	call := i.menu.Call(menuName+".GetLayout", 0, int32(0), int32(-1), []string{})
	if call.Err != nil {
		return nil, call.Err
	}
	var revision uint32
	var root struct {
		ID       int32
		Props    map[string]dbus.Variant
		Children []dbus.Variant
	}
	if err := call.Store(&revision, &root); err != nil {
		return nil, err
	}
	var entries []menuEntry
	for _, child := range root.Children {
		var c struct {
			ID       int32
			Props    map[string]dbus.Variant
			Children []dbus.Variant
		}
		if err := child.Store(&c); err != nil {
			return nil, err
		}
		label, _ := c.Props["label"].Value().(string)
		if c.Props["type"].Value() == "separator" || label == "" {
			continue
		}
		state, _ := c.Props["toggle-state"].Value().(int32)
		enabled, said := c.Props["enabled"].Value().(bool)
		entries = append(entries, menuEntry{c.ID, plain(label), state == 1, enabled || !said})
	}
	return entries, nil
}

// plain takes the access key marks out of a label: "_Quit" is "Quit".
func plain(label string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(label, "__", "\x00"), "_", ""), "\x00", "_")
}

func (i *trayItem) labels() []string {
	entries, err := i.entries()
	if err != nil {
		return []string{"error: " + err.Error()}
	}
	labels := make([]string, len(entries))
	for n, e := range entries {
		labels[n] = e.label
	}
	return labels
}

// find gives the entry whose label begins with one of the given words.
func (i *trayItem) find(words ...string) (menuEntry, bool) {
	entries, _ := i.entries()
	for _, e := range entries {
		for _, w := range words {
			if strings.HasPrefix(e.label, w) {
				return e, true
			}
		}
	}
	return menuEntry{}, false
}

// pick clicks an entry, as a panel does for the user.
func (i *trayItem) pick(label string) {
	i.tray.d.t.Helper()
	e, found := i.find(label)
	if !found {
		i.tray.d.t.Fatalf("the tray menu has no %q: %q", label, i.labels())
	}
	if !e.enabled {
		i.tray.d.t.Fatalf("%q is disabled in the tray menu", e.label)
	}
	call := i.menu.Call(menuName+".Event", 0, e.id, "clicked", dbus.MakeVariant(int32(0)), uint32(time.Now().Unix()))
	i.tray.d.must(call.Err)
}
