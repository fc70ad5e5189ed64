package list

import (
	"image/color"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

// sorted puts the list in an order, as the header and the feed would.
func (l *testList) sorted(s feed.Sorting) {
	l.sortBy(s)
	l.Changed(&feed.Update{Rebuilt: true, Sorted: true, At: uitest.StartOfTests})
}

// resorted takes in n rows and has them sorted at once.
func (l *testList) resorted(n int) {
	l.come(n)
	l.model.ResortAt = uitest.StartOfTests
	l.model.Settle(uitest.StartOfTests.Add(time.Hour))
	l.Changed(&feed.Update{Fresh: n, At: uitest.StartOfTests})
}

// Following keeps in sight what a person waits for: the newest row, at whichever end
// it is, or in another order what comes first.
func TestFollowingKeepsTheRightEnd(t *testing.T) {
	for _, c := range []struct {
		sort   feed.Sorting
		bottom bool
	}{{feed.Sorting{}, true}, {feed.Sorting{Column: "time"}, true}, {feed.Sorting{Column: "number"}, true},
		{feed.Sorting{Column: "number", Descending: true}, false}, {feed.Sorting{Column: "time", Descending: true}, false},
		{feed.Sorting{Column: "duration", Descending: true}, false}, {feed.Sorting{Column: "duration"}, false},
		{feed.Sorting{Column: "host"}, false}} {
		l := newTestList(t, 100)
		l.sorted(c.sort)
		l.resorted(60)
		shown, _ := l.inView()
		want := l.model.At(0)
		if c.bottom {
			want = l.model.At(l.model.Len() - 1)
		}
		got := shown[0].id
		if c.bottom {
			got = shown[len(shown)-1].id
		}
		if got != want || !l.Follow || l.Missed != 0 {
			t.Errorf("%v: row %d is at the end that is followed, want %d; follows %v, %d missed", c.sort, got, want, l.Follow, l.Missed)
		}
		away, back := float32(-800), float32(5000)
		if c.bottom {
			away, back = 800, -5000
		}
		l.scroll(away)
		l.resorted(20)
		if l.Follow || l.Missed != 20 {
			t.Errorf("%v, scrolled away: follows %v, %d missed", c.sort, l.Follow, l.Missed)
		}
		l.scroll(back)
		l.resorted(20)
		if !l.Follow || l.Missed != 0 {
			t.Errorf("%v, scrolled back: follows %v, %d missed", c.sort, l.Follow, l.Missed)
		}
		if wrong := l.wrong(); wrong != "" {
			t.Errorf("%v: %s", c.sort, wrong)
		}
	}
}

// Rows that come above it do not move the selected row, in any order.
func TestTheSelectedRowStaysWhereItIsOnTheScreen(t *testing.T) {
	for _, order := range []feed.Sorting{{}, {Column: "duration", Descending: true}, {Column: "number", Descending: true},
		{Column: "host"}} {
		l := newTestList(t, 200)
		l.sorted(order)
		l.scroll(-1000)
		l.told(0)
		shown, _ := l.inView()
		l.tapRow(shown[9])
		for range 5 {
			l.resorted(30)
			if order.Column == "" {
				l.leave(3)
				l.told(0)
			}
		}
		now, _ := l.inView()
		found := false
		for _, r := range now {
			if r.id == shown[9].id {
				found = true
				if r.y != shown[9].y {
					t.Errorf("%v: row %d stood at %v, and now at %v", order, r.id, shown[9].y, r.y)
				}
			}
		}
		if !found {
			t.Errorf("%v: the selected row is out of sight", order)
		}
	}
}

// By number the header turns the order of arrival round, and back.
func TestTheHeaderSortsByNumber(t *testing.T) {
	l := newTestList(t, 3)
	var got []feed.Sorting
	l.Header.onSort = func(s feed.Sorting) { got = append(got, s) }
	for range 2 {
		l.Header.Tapped(&fyne.PointEvent{Position: fyne.NewPos(l.layout.place("number").x+20, 5)})
	}
	if len(got) != 2 || got[0] != (feed.Sorting{Column: "number", Descending: true}) || got[1] != (feed.Sorting{}) {
		t.Errorf("two clicks sort by %v", got)
	}
}

// A row that the pointer has left looks as it did before, and the mark goes with the
// pointer, not with a row that moves away below it.
func TestTheLookOfARowAfterThePointer(t *testing.T) {
	l := newTestList(t, 100)
	looks := func() map[flow.ID]color.Color {
		all := map[flow.ID]color.Color{}
		for y := float32(headerHeight + style.RowHeight); y < headerHeight+19*style.RowHeight; y += style.RowHeight {
			r := l.row(y)
			all[r.id] = r.back.FillColor
		}
		return all
	}
	before := looks()
	l.click(300)
	chosen := l.Selected
	for y := float32(headerHeight + 5); y < headerHeight+19*style.RowHeight; y += style.RowHeight / 2 {
		test.MoveMouse(l.window.Canvas(), fyne.NewPos(300, y))
	}
	test.MoveMouse(l.window.Canvas(), fyne.NewPos(300, 5))
	for id, look := range looks() {
		if want := before[id]; id != chosen && look != want {
			t.Errorf("row %d was %v and is %v after the pointer", id, want, look)
		}
		if id == chosen && look != color.Color(style.ThemeColor(style.ColorRowSelected)) {
			t.Errorf("the selected row is %v", look)
		}
	}
	l.SelectID(0)
	test.MoveMouse(l.window.Canvas(), fyne.NewPos(300, 200))
	under := l.row(200)
	if !under.hover {
		t.Fatal("the row under the pointer is not marked")
	}
	id := under.id
	l.evict(30)
	if now := l.row(200); now.id != id || !now.hover {
		t.Errorf("row %d is under the pointer, marked %v; it was %d", now.id, now.hover, id)
	}
	marked := 0
	for _, r := range l.drawn {
		if r.hover {
			marked++
		}
	}
	if marked != 1 {
		t.Errorf("%d rows are marked for one pointer", marked)
	}
}
