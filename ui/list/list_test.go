package list

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

// testList is a request list in a window without a screen: 20 rows and a half.
type testList struct {
	*List
	t       *testing.T
	rows    uitest.FakeRows
	window  fyne.Window
	opened  flow.ID
	chosen  []flow.ID
	last    flow.ID
	updates int
	rebuilt bool   // the next update is of another filter or order
	drawn   []*row // every row that the toolkit asked for
}

func newTestList(t *testing.T, n int) *testList {
	t.Helper()
	test.NewTempApp(t)
	l := &testList{t: t, rows: uitest.FakeRows{}}
	m := feed.NewModel(l.rows, SortKeys)
	l.List = New(m, NewColumnLayout(nil), Deps{})
	create := l.List.Rows.CreateItem
	l.List.Rows.CreateItem = func() fyne.CanvasObject {
		r := create()
		l.drawn = append(l.drawn, r.(*row))
		return r
	}
	l.deps.Select = func(id flow.ID) { l.chosen = append(l.chosen, id) }
	l.deps.Open = func(id flow.ID) { l.opened = id }
	l.window = test.NewTempWindow(t, l.Object)
	l.window.SetPadded(false)
	l.window.Resize(fyne.NewSize(1100, headerHeight+20.5*style.RowHeight))
	l.arrive(n)
	return l
}

// arrive puts n new rows into the list, as the feed would.
func (l *testList) arrive(n int) {
	var batch []flow.Row
	for range n {
		l.last++
		row := uitest.SampleRow(l.last)
		l.rows[l.last] = row
		batch = append(batch, row)
	}
	l.told(l.model.Apply(batch))
}

func (l *testList) told(fresh int) {
	l.updates++
	l.Changed(&feed.Update{Fresh: fresh, At: uitest.StartOfTests.Add(time.Duration(l.updates) * time.Second)})
}

// evict takes the n oldest rows away.
func (l *testList) evict(n int) {
	for range n {
		delete(l.rows, l.model.At(0))
		l.removeMissing()
	}
	l.told(0)
}

// rowAt is what the row drawn at a height of the window shows.
func (l *testList) rowAt(y float32) flow.ID {
	l.t.Helper()
	r := l.row(y)
	if r == nil {
		return 0
	}
	return r.id
}

// row is the row drawn at a height; one that is out of use is at no place.
func (l *testList) row(y float32) *row {
	for _, r := range l.drawn {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(r)
		if y >= at.Y && y < at.Y+style.RowHeight && at.Y > 0 {
			return r
		}
	}
	return nil
}

// click presses where the row at a height is.
func (l *testList) click(y float32) { test.TapCanvas(l.window.Canvas(), fyne.NewPos(300, y)) }

func (l *testList) scroll(dy float32) {
	test.Scroll(l.window.Canvas(), fyne.NewPos(300, 200), 0, dy)
}

func (l *testList) key(name fyne.KeyName) {
	l.List.Rows.TypedKey(&fyne.KeyEvent{Name: name})
}

func (l *testList) atEnd() bool { return l.List.Rows.AtBottom() }

func TestListFollowsNewRows(t *testing.T) {
	l := newTestList(t, 100)
	if !l.atEnd() {
		t.Fatal("the list does not begin at its end")
	}
	l.arrive(50)
	if !l.atEnd() || l.Missed != 0 {
		t.Errorf("the list did not follow: at its end %v, %d missed", l.atEnd(), l.Missed)
	}
	l.scroll(500)
	l.arrive(10)
	if l.Follow || l.Missed != 10 {
		t.Errorf("scrolled up: follows %v, %d missed", l.Follow, l.Missed)
	}
	at := l.rowAt(200)
	l.arrive(10)
	if now := l.rowAt(200); now != at || l.Missed != 20 {
		t.Errorf("scrolled up: row %d stood where now %d does, %d missed", at, now, l.Missed)
	}
	l.SetFollow(true)
	if !l.atEnd() || l.Missed != 0 {
		t.Error("Follow does not go to the end")
	}
}

func TestScrollingDownToTheEndFollowsAgain(t *testing.T) {
	l := newTestList(t, 100)
	l.scroll(500)
	l.arrive(1)
	l.scroll(-5000)
	l.arrive(1)
	if !l.Follow || l.Missed != 0 {
		t.Errorf("follows %v, %d missed", l.Follow, l.Missed)
	}
}

// The selection stays on its exchange whatever arrives, leaves or is filtered.
func TestSelectionStaysOnItsExchange(t *testing.T) {
	l := newTestList(t, 100)
	at := l.rowAt(200)
	l.click(200)
	if l.Selected != at || at == 0 {
		t.Fatalf("a click on row %d selected %d", at, l.Selected)
	}
	l.arrive(100)
	l.evict(30)
	if l.Selected != at || l.rowAt(200) != at {
		t.Errorf("row %d was selected; now it is %d, and %d stands in its place", at, l.Selected, l.rowAt(200))
	}
	if r := l.row(200); r.mark.FillColor == nil || !marked(r) {
		t.Error("the selected row is not marked")
	}
	l.model.SetFilter(uitest.Parsed(t, "nothing-matches-this"))
	l.told(0)
	l.model.SetFilter(uitest.Parsed(t, ""))
	l.told(0)
	if l.Selected != at {
		t.Errorf("a filter changed the selection to %d", l.Selected)
	}
	l.model.SetSort(feed.Sorting{Column: "duration", Descending: true})
	l.told(0)
	l.Reveal(at)
	if y := l.heightOf(at); y < 0 || !marked(l.row(y)) {
		t.Error("sorted otherwise, the selected row is not marked")
	}
}

// Who finds a row by a filter, and lets go of the filter, wants to see what is around it.
func TestWhatWasFoundStaysInSight(t *testing.T) {
	l := newTestList(t, 1000)
	l.model.SetFilter(uitest.Parsed(t, "is:failed"))
	found := l.last / 2
	l.click(200)
	l.SelectID(found)
	l.model.SetFilter(uitest.Parsed(t, ""))
	l.Changed(&feed.Update{Rebuilt: true})
	if l.heightOf(found) < 0 {
		t.Errorf("row %d is out of sight", found)
	}
	l.List.Rows.ScrollToTop()
	l.Changed(&feed.Update{})
	if l.heightOf(found) >= 0 {
		t.Error("a row is pulled into sight while a person scrolls")
	}
}

// A window that changes its width while nothing arrives.
func TestRowsFollowTheWidthOfTheWindow(t *testing.T) {
	l := newTestList(t, 100)
	before := l.layout.place("status").x
	l.window.Resize(fyne.NewSize(800, headerHeight+20.5*style.RowHeight))
	status := slices.IndexFunc(columns, func(c column) bool { return c.name == "status" })
	at, want := l.row(200).cells[status].Position().X, l.layout.place("status").x+cellPadding
	if at != want || want == before+cellPadding {
		t.Errorf("the status stands at %v in place of %v; before it was at %v", at, want, before+cellPadding)
	}
}

func marked(r *row) bool {
	_, _, _, alpha := r.mark.FillColor.RGBA()
	return alpha > 0
}

// heightOf is where an exchange is drawn, -1 if it is not in sight.
func (l *testList) heightOf(id flow.ID) float32 {
	for y := float32(headerHeight + 1); y < headerHeight+20*style.RowHeight; y += style.RowHeight / 2 {
		if l.rowAt(y) == id {
			return y
		}
	}
	return -1
}

// Rows must not slide away under a pointer that is about to click.
func TestRowsHoldStillUnderThePointer(t *testing.T) {
	l := newTestList(t, 100)
	test.MoveMouse(l.window.Canvas(), fyne.NewPos(300, 200))
	at := l.rowAt(200)
	for range 5 {
		l.arrive(7)
		l.evict(3)
	}
	if now := l.rowAt(200); now != at {
		t.Errorf("row %d was under the pointer, and now %d is", at, now)
	}
	if l.Missed != 35 {
		t.Errorf("%d of 35 new rows are told", l.Missed)
	}
	l.click(200)
	if l.Selected != at {
		t.Errorf("the click hit %d, not %d", l.Selected, at)
	}
	l.SelectID(0)
	test.MoveMouse(l.window.Canvas(), fyne.NewPos(300, 5))
	l.arrive(1)
	if !l.atEnd() || l.Missed != 0 {
		t.Error("leaving the list does not catch up")
	}
}

// While every row is in sight none is missed.
func TestRowsInSightAreNotMissed(t *testing.T) {
	l := newTestList(t, 3)
	test.MoveMouse(l.window.Canvas(), fyne.NewPos(300, headerHeight+10))
	l.arrive(2)
	if l.Missed != 0 {
		t.Errorf("%d rows are said to be new out of sight", l.Missed)
	}
}

func TestKeysMoveTheSelection(t *testing.T) {
	l := newTestList(t, 100)
	steps := []struct {
		key  fyne.KeyName
		want flow.ID
	}{{fyne.KeyHome, 1}, {fyne.KeyDown, 2}, {fyne.KeyDown, 3}, {fyne.KeyUp, 2}, {fyne.KeyEnd, 100}, {fyne.KeyDown, 100}, {fyne.KeyHome, 1},
		{fyne.KeyUp, 1}}
	for i, s := range steps {
		l.key(s.key)
		if l.Selected != s.want {
			t.Fatalf("step %d, %s: row %d is selected, want %d", i, s.key, l.Selected, s.want)
		}
		if l.heightOf(s.want) < 0 && s.want != 100 {
			t.Errorf("step %d, %s: the selected row is out of sight", i, s.key)
		}
	}
	l.key(fyne.KeyPageDown)
	if l.Selected < 15 || l.Selected > 25 {
		t.Errorf("a page down from row 1 is row %d", l.Selected)
	}
	l.key(fyne.KeyReturn)
	if l.opened != l.Selected {
		t.Error("Enter does not open the selected row")
	}
	l.key(fyne.KeyEscape)
	if l.Selected != 0 {
		t.Error("Escape does not close the row")
	}
	l.key(fyne.KeyUp)
	if l.Selected != 100 {
		t.Errorf("up without a selection is row %d", l.Selected)
	}
}

func TestDoubleClickOpens(t *testing.T) {
	l := newTestList(t, 10)
	l.click(100)
	if l.opened != 0 {
		t.Error("one click opens")
	}
	l.click(100)
	if l.opened == 0 || l.opened != l.Selected {
		t.Error("two clicks do not open")
	}
}

// A change of one row repaints the texts that changed, not its neighbours.
func TestOnlyChangedTextsAreTouched(t *testing.T) {
	l := newTestList(t, 10)
	r := l.row(headerHeight + 1.5*style.RowHeight)
	row := l.rows[r.id]
	before := make([]string, len(r.cells))
	for i, c := range r.cells {
		before[i] = c.Text
	}
	row.Status = 418
	l.rows[row.ID] = row
	l.told(0)
	for i, c := range r.cells {
		if changed := c.Text != before[i]; changed != (columns[i].name == "status") {
			t.Errorf("column %s: %q became %q", columns[i].name, before[i], c.Text)
		}
	}
}

// A refresh costs by the rows in sight: 100,000 cost what 100 do.
func TestARefreshCostsByTheRowsInSight(t *testing.T) {
	few := newTestList(t, 100)
	small := testing.AllocsPerRun(20, func() { few.told(0) })
	many := newTestList(t, 100_000)
	if large := testing.AllocsPerRun(20, func() { many.told(0) }); large > small*1.5+20 {
		t.Errorf("a refresh allocates %v times with 100 rows and %v times with 100,000", small, large)
	}
}

func BenchmarkRefreshOf100000(b *testing.B) {
	test.NewTempApp(b)
	rows := uitest.FakeRows{}
	m := feed.NewModel(rows, SortKeys)
	m.Apply(rows.Fill(100_000))
	l := New(m, NewColumnLayout(nil), Deps{})
	w := test.NewTempWindow(b, l.Object)
	w.Resize(fyne.NewSize(1280, 900))
	at := uitest.StartOfTests
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Second)
		l.Changed(&feed.Update{At: at})
	}
}

// removeMissing tells the model which rows have left the store.
func (l *testList) removeMissing() {
	var gone []flow.ID
	for _, id := range l.model.All {
		if _, ok := l.rows[id]; !ok {
			gone = append(gone, id)
		}
	}
	l.model.Remove(gone)
}
