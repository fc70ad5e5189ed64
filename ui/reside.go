package ui

import (
	"time"

	"posthouse/app/desktop/trayhost"
	"posthouse/app/settings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/desktop/notify"
	"posthouse/app/switches/systemproxy"
	"posthouse/assets"
	"posthouse/ui/i18n"
	"posthouse/ui/tray"
)

// AppIcon is the app's icon.
func AppIcon() fyne.Resource { return fyne.NewStaticResource("posthouse.png", assets.AppIcon) }

// Reside puts the app into the tray and has closing the window do what the
// settings say. quit ends the app.
func (w *Window) Reside(quit func()) {
	w.end = func() {
		w.remember()
		w.Ending()
		quit()
	}
	w.tray = tray.New(w.trayDeps())
	if w.tray != nil {
		w.onState = w.tray.Show
	}
	w.win.SetCloseIntercept(w.closing)
	w.startGuard()
}

// trayDeps is what the tray needs of the window.
func (w *Window) trayDeps() tray.Deps {
	return tray.Deps{
		App: w.app, Do: w.do, Status: w.controller.Status, Words: w.stateText, Recording: w.controller.Recording,
		System:      func() systemproxy.Phase { return w.systemProxy.Status().Phase },
		ToggleProxy: w.toggleProxy, ToggleSystem: w.takeSystem, ToggleRecording: w.toggleRecording,
		CopyAddress:   func() { w.copy(w.address()) },
		CopyVariables: func() { w.copyVariables(defaultShell()) },
		OpenBrowser:   w.openFirstBrowser,
		Show:          w.Show, Quit: w.end,
	}
}

// Show shows and raises the window.
func (w *Window) Show() {
	w.feed.SetHidden(false)
	w.hidden = false
	w.inTray.Store(false)
	w.win.Show()
	w.win.RequestFocus()
	w.noteTrouble(w.controller.Status())
}

// Hide hides it; the feed slows down.
func (w *Window) Hide() {
	w.remember()
	w.feed.SetHidden(true)
	w.hidden = true
	w.tip.Close()
	w.win.Hide()
}

// StartHidden begins in the tray, as if the window had been closed to it.
func (w *Window) StartHidden() {
	w.feed.SetHidden(true)
	w.hidden = true
	w.inTray.Store(true)
}

// closing is what the window's close button does.
func (w *Window) closing() {
	general := w.controller.Settings().General
	host := w.trayHost()
	what := general.CloseWithoutTray
	if host {
		what = general.CloseWindow
	}
	switch what {
	case settings.CloseToTray, settings.CloseStay:
		w.closeTo(host)
	case settings.CloseQuit:
		w.end()
	default:
		w.askClosing(host)
	}
}

// closeTo hides the window; tray tells whether the tray is the way back.
func (w *Window) closeTo(tray bool) {
	w.Hide()
	w.inTray.Store(tray)
	if tray {
		w.sayHidden()
	}
}

// askClosing asks what closing means. tray tells whether there is one.
func (w *Window) askClosing(tray bool) {
	if w.asking != nil {
		return
	}
	word, about := "closing.stay", "closing.stay.text"
	if tray {
		word, about = "closing.tray", "closing.tray.text"
	}
	text := widget.NewLabel(i18n.T(about))
	text.Wrapping = fyne.TextWrapWord
	again := widget.NewCheck(i18n.T("closing.remember"), nil)
	ask := dialog.NewCustomWithoutButtons(i18n.T("closing.title"), container.NewVBox(text, again), w.win)
	answer := func(what string, act func()) func() {
		return func() {
			ask.Hide()
			if again.Checked {
				w.rememberClosing(tray, what)
			}
			act()
		}
	}
	what := settings.CloseStay
	if tray {
		what = settings.CloseToTray
	}
	stay := widget.NewButton(i18n.T(word), answer(what, func() { w.closeTo(tray) }))
	quit := widget.NewButton(i18n.T("tray.quit"), answer(settings.CloseQuit, w.end))
	quit.Importance = widget.HighImportance
	ask.SetButtons([]fyne.CanvasObject{widget.NewButton(i18n.T("settings.cancel"), ask.Hide), stay, quit})
	ask.SetOnClosed(func() { w.asking = nil })
	ask.Resize(fyne.NewSize(460, ask.MinSize().Height))
	w.asking = ask
	w.open(ask)
}

func (w *Window) rememberClosing(tray bool, what string) {
	w.report(w.controller.Change(func(s *settings.Settings) {
		if tray {
			s.General.CloseWindow = what
		} else {
			s.General.CloseWithoutTray = what
		}
	}))
}

// hiddenNote is how long the note stays that says where the window went.
const hiddenNote = 8 * time.Second

// sayHidden tells once in the life of the process where the window went.
func (w *Window) sayHidden() {
	if w.saidHidden {
		return
	}
	w.saidHidden = true
	w.notes.Show(notify.Note{Topic: "hidden", Title: i18n.T("tray.closed.title"), Body: i18n.T("tray.closed.text"), Expire: hiddenNote})
}

// startGuard begins to look after the window where trays may go.
func (w *Window) startGuard() {
	w.stopGuard = func() {}
	if !trayhost.CanVanish {
		return
	}
	quit := make(chan struct{})
	w.stopGuard = func() { close(quit) }
	w.jobs.Go(func() {
		var asker trayhost.Asker
		defer asker.Close()
		host := asker.Present
		if w.hostGiven {
			host = w.trayHost
		}
		tray.Guard(quit, w.inTray.Load, host, func() {
			w.do(func() {
				if w.inTray.Load() {
					w.trayGone = true
					w.Show()
					w.followController()
				}
			})
		}, func() {
			w.do(func() {
				w.trayGone = false
				w.followController()
			})
		})
	})
}
