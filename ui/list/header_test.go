package list

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/ui/feed"
	"posthouse/ui/i18n"
)

// A click on a title sorts, and the title says how: whole, with its arrow.
func TestATitleSaysHowItSorts(t *testing.T) {
	l := NewTestList(t, 3)
	l.Header.OnSort = func(feed.Sorting) {}
	l.Window.Resize(fyne.NewSize(1700, 400))
	for i := range Columns {
		l.Layout.SetHidden(i, false)
	}
	l.Header.changed()
	for i := range Columns[1:] {
		c := &Columns[i+1]
		for _, arrow := range []string{" ↑", " ↓"} {
			test.TapCanvas(l.Window.Canvas(), fyne.NewPos(l.Layout.places[i+1].X+l.Layout.places[i+1].width/2, headerHeight/2))
			want := i18n.T(c.title) + arrow
			if c.Name == signColumn || c.Name == MarkColumn {
				want = arrow
			}
			if got := l.Header.titles[i+1].Text; got != want {
				t.Errorf("%s: the title is %q, want %q", c.Name, got, want)
			}
		}
	}
	l.Layout.Resize(2, minColumnWidth)
	l.Header.Sort = feed.Sorting{Column: Columns[2].Name}
	l.Header.Refresh()
	if got := l.Header.titles[2].Text; !strings.HasSuffix(got, "↑") {
		t.Errorf("a narrow column lacks its arrow: %q", got)
	}
}

// Where the list is narrow the columns give way, in their order, and the last
// one ends where the list does.
func TestColumnsGiveWay(t *testing.T) {
	g := NewColumnLayout(nil)
	end := func() (x float32) {
		for _, p := range g.places {
			x = max(x, p.X+p.width)
		}
		return x
	}
	for _, width := range []float32{1200, 900, 844, 800, 750, 700, 660} {
		g.setWidth(width)
		if x := end(); x > width {
			t.Errorf("%v wide: the last column ends at %v", width, x)
		}
		if g.Place("path").width < minGrowing || g.Place("method").width != ColumnNamed("method").width {
			t.Errorf("%v wide: %v", width, g.places)
		}
	}
	if g.setWidth(800); g.Place(barColumn).width >= ColumnNamed(barColumn).width || g.Place("host").width != ColumnNamed("host").width {
		t.Errorf("800 wide: the bars have %v, the host %v", g.Place(barColumn).width, g.Place("host").width)
	}
	if g.setWidth(660); g.Place(barColumn).width != 0 {
		t.Errorf("660 wide: the bars have %v", g.Place(barColumn).width)
	}
	if g.setWidth(1200); g.Place(barColumn).width != ColumnNamed(barColumn).width || g.Place("host").width != ColumnNamed("host").width {
		t.Error("in a wide list the columns are not as they were")
	}
}
