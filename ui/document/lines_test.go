package document

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"posthouse/ui/style"
	"posthouse/ui/syntax"
	"posthouse/ui/uitest"
)

// openLines shows a text in a view of so many columns and rows.
func openLines(t *testing.T, text string, columns, rows int) (*LineView, *string) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(style.NewTheme("light"))
	copied := new(string)
	v := NewLineView(func(make func(int) (string, bool)) { *copied, _ = make(1 << 20) })
	win := a.NewWindow("lines")
	win.SetPadded(false)
	win.SetContent(v)
	win.Resize(fyne.NewSize(v.Port.gutter()+barWidth+2+float32(columns)*v.Port.cell+1, float32(rows)*v.Port.Row))
	v.Display(NewTextDoc(t.Context(), text, nil))
	t.Cleanup(win.Close)
	return v, copied
}

func rowTexts(v *LineView) []string {
	var all []string
	for _, p := range v.Port.InSight() {
		all = append(all, p.Line.Text[p.piece.from:p.piece.to])
	}
	return all
}

func TestLongLinesWrapOrScroll(t *testing.T) {
	v, _ := openLines(t, "  "+strings.Repeat("0123456789", 3)+"\n中文中文中文中文中文中文\nend", 20, 10)
	if v.Port.columns() != 20 {
		t.Fatalf("%d columns", v.Port.columns())
	}
	want := []string{"  012345678901234567", "8901234567890123", "中文中文中文中文中文", "中文", "end"}
	got := rowTexts(v)
	if len(got) != 5 || got[0] != want[0] || got[1] != "890123456789" || got[2] != want[2] || got[4] != "end" {
		t.Errorf("wrapped: %q", got)
	}
	v.SetWrap(false)
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
	if v.Port.column > maxPiece {
		t.Errorf("scrolled to column %d", v.Port.column)
	}
}

func TestScrollingReachesBothEnds(t *testing.T) {
	v, _ := openLines(t, strings.TrimSuffix(strings.Repeat(strings.Repeat("x", 50)+"\n", 3000), "\n"), 20, 10)
	v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	last := v.Port.InSight()
	if p := last[len(last)-1]; p.at.line != 2999 || p.at.row != 2 || p.y+v.Port.Row != v.Size().Height {
		t.Errorf("the end shows %v at %v of %v", p.at, p.y, v.Size().Height)
	}
	v.Scroll(10_000)
	if v.Port.InSight()[0].at != last[0].at {
		t.Error("it scrolls past the end")
	}
	for range 400 {
		v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageUp})
	}
	middle := v.Port.Top
	for range 600 {
		v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageUp})
	}
	if v.Port.Top != (rowAt{}) || v.Port.shift != 0 || middle == (rowAt{}) {
		t.Errorf("1,000 pages up from the end: %v, by way of %v", v.Port.Top, middle)
	}
	v.Scroll(35)
	v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	if v.Port.Top != (rowAt{}) || v.Port.shift != 0 {
		t.Errorf("home is %v", v.Port.Top)
	}
	height := v.Size().Height
	v.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary,
		PointEvent: fyne.PointEvent{Position: fyne.NewPos(v.Size().Width-3, height-1)}})
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(v.Size().Width-3, height*2)}})
	v.DragEnd()
	if v.Port.InSight()[0].at != last[0].at {
		t.Errorf("the bar's end is %v, not %v", v.Port.InSight()[0].at, last[0].at)
	}
}

// press clicks into a row and column.
func press(v *LineView, row, column int, modifier fyne.KeyModifier) {
	at := fyne.NewPos(v.Port.gutter()+float32(column)*v.Port.cell+1, (float32(row)+0.5)*v.Port.Row)
	v.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary, Modifier: modifier, PointEvent: fyne.PointEvent{Position: at}})
}

func TestSelectingCopiesWhatWasSent(t *testing.T) {
	v, copied := openLines(t, "one\ttwo three\nfour five\nsix", 40, 10)
	press(v, 0, 0, 0)
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(v.Port.gutter()+4*v.Port.cell+1, v.Port.Row*1.5)}})
	v.MouseUp(nil)
	v.TypedShortcut(&fyne.ShortcutCopy{})
	if *copied != "one\ttwo three\nfour" {
		t.Errorf("dragged: %q", *copied)
	}
	v.selected.lastTime = v.selected.lastTime.Add(-doubleClickTime)
	press(v, 1, 6, 0)
	press(v, 1, 6, 0)
	v.CopySelected()
	if *copied != "five" {
		t.Errorf("double click: %q", *copied)
	}
	press(v, 0, 1, 0)
	v.MouseUp(nil)
	press(v, 2, 2, fyne.KeyModifierShift)
	v.MouseUp(nil)
	v.CopySelected()
	if *copied != "ne\ttwo three\nfour five\nsi" {
		t.Errorf("shift: %q", *copied)
	}
	v.TypedShortcut(&fyne.ShortcutSelectAll{})
	v.CopySelected()
	if *copied != "one\ttwo three\nfour five\nsix" {
		t.Errorf("all: %q", *copied)
	}
}

// A newer state of a document moves nothing.
func TestReplaceStays(t *testing.T) {
	text := strings.Repeat("line\n", 200)
	v, copied := openLines(t, text, 40, 10)
	v.Scroll(50 * v.Port.Row)
	press(v, 0, 0, 0)
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(v.Port.gutter()+2*v.Port.cell+1, v.Port.Row/2)}})
	v.MouseUp(nil)
	top := v.Port.Top
	v.Replace(NewTextDoc(t.Context(), text+text, nil))
	v.CopySelected()
	if v.Port.Top != top || *copied != "li" {
		t.Errorf("it moved from %v to %v, and %q is selected", top, v.Port.Top, *copied)
	}
	v.Replace(NewTextDoc(t.Context(), "short", nil))
	if v.Port.Top != (rowAt{}) || len(rowTexts(v)) != 1 {
		t.Errorf("a shorter one shows %q from %v", rowTexts(v), v.Port.Top)
	}
}

func TestMatchesGoRound(t *testing.T) {
	v, _ := openLines(t, strings.Repeat("a needle here\n"+strings.Repeat("-\n", 30), 3), 40, 10)
	found, _ := v.Port.Doc.Find(t.Context(), "needle", 10)
	v.setMatches(found, false)
	var lines []int
	for range 4 {
		lines = append(lines, v.Matches.All[v.Matches.now].Line)
		if _, seen := v.Port.rowTop(rowAt{lines[len(lines)-1], 0}); !seen {
			t.Errorf("the match in line %d is out of sight", lines[len(lines)-1])
		}
		v.nextMatch(1)
	}
	v.nextMatch(-1)
	v.nextMatch(-1)
	if lines[0] != 0 || lines[1] != 31 || lines[2] != 62 || lines[3] != 0 || v.Matches.All[v.Matches.now].Line != 62 {
		t.Errorf("next goes through %v, and back to %d", lines, v.Matches.All[v.Matches.now].Line)
	}
	top := v.Port.Top
	v.setMatches(found, true)
	if v.Matches.now != 2 || v.Port.Top != top {
		t.Errorf("searched again, it stands at match %d, row %v", v.Matches.now, v.Port.Top)
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
	v := NewLineView(nil)
	v.Port.Numbers = true
	v.Resize(fyne.NewSize(800, 600))
	text, _ := syntax.Beautify(b.Context(), syntax.JSON, uitest.LargeJSON(20<<20))
	v.Display(NewTextDoc(b.Context(), text, jsonColours))
	test.WidgetRenderer(v)
	down := true
	for b.Loop() {
		if last, _ := v.Port.lastTop(); !v.Port.Top.before(last) {
			down = false
		}
		if down {
			v.Scroll(35)
		} else {
			v.Scroll(-35)
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
