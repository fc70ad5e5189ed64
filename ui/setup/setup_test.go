package setup

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/adrg/xdg"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/app/settings"
	"posthouse/app/switches/systemproxy"
)

// desk is a window over which the dialogs are opened. What they hand to the UI
// goroutine waits in a queue until the test looks.
type desk struct {
	Deps
	t       *testing.T
	queue   chan func()
	opened  []dialog.Dialog
	copied  string
	changed int
	saved   int
}

func newDesk(t *testing.T, stores ...trust.Store) *desk {
	t.Helper()
	data := xdg.DataHome // where a certificate of this user would be
	xdg.DataHome = t.TempDir()
	a := test.NewTempApp(t)
	win := a.NewWindow("")
	win.Resize(fyne.NewSize(900, 700))
	win.Show()
	current := settings.Default()
	current.Proxy.Port = 0
	ctx, end := context.WithCancel(context.Background())
	d := &desk{t: t, queue: make(chan func(), 256)}
	var jobs sync.WaitGroup
	d.Deps = Deps{
		Window: win, Controller: app.New(app.Options{Settings: &current}), Stores: stores, System: &fakeSystem{phase: systemproxy.Off},
		Context: ctx,
		Work:    func(slow func() func()) { jobs.Go(func() { d.queue <- slow() }) },
		Copy:    func(text string) { d.copied = text },
		Open:    func(o dialog.Dialog) { d.opened = append(d.opened, o); o.Show() },
		Reason:  func(err error) string { return err.Error() },
		Changed: func() { d.changed++ },
		Save:    func() { d.saved++ },
	}
	t.Cleanup(func() {
		end()
		jobs.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := d.Controller.Close(ctx); err != nil {
			t.Error(err)
		}
		win.Close()
		xdg.DataHome = data
	})
	return d
}

// until runs what waits for the UI goroutine until something is so.
func (d *desk) until(what string, so func() bool) {
	d.t.Helper()
	deadline := time.After(10 * time.Second)
	for !so() {
		select {
		case f := <-d.queue:
			f()
		case <-deadline:
			d.t.Fatalf("waited in vain until %s\n%s", what, d.text())
		}
	}
}

// text is all that stands in the uppermost dialog.
func (d *desk) text() string {
	var all []string
	for _, o := range d.objects() {
		switch o := o.(type) {
		case *widget.Label:
			all = append(all, o.Text)
		case *widget.Button:
			all = append(all, "["+o.Text+"]")
		case *check:
			all = append(all, o.Text)
		}
	}
	return strings.Join(all, "\n")
}

func (d *desk) objects() []fyne.CanvasObject {
	if top := d.Window.Canvas().Overlays().Top(); top != nil {
		return inside(top)
	}
	return nil
}

// inside are all objects that are shown in one. (test.LaidOutObjects makes new
// renderers, which the old ones do not survive.)
func inside(o fyne.CanvasObject) []fyne.CanvasObject {
	if !o.Visible() {
		return nil
	}
	out := []fyne.CanvasObject{o}
	var parts []fyne.CanvasObject
	switch o := o.(type) {
	case fyne.Widget:
		parts = test.WidgetRenderer(o).Objects()
	case *fyne.Container:
		parts = o.Objects
	}
	for _, part := range parts {
		out = append(out, inside(part)...)
	}
	return out
}

func (d *desk) says(words ...string) bool {
	text := d.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// press taps a button of the uppermost dialog.
func (d *desk) press(word string) {
	d.t.Helper()
	for _, o := range d.objects() {
		if b, ok := o.(*widget.Button); ok && b.Text == word {
			test.Tap(b)
			return
		}
	}
	d.t.Fatalf("there is no button %q\n%s", word, d.text())
}

type fakeSystem struct {
	phase systemproxy.Phase
	asked []bool
}

func (f *fakeSystem) Status() systemproxy.Status { return systemproxy.Status{Phase: f.phase} }
func (f *fakeSystem) Set(on bool)                { f.asked = append(f.asked, on) }

// fakeStore is a store in memory.
type fakeStore struct {
	step  trust.Step
	err   error
	wait  chan struct{} // Apply waits for it; nil: not
	calls chan struct{} // one for each call of Apply
}

func newStore(step trust.Step, err error) *fakeStore {
	return &fakeStore{step: step, err: err, calls: make(chan struct{}, 16)}
}

func (f *fakeStore) Plan(trust.Action, *x509.Certificate) trust.Step { return f.step }

func (f *fakeStore) Apply(ctx context.Context, a trust.Action, _ *x509.Certificate) error {
	f.calls <- struct{}{}
	if f.wait != nil {
		select {
		case <-f.wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if f.err == nil {
		f.step.State = map[trust.Action]trust.State{trust.Install: trust.Present, trust.Remove: trust.Absent}[a]
	}
	return f.err
}

func (d *desk) authority() *app.Authority {
	d.t.Helper()
	a, err := d.Controller.Decryption().MakeAuthority(app.AuthorityOptions{})
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

var errTest = errors.New("it is broken")
