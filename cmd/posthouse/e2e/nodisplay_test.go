//go:build e2e && linux

package e2e

import (
	"slices"
	"strings"
	"testing"
)

// Without a screen it says so and ends: no list of goroutines, and no report of a crash.
func TestWithoutAScreenItSaysSo(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	for name, c := range map[string]struct{ display, says string }{
		"none":    {"", "there is no display (DISPLAY and WAYLAND_DISPLAY are empty)"},
		"another": {":12345", `the display (DISPLAY=":12345", WAYLAND_DISPLAY="") cannot be opened`},
	} {
		for _, flags := range [][]string{nil, {"-hidden", "-start"}} {
			t.Run(strings.Join(append([]string{name}, flags...), " "), func(t *testing.T) {
				without := *d
				without.env = append(slices.Clone(d.env), "DISPLAY="+c.display)
				p := without.start(strings.ReplaceAll(t.Name(), "/", "-"), appBinary, flags...)
				if !p.endsWithin(patience) || p.code != 1 {
					t.Errorf("it runs, or ended with %d: %s", p.code, p.log())
				}
				said := p.log()
				if !strings.Contains(said, c.says) || !strings.Contains(said, "posthoused") || strings.Contains(said, "goroutine") {
					t.Errorf("it said %q", said)
				}
			})
		}
	}
}
