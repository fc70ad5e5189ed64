package settings

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
)

// The choice before the list of hosts says what is decrypted, both ways.
func TestWhatIsDecryptedIsChosen(t *testing.T) {
	f := DecryptedHostsField()
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
	f := DecryptedHostsField()
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
	choose(DecryptNone)
	if s.Decrypt.Active() || len(s.Decrypt.Hosts) != 2 || !f.Entry.Disabled() {
		t.Errorf("nothing: %+v", s.Decrypt)
	}
	choose(DecryptAll)
	if !s.Decrypt.Active() || s.Decrypt.Hosts[0] != EveryHost || !f.Entry.Disabled() {
		t.Errorf("all: %+v", s.Decrypt)
	}
	choose(DecryptNone)
	choose(DecryptChosen)
	if !s.Decrypt.Active() || !slices.Equal(s.Decrypt.Hosts, []string{"a.example", "*.b.example"}) || f.Entry.Disabled() {
		t.Errorf("chosen: %+v", s.Decrypt)
	}
}

func TestHTTPSSettingsPicture(t *testing.T) {
	s := settings.Default()
	s.General.Theme = "light"
	w := newOwner(t, ownerOptions{settings: s, lang: "zh-Hans"})
	d := w.open()
	d.Tabs.Choose(4)
	d.enter("decrypt.hosts", "api.example.com")
	test.AssertRendersToImage(t, "settings-light-zh-Hans-https.png", w.Window.Canvas())
}

// The authority is made when decryption is switched on, and not before.
func TestDecryptionIsSwitchedOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	s := settings.Default()
	s.Proxy.Port, s.Decrypt.CA = 0, dir
	w := newOwner(t, ownerOptions{settings: s})
	d := w.open()
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
	got := w.Controller.Settings().Decrypt
	if !d.Closed || !slices.Equal(got.Hosts, []string{"a.example", "*.b.example"}) || len(got.Pins) != 1 {
		t.Fatalf("said %q, settings %+v", d.Bad.Text, got)
	}
	d = w.open()
	if a := w.Controller.CA(); a == nil || !strings.Contains(d.Cert.Text(), a.Fingerprint()) {
		t.Fatalf("it says %q", d.Cert.Text())
	}
}
