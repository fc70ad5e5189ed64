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

// manners are what the window needs of the desktop to stay there politely.
func (r *resident) manners(o *options, controller *app.Controller, fyneApp fyne.App) ui.Resident {
	r.notes = notify.New(notify.Options{
		AppName: "Posthouse", Desktop: appID,
		Clicked: func(string) {
			if w := r.window.Load(); w != nil {
				w.ShowSoon()
			}
		},
		Fallback: func(title, body string) {
			ui.Do(func() { fyneApp.SendNotification(fyne.NewNotification(title, body)) })
		},
	})
	m := ui.Resident{Notes: r.notes, Trusted: func(cert *x509.Certificate) (bool, bool) { return trust.Trusted(trust.Stores(), cert) }}
	if o.config == "" { // the entry starts the Posthouse without a settings file of its own
		r.login = loginitem.Keep(controller, desktop.AtLogin("-hidden"))
		m.Login = r.login
	}
	m.Crashes, _ = desktop.CrashReports(desktop.StateDir()) // they are no reason not to start
	return m
}

// leave ends what manners began.
func (r *resident) leave() {
	r.notes.Close()
	if r.login != nil {
		r.login.Close()
	}
}
