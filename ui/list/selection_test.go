package list

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

const (
	testCtrl  = fyne.KeyModifierShortcutDefault
	testShift = fyne.KeyModifierShift
)

// do has happen to the list what one word of a table says.
func (l *testList) do(what string) {
	l.t.Helper()
	name, arg, _ := strings.Cut(what, " ")
	var id flow.ID
	_, _ = fmt.Sscan(arg, &id)
	switch name {
	case "click":
		l.clickOn(id, 0)
	case "ctrl":
		l.clickOn(id, testCtrl)
	case "shift":
		l.clickOn(id, testShift)
	case "ctrl-shift":
		l.clickOn(id, testCtrl|testShift)
	case "key":
		l.key(fyne.KeyName(arg))
	case "shift-key":
		l.held = func() fyne.KeyModifier { return testShift }
		l.key(fyne.KeyName(arg))
		l.held = heldKeys
	case "ctrl-key":
		l.List.Rows.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyName(arg), Modifier: testCtrl})
	case "ctrl-shift-key":
		l.List.Rows.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyName(arg), Modifier: testCtrl | testShift})
	case "all":
		l.List.Rows.TypedShortcut(&fyne.ShortcutSelectAll{})
	case "invert":
		l.InvertSelection()
	case "none":
		l.SelectID(0)
	case "filter":
		l.model.SetFilter(uitest.Parsed(l.t, arg))
		l.told(0)
	case "sort":
		l.model.SetSort(feed.Sorting{Column: "number", Descending: true})
		l.told(0)
	case "arrive":
		l.arrive(int(id))
	case "leave":
		delete(l.rows, id)
		l.removeMissing()
		l.told(0)
	default:
		l.t.Fatalf("nothing is called %q", what)
	}
}

// clickOn clicks on a row that is in sight.
func (l *testList) clickOn(id flow.ID, held fyne.KeyModifier) {
	l.t.Helper()
	l.seen()
	r := l.placed(l.shown.Index(id)).row
	if r == nil || r.id != id {
		l.t.Fatalf("row %d is not in sight", id)
	}
	e := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary, Modifier: held}
	r.MouseDown(e)
	r.MouseUp(e)
	r.Tapped(&e.PointEvent)
}

// The states of the selection, as the table at its type has them.
func TestTheStatesOfTheSelection(t *testing.T) {
	for _, c := range []struct {
		do   string // what happens, one after another
		want string // what is acted on, the row that a person came to last, and how many rows are hidden
	}{
		{"", "[] 0 0"},
		{"click 4", "[4] 4 0"},
		{"click 4; click 6", "[6] 6 0"},
		{"click 4; click 4", "[4] 4 0"},
		{"click 4; none", "[] 0 0"},
		// toggled
		{"ctrl 4", "[4] 4 0"},
		{"ctrl 4; ctrl 2", "[2 4] 2 0"},
		{"click 4; ctrl 2; ctrl 9; click 3", "[3] 3 0"},
		{"ctrl 4; ctrl 4", "[] 0 0"},
		{"ctrl 2; ctrl 4; ctrl 7; ctrl 7", "[2 4] 4 0"},
		{"ctrl 2; ctrl 4; ctrl 7; ctrl 4", "[2 7] 7 0"},
		{"ctrl 7; ctrl 2; ctrl 2", "[7] 7 0"},
		{"ctrl 7; ctrl 2; ctrl 2; shift 4", "[2 3 4] 4 0"}, // the anchor is where the click was
		// extended
		{"shift 4", "[4] 4 0"},
		{"click 4; shift 6", "[4 5 6] 6 0"},
		{"click 4; shift 6; shift 2", "[2 3 4] 2 0"},
		{"click 4; shift 4", "[4] 4 0"},
		{"click 4; ctrl 8; shift 6", "[6 7 8] 6 0"},
		{"click 2; shift 3; ctrl 6; ctrl-shift 8", "[2 3 6 7 8] 8 0"},
		{"ctrl-shift 8", "[8] 8 0"},
		// keys
		{"key Home; key Down", "[2] 2 0"},
		{"click 4; shift-key Down; shift-key Down", "[4 5 6] 6 0"},
		{"click 4; shift-key Down; shift-key Up; shift-key Up", "[3 4] 3 0"},
		{"click 4; shift-key End", "[4 5 6 7 8 9 10 11 12] 12 0"},
		{"click 4; shift-key Home", "[1 2 3 4] 1 0"},
		{"click 2; shift-key Next", "[2 3 4 5 6 7 8 9 10 11 12] 12 0"},
		{"click 4; shift-key Down; key Down", "[6] 6 0"},
		{"click 4; shift-key Down; key Escape", "[] 0 0"},
		{"click 4; ctrl-key Down; ctrl-key Down", "[4] 4 0"},
		{"click 4; ctrl-key Down; ctrl-key Down; ctrl-key Space", "[4 6] 6 0"},
		{"click 4; ctrl-key Down; ctrl-key Down; ctrl-key Space; ctrl-key Space", "[4] 4 0"},
		{"click 4; ctrl-key Down; ctrl-key Down; key Down", "[7] 7 0"},
		{"click 2; ctrl-key Down; ctrl-key Down; ctrl-key Space; ctrl-shift-key Down", "[2 4 5] 5 0"},
		{"ctrl-key Space", "[] 0 0"},
		// all
		{"all", "[1 2 3 4 5 6 7 8 9 10 11 12] 1 0"},
		{"click 4; all", "[1 2 3 4 5 6 7 8 9 10 11 12] 4 0"},
		{"all; ctrl 3", "[1 2 4 5 6 7 8 9 10 11 12] 1 0"},
		{"all; invert", "[] 0 0"},
		{"invert", "[1 2 3 4 5 6 7 8 9 10 11 12] 1 0"},
		{"click 1; shift 9; invert", "[10 11 12] 10 0"},
		{"all; none", "[] 0 0"},
		// filtered: 3 and 9 are tunnels
		{"click 4; filter is:tunnel", "[4] 4 0"}, // its details stay
		{"click 2; shift 4; filter is:tunnel", "[3] 4 2"},
		{"click 4; shift 5; filter is:tunnel", "[] 5 2"},
		{"click 2; shift 4; filter is:tunnel; filter ", "[2 3 4] 4 0"},
		{"click 2; shift 4; filter is:tunnel; ctrl 9", "[3 9] 9 2"},
		{"click 2; shift 4; filter is:tunnel; shift 9", "[9] 9 0"}, // neither anchor nor cursor are in sight
		{"click 3; filter is:tunnel; shift 9", "[3 9] 9 0"},
		{"click 4; filter is:tunnel; all", "[3 9] 3 0"},
		{"click 3; filter is:tunnel; invert", "[9] 9 0"},
		// sorted: by falling number
		{"click 2; sort; shift 4", "[2 3 4] 4 0"},
		{"click 2; sort; shift-key Down", "[1 2] 1 0"},
		{"click 2; shift 4; sort; shift 1", "[1 2] 1 0"},
		{"click 2; shift 4; sort; all", "[1 2 3 4 5 6 7 8 9 10 11 12] 4 0"},
		{"sort; all", "[1 2 3 4 5 6 7 8 9 10 11 12] 12 0"},
		// rows come and go
		{"click 2; shift 4; arrive 3", "[2 3 4] 4 0"},
		{"all; arrive 3", "[1 2 3 4 5 6 7 8 9 10 11 12] 1 0"},
		{"click 12; arrive 3; shift 14", "[12 13 14] 14 0"},
		{"click 4; leave 4", "[4] 4 0"}, // what was read of it stays
		{"click 4; leave 4; shift 6", "[6] 6 0"},
		{"click 2; shift 4; leave 3", "[2 4] 4 1"},
		{"click 2; shift 4; leave 4; ctrl 6", "[2 3 6] 6 1"},
		{"click 2; shift 4; leave 4; shift 6", "[2 3 5 6] 6 0"}, // the anchor is 2
		{"click 2; shift 4; leave 2; shift 6", "[4 5 6] 6 0"},   // the cursor was 4
	} {
		t.Run(c.do, func(t *testing.T) {
			l := newTestList(t, 12)
			for _, what := range strings.Split(c.do, "; ") {
				if what != "" {
					l.do(what)
				}
			}
			if got := fmt.Sprint(l.Selection(), l.Selected, l.SelectedHidden()); got != c.want {
				t.Errorf("selected %s, want %s", got, c.want)
			}
			l.checkDrawn()
		})
	}
}

// checkDrawn compares the rows drawn as selected with those that are.
func (l *testList) checkDrawn() {
	l.t.Helper()
	rows, _ := uitest.ListRows(l.List.Rows, style.RowHeight)
	for _, drawn := range rows {
		r := drawn.Object.(*row)
		acted := slices.Contains(l.Selection(), r.id)
		if r.selected != acted || r.cursor != (r.id == l.cursor && (l.Several() || r.id != l.Selected)) {
			l.t.Errorf("row %d is drawn as selected: %v, with the cursor: %v; selected is %v", r.id, r.selected, r.cursor, l.Selection())
		}
	}
}

// Whatever is done in whichever order: the rows drawn are those acted on, each once, and
// who has a selection keeps it as it was.
func TestTheSelectionHoldsWhateverHappens(t *testing.T) {
	words := []string{"click", "ctrl", "shift", "ctrl-shift", "all", "invert", "none", "filter is:tunnel", "filter ", "filter -is:tunnel",
		"sort", "arrive 2", "key Down", "shift-key Up", "ctrl-key Down", "ctrl-key Space", "shift-key End", "leave"}
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 5))
		l := newTestList(t, 15)
		var held, was []flow.ID
		for range 400 {
			what := words[random.IntN(len(words))]
			if !strings.Contains(what, " ") {
				first, count := l.List.Rows.inSight()
				id := l.shown.At(first + 1 + random.IntN(max(1, min(count, l.shown.Len())-2)))
				if id == 0 {
					continue
				}
				what = fmt.Sprintf("%s %d", what, id)
			}
			l.do(what)
			if !slices.Equal(held, was) {
				t.Fatalf("seed %d: %s changed a selection that was handed out", seed, what)
			}
			held = l.Selection()
			was = slices.Clone(held)
			if !slices.IsSorted(held) || len(slices.Compact(slices.Clone(held))) != len(held) {
				t.Fatalf("seed %d, %s: %v", seed, what, held)
			}
			if (l.Selected == 0) != (len(l.ids) == 0) || l.Selected != 0 && !l.has(l.Selected) {
				t.Fatalf("seed %d, %s: %d is the row of %v", seed, what, l.Selected, l.ids)
			}
			l.checkDrawn()
		}
	}
}

// The row to go to once the selected ones are gone stands below them, else above.
func TestTheRowAfterTheSelection(t *testing.T) {
	for do, want := range map[string]flow.ID{"click 4": 5, "click 12": 11, "click 4; shift 6": 7, "click 6; shift 4": 7, "all": 0, "": 1,
		"click 9; shift 12": 8, "ctrl 4; ctrl 8": 9, "sort; click 4": 3, "all; ctrl 5; ctrl 7": 5} {
		l := newTestList(t, 12)
		for _, what := range strings.Split(do, "; ") {
			if what != "" {
				l.do(what)
			}
		}
		if got := l.After(); got != want {
			t.Errorf("after %q comes %d, want %d", do, got, want)
		}
	}
}

// The other button on one of several selected rows leaves them selected.
func TestTheMenuOfSeveralRows(t *testing.T) {
	l := newTestList(t, 12)
	var menus []flow.ID
	l.deps.Menu = func(id flow.ID, _ fyne.Position) { menus = append(menus, id) }
	l.do("click 4")
	l.do("shift 6")
	l.menu(l.placed(4).row, fyne.Position{})
	if got := l.Selection(); !slices.Equal(got, []flow.ID{4, 5, 6}) {
		t.Errorf("the menu of row 5 selected %v", got)
	}
	l.menu(l.placed(0).row, fyne.Position{})
	if got := l.Selection(); !slices.Equal(got, []flow.ID{1}) || !slices.Equal(menus, []flow.ID{5, 1}) {
		t.Errorf("the menu of row 1 selected %v; menus of %v", got, menus)
	}
}

// A hundred thousand selected rows cost a frame what the few do that it shows.
func TestManySelectedRowsAreDrawnAsFast(t *testing.T) {
	draw := func(rows int) (*testList, float64) {
		l := newTestList(t, rows)
		l.SelectAll()
		l.Refresh()
		if n := len(l.Selection()); n != rows {
			t.Fatalf("%d rows are selected", n)
		}
		return l, testing.AllocsPerRun(20, l.Refresh)
	}
	_, few := draw(40)
	l, all := draw(100_000)
	if all > few {
		t.Errorf("%v allocations a frame with 100,000 rows selected, %v with 40", all, few)
	}
	if n := testing.AllocsPerRun(10, func() { l.Selection() }); n > 0 {
		t.Errorf("%v allocations to ask what is selected", n)
	}
}
