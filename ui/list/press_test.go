package list

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

// button has a button go down or up where it is, as the toolkit tells it: a click needs the
// object that it went down on. It reports that object.
func (l *testList) button(y float32, b desktop.MouseButton, down *row) *row {
	r := l.row(y)
	if r == nil {
		l.t.Fatalf("no row is drawn at %v", y)
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(r)
	e := &desktop.MouseEvent{Button: b}
	e.AbsolutePosition = fyne.NewPos(300, y)
	e.Position = e.AbsolutePosition.Subtract(at)
	if down == nil {
		r.MouseDown(e)
		return r
	}
	r.MouseUp(e)
	switch {
	case r != down:
	case b == desktop.MouseButtonSecondary:
		r.TappedSecondary(&e.PointEvent)
	default:
		r.Tapped(&e.PointEvent)
	}
	return r
}

// seen says that the last refresh has been painted long since.
func (l *testList) seen() { l.before.until = time.Now().Add(-time.Minute) }

// modelEvicts takes the n oldest rows out of the model; the window is not told yet.
func (l *testList) modelEvicts(n int) {
	for range n {
		delete(l.rows, l.model.At(0))
		l.removeMissing()
	}
}

// The feed changes the model at any time. A click draws the list anew: with the rows of
// the last refresh, else it would slide away below the pointer.
func TestTheListStandsStillForAClickWhileTheModelGoesOn(t *testing.T) {
	l := newTestList(t, 200)
	l.scroll(600)
	l.seen()
	before, _ := l.inView()
	want := l.rowAt(200)
	l.modelEvicts(3)
	l.click(200)
	if l.Selected != want {
		t.Errorf("row %d is selected, %d was clicked", l.Selected, want)
	}
	if now, _ := l.inView(); !slices.Equal(now, before) {
		t.Errorf("the click moved the list:\n%v\n%v", before, now)
	}
	l.told(0)
	if now := l.rowAt(200); now != want {
		t.Errorf("row %d stands where %d was clicked", now, want)
	}
	if wrong := l.wrong(); wrong != "" {
		t.Error(wrong)
	}
}

// A row that leaves memory stays as it was until the list is told.
func TestARowThatLeftIsDrawnUntilTheNextRefresh(t *testing.T) {
	l := newTestList(t, 10)
	r := l.placed(0).row
	at := slices.IndexFunc(columns, func(c column) bool { return c.name == "host" })
	host := r.full[at]
	l.modelEvicts(1)
	l.Refresh()
	if r.id != 1 || host == "" || r.full[at] != host {
		t.Errorf("row %d shows the host %q, it was %q", r.id, r.full[at], host)
	}
}

// What is clicked is the row that was painted where the button went down, whatever comes
// before the button is up.
func TestARowIsClickedWhereTheButtonWentDown(t *testing.T) {
	for name, between := range map[string]func(*testList){
		"nothing":       func(*testList) {},
		"rows came":     func(l *testList) { l.arrive(7) },
		"rows left":     func(l *testList) { l.evict(3) },
		"both":          func(l *testList) { l.arrive(30); l.evict(11) },
		"another order": func(l *testList) { l.sorted(feed.Sorting{Column: "number", Descending: true}) },
	} {
		for _, b := range []desktop.MouseButton{desktop.MouseButtonPrimary, desktop.MouseButtonSecondary} {
			l := newTestList(t, 200)
			var menu flow.ID
			l.deps.Menu = func(id flow.ID, _ fyne.Position) { menu = id }
			l.seen()
			want := l.rowAt(200)
			down := l.button(200, b, nil)
			between(l)
			l.button(200, b, down)
			if l.Selected != want || b == desktop.MouseButtonSecondary && menu != want {
				t.Errorf("%s: row %d is selected and %d has the menu, the button went down on %d", name, l.Selected, menu, want)
			}
		}
	}
}

// A refresh that cannot have been seen yet is not what a person clicked on.
func TestARefreshThatWasNotSeenIsNotClicked(t *testing.T) {
	l := newTestList(t, 200)
	was := l.rowAt(200)
	l.arrive(5)
	l.before.until = time.Now().Add(time.Minute) // however long the test takes to press
	now := l.rowAt(200)
	l.button(200, desktop.MouseButtonPrimary, l.button(200, desktop.MouseButtonPrimary, nil))
	if was == now || l.Selected != was {
		t.Errorf("row %d is selected; %d was painted, %d is about to be", l.Selected, was, now)
	}
	l.SetFollow(true)
	l.arrive(5)
	l.seen()
	now = l.rowAt(200)
	l.button(200, desktop.MouseButtonPrimary, l.button(200, desktop.MouseButtonPrimary, nil))
	if l.Selected != now {
		t.Errorf("row %d is selected, %d has been painted since", l.Selected, now)
	}
	l.SetFollow(true)
	l.arrive(5)
	l.scroll(2 * style.RowHeight) // which is seen: the person did it
	now = l.rowAt(200)
	l.button(200, desktop.MouseButtonPrimary, l.button(200, desktop.MouseButtonPrimary, nil))
	if l.Selected != now {
		t.Errorf("row %d is selected, the person scrolled to %d", l.Selected, now)
	}
}

// Who presses, and lets the button up on another row, has thought better of it.
func TestAButtonThatGoesUpElsewhereIsNoClick(t *testing.T) {
	l := newTestList(t, 200)
	l.seen()
	down := l.button(200, desktop.MouseButtonPrimary, nil)
	l.button(200+3*style.RowHeight, desktop.MouseButtonPrimary, down)
	if l.Selected != 0 {
		t.Errorf("row %d is selected", l.Selected)
	}
	down = l.button(200, desktop.MouseButtonPrimary, nil)
	l.press.when = uitest.StartOfTests // it went up where the list is not told
	l.button(200+style.RowHeight-1, desktop.MouseButtonPrimary, down)
	if l.Selected != 0 {
		t.Errorf("row %d is selected by an old press", l.Selected)
	}
}
