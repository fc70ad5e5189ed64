package settings

import (
	"context"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
	"github.com/adrg/xdg"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/ui/i18n"
	"posthouse/ui/setup"
	"posthouse/ui/style"
	"posthouse/ui/words"
)

// owner is a bare window that opens the dialog on the settings of a controller.
type owner struct {
	setup.Deps
	login SystemEntry
	files SystemEntry
}

type ownerOptions struct {
	settings settings.Settings // zero: the defaults, with any free port
	file     string            // the settings file
	lang     string
	login    SystemEntry
	files    SystemEntry
}

func newOwner(t *testing.T, o ownerOptions) *owner {
	t.Helper()
	data := xdg.DataHome // where a certificate authority of this user would be
	xdg.DataHome = t.TempDir()
	if o.settings.Version == 0 {
		o.settings = settings.Default()
		o.settings.Proxy.Port = 0
	}
	if o.lang == "" {
		o.lang = i18n.English
	}
	i18n.Set(o.lang)
	controller := app.New(app.Options{Path: o.file, Settings: &o.settings})
	a := test.NewTempApp(t)
	a.Settings().SetTheme(style.NewTheme(controller.Settings().General.Theme))
	win := a.NewWindow("")
	win.Resize(fyne.NewSize(900, 640))
	win.Show()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := controller.Close(ctx); err != nil {
			t.Errorf("closing the controller: %v", err)
		}
		win.Close()
		i18n.Set(i18n.English)
		xdg.DataHome = data
	})
	return &owner{login: o.login, files: o.files, Deps: setup.Deps{
		Window: win, Controller: controller, Context: t.Context(),
		Work: func(slow func() func()) { slow()() }, Copy: func(string) {}, Open: func(d dialog.Dialog) { d.Show() },
		Reason: words.ReasonText, Changed: func() {}, Save: func() {}, Problem: words.ProblemText,
	}}
}

// open opens the dialog.
func (o *owner) open() *testDialog {
	d := New(Deps{Window: o.Window, Path: o.Controller.Path(), Current: o.Controller.Settings, Change: o.Controller.Change,
		Copy: o.Copy, Login: o.login, Files: o.files, Setup: o.Deps})
	o.Open(d.Dialog)
	return &testDialog{d}
}

// testDialog is the dialog as a person uses it.
type testDialog struct{ *Dialog }

func (d *testDialog) enter(key, text string) { d.field(key).put(text) }
