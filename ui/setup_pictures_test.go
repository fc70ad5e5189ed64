package ui

import (
	"context"
	"crypto/x509"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"posthouse/app/settings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/ui/i18n"
	"posthouse/ui/setup"
	"posthouse/ui/uitest"
)

// fakeTrust is a store that does nothing, as a test says.
type fakeTrust struct {
	step trust.Step
	err  error
}

func (f *fakeTrust) Plan(trust.Action, *x509.Certificate) trust.Step { return f.step }

func (f *fakeTrust) Apply(context.Context, trust.Action, *x509.Certificate) error { return f.err }

// someStores are stores of several plans and outcomes.
func someStores() []trust.Store {
	const file = "/usr/local/share/ca-certificates/posthouse-ca-7.crt"
	return []trust.Store{
		&fakeTrust{err: trust.ErrDismissed, step: trust.Step{Kind: trust.System, Admin: true, Asks: trust.AskPkexec, State: trust.Absent,
			Commands: []string{"write " + file, "update-ca-certificates"},
			ByHand:   []string{"sudo cp ca.pem " + file, "sudo update-ca-certificates"}}},
		&fakeTrust{step: trust.Step{Kind: trust.NSS, State: trust.Absent,
			Commands: []string{"certutil -d sql:/home/me/.pki/nssdb -A -t C,, -n posthouse-ca-7 -i ca.pem"}}},
		&fakeTrust{step: trust.Step{Kind: trust.Java, Skip: trust.ErrNoStore}},
	}
}

// openSetup opens a window with an authority of its own.
func openSetup(t *testing.T, theme, lang string) *testWindow {
	t.Helper()
	s := settings.Default()
	s.General.Theme, s.Proxy.Port, s.Decrypt.CA = theme, 0, filepath.Join(t.TempDir(), "ca")
	w := openWindow(t, windowOptions{settings: s, lang: lang, stores: someStores()})
	w.win.Resize(fyne.NewSize(900, 640))
	if _, err := w.controller.Decryption().MakeAuthority(app.AuthorityOptions{Name: "desk"}); err != nil {
		t.Fatal(err)
	}
	return w
}

// differs is what is another one in each run.
var differs = []struct {
	what *regexp.Regexp
	is   string
}{
	{regexp.MustCompile(`([0-9A-F]{2}:){31}[0-9A-F]{2}`), strings.TrimSuffix(strings.Repeat("A5:", 32), ":")},
	{regexp.MustCompile(`20\d\d-\d\d-\d\d`), "2026-11-24"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:9876"},
	{regexp.MustCompile(`/\S+/posthouse-ca\.pem`), "/home/me/.local/share/posthouse/posthouse-ca.pem"},
}

// picture compares what lies over the window, with the same certificate always.
func (w *testWindow) picture(name string) {
	w.t.Helper()
	var containers []*fyne.Container
	for _, overlay := range w.win.Canvas().Overlays().List() {
		uitest.Walk(overlay, func(o fyne.CanvasObject) {
			switch o := o.(type) {
			case *widget.Label:
				text := o.Text
				for _, d := range differs {
					text = d.what.ReplaceAllString(text, d.is)
				}
				o.SetText(text)
			case *fyne.Container:
				containers = append(containers, o)
			}
		})
	}
	for range 2 { // a text that wraps knows its height when it has got its width
		for _, c := range slices.Backward(containers) {
			c.Refresh()
		}
	}
	w.win.Content().Hide() // it shows a port that is another one in each run
	test.AssertRendersToImage(w.t, name, w.win.Canvas())
}

var setupLooks = []struct{ theme, lang string }{{"light", "en"}, {"dark", "en"}, {"light", "zh-Hans"}}

func TestInstallPictures(t *testing.T) {
	for _, c := range setupLooks {
		w := openSetup(t, c.theme, c.lang)
		setup.Install(w.setups.deps())
		w.until("the plan is there", w.says(i18n.T("install.head.install")))
		w.picture("setup-" + c.theme + "-" + c.lang + "-install.png")
		w.press(i18n.T("install.do.install"))
		w.until("it is over", w.says(i18n.T("install.partly")))
		w.picture("setup-" + c.theme + "-" + c.lang + "-installed.png")
	}
}

func TestReplacePicture(t *testing.T) {
	w := openSetup(t, "dark", "en")
	setup.ReplaceAuthority(w.setups.deps())
	w.picture("setup-dark-en-replace.png")
}

func TestGuidePictures(t *testing.T) {
	for _, c := range setupLooks {
		w := openSetup(t, c.theme, c.lang)
		s := w.controller.Settings()
		s.Decrypt.Hosts = []string{"api.example.com"}
		if err := w.controller.Apply(s); err != nil {
			t.Fatal(err)
		}
		w.controller.Start()
		w.until("the proxy runs", w.hasState(app.Running))
		setup.Guide(w.setups.deps(), "")
		w.until("the step for the certificate is open", w.says(i18n.T("guide.cert.nowhere")))
		w.picture("setup-" + c.theme + "-" + c.lang + "-guide.png")
		w.press(i18n.T("guide.next"))
		w.picture("setup-" + c.theme + "-" + c.lang + "-guide-program.png")
	}
}

// Of several dialogs Escape closes the uppermost.
func TestEscapeClosesTheUppermost(t *testing.T) {
	w := openSetup(t, "light", "en")
	w.openSettings()
	settings := w.win.Canvas().Overlays().Top()
	setup.ReplaceAuthority(w.setups.deps())
	escape := func() { w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape}) }
	escape()
	if w.win.Canvas().Overlays().Top() != settings {
		t.Fatal("Escape closed the one below")
	}
	setup.DeleteAuthority(w.setups.deps())
	w.press(i18n.T("settings.cancel"))
	escape()
	if w.covered() {
		t.Error("Escape did not close the settings after the other one was closed by its button")
	}
}
