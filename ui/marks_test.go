package ui

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	"posthouse/ui/uitest"
)

func (w *testWindow) columnShown(name string) bool {
	for _, c := range w.layout.State() {
		if c.Name == name {
			return !c.Hidden
		}
	}
	return false
}

func (w *testWindow) markOf(id flow.ID) flow.Mark {
	row, _ := w.controller.Exchanges().Row(id)
	return row.Mark
}

// pressMark presses the key that marks.
func (w *testWindow) pressMark() {
	one := w.commands.table.Find("mark.last")
	w.key(one.Key.Name, one.Key.Modifier)
}

// chooseMark does what a line of the submenu Mark does.
func (w *testWindow) chooseMark(id flow.ID, label string) {
	w.t.Helper()
	row, _ := w.controller.Exchanges().Row(id)
	for _, item := range w.rows.rowItems(id, &row).Items {
		if item.ChildMenu == nil || item.Label != i18n.T("row.mark") {
			continue
		}
		for _, color := range item.ChildMenu.Items {
			if color.Label == label {
				color.Action()
				return
			}
		}
	}
	w.t.Fatalf("the row's menu has no mark %q", label)
}

// A mark comes by the row's menu or the key; the first one ever brings its column into
// sight, and whoever hides it then is left alone. The filter finds marked rows.
func TestRowsAreMarked(t *testing.T) {
	state := filepath.Join(t.TempDir(), "window.json")
	w := openWindow(t, windowOptions{state: state})
	fillStore(w.controller.Store())
	w.until("the rows are shown", func() bool { return w.last.Total == 9 })
	w.pressMark() // nothing is selected
	if w.columnShown(list.MarkColumn) {
		t.Error("the column is there before there is a mark")
	}
	w.list.SelectID(w.model.At(2))
	w.pressMark()
	if w.markOf(w.model.At(2)) != flow.MarkRed || !w.columnShown(list.MarkColumn) {
		t.Errorf("the key marks with %q, the column is there: %v", w.markOf(w.model.At(2)), w.columnShown(list.MarkColumn))
	}
	w.memory.file.End()
	if !slices.ContainsFunc(app.LoadWindowState(state).Columns,
		func(c app.ColumnState) bool { return c.Name == list.MarkColumn && !c.Hidden }) {
		t.Error("the column is not remembered: a crash would hide it for good")
	}
	w.chooseMark(w.model.At(5), "Purple")
	w.list.SelectID(w.model.At(6))
	w.pressMark()
	if w.markOf(w.model.At(5)) != flow.MarkPurple || w.markOf(w.model.At(6)) != flow.MarkPurple {
		t.Error("the key does not mark with the colour used last")
	}
	w.pressMark()
	if w.markOf(w.model.At(6)) != flow.MarkNone {
		t.Error("the key does not take a mark off")
	}
	marked := []flow.ID{w.model.At(2), w.model.At(5)}
	w.filter.set("is:marked")
	w.until("the marked rows are shown", func() bool {
		return w.model.Len() == 2 && w.model.At(0) == marked[0] && w.model.At(1) == marked[1]
	})
	w.filter.set("mark:purple")
	w.until("the purple row is shown", func() bool { return w.model.Len() == 1 && w.model.At(0) == marked[1] })
	w.chooseMark(marked[1], "No mark")
	w.until("no row is shown", func() bool { return w.model.Len() == 0 })
	w.filter.set("")
	at := slices.IndexFunc(list.NewColumnLayout(nil).State(), func(c app.ColumnState) bool { return c.Name == list.MarkColumn })
	w.layout.SetHidden(at, true)
	w.chooseMark(marked[1], "Blue")
	w.remember()

	again := openWindow(t, windowOptions{state: state})
	fillStore(again.controller.Store())
	again.until("the rows are shown", func() bool { return again.last.Total == 9 })
	again.list.SelectID(again.model.At(0))
	again.pressMark()
	if again.columnShown(list.MarkColumn) {
		t.Error("a column that a person hid comes back")
	}
	if got := again.markOf(again.model.At(0)); got != flow.MarkBlue {
		t.Errorf("the colour used last was blue, the key marks with %q", got)
	}
}

// Where no more rows can be marked, that is said, until one can be.
func TestAFullTableOfMarksIsSaid(t *testing.T) {
	w := openWindow(t, windowOptions{})
	store := w.controller.Store()
	last := flow.ID(0)
	store.Annotate(uitest.Record(store, "a.test", "/", 200), flow.Annotation{Mark: flow.MarkRed})
	for marked := true; marked; {
		last = uitest.Record(store, "a.test", "/", 200)
		marked = store.Annotate(last, flow.Annotation{Mark: flow.MarkRed})
	}
	w.chooseMark(last, "Green")
	if w.markOf(last) != flow.MarkNone || !w.notices.banner.Object.Visible() || w.notices.banner.Text.Text != i18n.T("mark.full") {
		t.Fatalf("the mark is %q, it says %q", w.markOf(last), w.notices.banner.Text.Text)
	}
	w.chooseMark(1, "No mark")
	w.chooseMark(last, "Green")
	if w.markOf(last) != flow.MarkGreen || w.notices.banner.Object.Visible() {
		t.Errorf("with room the mark is %q, it says %q", w.markOf(last), w.notices.banner.Text.Text)
	}
}

// The details stand beside the list where that is wanted and there is room, each way with
// its own share, and do so again the next time.
func TestDetailsBesideTheList(t *testing.T) {
	state := filepath.Join(t.TempDir(), "window.json")
	w := openWindow(t, windowOptions{state: state})
	w.win.Resize(fyne.NewSize(1180, 700))
	fillStore(w.controller.Store())
	w.until("the rows are shown", func() bool { return w.last.Total == 9 })
	w.list.SelectID(w.model.At(3))
	if w.body.split.Beside() || !w.body.split.Fits() {
		t.Fatal("at first the details stand beside the list")
	}
	w.body.split.SetOffsets(0.4, 0.6)
	w.toggleBeside()
	if !w.body.split.Beside() {
		t.Fatal("the details do not go beside the list")
	}
	w.win.Resize(fyne.NewSize(760, 700))
	if w.body.split.Beside() || w.body.split.Fits() {
		t.Error("in a narrow window the details stand beside the list")
	}
	w.win.Resize(fyne.NewSize(1180, 700))
	if !w.body.split.Beside() {
		t.Error("in a wide window they do not come back")
	}
	if width := w.list.Object.Size().Width; width < 500 || width > 700 {
		t.Errorf("the list is %v wide", width)
	}
	w.remember()

	again := openWindow(t, windowOptions{state: state})
	again.win.Resize(fyne.NewSize(1180, 700))
	fillStore(again.controller.Store())
	again.until("the rows are shown", func() bool { return again.last.Total == 9 })
	again.list.SelectID(again.model.At(3))
	if below, beside := again.body.split.Offsets(); !again.body.split.Beside() || below != 0.4 || beside != 0.6 {
		t.Errorf("the next time they stand beside it: %v, with %v and %v", again.body.split.Beside(), below, beside)
	}
	again.toggleBeside()
	if below, _ := again.body.split.Offsets(); again.body.split.Beside() || below != 0.4 {
		t.Errorf("below the list it has %v of the height", below)
	}
}

// Marked rows and the details beside them, as a person sees both.
func TestMarksAndDetailsBesidePictures(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{
		{"beside-dark-en", "dark", "en"}, {"beside-light-zh", "light", "zh-Hans"},
	} {
		t.Run(c.name, func(t *testing.T) {
			zone := time.Local
			time.Local = time.UTC // the details show the time of day
			t.Cleanup(func() { time.Local = zone })
			chosen := settings.Default()
			chosen.General.Theme = c.theme
			w := openWindow(t, windowOptions{settings: chosen, lang: c.lang})
			w.win.Resize(fyne.NewSize(1100, 480))
			fillStore(w.controller.Store())
			w.until("the rows are shown", func() bool { return w.last.Total == 9 })
			for i, m := range flow.Marks {
				w.rows.marks.set([]flow.ID{w.model.At(i)}, m)
			}
			w.toggleBeside()
			w.list.SelectID(w.model.At(3))
			w.until("the mark is told", func() bool { return w.details.Exchange != nil && w.details.Exchange.Mark != flow.MarkNone })
			test.AssertRendersToImage(t, "window-"+c.name+".png", w.win.Canvas())
		})
	}
}
