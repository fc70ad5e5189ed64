package ui

import (
	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/assets"
	"posthouse/ui/i18n"
)

// AppIcon is the app's icon.
func AppIcon() fyne.Resource { return fyne.NewStaticResource("posthouse.png", assets.AppIcon) }

// Reside puts the app into the tray and says what closing the window means:
// where there is a tray, and the settings say so, the app stays; else it ends.
// quit ends the app.
func (w *Window) Reside(quit func()) {
	end := func() {
		w.remember()
		quit()
	}
	w.tray = NewTray(w, end)
	w.win.SetCloseIntercept(func() {
		if w.tray != nil && w.controller.Settings().General.CloseWindow == app.CloseToTray && TrayHost() {
			w.Hide()
			w.sayHidden()
			return
		}
		end()
	})
}

// sayHidden tells once in the life of the process where the window went.
func (w *Window) sayHidden() {
	if w.saidHidden {
		return
	}
	w.saidHidden = true
	w.app.SendNotification(fyne.NewNotification(i18n.T("tray.closed.title"), i18n.T("tray.closed.text")))
}
