package ui

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// openSettings opens the settings, as their key does.
func (w *testWindow) openSettings() {
	w.t.Helper()
	w.key(fyne.KeyComma, ctrl)
	if !w.covered() {
		w.t.Fatal("the settings did not open")
	}
}

// switchOn checks a box on a page of the settings, and saves them.
func (w *testWindow) switchOn(page int, key string) {
	w.t.Helper()
	w.openSettings()
	top := w.win.Canvas().Overlays().Top()
	uitest.Seen[*uiwidget.TabBar](top)[0].Choose(page)
	boxes := uitest.Seen[*widget.Check](top)
	box := slices.IndexFunc(boxes, func(c *widget.Check) bool { return c.Text == i18n.T("settings."+key) })
	if box < 0 {
		w.t.Fatalf("there is no box for %s", key)
	}
	boxes[box].SetChecked(true)
	uitest.Press(w.t, top, i18n.T("settings.save"))
	if w.covered() {
		w.t.Errorf("the dialog stays open, and says\n%s", w.words())
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
	w.switchOn(1, "proxy.via")
	if !w.controller.Settings().Proxy.Via {
		t.Error("it is not in force")
	}
	if !w.notices.banner.Object.Visible() {
		t.Error("nothing is said of it")
	}
}

// Behind a dialog no shortcut does anything; Escape closes the dialog.
func TestDialogsCoverTheWindow(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.openSettings()
	w.key(fyne.KeyR, ctrl)
	if !w.controller.Recording() {
		t.Error("recording was switched behind the dialog")
	}
	w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.covered() {
		t.Error("Escape does not close the dialog")
	}
	w.key(fyne.KeyR, ctrl)
	if w.controller.Recording() {
		t.Error("the shortcut does nothing after the dialog has closed")
	}
}

// The certificate is saved without the key.
func TestTheCertificateIsSaved(t *testing.T) {
	s := settings.Default()
	s.Proxy.Port, s.Decrypt.CA, s.Decrypt.Hosts = 0, filepath.Join(t.TempDir(), "ca"), []string{"a.example"}
	w := openWindow(t, windowOptions{settings: s})
	a, err := w.controller.Decryption().MakeAuthority(app.AuthorityOptions{Name: "desk"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "saved.pem")
	w.setups.writeCertificate(path)
	w.jobs.Wait()
	if text, err := os.ReadFile(path); err != nil || string(text) != string(a.PEM()) {
		t.Errorf("saved %q, %v", text, err)
	}
}

func TestRowsOfferDecryption(t *testing.T) {
	s := settings.Default()
	s.Decrypt.CA = filepath.Join(t.TempDir(), "ca")
	w := openWindow(t, windowOptions{settings: s})
	if items := w.rows.decryptMenu(&flow.Row{Scheme: "http", Host: "a.example"}); len(items) != 0 {
		t.Errorf("a plain row offers %d", len(items))
	}
	items := w.rows.decryptMenu(&flow.Row{Kind: flow.KindTunnel, Host: "a.example:443"})
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
	bad := w.rows.decryptMenu(&flow.Row{Scheme: "https", Host: "a.example", TLS: flow.TLS{Problem: flow.ProblemExpired}})
	client := w.rows.decryptMenu(&flow.Row{Scheme: "https", Host: "a.example", TLS: flow.TLS{Problem: flow.ProblemClientCertificate}})
	if len(bad) != 5 || len(client) != 4 {
		t.Errorf("a bad certificate offers %d, a missing one of the client %d", len(bad), len(client))
	}
}
