package ui

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	atomicfile "posthouse/app/desktop/atomicfile"
	"posthouse/app/settings"
	"posthouse/ui/i18n"
	uisettings "posthouse/ui/settings"
	"posthouse/ui/words"
)

func (w *testWindow) openSettings() *uisettings.Dialog {
	w.t.Helper()
	w.key(fyne.KeyComma, command)
	if w.settings == nil || w.settings.Closed {
		w.t.Fatal("the settings did not open")
	}
	return w.settings
}

func (d *uisettings.Dialog) enter(key, text string) { d.Field(key).Put(text) }

// Every setting that the file has can be changed in the dialog.
func TestTheSettingsDialogHasEverySetting(t *testing.T) {
	w := openWindow(t, windowOptions{})
	d := w.openSettings()
	shown := []string{"decrypt.off"} // the choice before decrypt.hosts
	for _, p := range d.Pages {
		for _, f := range p.Fields {
			shown = append(shown, f.Key)
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
	w := openWindow(t, windowOptions{file: file})
	d := w.openSettings()
	d.enter("general.theme", "light")
	d.enter("general.start_proxy", "true")
	d.enter("proxy.port", "0")
	d.enter("proxy.listen", "127.0.0.1， 127.0.0.2")
	d.enter("recording.memory", "64 MiB")
	d.enter("proxy.timeouts.dial", "3s")
	d.Save()
	if !d.Closed {
		t.Fatalf("the dialog stays open: %q", d.Bad.Text)
	}
	s, err := settings.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	want := settings.Default()
	want.General.Theme, want.General.StartProxy = "light", true
	want.Proxy.Port, want.Proxy.Listen = 0, []string{"127.0.0.1", "127.0.0.2"}
	want.Recording.Memory, want.Proxy.Timeouts.Dial = 64<<20, settings.Duration(3*time.Second)
	if !s.Equal(want) || !w.controller.Settings().Equal(want) {
		t.Errorf("saved %+v\nwant %+v", s, want)
	}
}

// What was changed in the file while the dialog was open is not undone by it.
func TestSavingChangesOnlyWhatWasTouched(t *testing.T) {
	w := openWindow(t, windowOptions{})
	d := w.openSettings()
	s := w.controller.Settings()
	s.Proxy.Via = true
	if err := w.controller.Apply(s); err != nil {
		t.Fatal(err)
	}
	d.enter("proxy.max_fields", "77")
	d.Save()
	if got := w.controller.Settings(); !got.Proxy.Via || got.Proxy.MaxFields != 77 {
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
		{"proxy.listen", "::1,::1", "twice", 1},
		{"recording.memory", "much", "is not a size", 2},
		{"recording.memory", "1 MiB", "between 8 MiB and 64 GiB", 2},
		{"proxy.timeouts.dial", "soon", "is not a length of time", 3},
		{"proxy.timeouts.dial", "5ms", "between 100ms and 24h", 3},
	} {
		t.Run(c.key+"="+c.text, func(t *testing.T) {
			w := openWindow(t, windowOptions{})
			before := w.controller.Settings()
			d := w.openSettings()
			d.enter("general.start_proxy", "true")
			d.enter(c.key, c.text)
			d.Save()
			if d.Closed || !d.BadRow.Visible() || !strings.Contains(d.Bad.Text, c.said) {
				t.Errorf("open %v, said %q, want %q", !d.Closed, d.Bad.Text, c.said)
			}
			if d.Tabs.Selected != c.page || d.Page.Objects[0] != d.Pages[c.page].Object {
				t.Errorf("page %d is open", d.Tabs.Selected)
			}
			if !w.controller.Settings().Equal(before) {
				t.Error("something was put into force all the same")
			}
			d.Close()
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
	w := openWindow(t, windowOptions{})
	test.Tap(w.proxy)
	w.until("the proxy runs", w.hasState(app.Running))
	d := w.openSettings()
	d.enter("proxy.port", strconv.Itoa(taken.Addr().(*net.TCPAddr).Port))
	d.Save()
	if d.Closed || !d.Remedy.Visible() || !strings.Contains(d.Bad.Text, "Another program uses port") {
		t.Fatalf("open %v, said %q", !d.Closed, d.Bad.Text)
	}
	test.Tap(d.Remedy)
	if !d.Closed || w.controller.Status().State != app.Running {
		t.Errorf("open %v, %v, said %q", !d.Closed, w.controller.Status(), d.Bad.Text)
	}
}

// A disk that takes nothing does not keep settings from being put into force.
func TestSettingsThatCannotBeSavedAreInForce(t *testing.T) {
	dir := t.TempDir()
	notFolder := filepath.Join(dir, "file")
	if err := os.WriteFile(notFolder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w := openWindow(t, windowOptions{file: filepath.Join(notFolder, "settings.toml")})
	d := w.openSettings()
	d.enter("proxy.via", "true")
	d.Save()
	if !d.Closed || !w.controller.Settings().Proxy.Via {
		t.Errorf("open %v, via %v", !d.Closed, w.controller.Settings().Proxy.Via)
	}
	if !w.banner.Object.Visible() {
		t.Error("nothing is said of it")
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	s := settings.Default()
	s.Proxy.Port, s.Proxy.Via = 0, true
	w := openWindow(t, windowOptions{settings: s})
	d := w.openSettings()
	d.ShowDefaults()
	if got := d.Field("proxy.port").Value(); got != "9876" {
		t.Errorf("port %s", got)
	}
	if !w.controller.Settings().Proxy.Via {
		t.Error("the defaults are in force before they were saved")
	}
	d.Save()
	if !w.controller.Settings().Equal(settings.Default()) {
		t.Errorf("saved %+v", w.controller.Settings())
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
	w := openWindow(t, windowOptions{file: file})
	d := w.openSettings()
	d.enter("decrypt.except", "x.example, y.example, new.example")
	write("[decrypt]\noff = true\nhosts = ['b.example']\nexcept = ['x.example'] # y has gone\n")
	d.Save()
	s, err := settings.Load(file)
	if err != nil || strings.Join(s.Decrypt.Except, " ") != "x.example new.example" || len(s.Decrypt.Hosts) != 1 {
		t.Errorf("saved %q and %q, %v", s.Decrypt.Except, s.Decrypt.Hosts, err)
	}
}

// Every problem of the app has its words in both languages.
func TestProblemsSpeakBothLanguages(t *testing.T) {
	defer i18n.Set("en")
	_, syntax := settings.Parse("f", []byte("[proxy\n"))
	_, unknown := settings.Parse("f", []byte("[proxy]\nzzzzzzzzzzzz = 1\n"))
	_, misspelt := settings.Parse("f", []byte("[proxy]\nprot = 1\n"))
	_, version := settings.Parse("f", []byte("version = 9\n"))
	_, value := settings.Parse("f", []byte("[proxy]\nport = 70000\n"))
	_, unreadable := settings.Load(t.TempDir())
	all := wrongFiles(t)
	for name, err := range map[string]error{"syntax": syntax, "unknown": unknown, "misspelt": misspelt, "version": version, "value": value, "unreadable": unreadable,
		"save": &settings.SaveError{Path: "p", Err: os.ErrPermission}, "device": &settings.SaveError{Path: "p", Err: atomicfile.ErrDevice},
		"layout": &settings.SaveError{Path: "p", Err: &settings.LayoutError{Key: "proxy.port"}}, "layout in a line": &settings.SaveError{Path: "p", Err: &settings.LayoutError{Key: "proxy.port", Line: 3}}, "bind": &app.BindError{Addr: "127.0.0.1:1", Reason: app.BindPermission}} {
		all[name] = err
	}
	for name, err := range all {
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		i18n.Set("en")
		en, _ := words.ProblemText(err)
		i18n.Set("zh-Hans")
		zh, _ := words.ProblemText(err)
		if en == zh || strings.Contains(en+zh, "%!") || !strings.ContainsFunc(zh, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }) {
			t.Errorf("%s:\n%s\n%s", name, en, zh)
		}
	}
	if text, _ := words.ProblemText(errors.New("other")); text != "other" {
		t.Errorf("another error is %q", text)
	}
}

// wrongFiles are what is said of files with one of each mistake in them.
func wrongFiles(t *testing.T) map[string]error {
	t.Helper()
	all := map[string]error{}
	for _, text := range []string{
		"recording.enabled = 1", "proxy.port = true", "general.theme = 1", "lan.allow = 1", "recording.body = true", "recording.body = 'x'",
		"proxy.timeouts.dial = 5", "proxy.timeouts.dial = 'x'", "proxy = 1",
		"proxy.port", "general.theme = dark", "proxy.port = 1 2", "version = 1\nversion = 1", "lan.allow = [", "general.theme = \"\\d\"", "[proxy", "proxy.port = 01", "general.theme = '\x01'",
	} {
		_, err := settings.Parse("f", []byte(text))
		all[text] = err
	}
	return all
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
			w := openWindow(t, windowOptions{settings: s, lang: c.lang})
			w.win.Resize(fyne.NewSize(900, 640))
			d := w.openSettings()
			d.Tabs.Choose(c.page)
			if c.page == 1 {
				d.enter("proxy.port", "70000")
				d.Save()
				w.win.Canvas().Unfocus() // a cursor blinks
			}
			test.AssertRendersToImage(t, "settings-"+name+".png", w.win.Canvas())
		})
	}
}

// Behind a dialog no shortcut does anything; Escape closes the dialog.
func TestDialogsCoverTheWindow(t *testing.T) {
	w := openWindow(t, windowOptions{})
	d := w.openSettings()
	w.key(fyne.KeyR, command)
	if !w.controller.Recording() {
		t.Error("recording was switched behind the dialog")
	}
	w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !d.Closed || w.covered() {
		t.Error("Escape does not close the dialog")
	}
	w.key(fyne.KeyR, command)
	if w.controller.Recording() {
		t.Error("the shortcut does nothing after the dialog has closed")
	}
}
