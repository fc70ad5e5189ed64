package ui

import (
	"posthouse/ui/style"
	"posthouse/ui/uitest"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"posthouse/ui/syntax"
)

// openLines shows a text in a view of so many columns and rows.
func openLines(t *testing.T, text string, columns, rows int) (*lineView, *string) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(style.NewTheme("light"))
	copied := new(string)
	v := newLineView(func(make func(int) (string, bool)) { *copied, _ = make(1 << 20) })
	win := a.NewWindow("lines")
	win.SetPadded(false)
	win.SetContent(v)
	win.Resize(fyne.NewSize(v.port.gutter()+barWidth+2+float32(columns)*v.port.cell+1, float32(rows)*v.port.row))
	v.show(newTextDoc(t.Context(), text, nil))
	t.Cleanup(win.Close)
	return v, copied
}

func rowTexts(v *lineView) []string {
	var all []string
	for _, p := range v.port.inSight() {
		all = append(all, p.line.text[p.piece.from:p.piece.to])
	}
	return all
}

func TestLongLinesWrapOrScroll(t *testing.T) {
	v, _ := openLines(t, "  "+strings.Repeat("0123456789", 3)+"\n中文中文中文中文中文中文\nend", 20, 10)
	if v.port.columns() != 20 {
		t.Fatalf("%d columns", v.port.columns())
	}
	want := []string{"  012345678901234567", "8901234567890123", "中文中文中文中文中文", "中文", "end"}
	got := rowTexts(v)
	if len(got) != 5 || got[0] != want[0] || got[1] != "890123456789" || got[2] != want[2] || got[4] != "end" {
		t.Errorf("wrapped: %q", got)
	}
	v.setWrap(false)
	if got = rowTexts(v); len(got) != 3 || !strings.HasPrefix(got[0], "  0123") {
		t.Errorf("not wrapped: %q", got)
	}
	v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if got = rowTexts(v); !strings.HasPrefix(got[0], "6789") {
		t.Errorf("scrolled: %q", got)
	}
	for range 1000 {
		v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	}
	if v.port.column > maxPiece {
		t.Errorf("scrolled to column %d", v.port.column)
	}
}

func TestScrollingReachesBothEnds(t *testing.T) {
	v, _ := openLines(t, strings.TrimSuffix(strings.Repeat(strings.Repeat("x", 50)+"\n", 3000), "\n"), 20, 10)
	v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	last := v.port.inSight()
	if p := last[len(last)-1]; p.at.line != 2999 || p.at.row != 2 || p.y+v.port.row != v.Size().Height {
		t.Errorf("the end shows %v at %v of %v", p.at, p.y, v.Size().Height)
	}
	v.scroll(10_000)
	if v.port.inSight()[0].at != last[0].at {
		t.Error("it scrolls past the end")
	}
	for range 400 {
		v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageUp})
	}
	middle := v.port.top
	for range 600 {
		v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageUp})
	}
	if v.port.top != (rowAt{}) || v.port.shift != 0 || middle == (rowAt{}) {
		t.Errorf("1,000 pages up from the end: %v, by way of %v", v.port.top, middle)
	}
	v.scroll(35)
	v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	if v.port.top != (rowAt{}) || v.port.shift != 0 {
		t.Errorf("home is %v", v.port.top)
	}
	height := v.Size().Height
	v.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary, PointEvent: fyne.PointEvent{Position: fyne.NewPos(v.Size().Width-3, height-1)}})
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(v.Size().Width-3, height*2)}})
	v.DragEnd()
	if v.port.inSight()[0].at != last[0].at {
		t.Errorf("the bar's end is %v, not %v", v.port.inSight()[0].at, last[0].at)
	}
}

// press clicks into a row and column.
func press(v *lineView, row, column int, modifier fyne.KeyModifier) {
	at := fyne.NewPos(v.port.gutter()+float32(column)*v.port.cell+1, (float32(row)+0.5)*v.port.row)
	v.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary, Modifier: modifier, PointEvent: fyne.PointEvent{Position: at}})
}

func TestSelectingCopiesWhatWasSent(t *testing.T) {
	v, copied := openLines(t, "one\ttwo three\nfour five\nsix", 40, 10)
	press(v, 0, 0, 0)
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(v.port.gutter()+4*v.port.cell+1, v.port.row*1.5)}})
	v.MouseUp(nil)
	v.TypedShortcut(&fyne.ShortcutCopy{})
	if *copied != "one\ttwo three\nfour" {
		t.Errorf("dragged: %q", *copied)
	}
	v.selected.lastTime = v.selected.lastTime.Add(-doubleClickTime)
	press(v, 1, 6, 0)
	press(v, 1, 6, 0)
	v.copySelected()
	if *copied != "five" {
		t.Errorf("double click: %q", *copied)
	}
	press(v, 0, 1, 0)
	v.MouseUp(nil)
	press(v, 2, 2, fyne.KeyModifierShift)
	v.MouseUp(nil)
	v.copySelected()
	if *copied != "ne\ttwo three\nfour five\nsi" {
		t.Errorf("shift: %q", *copied)
	}
	v.TypedShortcut(&fyne.ShortcutSelectAll{})
	v.copySelected()
	if *copied != "one\ttwo three\nfour five\nsix" {
		t.Errorf("all: %q", *copied)
	}
}

// A newer state of a document moves nothing.
func TestReplaceStays(t *testing.T) {
	text := strings.Repeat("line\n", 200)
	v, copied := openLines(t, text, 40, 10)
	v.scroll(50 * v.port.row)
	press(v, 0, 0, 0)
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(v.port.gutter()+2*v.port.cell+1, v.port.row/2)}})
	v.MouseUp(nil)
	top := v.port.top
	v.replace(newTextDoc(t.Context(), text+text, nil))
	v.copySelected()
	if v.port.top != top || *copied != "li" {
		t.Errorf("it moved from %v to %v, and %q is selected", top, v.port.top, *copied)
	}
	v.replace(newTextDoc(t.Context(), "short", nil))
	if v.port.top != (rowAt{}) || len(rowTexts(v)) != 1 {
		t.Errorf("a shorter one shows %q from %v", rowTexts(v), v.port.top)
	}
}

func TestMatchesGoRound(t *testing.T) {
	v, _ := openLines(t, strings.Repeat("a needle here\n"+strings.Repeat("-\n", 30), 3), 40, 10)
	found, _ := v.port.doc.Find(t.Context(), "needle", 10)
	v.setMatches(found, false)
	var lines []int
	for range 4 {
		lines = append(lines, v.matches.all[v.matches.now].line)
		if _, seen := v.port.rowTop(rowAt{lines[len(lines)-1], 0}); !seen {
			t.Errorf("the match in line %d is out of sight", lines[len(lines)-1])
		}
		v.nextMatch(1)
	}
	v.nextMatch(-1)
	v.nextMatch(-1)
	if lines[0] != 0 || lines[1] != 31 || lines[2] != 62 || lines[3] != 0 || v.matches.all[v.matches.now].line != 62 {
		t.Errorf("next goes through %v, and back to %d", lines, v.matches.all[v.matches.now].line)
	}
	top := v.port.top
	v.setMatches(found, true)
	if v.matches.now != 2 || v.port.top != top {
		t.Errorf("searched again, it stands at match %d, row %v", v.matches.now, v.port.top)
	}
}

// The toolkit draws without end where the order of what is drawn changes.
func TestDrawingAgainChangesNothing(t *testing.T) {
	v, _ := openLines(t, strings.Repeat("{\"a\": [1, 2, 3]}\n", 100), 40, 30)
	r := test.WidgetRenderer(v)
	before := slices.Clone(r.Objects())
	for range 5 {
		r.Layout(v.Size())
		if !slices.Equal(before, r.Objects()) {
			t.Fatal("drawn again, the objects are others or stand in another order")
		}
	}
}

// What a frame costs depends on the rows in sight alone.
func BenchmarkScroll(b *testing.B) {
	test.NewTempApp(b)
	v := newLineView(nil)
	v.port.numbers = true
	v.Resize(fyne.NewSize(800, 600))
	text, _ := syntax.Beautify(b.Context(), syntax.JSON, uitest.LargeJSON(20<<20))
	v.show(newTextDoc(b.Context(), text, jsonColours))
	test.WidgetRenderer(v)
	down := true
	for b.Loop() {
		if last, _ := v.port.lastTop(); !v.port.top.before(last) {
			down = false
		}
		if down {
			v.scroll(35)
		} else {
			v.scroll(-35)
		}
	}
}

func TestRowsEndAfterWords(t *testing.T) {
	for _, c := range []struct {
		text      string
		from, end int
		want      int
	}{
		{"theme=dark; SameSite=Lax", 0, 20, 12},
		{"theme=dark; SameSite=Lax", 0, 11, 12},
		{"theme=dark; SameSite=Lax", 0, 24, 24},
		{"a verylongwordwithoutspaces", 0, 20, 20},
		{"Set-Cookie  aaaaaaaaaaaaaaaaaaaaaaaaa", 12, 30, 30},
		{"", 0, 0, 0},
	} {
		if got := wordEnd(c.text, c.from, c.end); got != c.want {
			t.Errorf("%q from %d to %d ends at %d, want %d", c.text, c.from, c.end, got, c.want)
		}
	}
}
