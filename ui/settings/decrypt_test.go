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
	f := decryptedHostsField()
	for in, open := range map[string]bool{"": false, "*": false, "a.example, *.b.example": true, "*, -a.example": true,
		"off: a.example, b.example": false, "*, a.example": false, "off: *, -a.example": false} {
		f.put(in)
		if f.value() != in || f.entry.Disabled() == open {
			t.Errorf("%q: %q, list open %v", in, f.value(), !f.entry.Disabled())
		}
	}
}

// Whoever decrypts nothing for a while, or everything, does not lose the hosts
// that were chosen, also when that is saved.
func TestTheHostsAreKeptWhileNothingIsDecrypted(t *testing.T) {
	f := decryptedHostsField()
	s := settings.Default()
	s.Decrypt.Hosts = []string{"a.example", "*.b.example"}
	f.show(&s)
	choose := func(mode int) {
		f.object.(*fyne.Container).Objects[0].(*fyne.Container).Objects[1].(*widget.Select).SetSelectedIndex(mode)
		if !f.changed() {
			t.Error("the choice is no change")
		}
		if err := f.read(&s); err != nil {
			t.Fatal(err)
		}
		f.show(&s)
	}
	choose(decryptNone)
	if s.Decrypt.Active() || len(s.Decrypt.Hosts) != 2 || !f.entry.Disabled() {
		t.Errorf("nothing: %+v", s.Decrypt)
	}
	choose(decryptAll)
	if !s.Decrypt.Active() || s.Decrypt.Hosts[0] != everyHost || !f.entry.Disabled() {
		t.Errorf("all: %+v", s.Decrypt)
	}
	choose(decryptNone)
	choose(decryptChosen)
	if !s.Decrypt.Active() || !slices.Equal(s.Decrypt.Hosts, []string{"a.example", "*.b.example"}) || f.entry.Disabled() {
		t.Errorf("chosen: %+v", s.Decrypt)
	}
}

func TestHTTPSSettingsPicture(t *testing.T) {
	s := settings.Default()
	s.General.Theme = "light"
	w := newOwner(t, ownerOptions{settings: s, lang: "zh-Hans"})
	d := w.open()
	d.tabs.Choose(4)
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
	if !strings.Contains(d.cert.Text(), "no certificate authority yet") || !d.cert.save.Disabled() {
		t.Errorf("at first it says %q", d.cert.Text())
	}
	d.enter("decrypt.hosts", "nonsense host*")
	d.save()
	if d.Closed || !strings.Contains(d.bad.Text, "*.example.com or *") || d.tabs.Selected != 4 {
		t.Errorf("said %q on page %d", d.bad.Text, d.tabs.Selected)
	}
	if _, err := os.Stat(app.CAFile(dir)); err == nil {
		t.Error("an authority was made before decryption was on")
	}
	d.enter("decrypt.hosts", "a.example，*.b.example")
	d.enter("decrypt.pins", "a.example "+strings.Repeat("ab", 32)+"\n\n")
	d.save()
	got := w.Controller.Settings().Decrypt
	if !d.Closed || !slices.Equal(got.Hosts, []string{"a.example", "*.b.example"}) || len(got.Pins) != 1 {
		t.Fatalf("said %q, settings %+v", d.bad.Text, got)
	}
	d = w.open()
	if a := w.Controller.Decryption().CA(); a == nil || !strings.Contains(d.cert.Text(), a.Fingerprint()) {
		t.Fatalf("it says %q", d.cert.Text())
	}
}
