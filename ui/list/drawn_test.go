package list

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
	"posthouse/ui/words"
)

// frame lays out what has another least size now, as the toolkit does before it
// draws a frame, whether the list was refreshed or not.
func (l *testList) frame() { uitest.ListFrame(l.List.Rows) }

// seenRow is a row that is in sight, and how far below the list's top it stands.
type seenRow struct {
	id flow.ID
	y  float32
}

func (l *testList) inView() (rows []seenRow, offset float32) {
	all, offset := uitest.ListRows(l.List.Rows, style.RowHeight)
	for _, r := range all {
		rows = append(rows, seenRow{r.Object.(*row).id, r.Y})
	}
	return rows, offset
}

// wrong says how what is drawn differs from what should be, "" if it does not.
func (l *testList) wrong() string {
	rows, offset := l.inView()
	n, height := l.model.Len(), l.List.Rows.Size().Height
	if last := max(0, float32(n)*style.RowHeight-height); offset < 0 || offset > last {
		return fmt.Sprintf("scrolled to %v of %v", offset, last)
	}
	if at := l.List.Rows.GetScrollOffset(); at != offset {
		return fmt.Sprintf("the list takes itself to be at %v and is at %v", at, offset)
	}
	var want []seenRow
	for i := int(offset / style.RowHeight); i < n && float32(i)*style.RowHeight-offset < height; i++ {
		want = append(want, seenRow{l.model.At(i), float32(i)*style.RowHeight - offset})
	}
	if len(rows) != len(want) {
		return fmt.Sprintf("%d rows are in sight in place of %d, of %d at %v: %v", len(rows), len(want), n, offset, rows)
	}
	for i := range want {
		if rows[i] != want[i] {
			return fmt.Sprintf("row %v is drawn in place of %v", rows[i], want[i])
		}
	}
	return l.wrongBar()
}

// wrongBar says which bar is not drawn on the scale of the rows in sight.
func (l *testList) wrongBar() string {
	first, count := l.List.Rows.inSight()
	longest := time.Duration(0)
	for i := first; i < min(first+count, l.model.Len()); i++ {
		if row := l.rows[l.model.At(i)]; row.Kind == flow.KindHTTP {
			longest = max(longest, words.Elapsed(&row, l.now))
		}
	}
	room := l.layout.place(barColumn).width - 2*cellPadding
	for i := first; i < min(first+count, l.model.Len()); i++ {
		r := l.placed(i).row
		if r == nil || r.at != i {
			continue // below the last row in sight
		}
		if room < 0 { // the column has given way
			if r.bar.Visible() {
				return fmt.Sprintf("the bar of row %d is drawn and has no place", r.id)
			}
			continue
		}
		want := min(room, max(2, room*float32(words.Elapsed(&r.row, l.now))/float32(scale(longest))))
		if got := r.bar.Size().Width; got != want {
			return fmt.Sprintf("the bar of row %d is %v wide and not %v, where the longest takes %v", r.id, got, want, longest)
		}
	}
	return ""
}

// 100 rows, scrolled up, and then a filter that leaves fewer than there is room for.
func TestAFilterThatLeavesFewShowsThem(t *testing.T) {
	for _, drawn := range []bool{false, true} {
		l := newTestList(t, 100)
		l.scroll(500)
		l.told(0)
		l.model.SetFilter(uitest.Parsed(t, "is:failed host:api"))
		if drawn {
			l.frame()
		}
		l.Changed(&feed.Update{Rebuilt: true})
		if n := l.model.Len(); n == 0 || n > 20 {
			t.Fatalf("%d rows are left", n)
		}
		if wrong := l.wrong(); wrong != "" {
			t.Errorf("drawn meanwhile %v: with a filter: %s", drawn, wrong)
		}
		l.model.SetFilter(uitest.Parsed(t, ""))
		l.Changed(&feed.Update{Rebuilt: true})
		if wrong := l.wrong(); wrong != "" {
			t.Errorf("drawn meanwhile %v: without it: %s", drawn, wrong)
		}
		l.arrive(5)
		if wrong := l.wrong(); wrong != "" {
			t.Errorf("drawn meanwhile %v: with new rows: %s", drawn, wrong)
		}
	}
}

// Nothing comes, and a person scrolls, and makes the window higher and lower.
func TestBarsHaveTheScaleOfTheRowsInSight(t *testing.T) {
	l := newTestList(t, 100)
	for id, row := range l.rows {
		row.Phase, row.Duration = flow.PhaseDone, time.Duration(id)*time.Duration(id)*time.Millisecond
		l.rows[id] = row
	}
	l.told(0)
	for _, step := range []func(){
		func() {}, func() { l.scroll(5000) }, func() { l.scroll(-300) }, func() { l.scroll(-5000) },
		func() { l.window.Resize(fyne.NewSize(1100, headerHeight+50.5*style.RowHeight)) },
		func() { l.window.Resize(fyne.NewSize(1100, headerHeight+3.5*style.RowHeight)) },
		func() { l.scroll(60) },
	} {
		step()
		if wrong := l.wrongBar(); wrong != "" {
			t.Error(wrong)
		}
	}
}

// listStep is one thing that happens to a list, by the model or by a person.
type listStep struct {
	name string
	do   func(*testList, *rand.Rand)
}

var listSteps = []listStep{
	{"one row comes", func(l *testList, _ *rand.Rand) { l.come(1) }},
	{"rows come", func(l *testList, r *rand.Rand) { l.come(1 + r.IntN(60)) }},
	{"rows change", func(l *testList, r *rand.Rand) { l.finish(r) }},
	{"filter", func(l *testList, r *rand.Rand) {
		l.model.SetFilter(uitest.Parsed(l.t, []string{"is:failed", "host:=api.example.com", "status:4xx", "is:failed method:get",
			"nothing-matches"}[r.IntN(5)]))
		l.rebuilt = true
	}},
	{"no filter", func(l *testList, _ *rand.Rand) { l.model.SetFilter(uitest.Parsed(l.t, "")); l.rebuilt = true }},
	{"sort", func(l *testList, r *rand.Rand) {
		l.sortBy([]feed.Sorting{{}, {Column: "duration", Descending: true}, {Column: "host"}, {Column: "number", Descending: true},
			{Column: "time"}}[r.IntN(5)])
		l.rebuilt = true
	}},
	{"some leave", func(l *testList, r *rand.Rand) { l.leave(r.IntN(80)) }},
	{"all leave", func(l *testList, r *rand.Rand) {
		if r.IntN(4) == 0 {
			l.leave(len(l.rows))
		}
	}},
	{"window", func(l *testList, r *rand.Rand) {
		l.window.Resize(fyne.NewSize(1100, headerHeight+float32(60+r.IntN(900))))
	}},
	{"wide", func(l *testList, r *rand.Rand) {
		l.window.Resize(fyne.NewSize(700+float32(r.IntN(500)), l.window.Canvas().Size().Height))
	}},
	{"details", func(l *testList, r *rand.Rand) {
		if len(l.rows) > 0 {
			l.SelectID(l.model.At(r.IntN(max(1, l.model.Len()))))
			l.window.Resize(fyne.NewSize(1100, headerHeight+5.5*style.RowHeight))
			l.Reveal(l.Selected)
		}
	}},
	{"no details", func(l *testList, r *rand.Rand) {
		l.key(fyne.KeyEscape)
		l.window.Resize(fyne.NewSize(1100, headerHeight+20.5*style.RowHeight))
	}},
	{"wheel", func(l *testList, r *rand.Rand) { l.scroll(float32(r.IntN(2000) - 1000)) }},
	{"to somewhere", func(l *testList, r *rand.Rand) {
		l.List.Rows.ScrollToOffset(float32(r.IntN(1 + l.List.Rows.Length()*style.RowHeight)))
	}},
	{"follow", func(l *testList, _ *rand.Rand) { l.SetFollow(true) }},
	{"keys", func(l *testList, r *rand.Rand) {
		l.key([]fyne.KeyName{fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyHome, fyne.KeyEnd, fyne.KeyUp, fyne.KeyDown}[r.IntN(6)])
	}},
	{"hide and show", func(l *testList, _ *rand.Rand) { l.Object.Hide(); l.told(0); l.Object.Show() }},
}

// come, finish and leave change the rows without the list being told.
func (l *testList) come(n int) {
	var batch []flow.Row
	for range n {
		l.last++
		l.rows[l.last] = uitest.SampleRow(l.last)
		batch = append(batch, l.rows[l.last])
	}
	l.model.Apply(batch)
}

func (l *testList) finish(r *rand.Rand) {
	var batch []flow.Row
	for id := max(1, l.last-40); id <= l.last; id++ {
		if row, ok := l.rows[id]; ok && r.IntN(3) == 0 {
			row.Status, row.Phase, row.Failure = 404, flow.PhaseDone, flow.FailureNone
			l.rows[id] = row
			batch = append(batch, row)
		}
	}
	l.model.Apply(batch)
}

func (l *testList) leave(n int) {
	for id := flow.ID(1); id <= l.last && n > 0; id++ {
		if _, ok := l.rows[id]; ok {
			delete(l.rows, id)
			n--
		}
	}
	l.removeMissing()
}

func (l *testList) sortBy(s feed.Sorting) {
	l.Header.Sort = s
	l.model.SetSort(s)
}

// Whatever happens, the rows in sight are those that the model has there, each in
// its place, and a click on one selects it.
func TestWhatIsDrawnIsWhatIsThere(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 16))
		l := newTestList(t, 100)
		var before []string
		for range 250 {
			step := listSteps[random.IntN(len(listSteps))]
			before = append(before, step.name)
			step.do(l, random)
			if random.IntN(2) == 0 {
				l.frame() // a frame is drawn before the list is told
			}
			l.model.ResortAt = uitest.StartOfTests
			l.model.Settle(uitest.StartOfTests.Add(1))
			l.Changed(&feed.Update{Rebuilt: l.rebuilt, At: uitest.StartOfTests})
			l.rebuilt = false
			if wrong := l.wrong(); wrong != "" {
				t.Fatalf("seed %d: %s\nafter %v", seed, wrong, before[max(0, len(before)-8):])
			}
			if rows, _ := l.inView(); len(rows) > 0 && random.IntN(3) == 0 {
				l.tapRow(rows[random.IntN(len(rows))])
			}
		}
	}
}

// tapRow clicks in the middle of a row; a row that is cut by an edge is clicked where it is seen.
func (l *testList) tapRow(r seenRow) {
	l.t.Helper()
	top := fyne.CurrentApp().Driver().AbsolutePositionForObject(l.List.Rows).Y
	y := (max(r.y, 0) + min(r.y+style.RowHeight, l.List.Rows.Size().Height)) / 2
	l.lastTapID = 0
	l.click(top + y)
	if l.Selected != r.id {
		l.t.Fatalf("a click at %v selects %d, and %d is drawn there", y, l.Selected, r.id)
	}
}
