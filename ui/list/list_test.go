package list

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// testList is a request list in a window without a screen: 20 rows and a half.
type TestList struct {
	*List
	T       *testing.T
	rows    uitest.FakeRows
	Window  fyne.Window
	opened  flow.ID
	chosen  []flow.ID
	last    flow.ID
	updates int
	rebuilt bool   // the next update is of another filter or order
	drawn   []*Row // every row that the toolkit asked for
}

func NewTestList(t *testing.T, n int) *TestList {
	t.Helper()
	test.NewTempApp(t)
	l := &TestList{T: t, rows: uitest.FakeRows{}}
	m := feed.NewModel(l.rows, SortKeys)
	l.List = New(m, NewColumnLayout(nil))
	create := l.List.Rows.CreateItem
	l.List.Rows.CreateItem = func() fyne.CanvasObject {
		r := create()
		l.drawn = append(l.drawn, r.(*Row))
		return r
	}
	l.OnSelect = func(id flow.ID) { l.chosen = append(l.chosen, id) }
	l.OnOpen = func(id flow.ID) { l.opened = id }
	l.Window = test.NewTempWindow(t, l.Object)
	l.Window.SetPadded(false)
	l.Window.Resize(fyne.NewSize(1100, headerHeight+20.5*style.RowHeight))
	l.arrive(n)
	return l
}

// arrive puts n new rows into the list, as the feed would.
func (l *TestList) arrive(n int) {
	var batch []flow.Row
	for range n {
		l.last++
		row := uitest.SampleRow(l.last)
		l.rows[l.last] = row
		batch = append(batch, row)
	}
	l.told(l.model.Apply(batch))
}

func (l *TestList) told(fresh int) {
	l.updates++
	l.Changed(&feed.Update{Fresh: fresh, At: uitest.StartOfTests.Add(time.Duration(l.updates) * time.Second)})
}

// evict takes the n oldest rows away.
func (l *TestList) evict(n int) {
	for range n {
		delete(l.rows, l.model.At(0))
		l.removeMissing()
	}
	l.told(0)
}

// rowAt is what the row drawn at a height of the window shows.
func (l *TestList) rowAt(y float32) flow.ID {
	l.T.Helper()
	r := l.row(y)
	if r == nil {
		return 0
	}
	return r.id
}

// row is the row drawn at a height; one that is out of use is at no place.
func (l *TestList) row(y float32) *Row {
	for _, r := range l.drawn {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(r)
		if y >= at.Y && y < at.Y+style.RowHeight && at.Y > 0 {
			return r
		}
	}
	return nil
}

// click presses where the row at a height is.
func (l *TestList) click(y float32) { test.TapCanvas(l.Window.Canvas(), fyne.NewPos(300, y)) }

func (l *TestList) scroll(dy float32) {
	test.Scroll(l.Window.Canvas(), fyne.NewPos(300, 200), 0, dy)
}

func (l *TestList) key(name fyne.KeyName) {
	l.List.Rows.TypedKey(&fyne.KeyEvent{Name: name})
}

func (l *TestList) atEnd() bool { return l.List.Rows.AtBottom() }

func TestListFollowsNewRows(t *testing.T) {
	l := NewTestList(t, 100)
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
	l := NewTestList(t, 100)
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
	l := NewTestList(t, 100)
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
	l.model.SetSort(feed.Sorting{"duration", true})
	l.told(0)
	l.Reveal(at)
	if y := l.heightOf(at); y < 0 || !marked(l.row(y)) {
		t.Error("sorted otherwise, the selected row is not marked")
	}
}

// Who finds a row by a filter, and lets go of the filter, wants to see what is around it.
func TestWhatWasFoundStaysInSight(t *testing.T) {
	l := NewTestList(t, 1000)
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
	l := NewTestList(t, 100)
	before := l.Layout.Place("status").X
	l.Window.Resize(fyne.NewSize(800, headerHeight+20.5*style.RowHeight))
	status := slices.IndexFunc(Columns, func(c column) bool { return c.Name == "status" })
	at, want := l.row(200).Cells[status].Position().X, l.Layout.Place("status").X+cellPadding
	if at != want || want == before+cellPadding {
		t.Errorf("the status stands at %v in place of %v; before it was at %v", at, want, before+cellPadding)
	}
}

func marked(r *Row) bool {
	_, _, _, alpha := r.mark.FillColor.RGBA()
	return alpha > 0
}

// heightOf is where an exchange is drawn, -1 if it is not in sight.
func (l *TestList) heightOf(id flow.ID) float32 {
	for y := float32(headerHeight + 1); y < headerHeight+20*style.RowHeight; y += style.RowHeight / 2 {
		if l.rowAt(y) == id {
			return y
		}
	}
	return -1
}

// Rows must not slide away under a pointer that is about to click.
func TestRowsHoldStillUnderThePointer(t *testing.T) {
	l := NewTestList(t, 100)
	test.MoveMouse(l.Window.Canvas(), fyne.NewPos(300, 200))
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
	test.MoveMouse(l.Window.Canvas(), fyne.NewPos(300, 5))
	l.arrive(1)
	if !l.atEnd() || l.Missed != 0 {
		t.Error("leaving the list does not catch up")
	}
}

// While every row is in sight none is missed.
func TestRowsInSightAreNotMissed(t *testing.T) {
	l := NewTestList(t, 3)
	test.MoveMouse(l.Window.Canvas(), fyne.NewPos(300, headerHeight+10))
	l.arrive(2)
	if l.Missed != 0 {
		t.Errorf("%d rows are said to be new out of sight", l.Missed)
	}
}

func TestKeysMoveTheSelection(t *testing.T) {
	l := NewTestList(t, 100)
	steps := []struct {
		key  fyne.KeyName
		want flow.ID
	}{{fyne.KeyHome, 1}, {fyne.KeyDown, 2}, {fyne.KeyDown, 3}, {fyne.KeyUp, 2}, {fyne.KeyEnd, 100}, {fyne.KeyDown, 100}, {fyne.KeyHome, 1}, {fyne.KeyUp, 1}}
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
	l := NewTestList(t, 10)
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
	l := NewTestList(t, 10)
	r := l.row(headerHeight + 1.5*style.RowHeight)
	row := l.rows[r.id]
	before := make([]string, len(r.Cells))
	for i, c := range r.Cells {
		before[i] = c.Text
	}
	row.Status = 418
	l.rows[row.ID] = row
	l.told(0)
	for i, c := range r.Cells {
		if changed := c.Text != before[i]; changed != (Columns[i].Name == "status") {
			t.Errorf("column %s: %q became %q", Columns[i].Name, before[i], c.Text)
		}
	}
}

// A refresh costs by the rows in sight: 100,000 cost what 100 do.
func TestARefreshCostsByTheRowsInSight(t *testing.T) {
	few := NewTestList(t, 100)
	small := testing.AllocsPerRun(20, func() { few.told(0) })
	many := NewTestList(t, 100_000)
	if large := testing.AllocsPerRun(20, func() { many.told(0) }); large > small*1.5+20 {
		t.Errorf("a refresh allocates %v times with 100 rows and %v times with 100,000", small, large)
	}
}

func BenchmarkRefreshOf100000(b *testing.B) {
	test.NewTempApp(b)
	rows := uitest.FakeRows{}
	m := feed.NewModel(rows, SortKeys)
	m.Apply(rows.Fill(100_000))
	l := New(m, NewColumnLayout(nil))
	w := test.NewTempWindow(b, l.Object)
	w.Resize(fyne.NewSize(1280, 900))
	at := uitest.StartOfTests
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Second)
		l.Changed(&feed.Update{At: at})
	}
}

// What is known of who asked, and of what passes inside, has columns of its own.
func TestColumnsOfProgramAndProtocol(t *testing.T) {
	for _, c := range []struct {
		row           flow.Row
		app, protocol string
	}{
		{flow.Row{Kind: flow.KindHTTP, App: "curl", Proto: "HTTP/1.1"}, "curl", "h1"},
		{flow.Row{Kind: flow.KindHTTP, Proto: "HTTP/2.0"}, "", "h2"},
		{flow.Row{Kind: flow.KindUpgraded, Proto: "HTTP/1.1"}, "", "ws"},
		{flow.Row{Kind: flow.KindTunnel, Proto: "HTTP/1.1", TLS: flow.TLS{Seen: true, ALPN: "h2, http/1.1"}}, "", "tls h2"},
	} {
		now := time.Now()
		if app, protocol := ColumnNamed("app").text(&c.row, now), ColumnNamed("protocol").text(&c.row, now); app != c.app || protocol != c.protocol {
			t.Errorf("%+v: app %q, protocol %q", c.row, app, protocol)
		}
	}
	for value, want := range map[string]string{"curl": "curl", "Google Chrome": `"Google Chrome"`, `a "b" (c)`: `"a b (c)"`} {
		got := feed.QuotedWord(value)
		if _, err := query.Parse("app:" + got); got != want || err != nil {
			t.Errorf("%q is %s, %v", value, got, err)
		}
	}
}

// The sign of a row's TLS differs by state, has words, and is touched only when it changes.
func TestTheSignOfARow(t *testing.T) {
	l := NewTestList(t, 1)
	seen, words := map[string]bool{}, map[string]bool{}
	row := flow.Row{ID: 1, Kind: flow.KindTunnel, Phase: flow.PhaseDone}
	r := NewRow(l.List)
	show := func() *canvas.Image {
		r.Display(row, false, false, time.Second, uitest.StartOfTests)
		return r.sign.Picture
	}
	if !show().Hidden || uiwidget.SignOf(&row).Words() != "" {
		t.Error("a tunnel without TLS has a sign")
	}
	row.TLS.Outcome = flow.TLSPlain
	if !show().Hidden || uiwidget.SignOf(&row).Words() != "" {
		t.Error("plain HTTP in a tunnel has a padlock")
	}
	row.TLS.Seen = true
	for _, padlock := range []flow.TLSOutcome{flow.TLSNone, flow.TLSDecrypted, flow.TLSBadCertificate, flow.TLSRefused, flow.TLSFailed} {
		row.TLS.Outcome = padlock
		picture := show()
		if picture.Hidden {
			t.Errorf("%v has no sign", padlock)
			continue
		}
		seen[picture.Resource.Name()] = true
		words[uiwidget.SignOf(&row).Words()] = true
		kept := &canvas.Image{}
		r.sign.Picture = kept // what is shown again is not touched
		show()
		if kept.Resource != nil {
			t.Errorf("%v is drawn twice", padlock)
		}
		r.sign.Picture = picture
	}
	if len(seen) != 5 || len(words) != 5 {
		t.Errorf("%d drawings, %d words", len(seen), len(words))
	}
	l.Layout.SetHidden(slices.Index(columnNames(), signColumn), true)
	if !show().Hidden {
		t.Error("a hidden column shows its sign")
	}
}

func columnNames() (names []string) {
	for i := range Columns {
		names = append(names, Columns[i].Name)
	}
	return names
}

// A tunnel may be open for longer than the longest request in sight takes: its
// bar ends where the column does.
func TestTheBarStaysInItsColumn(t *testing.T) {
	l := NewTestList(t, 1)
	r := NewRow(l.List)
	r.Display(flow.Row{ID: 1, Kind: flow.KindTunnel, Phase: flow.PhaseDone, Duration: time.Hour}, false, false, time.Second, uitest.StartOfTests)
	p := l.Layout.Place(barColumn)
	if end := r.bar.Position().X + r.bar.Size().Width; r.bar.Hidden || end > p.X+p.width {
		t.Errorf("the bar ends at %v, its column at %v", end, p.X+p.width)
	}
}

// removeMissing tells the model which rows have left the store.
func (l *TestList) removeMissing() {
	var gone []flow.ID
	for _, id := range l.model.All {
		if _, ok := l.rows[id]; !ok {
			gone = append(gone, id)
		}
	}
	l.model.Remove(gone)
}
