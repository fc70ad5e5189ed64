package setup

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/ui/i18n"
)

// guideStep is one of the first steps.
type guideStep struct {
	word   string // ends the key of its title
	done   func(*facts) bool
	body   fyne.CanvasObject
	show   func(*facts)
	title  *widget.Button
	room   *fyne.Container // of the body, while the step is open
	isDone bool
}

// guide takes a person from "off" to the first decrypted request. It follows
// what happens: each step shows whether it is done, whoever did it.
type guide struct {
	deps    Deps
	host    string // that it was opened for; "" for none
	see     *observer
	facts   facts
	steps   []*guideStep
	current int
	ended   bool
	ctx     context.Context // ends when the dialog is closed
	cancel  context.CancelFunc
	list    *fyne.Container // of the steps
	back    *widget.Button
	next    *widget.Button
	dialog  *dialog.CustomDialog
}

// guideSize is how large the guide is, in device-independent pixels.
var guideSize = fyne.NewSize(680, 600)

// Guide opens the first steps; host is one that a person wants to see into, such
// as that of a row, or "".
func Guide(d Deps, host string) { openGuide(d, host) }

func openGuide(d Deps, host string) *guide {
	g := &guide{host: bareHost(host)}
	g.ctx, g.cancel = context.WithCancel(d.Context)
	changed := d.Changed
	d.Changed = func() {
		changed()
		g.lookAtStores()
	}
	g.deps = d
	g.see = observe(d)
	g.steps = []*guideStep{g.runStep(), g.hostStep(), g.certificateStep(), g.programStep(), g.requestStep()}
	g.list = container.NewVBox()
	for i, s := range g.steps {
		s.title = widget.NewButtonWithIcon("", theme.RadioButtonIcon(), func() { g.open(i) })
		s.title.Alignment = widget.ButtonAlignLeading
		s.title.Importance = widget.LowImportance
		s.title.SetText(i18n.T("guide.numbered", i+1, i18n.T("guide.step."+s.word)))
		s.room = container.NewVBox()
		g.list.Add(card(container.NewVBox(s.title, s.room)))
	}
	g.back = widget.NewButton(i18n.T("guide.back"), func() { g.open(g.current - 1) })
	g.next = widget.NewButton(i18n.T("guide.next"), g.goOn)
	g.next.Importance = widget.HighImportance
	bottom := container.NewVBox(widget.NewSeparator(), spread(nil, widget.NewButton(i18n.T("close"), g.close), g.back, g.next))
	g.dialog = dialog.NewCustomWithoutButtons(i18n.T("guide.title"),
		container.NewBorder(nil, bottom, nil, nil, scrolling(g.list)), d.Window)
	g.dialog.SetOnClosed(g.closed)
	g.dialog.Resize(guideSize)
	g.take(g.see.standing()) // it is opened once: reading one small file is not felt
	g.open(g.firstOpen())
	d.Open(g.dialog)
	g.lookAtStores()
	g.follow()
	return g
}

func (g *guide) close() { g.dialog.Hide() }

func (g *guide) closed() {
	g.ended = true
	g.cancel()
}

// firstOpen is the first step that is not done, or the last.
func (g *guide) firstOpen() int {
	for i, s := range g.steps {
		if !s.isDone {
			return i
		}
	}
	return len(g.steps) - 1
}

// open shows one step; the others show their titles.
func (g *guide) open(i int) {
	g.current = i
	for n, s := range g.steps {
		s.room.Objects = nil
		s.title.Importance = widget.LowImportance
		if n == i {
			s.room.Objects = []fyne.CanvasObject{indented(s.body)}
			s.title.Importance = widget.MediumImportance
		}
		s.room.Hidden = n != i
		s.title.Refresh()
	}
	arrange(g.list)
	enable(g.back, i > 0)
	g.next.SetText(i18n.T("guide.next"))
	if i == len(g.steps)-1 {
		g.next.SetText(i18n.T("guide.finish"))
	}
}

// goOn opens the next step, and closes the guide after the last.
func (g *guide) goOn() {
	if g.current == len(g.steps)-1 {
		g.close()
		return
	}
	g.open(g.current + 1)
}

// pause is the least time between two looks.
const pause = 250 * time.Millisecond

// follow keeps the facts up to date until the guide is closed. One look is under
// way at a time, and the UI goroutine is asked to draw when it is over.
func (g *guide) follow() {
	g.deps.Work(func() func() {
		tick := time.NewTimer(2 * time.Second) // for what has no signal, such as the system proxy
		defer tick.Stop()
		select {
		case <-g.see.watch.C:
		case <-g.see.status.C:
		case <-tick.C:
		case <-g.ctx.Done():
		}
		wait := time.NewTimer(pause)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-g.ctx.Done():
			g.see.close()
			return func() {}
		}
		now := g.see.look()
		return func() {
			if !g.ended {
				g.take(now)
			}
			g.follow()
		}
	})
}

// lookAtStores asks which stores have the certificate. That runs programs, so it
// is done when the guide opens and when something was changed.
func (g *guide) lookAtStores() {
	a, err := g.deps.Controller.Decryption().Authority()
	if err != nil || g.ended {
		return
	}
	g.deps.Work(func() func() {
		// For the command of the fourth step; where it cannot be written, that fails and says so.
		_ = trust.WriteCertificate(app.CACertificatePath(), a.Certificate())
		steps := trust.Plan(g.deps.Stores, trust.Install, a.Certificate())
		return func() {
			if !g.ended {
				g.facts.stores = steps
				g.show()
			}
		}
	})
}

// take shows new facts; what the stores have is known apart from them.
func (g *guide) take(now facts) {
	had := g.facts.authority
	now.stores = g.facts.stores
	g.facts = now
	if now.authority != nil && had != nil && now.authority.Fingerprint() != had.Fingerprint() || had == nil && now.authority != nil {
		g.facts.stores = nil
		defer g.lookAtStores()
	}
	g.show()
}

func (g *guide) show() {
	for _, s := range g.steps {
		s.show(&g.facts)
		if s.isDone = s.done(&g.facts); s.isDone {
			s.title.SetIcon(theme.NewSuccessThemedResource(theme.ConfirmIcon()))
		} else {
			s.title.SetIcon(theme.RadioButtonIcon())
		}
	}
	arrange(g.list)
}
