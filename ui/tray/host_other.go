//go:build !linux

package tray

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// host is the toolkit's tray. Its hidden window is what the task manager of Windows and the Dock
// close to end the app.
type host struct{ toolkit desktop.App }

func newHost(_ fyne.App, do func(func()), toolkit desktop.App, menu *fyne.Menu, _ []*fyne.MenuItem, icon fyne.Resource,
	again func()) *host {
	toolkit.SetSystemTrayIcon(icon)
	toolkit.SetSystemTrayMenu(menu)
	do(again) // Windows has the icon by now, macOS when its loop runs
	return &host{toolkit}
}

func (h *host) show(menu *fyne.Menu) { menu.Refresh() }

func (h *host) setIcon(icon fyne.Resource) { h.toolkit.SetSystemTrayIcon(icon) }

// close does nothing: the toolkit takes the icon away as it ends.
func (h *host) close() {}
