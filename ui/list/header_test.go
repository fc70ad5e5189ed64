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
	l := newTestList(t, 3)
	l.Header.onSort = func(feed.Sorting) {}
	l.window.Resize(fyne.NewSize(1700, 400))
	for i := range columns {
		l.layout.SetHidden(i, false)
	}
	l.Header.changed()
	for i := range columns[1:] {
		c := &columns[i+1]
		for _, arrow := range []string{" ↑", " ↓"} {
			test.TapCanvas(l.window.Canvas(), fyne.NewPos(l.layout.places[i+1].x+l.layout.places[i+1].width/2, headerHeight/2))
			want := i18n.T(c.title) + arrow
			if c.untitled() {
				want = arrow
			}
			if got := l.Header.titles[i+1].Text; got != want {
				t.Errorf("%s: the title is %q, want %q", c.name, got, want)
			}
		}
	}
	l.layout.Resize(2, minColumnWidth)
	l.Header.Sort = feed.Sorting{Column: columns[2].name}
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
			x = max(x, p.x+p.width)
		}
		return x
	}
	for _, width := range []float32{1200, 900, 844, 800, 750, 700, 660} {
		g.setWidth(width)
		if x := end(); x > width {
			t.Errorf("%v wide: the last column ends at %v", width, x)
		}
		if g.place("path").width < minGrowing || g.place("method").width != columnNamed("method").width {
			t.Errorf("%v wide: %v", width, g.places)
		}
	}
	if g.setWidth(800); g.place(barColumn).width >= columnNamed(barColumn).width || g.place("host").width != columnNamed("host").width {
		t.Errorf("800 wide: the bars have %v, the host %v", g.place(barColumn).width, g.place("host").width)
	}
	if g.setWidth(660); g.place(barColumn).width != 0 {
		t.Errorf("660 wide: the bars have %v", g.place(barColumn).width)
	}
	for _, width := range []float32{600, 500, 440} { // beside the details
		if g.setWidth(width); end() > width {
			t.Errorf("%v wide: the last column ends at %v", width, end())
		}
		for _, name := range []string{"method", "host", "path", "status"} {
			if g.place(name).width == 0 {
				t.Errorf("%v wide: %s is out of sight", width, name)
			}
		}
	}
	if g.setWidth(1200); g.place(barColumn).width != columnNamed(barColumn).width || g.place("host").width != columnNamed("host").width {
		t.Error("in a wide list the columns are not as they were")
	}
}

// A note takes nothing of the path that is read, and shows at all where there is room.
func TestTheNoteGivesWayToThePath(t *testing.T) {
	g := NewColumnLayout(nil)
	for _, name := range []string{StarColumn, MarkColumn, NoteColumn} {
		g.Show(name)
	}
	for width, path := range map[float32]float32{1300: goodGrowing, 1000: 190, 900: 125} {
		g.setWidth(width)
		note := g.place(NoteColumn)
		if got := g.place("path").width; got < path || g.place("host").width < columnNamed("host").width {
			t.Errorf("%v wide: the path has %v, the host %v", width, got, g.place("host").width)
		}
		if note.width < 64 || note.x+note.width > width {
			t.Errorf("%v wide: the note has %v", width, note.width)
		}
		if note.width > 64 && g.place("path").width < goodGrowing {
			t.Errorf("%v wide: the note has %v while the path has %v", width, note.width, g.place("path").width)
		}
	}
	g.setWidth(1400)
	if got := g.place(NoteColumn).width; got != columnNamed(NoteColumn).width {
		t.Errorf("in a wide list the note has %v", got)
	}
}
