package ui

import (
	"crypto/x509"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/desktop"
	"posthouse/app/desktop/notify"
	"posthouse/app/desktop/trayhost"
	"posthouse/app/settings"
	"posthouse/assets"
	"posthouse/ui/i18n"
	uisettings "posthouse/ui/settings"
	"posthouse/ui/tray"
)

// AppIcon is the app's icon.
func AppIcon() fyne.Resource { return fyne.NewStaticResource("posthouse.png", assets.AppIcon) }

// Resident is what the desktop has for an app that stays. Each may be missing.
type Resident struct {
	TrayHost func() bool            // whether there is a tray now; nil: trayhost.Present
	Notes    Notes                  // of the desktop
	Login    uisettings.SystemEntry // the start at login
	Files    uisettings.SystemEntry // this program among those that open files; nil where the system has no such list
	Crashes  []desktop.CrashReport  // of this program before, the newest first
	// Trusted tells whether this computer trusts a certificate authority, and
	// whether that can be known. It is called beside the UI goroutine.
	Trusted func(*x509.Certificate) (trusted, known bool)
}

// residency is the window's part in staying: closing it, the tray, and the way back. All
// but inTray belong to the UI goroutine.
type residency struct {
	*services
	slow     func(hidden bool) // nobody sees what the feeds tell
	notices  *notices
	remember func()                // writes down how the window stands
	unkept   func(end func()) bool // asks before something is lost, and reports whether it does; nil: nothing is

	trayHost   func() bool
	hostGiven  bool        // by the owner: the guard asks it too
	quit       func()      // ends the app
	tray       *tray.Tray  // nil where there is none
	inTray     atomic.Bool // the window is hidden there
	stopGuard  func()
	saidHidden bool
	asking     dialog.Dialog // what closing means; nil: it is not asked
}

func newResidency(s *services, slow func(bool), n *notices, remember func(), host func() bool) *residency {
	r := &residency{services: s, slow: slow, notices: n, remember: remember, trayHost: host, hostGiven: host != nil,
		quit: func() {}, stopGuard: func() {}}
	if host == nil {
		r.trayHost = trayhost.Present
	}
	return r
}

// close ends what runs beside the window.
func (r *residency) close() {
	r.stopGuard()
	r.stopGuard = func() {}
	if r.tray != nil {
		r.tray.Close()
	}
}

// reside puts the app into the tray and has closing the window do what the settings say.
func (r *residency) reside(quit func(), deps tray.Deps) {
	r.quit = quit
	r.tray = tray.New(deps)
	r.win.SetCloseIntercept(r.closing)
	r.startGuard()
}

// end ends the app, after a question where something would be lost.
func (r *residency) end() {
	if r.unkept == nil || !r.unkept(r.finish) {
		r.finish()
	}
}

func (r *residency) finish() {
	r.remember()
	r.Ending()
	r.quit()
}

// show shows and raises the window.
func (r *residency) show() {
	r.slow(false)
	r.notices.notes.hidden = false
	r.inTray.Store(false)
	r.win.Show()
	r.win.RequestFocus()
	r.notices.notes.follow(r.controller.Status(), r.notices.system.Status())
}

// hide hides it; the feed slows down.
func (r *residency) hide() {
	r.remember()
	r.slow(true)
	r.notices.notes.hidden = true
	r.tip.Close()
	r.win.Hide()
}

// startHidden begins in the tray, as if the window had been closed to it.
func (r *residency) startHidden() {
	r.slow(true)
	r.notices.notes.hidden = true
	r.inTray.Store(true)
}

// closing is what the window's close button does.
func (r *residency) closing() {
	general := r.controller.Settings().General
	host := r.trayHost()
	what := general.CloseWithoutTray
	if host {
		what = general.CloseWindow
	}
	switch what {
	case settings.CloseToTray, settings.CloseStay:
		r.closeTo(host)
	case settings.CloseQuit:
		r.end()
	default:
		r.askClosing(host)
	}
}

// closeTo hides the window; tray tells whether the tray is the way back.
func (r *residency) closeTo(tray bool) {
	r.hide()
	r.inTray.Store(tray)
	if tray {
		r.sayHidden()
	}
}

// askClosing asks what closing means. tray tells whether there is one.
func (r *residency) askClosing(tray bool) {
	if r.asking != nil {
		return
	}
	word, about := "closing.stay", "closing.stay.text"
	if tray {
		word, about = "closing.tray", "closing.tray.text"
	}
	text := widget.NewLabel(i18n.T(about))
	text.Wrapping = fyne.TextWrapWord
	again := widget.NewCheck(i18n.T("closing.remember"), nil)
	ask := dialog.NewCustomWithoutButtons(i18n.T("closing.title"), container.NewVBox(text, again), r.win)
	answer := func(what string, act func()) func() {
		return func() {
			ask.Hide()
			if again.Checked {
				r.rememberClosing(tray, what)
			}
			act()
		}
	}
	what := settings.CloseStay
	if tray {
		what = settings.CloseToTray
	}
	stay := widget.NewButton(i18n.T(word), answer(what, func() { r.closeTo(tray) }))
	quit := widget.NewButton(i18n.T("tray.quit"), answer(settings.CloseQuit, r.end))
	quit.Importance = widget.HighImportance
	ask.SetButtons([]fyne.CanvasObject{widget.NewButton(i18n.T("settings.cancel"), ask.Hide), stay, quit})
	ask.SetOnClosed(func() { r.asking = nil })
	ask.Resize(fyne.NewSize(460, ask.MinSize().Height))
	r.asking = ask
	r.open(ask)
}

func (r *residency) rememberClosing(tray bool, what string) {
	r.notices.report(r.controller.Change(func(s *settings.Settings) {
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
func (r *residency) sayHidden() {
	if r.saidHidden {
		return
	}
	r.saidHidden = true
	r.notices.notes.notes.Show(notify.Note{Topic: "hidden", Title: i18n.T("tray.closed.title"), Body: i18n.T("tray.closed.text"),
		Expire: hiddenNote})
}

// startGuard begins to look after the window where trays may go.
func (r *residency) startGuard() {
	r.stopGuard = func() {}
	if !trayhost.CanVanish {
		return
	}
	quit := make(chan struct{})
	r.stopGuard = func() { close(quit) }
	r.jobs.Go(func() {
		var asker trayhost.Asker
		defer asker.Close()
		host := asker.Present
		if r.hostGiven {
			host = r.trayHost
		}
		tray.Guard(quit, r.inTray.Load, host, func() {
			r.do(func() {
				if r.inTray.Load() {
					r.notices.trayGone = true
					r.show()
					r.notices.changed()
				}
			})
		}, func() {
			r.do(func() {
				r.notices.trayGone = false
				r.notices.changed()
			})
		})
	})
}
