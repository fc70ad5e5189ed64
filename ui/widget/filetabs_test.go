package widget

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

func TestFileTabs(t *testing.T) {
	test.NewTempApp(t)
	var chosen, closed []int
	tabs := NewFileTabs(func(i int) { chosen = append(chosen, i) }, func(i int) { closed = append(closed, i) })
	tipped := ""
	tabs.Tip = func(_ fyne.CanvasObject, in bool, text func() string) {
		if tipped = ""; in {
			tipped = text()
		}
	}
	long := strings.Repeat("long name ", 30) + "end.posthouse"
	tabs.Set([]FileTab{{Name: "Live"}, {Name: "a.har", Tip: "/tmp/a.har"}, {Name: long}, {Name: long}}, 1)
	for _, width := range []float32{1200, 500, 260, 60} {
		tabs.Resize(fyne.NewSize(width, 28))
		widths := tabs.widths(width)
		sum := float32(0)
		for i, w := range widths {
			sum += w
			if w < fileTabLeast && i > 1 || w > fileTabMost {
				t.Errorf("at %v tab %d is %v wide", width, i, w)
			}
		}
		if width >= 260 && sum > width {
			t.Errorf("at %v the tabs take %v", width, sum)
		}
		if width == 500 && widths[1] != tabs.wanted(1) {
			t.Errorf("a short name was cut to %v", widths[1])
		}
		if text := tabs.texts[3].Text; width >= 500 && !strings.HasSuffix(text, "house") {
			t.Errorf("at %v a long name is %q", width, text)
		}
	}
	tabs.Resize(fyne.NewSize(1200, 28))
	first := tabs.wanted(0)
	second := first + tabs.wanted(1)
	at := func(x float32) *fyne.PointEvent { return &fyne.PointEvent{Position: fyne.NewPos(x, 10)} }
	tabs.Tapped(at(first - 3)) // where other tabs have their crosses
	tabs.Tapped(at(first + 10))
	tabs.Tapped(at(second - 10))
	tabs.Tapped(at(1190))
	middle := func(x float32) {
		tabs.MouseDown(&desktop.MouseEvent{PointEvent: *at(x), Button: desktop.MouseButtonTertiary})
	}
	middle(5)
	middle(second + 5)
	if len(chosen) != 2 || chosen[0] != 0 || chosen[1] != 1 || len(closed) != 2 || closed[0] != 1 || closed[1] != 2 {
		t.Errorf("chosen were %v, closed %v", chosen, closed)
	}
	if tabs.MouseMoved(&desktop.MouseEvent{PointEvent: *at(first + 10)}); tipped != "/tmp/a.har" {
		t.Errorf("the tip is %q", tipped)
	}
	tabs.Set([]FileTab{{Name: "Live"}}, 0) // what was under the pointer is gone
	if tabs.MouseOut(); tabs.over != -1 || tipped != "" {
		t.Error("it is still marked")
	}
}

func TestCutMiddle(t *testing.T) {
	width := func(s string) float32 { return float32(len([]rune(s))) }
	for _, c := range []struct {
		text, want string
		room       float32
	}{{"short", "short", 5}, {"0123456789", "01…89", 5}, {"0123456789", "012…89", 6}, {"日本語のセッション", "日本…ン", 4}, {"abc", "…", 0},
		{"", "", 0}} {
		if got := CutMiddle(c.text, c.room, width); got != c.want {
			t.Errorf("%q in %v is %q, not %q", c.text, c.room, got, c.want)
		}
	}
}
