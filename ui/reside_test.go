package ui

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/app/settings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/desktop/notify"
	"posthouse/app/switches/systemproxy"
)

// fakeNotes is a desktop that shows notes.
type fakeNotes struct {
	shown []notify.Note
	taken []string
}

func (f *fakeNotes) Show(n notify.Note)    { f.shown = append(f.shown, n) }
func (f *fakeNotes) Withdraw(topic string) { f.taken = append(f.taken, topic) }

type residing struct {
	*testWindow
	tray  bool
	quits int
	notes *fakeNotes
}

func reside(t *testing.T, change func(*settings.General)) *residing {
	t.Helper()
	s := settings.Default()
	s.Proxy.Port = 0
	change(&s.General)
	r := &residing{notes: &fakeNotes{}}
	r.testWindow = openWindow(t, windowOptions{settings: s, resident: Resident{TrayHost: func() bool { return r.tray }, Notes: r.notes}})
	r.Reside(func() { r.quits++ })
	return r
}

// press taps a button of the topmost dialog.
func (r *residing) press(word string) {
	r.t.Helper()
	top := r.win.Canvas().Overlays().Top()
	if top == nil {
		r.t.Fatalf("nothing is asked that %q could answer", word)
	}
	for _, o := range test.LaidOutObjects(top) {
		switch o := o.(type) {
		case *widget.Button:
			if o.Text == word {
				test.Tap(o)
				return
			}
		case *widget.Check:
			if o.Text == word {
				o.SetChecked(true)
				return
			}
		}
	}
	r.t.Fatalf("there is no %q", word)
}

// What closing the window does, by setting and tray.
func TestClosingTheWindow(t *testing.T) {
	for _, c := range []struct {
		window, without string
		tray            bool
		answer          string // "": nothing is asked
		hidden          bool
	}{
		{window: "tray", without: "quit", tray: true, hidden: true},
		{window: "quit", without: "stay", tray: true},
		{window: "ask", without: "quit", tray: true, answer: "Keep in the tray", hidden: true},
		{window: "ask", without: "quit", tray: true, answer: "Quit"},
		{window: "tray", without: "quit"},
		{window: "tray", without: "stay", hidden: true},
		{window: "tray", without: "ask", answer: "Keep running", hidden: true},
		{window: "tray", without: "ask", answer: "Quit"},
	} {
		name := c.window + "/" + c.without + "/" + c.answer
		t.Run(name, func(t *testing.T) {
			r := reside(t, func(g *settings.General) { g.CloseWindow, g.CloseWithoutTray = c.window, c.without })
			r.tray = c.tray
			r.residency.closing()
			if asked := r.residency.asking != nil; asked != (c.answer != "") {
				t.Fatalf("asked: %v", asked)
			}
			if c.answer != "" {
				r.residency.closing() // again, while it is asked
				if r.quits != 0 || r.notices.notes.hidden {
					t.Fatal("it did not wait for the answer")
				}
				r.press(c.answer)
			}
			if r.notices.notes.hidden != c.hidden || (r.quits == 1) == c.hidden || r.residency.asking != nil {
				t.Errorf("hidden %v, quits %d", r.notices.notes.hidden, r.quits)
			}
			if got := r.residency.inTray.Load(); got != (c.hidden && c.tray) {
				t.Errorf("to be looked after in the tray: %v", got)
			}
			if said := len(r.notes.shown) == 1; said != (c.hidden && c.tray) {
				t.Errorf("notes %v", r.notes.shown)
			}
		})
	}
}

func TestTheAnswerIsRemembered(t *testing.T) {
	r := reside(t, func(*settings.General) {})
	r.residency.closing()
	r.press("Remember, and do not ask again")
	r.press("Keep running")
	if g := r.controller.Settings().General; g.CloseWithoutTray != settings.CloseStay || g.CloseWindow != settings.CloseToTray {
		t.Errorf("remembered %+v", g)
	}
	r.Show()
	r.residency.closing()
	if r.residency.asking != nil || !r.notices.notes.hidden {
		t.Error("it asks again")
	}
	r.tray = true
	r.Show()
	r.residency.closing()
	if !r.residency.inTray.Load() {
		t.Error("what holds without a tray holds with one too")
	}
	if len(r.notes.shown) != 1 || r.notes.shown[0].Expire <= 0 {
		t.Errorf("notes %+v", r.notes.shown)
	}
}

// Escape, or Cancel, leaves the window as it is.
func TestTheQuestionCanBeLeft(t *testing.T) {
	r := reside(t, func(*settings.General) {})
	r.residency.closing()
	r.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if r.residency.asking != nil || r.notices.notes.hidden || r.quits != 0 {
		t.Error("it was no mere question")
	}
}

func TestAWindowComesBackWithAWord(t *testing.T) {
	r := reside(t, func(*settings.General) {})
	r.StartHidden()
	if !r.residency.inTray.Load() {
		t.Fatal("a start without a window is not looked after")
	}
	r.tray = false
	r.until("the window is shown, and says why", func() bool {
		return !r.notices.notes.hidden && r.notices.banner.Object.Visible() &&
			strings.Contains(r.notices.banner.Text.Text, "The tray has gone")
	})
	test.Tap(r.notices.banner.Close)
	r.followController()
	if r.notices.banner.Object.Visible() {
		t.Error("it is said again")
	}
}

// The word that the tray has gone goes when the tray comes back.
func TestTheWordGoesWhenTheTrayComesBack(t *testing.T) {
	var tray atomic.Bool
	w := openWindow(t, windowOptions{resident: Resident{TrayHost: tray.Load}})
	w.Reside(func() {})
	w.StartHidden()
	w.until("it is said that the tray has gone", func() bool { return w.notices.banner.Object.Visible() })
	tray.Store(true)
	w.until("nothing is said any more", func() bool { return !w.notices.banner.Object.Visible() })
}

// Once the app is about to end, nothing is drawn: the toolkit may have ended before.
func TestNothingIsDrawnAtTheEnd(t *testing.T) {
	r := reside(t, func(*settings.General) {})
	r.StartHidden()
	r.ShowSoon("")
	r.until("the window is shown", func() bool { return !r.notices.notes.hidden })
	r.residency.end()
	drawn := false
	r.do(func() { drawn = true })
	r.work(func() func() { return func() { drawn = true } })
	r.Close()
	if drawn || r.quits != 1 {
		t.Errorf("drawn after the end: %v, quits %d", drawn, r.quits)
	}
}

// What goes wrong while nobody sees the window is told once, and taken back when
// it is over or the window is there.
func TestTroubleIsNotedWhileTheWindowIsHidden(t *testing.T) {
	f := newFakeSystem()
	notes := &fakeNotes{}
	w := openWindow(t, windowOptions{system: f, resident: Resident{Notes: notes}})
	taken := systemproxy.Status{Phase: systemproxy.Taken, Set: true, Since: time.Unix(1, 0)}
	f.become(taken)
	w.followController()
	if len(notes.shown) != 0 {
		t.Error("it is noted beside the window")
	}
	w.Hide()
	w.followController()
	if len(notes.shown) != 0 {
		t.Error("what was seen in the window is noted")
	}
	taken.Since = time.Unix(2, 0)
	f.become(taken)
	w.followController()
	w.followController()
	if len(notes.shown) != 1 || notes.shown[0].Topic != "system" || notes.shown[0].Expire <= 0 {
		t.Errorf("%+v", notes.shown)
	}
	w.Show()
	if len(notes.taken) != 1 || notes.taken[0] != "system" {
		t.Errorf("taken back: %v", notes.taken)
	}
	w.Hide()
	w.followController()
	w.address.usePort(-1)
	w.notices.notes.follow(app.Status{State: app.Failed, Err: &app.BindError{Addr: "127.0.0.1:1", Reason: app.BindInUse},
		Since: time.Unix(3, 0)}, w.notices.system.Status())
	if len(notes.shown) != 2 || notes.shown[1].Topic != "start" || !strings.Contains(notes.shown[1].Body, "port 1") {
		t.Errorf("%+v", notes.shown)
	}
	w.notices.notes.follow(app.Status{State: app.Running}, w.notices.system.Status())
	if len(notes.taken) != 2 || notes.taken[1] != "start" {
		t.Errorf("taken back: %v", notes.taken)
	}
}
