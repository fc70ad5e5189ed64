package main

import (
	"crypto/x509"

	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/app/desktop"
	"posthouse/app/desktop/filetypes"
	"posthouse/app/desktop/notify"
	"posthouse/app/switches/systementry"
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
	if o.config == "" { // the entries are for the Posthouse with the default settings file
		login := systementry.Keep(controller, systementry.StartAtLogin, desktop.AtLogin("-hidden"))
		r.entries, services.Login = append(r.entries, login), login
		if files, ok := filetypes.Registered(); ok {
			opens := systementry.Keep(controller, systementry.SessionFiles, files)
			r.entries, services.Files = append(r.entries, opens), opens
		}
	}
	services.Crashes, _ = desktop.CrashReports(desktop.StateDir()) // they are no reason not to start
	return services
}

// closeServices ends what desktopServices started.
func (r *resident) closeServices() {
	r.notes.Close()
	for _, e := range r.entries {
		e.Close()
	}
}
