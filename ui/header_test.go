package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/ui/i18n"
)

// A click on a title sorts, and the title says how: whole, with its arrow.
func TestATitleSaysHowItSorts(t *testing.T) {
	l := newTestList(t, 3)
	l.header.onSort = func(sorting) {}
	l.window.Resize(fyne.NewSize(1700, 400))
	for i := range columns {
		l.layout.setHidden(i, false)
	}
	l.header.changed()
	for i := range columns[1:] {
		c := &columns[i+1]
		for _, arrow := range []string{" ↑", " ↓"} {
			test.TapCanvas(l.window.Canvas(), fyne.NewPos(l.layout.places[i+1].x+l.layout.places[i+1].width/2, headerHeight/2))
			want := i18n.T(c.title) + arrow
			if c.name == signColumn {
				want = arrow
			}
			if got := l.header.titles[i+1].Text; got != want {
				t.Errorf("%s: the title is %q, want %q", c.name, got, want)
			}
		}
	}
	l.layout.resize(2, minColumnWidth)
	l.header.sort = sorting{column: columns[2].name}
	l.header.Refresh()
	if got := l.header.titles[2].Text; !strings.HasSuffix(got, "↑") {
		t.Errorf("a narrow column lacks its arrow: %q", got)
	}
}
