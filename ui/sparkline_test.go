package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/uitest"
)

// The rate falls back to nothing when the traffic ends, and the bars move on.
func TestTheRateFallsAfterTraffic(t *testing.T) {
	test.NewTempApp(t)
	s := newSparkline()
	now := uitest.StartOfTests
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
	now = now.Add(feed.SparkTime)
	s.take(st, now)
	if !s.quiet() {
		t.Errorf("half a minute after the traffic the bars are %v", s.counts)
	}
}

// The first request after a silence, in which the feed rests, is one of the present second.
func TestTheRateAfterASilence(t *testing.T) {
	test.NewTempApp(t)
	s := newSparkline()
	s.take(flow.Stats{}, uitest.StartOfTests)
	s.take(flow.Stats{Captured: 1}, uitest.StartOfTests.Add(time.Minute))
	if !strings.HasPrefix(s.label.Text, "1.0 ") || s.counts[sparkBars-1] != 1 || s.counts[sparkBars-2] != 0 {
		t.Errorf("it says %q, the bars are %v", s.label.Text, s.counts)
	}
}

// A bar stands for a second, however often the window is painted.
func TestABarStandsForASecond(t *testing.T) {
	test.NewTempApp(t)
	for _, every := range []time.Duration{100 * time.Millisecond, feed.RefreshEvery, feed.BusyEvery, time.Second, 1700 * time.Millisecond} {
		s := newSparkline()
		last := time.Duration(0)
		for passed := last; passed <= 20*time.Second; passed += every {
			last = passed
			s.take(flow.Stats{Captured: uint64(passed / (10 * time.Millisecond))}, uitest.StartOfTests.Add(passed))
		}
		filled := 0
		for _, c := range s.counts {
			if c > 0 {
				filled++
			}
			if c > 0 && (c < 95 || c > 105) {
				t.Errorf("every %v: a bar of %v for 100 requests a second", every, c)
			}
		}
		if filled != int(last/time.Second) {
			t.Errorf("every %v: %d bars in %v", every, filled, last)
		}
	}
}

// A small screen, such as 800 by 600, shows the whole window: the rate gives way.
func TestTheWindowFitsASmallScreen(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		w := openWindow(t, windowOptions{lang: lang})
		if size := w.win.Content().MinSize(); size.Width > 760 || size.Height > 440 {
			t.Errorf("%s: the window needs %v", lang, size)
		}
	}
	s := newSparkline()
	s.label.Text = "3.7 req/s · 2.6 KB/s"
	r := s.CreateRenderer()
	for _, c := range []struct {
		width       float32
		words, bars bool
	}{{400, true, true}, {200, false, true}, {100, false, false}, {400, true, true}} {
		r.Layout(fyne.NewSize(c.width, 28))
		if s.label.Hidden == c.words || s.bars[0].Hidden == c.bars {
			t.Errorf("%v wide: words hidden %v, bars %v", c.width, s.label.Hidden, s.bars[0].Hidden)
		}
	}
}
