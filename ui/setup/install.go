package setup

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/ui/i18n"
)

// installSize is how large the dialogs about the certificate are, in
// device-independent pixels.
var installSize = fyne.NewSize(680, 580)

// changing is set while a store of this computer is changed: one at a time,
// whichever dialog it was started from.
var changing atomic.Bool

// Install opens the dialog that puts the certificate into stores. Where there is
// no authority yet, one is offered first.
func Install(d Deps) {
	a, err := d.Controller.Decryption().Authority()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		makeAuthority(d, func() { Install(d) })
	case err != nil:
		unusable(d, err)
	default:
		change(d, trust.Install, a.Certificate())
	}
}

// Remove opens the dialog that takes the certificate out of stores: the one in
// force, and those that were replaced, one after the other.
func Remove(d Deps) {
	if a, err := d.Controller.Decryption().Authority(); err == nil {
		change(d, trust.Remove, a.Certificate())
		return
	}
	if old := d.Controller.Decryption().ReplacedAuthorities(); len(old) > 0 {
		RemoveOld(d)
	}
}

// RemoveOld opens the dialog that takes the certificate that was replaced last
// out of stores.
func RemoveOld(d Deps) {
	if old := d.Controller.Decryption().ReplacedAuthorities(); len(old) > 0 {
		change(d, trust.Remove, old[len(old)-1])
	}
}

// installer changes the stores of this computer: it says first what it will do,
// then does what was ticked, store by store, and says what came of each.
type installer struct {
	deps   Deps
	action trust.Action
	cert   *x509.Certificate
	file   string // of the certificate, for what is done by hand
	cards  []*storeCard
	ctx    context.Context // ends when the dialog is closed
	cancel context.CancelFunc

	started, ended bool
	head           *widget.Label
	list           *fyne.Container // of the cards
	all            *fyne.Container
	buttons        *fyne.Container
	progress       *widget.ProgressBarInfinite
	start          *widget.Button
	dialog         *dialog.CustomDialog
}

// change opens the dialog.
func change(d Deps, action trust.Action, cert *x509.Certificate) *installer {
	in := &installer{deps: d, action: action, cert: cert}
	in.ctx, in.cancel = context.WithCancel(d.Context)
	in.head = paragraph(i18n.T("install.looking"))
	in.list = container.NewVBox()
	in.progress = widget.NewProgressBarInfinite()
	in.start = widget.NewButton(i18n.T("install.do."+in.verb()), in.begin)
	in.start.Importance = widget.HighImportance
	in.start.Disable()
	in.buttons = container.NewStack(spread(nil, widget.NewButton(i18n.T("settings.cancel"), in.close), in.start))
	bottom := container.NewVBox(container.New(thin{}, in.progress), widget.NewSeparator(), in.buttons)
	is := commandText([]string{cert.Subject.CommonName, i18n.T("install.print", fingerprint(cert))})
	in.all = container.NewBorder(container.NewVBox(in.head, is), bottom, nil, nil, scrolling(in.list))
	in.dialog = dialog.NewCustomWithoutButtons(i18n.T("install.title."+in.verb()), in.all, d.Window)
	in.dialog.SetOnClosed(in.closed)
	in.dialog.Resize(installSize)
	d.Open(in.dialog)
	in.look()
	return in
}

// verb ends the keys of words that are others for each action.
func (in *installer) verb() string {
	if in.action == trust.Remove {
		return "remove"
	}
	return "install"
}

func (in *installer) close() { in.dialog.Hide() }

// closed ends what runs: a question without an answer does not stay.
func (in *installer) closed() {
	in.ended = true
	in.progress.Stop()
	in.cancel()
}

// look makes the plan.
func (in *installer) look() {
	in.deps.Work(func() func() {
		path := ""
		if in.action == trust.Install { // else another one may have its place
			path = app.CACertificatePath()
			if err := trust.WriteCertificate(path, in.cert); err != nil {
				path = ""
			}
		}
		steps := trust.Plan(in.deps.Stores, in.action, in.cert)
		return func() { in.show(path, steps) }
	})
}

// show shows the plan.
func (in *installer) show(file string, steps []trust.Step) {
	if in.ended {
		return
	}
	in.file = file
	in.progress.Stop()
	in.progress.Hide()
	in.say(i18n.T("install.head." + in.verb()))
	for i, step := range steps {
		c := newStoreCard(in, in.deps.Stores[i], step)
		in.cards = append(in.cards, c)
		in.list.Add(c.object)
	}
	if len(steps) == 0 {
		in.list.Add(paragraph(i18n.T("install.nowhere")))
	} else if in.nothing() {
		in.say(i18n.T("install.nothing." + in.verb()))
	}
	in.ticked()
	if in.gone() { // of a former one nothing is left to do
		in.forget()
	}
}

// forget ends that a certificate is offered for removal. If that fails, it is
// offered again.
func (in *installer) forget() {
	_ = in.deps.Controller.Decryption().ForgetReplaced(in.cert)
	in.deps.Changed()
}

// say puts another text above the cards.
func (in *installer) say(text string) {
	in.head.SetText(text)
	arrange(in.all)
}

// arrange makes room for what the cards say.
func (in *installer) arrange() { arrange(in.list) }

// nothing reports whether there is nothing that could be done.
func (in *installer) nothing() bool {
	for _, c := range in.cards {
		if c.step.Needed(in.action) || c.step.Skip != nil && !errors.Is(c.step.Skip, trust.ErrNoStore) {
			return false
		}
	}
	return true
}

// ticked lets it begin where a store is chosen.
func (in *installer) ticked() {
	in.start.Disable()
	for _, c := range in.cards {
		if c.tick != nil && c.tick.Checked {
			in.start.Enable()
		}
	}
}

// begin changes the stores that are ticked, once.
func (in *installer) begin() {
	if in.started || in.ended {
		return
	}
	if !changing.CompareAndSwap(false, true) {
		in.say(i18n.T("install.busy"))
		return
	}
	in.started = true
	in.say(i18n.T("install.working"))
	in.setButtons(widget.NewButton(i18n.T("install.stop"), in.cancel))
	in.progress.Show()
	in.progress.Start()
	for _, c := range in.cards {
		c.wait()
	}
	in.next(0)
}

// next changes the first ticked store from i on, and then those behind it.
func (in *installer) next(i int) {
	for i < len(in.cards) && !in.cards[i].chosen() {
		i++
	}
	if i == len(in.cards) || in.ended || in.ctx.Err() != nil {
		changing.Store(false)
		in.finish()
		return
	}
	c := in.cards[i]
	c.work()
	in.deps.Work(func() func() {
		outcome := trust.Apply(in.ctx, []trust.Store{c.store}, in.action, in.cert)[0]
		return func() {
			c.tell(&outcome)
			in.next(i + 1)
		}
	})
}

// finish says what is to be known when all is done.
func (in *installer) finish() {
	in.progress.Stop()
	in.progress.Hide()
	failed := false
	for _, c := range in.cards {
		failed = failed || c.chosen() && (c.outcome == nil || c.outcome.Err != nil)
		c.leave()
	}
	in.say(i18n.T("install.done." + in.verb()))
	if failed {
		in.say(i18n.T("install.partly"))
	}
	if in.gone() {
		in.forget()
	} else {
		in.deps.Changed()
	}
	again := widget.NewButton(i18n.T("install.again"), func() {
		in.close()
		change(in.deps, in.action, in.cert)
	})
	ok := widget.NewButton(i18n.T("close"), in.close)
	ok.Importance = widget.HighImportance
	if failed {
		in.setButtons(again, ok)
	} else {
		in.setButtons(ok)
	}
}

// gone reports whether the certificate is no longer in any store.
func (in *installer) gone() bool {
	for _, c := range in.cards {
		switch {
		case c.outcome != nil && c.outcome.Err == nil, errors.Is(c.step.Skip, trust.ErrNoStore):
		case c.step.Skip == nil && c.step.State == trust.Absent:
		default:
			return false
		}
	}
	return in.action == trust.Remove
}

func (in *installer) setButtons(buttons ...fyne.CanvasObject) {
	in.buttons.Objects = []fyne.CanvasObject{spread(nil, buttons...)}
	in.buttons.Refresh()
}
