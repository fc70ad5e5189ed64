package main

import (
	"crypto/x509"

	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/app/desktop"
	"posthouse/app/desktop/notify"
	"posthouse/app/switches/loginitem"
	"posthouse/ui"
)

// desktopServices starts what the window needs of the desktop while it stays there.
func (r *resident) desktopServices(o *options, controller *app.Controller, fyneApp fyne.App) ui.Resident {
	r.notes = notify.New(notify.Options{
		AppName: "Posthouse", Desktop: appID,
		Clicked: func(topic string) {
			if w := r.window.Load(); w != nil {
				w.ShowSoon(topic)
			}
		},
		Fallback: func(title, body string) {
			ui.Do(func() { fyneApp.SendNotification(fyne.NewNotification(title, body)) })
		},
	})
	services := ui.Resident{Notes: r.notes, Trusted: func(cert *x509.Certificate) (bool, bool) {
		return trust.Trusted(trust.Stores(), cert)
	}}
	if o.config == "" { // the entry starts the Posthouse with the default settings file
		r.login = loginitem.Keep(controller, desktop.AtLogin("-hidden"))
		services.Login = r.login
	}
	services.Crashes, _ = desktop.CrashReports(desktop.StateDir()) // they are no reason not to start
	return services
}

// closeServices ends what desktopServices started.
func (r *resident) closeServices() {
	r.notes.Close()
	if r.login != nil {
		r.login.Close()
	}
}
