package ui

import (
	"crypto/x509"
	"slices"
	"sync/atomic"

	"posthouse/app/desktop/trayhost"

	"fyne.io/fyne/v2/dialog"

	"posthouse/app/desktop"
	uisettings "posthouse/ui/settings"
)

// Resident is what the desktop has for an app that stays. Each may be missing.
type Resident struct {
	TrayHost func() bool           // whether there is a tray now; nil: trayhost.Present
	Notes    Notes                 // of the desktop
	Login    uisettings.Login      // the start at login
	Crashes  []desktop.CrashReport // of this program before, the newest first
	// Trusted tells whether this computer trusts a certificate authority, and
	// whether that can be known. It is called beside the UI goroutine.
	Trusted func(*x509.Certificate) (trusted, known bool)
}

// resident is the window's part in staying: all but inTray and ending belong to the UI goroutine.
type resident struct {
	trayHost  func() bool
	hostGiven bool // by the owner: it is asked by the guard too
	notes     Notes
	login     uisettings.Login // may be nil
	crashes   []desktop.CrashReport
	authority authorityNews

	end        func() // ends the app
	ending     atomic.Bool
	hidden     bool // the window is not shown
	inTray     atomic.Bool
	stopGuard  func()
	trayGone   bool // the window was shown because the tray went away
	saidHidden bool
	asking     dialog.Dialog // what closing means; nil: it is not asked
	noted      map[string]noted
	newsSeen   map[string]bool // in this run
}

func newResident(r Resident) *resident {
	given := r.TrayHost != nil
	if !given {
		r.TrayHost = trayhost.Present
	}
	if r.Notes == nil {
		r.Notes = noNotes{}
	}
	return &resident{trayHost: r.TrayHost, hostGiven: given, notes: r.Notes, login: r.Login, crashes: r.Crashes, authority: authorityNews{trusted: r.Trusted},
		end: func() {}, stopGuard: func() {}, noted: map[string]noted{}, newsSeen: map[string]bool{}}
}

// Ending is for when the app is about to end, from any goroutine: nothing is drawn
// any more. The toolkit, once it has ended, calls what is meant for its own
// goroutine at once where it is asked, and there is no window and no tray then.
func (w *Window) Ending() { w.ending.Store(true) }

// ShowSoon has the window shown and raised, and may be called from any goroutine.
func (w *Window) ShowSoon() { w.do(w.Show) }

// untilEnding is do, until the app is about to end.
func (w *Window) untilEnding(do func(func())) func(func()) {
	return func(f func()) {
		do(func() {
			if !w.ending.Load() {
				f()
			}
		})
	}
}

// closeResident ends what runs beside the window.
func (w *Window) closeResident() {
	w.tip.Close()
	w.stopGuard()
	w.stopGuard = func() {}
}

// saidBefore reports whether something that is said once in the life of a
// user was said, in this run or before.
func (w *Window) saidBefore(key string) bool { return slices.Contains(w.state.Said, key) }

// say remembers that it was said.
func (w *Window) say(key string) {
	if w.saidBefore(key) {
		return
	}
	w.state.Said = append(w.state.Said, key)
	w.remember()
}
