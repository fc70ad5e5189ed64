package ui

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/app/trust"
	"posthouse/ui/setup"
)

// fakeTrust is a store in memory with the certificate of nobody.
type fakeTrust struct {
	step trust.Step
	err  error
}

func (f *fakeTrust) Plan(trust.Action, *x509.Certificate) trust.Step { return f.step }

func (f *fakeTrust) Apply(context.Context, trust.Action, *x509.Certificate) error { return f.err }

// someStores are stores of every kind of plan and outcome.
func someStores() []trust.Store {
	const file = "/usr/local/share/ca-certificates/posthouse-ca-7.crt"
	return []trust.Store{
		&fakeTrust{err: trust.ErrDismissed, step: trust.Step{Kind: trust.System, Admin: true, Asks: trust.AskPkexec, State: trust.Absent,
			Commands: []string{"write " + file, "update-ca-certificates"}, ByHand: []string{"sudo cp ca.pem " + file, "sudo update-ca-certificates"}}},
		&fakeTrust{step: trust.Step{Kind: trust.NSS, State: trust.Absent,
			Commands: []string{"certutil -d sql:/home/me/.pki/nssdb -A -t C,, -n posthouse-ca-7 -i ca.pem"}}},
		&fakeTrust{step: trust.Step{Kind: trust.Java, Skip: trust.ErrNoStore}},
	}
}

// fixedCA is a folder with an authority that is the same in every picture.
func fixedCA() string { return "testdata/ca" }

func openSetup(t *testing.T, theme, lang string, stores []trust.Store) *testWindow {
	t.Helper()
	s := app.Default()
	s.General.Theme, s.Proxy.Port = theme, 0
	s.Decrypt.CA = fixedCA()
	w := openWindow(t, windowOptions{settings: s, lang: lang, stores: stores})
	w.win.Resize(fyne.NewSize(900, 640))
	return w
}

var errSetup = errors.New("x")

func TestInstallPictures(t *testing.T) {
	for _, c := range []struct{ theme, lang string }{{"light", "en"}, {"dark", "en"}, {"light", "zh-Hans"}} {
		w := openSetup(t, c.theme, c.lang, someStores())
		setup.Install(w.setupDeps())
		w.until("the plan is there", func() bool { return true })
		test.AssertRendersToImage(t, "setup-install-"+c.theme+"-"+c.lang+".png", w.win.Canvas())
	}
}
