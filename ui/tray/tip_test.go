package tray

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"posthouse/app/switches/systemproxy"
	"posthouse/ui/i18n"
)

func TestTrayTip(t *testing.T) {
	i18n.Set("en")
	t.Cleanup(func() { i18n.Set("en") })
	for _, c := range []struct {
		state string
		phase systemproxy.Phase
		rules int
		waits string
		want  string
	}{
		{"Stopped", systemproxy.Off, 0, "", "Posthouse · Stopped"},
		{"Listening on 127.0.0.1:9876", systemproxy.On, 0, "", "Posthouse · Listening on 127.0.0.1:9876 · System proxy on"},
		{"Listening on 127.0.0.1:9876", systemproxy.Off, 3, "", "Posthouse · Listening on 127.0.0.1:9876 · 3 rules on"},
		{"Listening on 127.0.0.1:9876", systemproxy.Off, 3, "2 waiting",
			"Posthouse · 2 waiting · Listening on 127.0.0.1:9876 · 3 rules on"},
		{"Listening on 127.0.0.1:9876", systemproxy.Taken, 0, "", "Posthouse · Listening on 127.0.0.1:9876 · System proxy taken"},
	} {
		if got := trayTip(c.state, c.phase, c.rules, c.waits); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// What Windows has no room for would lose its zero, and show what lies behind it.
func TestTrayTipFitsWindows(t *testing.T) {
	for _, name := range []string{"a", "é", "驿", "😀"} {
		for n := range 150 {
			tip := trayTip("x"+strings.Repeat(name, n), systemproxy.On, 12, "100 waiting")
			if units := len(utf16.Encode([]rune(tip))); units > maxTrayTip {
				t.Fatalf("%d of %q: %d units", n, name, units)
			}
			if !utf8.ValidString(tip) || strings.ContainsRune(tip, utf8.RuneError) {
				t.Fatalf("%d of %q: %q", n, name, tip)
			}
		}
	}
}
