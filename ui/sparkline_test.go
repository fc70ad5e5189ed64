package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"posthouse/proxy/flow"
)

// The rate falls back to nothing when the traffic ends, and the bars move on.
func TestTheRateFallsAfterTraffic(t *testing.T) {
	test.NewTempApp(t)
	s := newSparkline()
	now := startOfTests
	st := flow.Stats{}
	s.take(st, now)
	for range 3 {
		now = now.Add(time.Second)
		st.Captured += 1234
		s.take(st, now)
	}
	if !strings.HasPrefix(s.label.Text, "1,234 ") || s.counts[sparkBars-1] != 1234 {
		t.Errorf("1,234 requests a second show as %q", s.label.Text)
	}
	now = now.Add(time.Second)
	s.take(st, now)
	if s.label.Text != "" || s.counts[sparkBars-1] != 0 {
		t.Errorf("a second after the traffic it says %q", s.label.Text)
	}
	now = now.Add(sparkTime)
	s.take(st, now)
	if !s.quiet() {
		t.Errorf("half a minute after the traffic the bars are %v", s.counts)
	}
}
