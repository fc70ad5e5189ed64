package ui

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	uisettings "posthouse/ui/settings"
)

// The choice before the list of hosts says what is decrypted, both ways.
func TestWhatIsDecryptedIsChosen(t *testing.T) {
	f := uisettings.DecryptedHostsField()
	for in, open := range map[string]bool{"": false, "*": false, "a.example, *.b.example": true, "*, -a.example": true,
		"off: a.example, b.example": false, "*, a.example": false, "off: *, -a.example": false} {
		f.Put(in)
		if f.Value() != in || f.Entry.Disabled() == open {
			t.Errorf("%q: %q, list open %v", in, f.Value(), !f.Entry.Disabled())
		}
	}
}

// Whoever decrypts nothing for a while, or everything, does not lose the hosts
// that were chosen, also when that is saved.
func TestTheHostsAreKeptWhileNothingIsDecrypted(t *testing.T) {
	f := uisettings.DecryptedHostsField()
	s := settings.Default()
	s.Decrypt.Hosts = []string{"a.example", "*.b.example"}
	f.Show(&s)
	choose := func(mode int) {
		f.Object.(*fyne.Container).Objects[0].(*fyne.Container).Objects[1].(*widget.Select).SetSelectedIndex(mode)
		if !f.Changed() {
			t.Error("the choice is no change")
		}
		if err := f.Read(&s); err != nil {
			t.Fatal(err)
		}
		f.Show(&s)
	}
	choose(uisettings.DecryptNone)
	if s.Decrypt.Active() || len(s.Decrypt.Hosts) != 2 || !f.Entry.Disabled() {
		t.Errorf("nothing: %+v", s.Decrypt)
	}
	choose(settings.DecryptAll)
	if !s.Decrypt.Active() || s.Decrypt.Hosts[0] != uisettings.EveryHost || !f.Entry.Disabled() {
		t.Errorf("all: %+v", s.Decrypt)
	}
	choose(uisettings.DecryptNone)
	choose(settings.DecryptChosen)
	if !s.Decrypt.Active() || !slices.Equal(s.Decrypt.Hosts, []string{"a.example", "*.b.example"}) || f.Entry.Disabled() {
		t.Errorf("chosen: %+v", s.Decrypt)
	}
}

// Decryption is switched on in the dialog; the authority is made then and not
// before, and its certificate is saved without the key.
func TestDecryptionIsSwitchedOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	s := settings.Default()
	s.Proxy.Port, s.Decrypt.CA = 0, dir
	w := openWindow(t, windowOptions{settings: s})
	d := w.openSettings()
	if !strings.Contains(d.Cert.Text(), "no certificate authority yet") || !d.Cert.Save.Disabled() {
		t.Errorf("at first it says %q", d.Cert.Text())
	}
	d.enter("decrypt.hosts", "nonsense host*")
	d.Save()
	if d.Closed || !strings.Contains(d.Bad.Text, "*.example.com or *") || d.Tabs.Selected != 4 {
		t.Errorf("said %q on page %d", d.Bad.Text, d.Tabs.Selected)
	}
	if _, err := os.Stat(app.CAFile(dir)); err == nil {
		t.Error("an authority was made before decryption was on")
	}
	d.enter("decrypt.hosts", "a.example，*.b.example")
	d.enter("decrypt.pins", "a.example "+strings.Repeat("ab", 32)+"\n\n")
	d.Save()
	got := w.controller.Settings().Decrypt
	if !d.Closed || !slices.Equal(got.Hosts, []string{"a.example", "*.b.example"}) || len(got.Pins) != 1 {
		t.Fatalf("said %q, settings %+v", d.Bad.Text, got)
	}
	d = w.openSettings()
	a := w.controller.Decryption().CA()
	if a == nil || !strings.Contains(d.Cert.Text(), a.Fingerprint()) {
		t.Fatalf("it says %q", d.Cert.Text())
	}
	path := filepath.Join(t.TempDir(), "saved.pem")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w.writeCertificate(file)
	w.jobs.Wait()
	if text, err := os.ReadFile(path); err != nil || string(text) != string(a.PEM()) {
		t.Errorf("saved %q, %v", text, err)
	}
}

func TestRowsOfferDecryption(t *testing.T) {
	s := settings.Default()
	s.Decrypt.CA = filepath.Join(t.TempDir(), "ca")
	w := openWindow(t, windowOptions{settings: s})
	if items := w.decryptMenu(&flow.Row{Scheme: "http", Host: "a.example"}); len(items) != 0 {
		t.Errorf("a plain row offers %d", len(items))
	}
	items := w.decryptMenu(&flow.Row{Kind: flow.KindTunnel, Host: "a.example:443"})
	if len(items) != 4 {
		t.Fatalf("%d items", len(items))
	}
	items[0].Action()
	if got := w.controller.Settings().Decrypt.Hosts; !slices.Equal(got, []string{"a.example"}) {
		t.Errorf("decrypted %q", got)
	}
	items[1].Action()
	if got := w.controller.Settings().Decrypt; len(got.Hosts) != 0 || !slices.Equal(got.Except, []string{"a.example"}) {
		t.Errorf("settings %+v", got)
	}
	bad := w.decryptMenu(&flow.Row{Scheme: "https", Host: "a.example", TLS: flow.TLS{Problem: flow.ProblemExpired}})
	client := w.decryptMenu(&flow.Row{Scheme: "https", Host: "a.example", TLS: flow.TLS{Problem: flow.ProblemClientCertificate}})
	if len(bad) != 5 || len(client) != 4 {
		t.Errorf("a bad certificate offers %d, a missing one of the client %d", len(bad), len(client))
	}
}

func TestHTTPSSettingsPicture(t *testing.T) {
	s := settings.Default()
	s.General.Theme = "light"
	w := openWindow(t, windowOptions{settings: s, lang: "zh-Hans"})
	w.win.Resize(fyne.NewSize(900, 640))
	d := w.openSettings()
	d.Tabs.Choose(4)
	d.enter("decrypt.hosts", "api.example.com")
	test.AssertRendersToImage(t, "settings-light-zh-Hans-https.png", w.win.Canvas())
}
