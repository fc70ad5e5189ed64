package ui

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/app"
)

// A settings file whose port another program has is not set aside: the window says which program that is, and
// offers another port, or to try again.
func TestAFileWhosePortIsTaken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.toml")
	write := func(port int) {
		if err := os.WriteFile(file, fmt.Appendf(nil, "[proxy]\nport = %d # mine\n", port), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(0)
	w := openFilled(t, windowOptions{file: file})
	w.controller.Start()
	w.until("it runs", func() bool { return w.controller.Status().State == app.Running })
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	port := taken.Addr().(*net.TCPAddr).Port
	write(port)
	banner := w.notices.banner
	w.until("it is said", func() bool { return banner.Object.Visible() && strings.Contains(banner.Text.Text, fmt.Sprint(port)) })
	if text := banner.Text.Text; !strings.Contains(text, "The settings file is right") || strings.Contains(text, "cannot be used") {
		t.Error(text)
	}
	if !strings.HasPrefix(banner.Remedy.Text, "Use ") || banner.Other.Text != "Try again" || banner.Other.Hidden {
		t.Errorf("%q, %q", banner.Remedy.Text, banner.Other.Text)
	}
	banner.Other.OnTapped()
	w.until("it is said again", func() bool { return banner.Object.Visible() && w.controller.SettingsProblem() != nil })
	banner.Remedy.OnTapped()
	w.until("another port is in force", func() bool { return w.controller.SettingsProblem() == nil && !banner.Object.Visible() })
	text, err := os.ReadFile(file)
	if now := w.controller.Settings().Proxy.Port; err != nil || now == port || now == 0 ||
		string(text) != fmt.Sprintf("[proxy]\nport = %d # mine\n", now) {
		t.Errorf("%d, %v\n%s", now, err, text)
	}
	if all, err := filepath.Glob(file + ".bad*"); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
}
