package ui

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/app/settings"
)

// Blanks come with what is pasted, and wide digits from a Chinese keyboard.
func TestThePortIsReadAsItIsMeant(t *testing.T) {
	w := openWindow(t, windowOptions{})
	for text, want := range map[string]int{" 18401 ": 18401, "１８４０２": 18402, "18403\n": 18403} {
		w.address.port.OnSubmitted(text)
		if got := w.controller.Settings().Proxy.Port; got != want {
			t.Errorf("%q is port %d", text, got)
		}
	}
	for _, text := range []string{"", " ", "1 2", "-1", "65536"} {
		if w.address.port.OnSubmitted(text); !w.notices.banner.Object.Visible() || w.controller.Settings().Proxy.Port < 18401 {
			t.Errorf("%q was taken", text)
		}
		w.notices.banner.Clear()
	}
}

// unwritable is a settings file beside which no other can be made, whoever asks:
// its name is as long as a name may be.
func unwritable(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), strings.Repeat("s", 250)+".toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Skip("no such names here:", err)
	}
	return path
}

// Where nothing can be saved, another port does all that it does elsewhere, and it
// is said that it holds until the end only.
func TestAnotherPortWithoutAHomeToSaveIn(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := unwritable(t, fmt.Sprintf("[proxy]\nport = %d\n", taken.Addr().(*net.TCPAddr).Port))
	w := openWindow(t, windowOptions{file: file})
	test.Tap(w.switches.proxy)
	w.until("the failure is said", func() bool { return w.notices.banner.Object.Visible() && w.notices.banner.Remedy.Visible() })
	test.Tap(w.notices.banner.Remedy)
	w.until("the proxy runs on another port", w.hasState(app.Running))
	w.until("it is said that this could not be saved", func() bool {
		return w.notices.banner.Object.Visible() && strings.Contains(w.notices.banner.Text.Text, "could not be saved") &&
			strings.Contains(w.notices.banner.Text.Text, file)
	})
}

// It is said wherever a setting is changed, again for each that is.
func TestUnsavedIsSaidWhereverASettingIsChanged(t *testing.T) {
	w := openWindow(t, windowOptions{file: unwritable(t, "[proxy]\nport = 0\n")})
	said := func() bool {
		return w.notices.banner.Object.Visible() && strings.Contains(w.notices.banner.Text.Text, "could not be saved")
	}
	for name, change := range map[string]func(){
		"recording": w.switches.toggleRecording,
		"port":      func() { w.address.usePort(0); w.address.usePort(1) },
		"closing":   func() { w.residency.rememberClosing(true, settings.CloseQuit) },
		"decrypt":   func() { w.notices.report(w.controller.Decryption().PassHost("a.example", true)) },
		"settings":  func() { w.switchOn(1, "proxy.via") },
	} {
		change()
		w.until(name+": it is said that this could not be saved", said)
		test.Tap(w.notices.banner.Close)
		if w.notices.banner.Object.Visible() {
			t.Error("the banner cannot be closed")
		}
	}
}
