package settings

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/app/desktop/autostart"
	"posthouse/app/settings"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/ui/i18n"
)

// Every setting that the file has can be changed in the dialog.
func TestTheSettingsDialogHasEverySetting(t *testing.T) {
	w := newOwner(t, ownerOptions{})
	d := w.open()
	shown := []string{"decrypt.off"} // the choice before decrypt.hosts
	for _, p := range d.pages {
		for _, f := range p.fields {
			shown = append(shown, f.key)
		}
	}
	for _, key := range settings.Keys() {
		if key != "version" && !slices.Contains(shown, key) {
			t.Errorf("%s is not in the dialog", key)
		}
	}
	if len(shown) != len(settings.Keys())-1 {
		t.Errorf("the dialog has %d settings, the file %d", len(shown), len(settings.Keys())-1)
	}
}

func TestSettingsAreAppliedAndSaved(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.toml")
	w := newOwner(t, ownerOptions{file: file})
	d := w.open()
	d.enter("general.theme", "light")
	d.enter("general.start_proxy", "true")
	d.enter("proxy.port", "0")
	d.enter("proxy.listen", "127.0.0.1， 127.0.0.2")
	d.enter("recording.memory", "64 MiB")
	d.enter("proxy.timeouts.dial", "3s")
	d.save()
	if !d.Closed {
		t.Fatalf("the dialog stays open: %q", d.bad.Text)
	}
	s, err := settings.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	want := settings.Default()
	want.General.Theme, want.General.StartProxy = "light", true
	want.Proxy.Port, want.Proxy.Listen = 0, []string{"127.0.0.1", "127.0.0.2"}
	want.Recording.Memory, want.Proxy.Timeouts.Dial = 64<<20, settings.Duration(3*time.Second)
	if !s.Equal(want) || !w.Controller.Settings().Equal(want) {
		t.Errorf("saved %+v\nwant %+v", s, want)
	}
}

// What was changed in the file while the dialog was open is not undone by it.
func TestSavingChangesOnlyWhatWasTouched(t *testing.T) {
	w := newOwner(t, ownerOptions{})
	d := w.open()
	s := w.Controller.Settings()
	s.Proxy.Via = true
	if err := w.Controller.Apply(s); err != nil {
		t.Fatal(err)
	}
	d.enter("proxy.max_fields", "77")
	d.save()
	if got := w.Controller.Settings(); !got.Proxy.Via || got.Proxy.MaxFields != 77 {
		t.Errorf("via %v, max_fields %d", got.Proxy.Via, got.Proxy.MaxFields)
	}
}

// What cannot be used is said in plain words on the page where it stands, and
// nothing changes.
func TestSettingsThatCannotBeUsedAreExplained(t *testing.T) {
	for _, c := range []struct {
		key, text, said string
		page            int
	}{
		{"proxy.port", "nine", "“nine” is not a whole number", 1},
		{"proxy.port", "70000", "between 0 and 65535", 1},
		{"proxy.port", "", "is not a whole number", 1},
		{"proxy.listen", "", "1 to 16 addresses", 1},
		{"proxy.listen", "example.com", "IP address", 1},
		{"proxy.listen", "::1,::1", "more than once", 1},
		{"recording.memory", "much", "is not a size", 2},
		{"recording.memory", "1 MiB", "between 8 MiB and 64 GiB", 2},
		{"proxy.timeouts.dial", "soon", "is not a length of time", 3},
		{"proxy.timeouts.dial", "5ms", "between 100ms and 24h", 3},
	} {
		t.Run(c.key+"="+c.text, func(t *testing.T) {
			w := newOwner(t, ownerOptions{})
			before := w.Controller.Settings()
			d := w.open()
			d.enter("general.start_proxy", "true")
			d.enter(c.key, c.text)
			d.save()
			if d.Closed || !d.badRow.Visible() || !strings.Contains(d.bad.Text, c.said) {
				t.Errorf("open %v, said %q, want %q", !d.Closed, d.bad.Text, c.said)
			}
			if d.tabs.Selected != c.page || d.page.Objects[0] != d.pages[c.page].object {
				t.Errorf("page %d is open", d.tabs.Selected)
			}
			if !w.Controller.Settings().Equal(before) {
				t.Error("something was put into force all the same")
			}
			d.close()
			if !d.Closed {
				t.Error("the dialog cannot be closed")
			}
		})
	}
}

func TestABusyPortInTheSettingsOffersAnother(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	w := newOwner(t, ownerOptions{})
	w.Controller.Start()
	eventually.Holds(t, "the proxy runs", func() bool { return w.Controller.Status().State == app.Running })
	d := w.open()
	d.enter("proxy.port", strconv.Itoa(taken.Addr().(*net.TCPAddr).Port))
	d.save()
	if d.Closed || !d.remedy.Visible() || !strings.Contains(d.bad.Text, " uses port "+strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)) {
		t.Fatalf("open %v, said %q", !d.Closed, d.bad.Text)
	}
	test.Tap(d.remedy)
	if !d.Closed || w.Controller.Status().State != app.Running {
		t.Errorf("open %v, %v, said %q", !d.Closed, w.Controller.Status(), d.bad.Text)
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	s := settings.Default()
	s.Proxy.Port, s.Proxy.Via = 0, true
	w := newOwner(t, ownerOptions{settings: s})
	d := w.open()
	d.showDefaults()
	if got := d.field("proxy.port").value(); got != "9876" {
		t.Errorf("port %s", got)
	}
	if !w.Controller.Settings().Proxy.Via {
		t.Error("the defaults are in force before they were saved")
	}
	d.save()
	if !w.Controller.Settings().Equal(settings.Default()) {
		t.Errorf("saved %+v", w.Controller.Settings())
	}
}

// What the file's editor did to a list meanwhile stays, also where something was
// written into the same list here.
func TestSettingsDialogMergesLists(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.toml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("[decrypt]\noff = true\nhosts = ['a.example', 'b.example']\nexcept = ['x.example', 'y.example']\n")
	w := newOwner(t, ownerOptions{file: file})
	d := w.open()
	d.enter("decrypt.except", "x.example, y.example, new.example")
	write("[decrypt]\noff = true\nhosts = ['b.example']\nexcept = ['x.example'] # y has gone\n")
	d.save()
	s, err := settings.Load(file)
	if err != nil || strings.Join(s.Decrypt.Except, " ") != "x.example new.example" || len(s.Decrypt.Hosts) != 1 {
		t.Errorf("saved %q and %q, %v", s.Decrypt.Except, s.Decrypt.Hosts, err)
	}
}

func TestSettingsPictures(t *testing.T) {
	for _, c := range []struct {
		theme, lang string
		page        int
	}{{"light", "en", 0}, {"dark", "en", 1}, {"light", "en", 2}, {"dark", "zh-Hans", 3}} {
		name := c.theme + "-" + c.lang + "-" + strconv.Itoa(c.page)
		t.Run(name, func(t *testing.T) {
			s := settings.Default()
			s.General.Theme = c.theme
			w := newOwner(t, ownerOptions{settings: s, lang: c.lang})
			d := w.open()
			d.tabs.Choose(c.page)
			if c.page == 1 {
				d.enter("proxy.port", "70000")
				d.save()
				w.Window.Canvas().Unfocus() // a cursor blinks
			}
			test.AssertRendersToImage(t, "settings-"+name+".png", w.Window.Canvas())
		})
	}
}

// The password of the other proxy is not shown, and stays unless it is edited.
func TestThePasswordOfTheUpstreamProxyIsNotShown(t *testing.T) {
	const stored = "http://user:s%3Acret@proxy.corp:3128"
	for entered, want := range map[string]string{
		"": "",
		"http://user:••••@proxy.corp:3128":  stored,
		"http://user:••••@other.corp:3128":  "http://user:s%3Acret@other.corp:3128",
		"http://user:other@proxy.corp:3128": "http://user:other@proxy.corp:3128",
		"http://proxy.corp:3128":            "http://proxy.corp:3128",
	} {
		s := settings.Default()
		s.Proxy.Port, s.Proxy.Upstream = 0, stored
		w := newOwner(t, ownerOptions{settings: s})
		d := w.open()
		f := d.field("proxy.upstream")
		if f.value() != "http://user:••••@proxy.corp:3128" || f.changed() {
			t.Fatalf("it shows %q", f.value())
		}
		d.enter("proxy.via", "true")
		d.enter("proxy.upstream", entered)
		d.save()
		if got := w.Controller.Settings().Proxy.Upstream; got != want {
			t.Errorf("entered %q: %q, want %q", entered, got, want)
		}
	}
	for _, url := range []string{"", "http://proxy:1", "http://user@proxy:1", "http://user:@proxy:1", "x@y", "://", "@"} {
		if got := maskPassword(url); got != url {
			t.Errorf("%q became %q", url, got)
		}
	}
	if got := maskPassword("u:p@h:1"); got != "u:••••@h:1" {
		t.Error(got)
	}
}

func TestTheStartAtLoginSaysWhyItCannotBe(t *testing.T) {
	w := newOwner(t, ownerOptions{login: entry{&autostart.UnfitError{Program: "/tmp/go-build1/posthouse"}}})
	d := w.open()
	d.tabs.Choose(0)
	test.AssertRendersToImage(t, "settings-login-dark-en.png", w.Window.Canvas())
}

// What opens session files is shown where the system has a list of that which Posthouse changes.
func TestWhatOpensSessionFilesIsSwitchedWhereThatCanBe(t *testing.T) {
	const key = "general.session_files"
	w := newOwner(t, ownerOptions{})
	shown := func(d *testDialog) bool {
		return slices.Contains(test.LaidOutObjects(d.pages[0].object), d.field(key).object)
	}
	if shown(w.open()) {
		t.Error("it is shown where it means nothing")
	}
	w = newOwner(t, ownerOptions{files: entry{}, lang: i18n.Chinese})
	d := w.open()
	if d.tabs.Choose(0); !shown(d) {
		t.Error("it is not shown")
	}
	test.AssertRendersToImage(t, "settings-files-dark-zh.png", w.Window.Canvas())
	d.enter(key, "true")
	d.save()
	if !d.Closed || !w.Controller.Settings().General.SessionFiles {
		t.Errorf("open %v, said %q", !d.Closed, d.bad.Text)
	}
}

// entry is one in a list of the system; unfit is why it cannot be.
type entry struct{ unfit error }

func (entry) Look()          {}
func (e entry) Unfit() error { return e.unfit }
func (entry) Err() error     { return nil }
