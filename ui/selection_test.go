package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	"posthouse/ui/uitest"
)

// openFilled has nine rows in the list.
func openFilled(t *testing.T, o windowOptions) *testWindow {
	w := openWindow(t, o)
	fillStore(w.controller.Store())
	w.until("the rows are shown", func() bool { return w.last.Total == 9 })
	return w
}

// typed presses a key without others where nothing has the focus.
func (w *testWindow) typed(name fyne.KeyName) { w.typedKey(&fyne.KeyEvent{Name: name}) }

// selectFirst selects the first n rows by keys.
func (w *testWindow) selectFirst(n int) {
	w.typed(fyne.KeyHome)
	for range n - 1 {
		w.list.Rows.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: ctrl | fyne.KeyModifierShift})
	}
	if got := len(w.list.Selection()); got != n {
		w.t.Fatalf("%d rows are selected, want %d", got, n)
	}
}

func (w *testWindow) rowOf(id flow.ID) flow.Row {
	row, _ := w.controller.Exchanges().Row(id)
	return row
}

// With several rows selected the details say what they come to, follow what changes, and
// are those of one again when one is selected.
func TestDetailsOfSeveralRows(t *testing.T) {
	w := openFilled(t, windowOptions{})
	w.selectFirst(3)
	said := func() string { return strings.Join(uitest.Texts(w.details.Object()), "\n") }
	w.until("it says how many are selected", func() bool {
		return strings.Contains(said(), "3 requests selected") && strings.Contains(said(), "cdn.example.test")
	})
	if w.details.Exchange != nil || w.details.CanSave(true) {
		t.Error("there is still the exchange that was shown before")
	}
	w.key(fyne.KeyD, ctrl)
	w.until("it counts the stars", func() bool { return strings.Contains(said(), "3 starred") })
	w.filter.set("is:tunnel")
	w.until("the hidden ones are told", func() bool { return strings.Contains(said(), "1 request selected, 2 more not in the list") })
	w.details.Tabs.Choose(details.TabResponse)
	if strings.Contains(said(), i18n.T("details.nothing")) {
		t.Error("a tab takes the place of what several rows come to")
	}
	w.filter.set("")
	w.until("all are back", func() bool { return strings.Contains(said(), "3 requests selected") })
	w.list.SelectID(w.model.At(4))
	w.until("one is shown", func() bool { return w.details.Exchange != nil && w.details.Exchange.ID == w.model.At(4) })
	if w.details.Several() {
		t.Error("what several come to stays")
	}
	w.typed(fyne.KeyEscape)
	if w.details.Several() || w.list.Selected != 0 {
		t.Error("Escape does not leave")
	}
}

// What a command does it does to all selected rows that are shown, and to no others.
func TestCommandsActOnSeveralRows(t *testing.T) {
	w := openFilled(t, windowOptions{})
	w.selectFirst(4)
	ids := w.list.Selection()
	w.pressMark()
	w.key(fyne.KeyD, ctrl)
	for i := range 9 {
		row := w.rowOf(w.model.At(i))
		if on := i < 4; (row.Mark == flow.MarkRed) != on || row.Star != on {
			t.Errorf("row %d has %+v", i, row.Annotation)
		}
	}
	if !w.columnShown(list.StarColumn) || w.columnShown(list.NoteColumn) {
		t.Error("the column of stars is not in sight, or that of notes is")
	}
	w.controller.Store().Annotate(ids[0], flow.Annotation{})
	w.key(fyne.KeyD, ctrl) // not all have one: now they have
	if !w.rowOf(ids[0]).Star || !w.rowOf(ids[1]).Star {
		t.Error("where some have no star, all get one")
	}
	w.key(fyne.KeyD, ctrl)
	if w.rowOf(ids[0]).Star || w.rowOf(ids[3]).Star {
		t.Error("the stars are not taken off")
	}
	w.rows.copyURLs(ids)
	w.until("the URLs are copied", func() bool { return strings.Count(w.app.Clipboard().Content(), "\n") == 3 })
	if got := strings.Split(w.app.Clipboard().Content(), "\n")[1]; !strings.Contains(got, w.rowOf(ids[1]).Path) {
		t.Errorf("the second is %q", got)
	}
	tunnel := w.model.At(2)
	w.filter.set("is:tunnel")
	w.until("tunnels are shown", func() bool { return w.list.Length == 2 })
	w.pressMark()
	for _, id := range ids {
		if got := w.rowOf(id).Mark; (got == flow.MarkRed) != (id != tunnel && id != ids[0]) { // the mark of the one in sight goes
			t.Errorf("with rows hidden row %d has the mark %q", id, got)
		}
	}
}

// The menu of one of several rows is for all of them, that of another row for it alone.
func TestTheMenuOfSeveralRows(t *testing.T) {
	w := openFilled(t, windowOptions{})
	w.selectFirst(3)
	said := func(at int) (labels []string) {
		row := w.rowOf(w.model.At(at))
		for _, item := range w.rows.menu(row.ID, &row).Items {
			if !item.IsSeparator {
				labels = append(labels, item.Label)
			}
		}
		return labels
	}
	want := []string{"3 requests selected", "Copy URLs", details.CopyAsItems(flow.KindHTTP, nil)[0].Label, "Copy as", "Resend",
		"Send as a group…", "Mark", "Delete"}
	if got := said(1); !slices.Equal(got, want) {
		t.Errorf("the menu of several says %q", got)
	}
	if got := said(5); !slices.Contains(got, "Copy URL") || slices.Contains(got, want[0]) {
		t.Errorf("the menu of one says %q", got)
	}
}

// The keys of the list are there while nothing has the focus, and so are letters and the
// window's keys while the list has it.
func TestKeysWithAndWithoutTheFocusOnTheList(t *testing.T) {
	w := openFilled(t, windowOptions{})
	canvas := w.win.Canvas()
	shortcut := func(s fyne.Shortcut) {
		if focused, ok := canvas.Focused().(fyne.Shortcutable); ok {
			focused.TypedShortcut(s)
			return
		}
		w.listShortcut(s)
	}
	for _, focus := range []bool{false, true} {
		canvas.Unfocus()
		if focus {
			canvas.Focus(w.list.Rows)
		}
		w.list.SelectID(0)
		shortcut(&fyne.ShortcutSelectAll{})
		if n := len(w.list.Selection()); n != 9 {
			t.Errorf("focus %v: %d rows are selected", focus, n)
		}
		w.list.SelectID(w.model.At(2))
		shortcut(&desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: ctrl})
		shortcut(&desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: ctrl})
		shortcut(&desktop.CustomShortcut{KeyName: fyne.KeySpace, Modifier: ctrl})
		if got := w.list.Selection(); !slices.Equal(got, []flow.ID{w.model.At(2), w.model.At(4)}) {
			t.Errorf("focus %v: %v is selected", focus, got)
		}
		w.list.SelectID(w.model.At(2))
		if focus {
			w.list.Rows.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF2})
		} else {
			w.typed(fyne.KeyF2)
		}
		if !w.covered() {
			t.Errorf("focus %v: the key for a note does nothing", focus)
		}
		w.leaveDialog()
		if focus {
			w.list.Rows.TypedRune('/')
			if canvas.Focused() != w.filter.entry {
				t.Error("with the focus on the list / does not go to the filter")
			}
		}
	}
}

// A note is written by the keyboard alone, about one row or several; hostile ones are
// shown as they are.
func TestNotesAreWritten(t *testing.T) {
	w := openFilled(t, windowOptions{})
	canvas := w.win.Canvas()
	open := func() *noteEntry {
		t.Helper()
		w.typed(fyne.KeyF2)
		e, ok := canvas.Focused().(*noteEntry)
		if !ok {
			t.Fatal("there is nowhere to write")
		}
		return e
	}
	save := &desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: ctrl}
	id := w.model.At(2)
	w.list.SelectID(id)
	e := open()
	test.Type(e, "look")
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnter})
	test.Type(e, "here")
	e.TypedShortcut(save)
	if got := w.rowOf(id).Note; got != "look\nhere" || w.covered() || !w.columnShown(list.NoteColumn) {
		t.Fatalf("the note is %q", got)
	}
	w.until("the note is told", func() bool { return strings.Contains(uitest.Words(w.details.Object()), "look\nhere") })
	e = open()
	test.Type(e, "!")
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if got := w.rowOf(id).Note; got != "look\nhere" || w.covered() {
		t.Errorf("after Escape the note is %q", got)
	}
	w.selectFirst(3)
	e = open()
	if e.Text != "" || e.PlaceHolder != i18n.T("note.differ") {
		t.Errorf("notes that differ begin with %q", e.Text)
	}
	e.TypedShortcut(save)
	if got := w.rowOf(id).Note; got != "look\nhere" {
		t.Errorf("saved without a word, the note is %q", got)
	}
	e = open()
	test.Type(e, "all")
	e.TypedShortcut(save)
	for _, one := range w.list.Selection() {
		if got := w.rowOf(one).Note; got != "all" {
			t.Errorf("row %d has the note %q", one, got)
		}
	}
	hostile := "a\u202eb\x1b[31m\x00"
	w.controller.Store().Annotate(id, flow.Annotation{Note: hostile})
	w.list.SelectID(id)
	e = open()
	if e.Text != "a‹U+202E›b‹ESC›[31m‹NUL›" {
		t.Errorf("the editor has %q", e.Text)
	}
	e.TypedShortcut(save)
	if got := w.rowOf(id).Note; got != hostile {
		t.Errorf("saved as it was, the note is %q", got)
	}
	w.until("it is shown", func() bool { return strings.Contains(uitest.Words(w.details.Object()), "a‹U+202E›b‹ESC›") })
}

// However much is pasted, a note keeps its bound, and that is said.
func TestANoteHasABound(t *testing.T) {
	w := openFilled(t, windowOptions{})
	w.list.SelectID(w.model.At(0))
	w.typed(fyne.KeyF2)
	e := w.win.Canvas().Focused().(*noteEntry)
	w.app.Clipboard().SetContent(strings.Repeat("语 ", 1<<20))
	for range 2 {
		e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: w.app.Clipboard()})
		if len(e.Text) > flow.MaxNote || len(e.Text) < flow.MaxNote-4 {
			t.Fatalf("the note has %d bytes", len(e.Text))
		}
	}
	if !w.says("of 4,096 bytes")() {
		t.Errorf("it says %q", w.words())
	}
	e.save()
	if got := w.rowOf(w.model.At(0)).Note; len(got) > flow.MaxNote || got != e.Text {
		t.Errorf("%d bytes are kept", len(got))
	}
}

// Rows are deleted by the key, and the next one is selected. Where something is said about
// some, or they are many, it asks first; those under way stay.
func TestRowsAreDeleted(t *testing.T) {
	w := openFilled(t, windowOptions{})
	store := w.controller.Store()
	gone := func(ids ...flow.ID) func() bool {
		return func() bool {
			return !slices.ContainsFunc(ids, func(id flow.ID) bool { return w.model.Index(id) >= 0 || w.rowOf(id).ID != 0 })
		}
	}
	first, next := w.model.At(3), w.model.At(4)
	w.list.SelectID(first)
	w.typed(fyne.KeyDelete)
	w.until("it is gone", gone(first))
	w.until("the next one is selected", func() bool { return w.list.Selected == next })
	if w.covered() {
		t.Error("it asks about one row")
	}
	w.selectFirst(3)
	ids := w.list.Selection()
	store.Annotate(ids[1], flow.Annotation{Star: true})
	w.typed(fyne.KeyDelete)
	w.until("it asks", w.says("Delete 3 requests?"))
	if !w.says(i18n.T("delete.annotated.one"))() {
		t.Errorf("it says %q", w.words())
	}
	focused := func(key fyne.KeyName) { w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: key}) }
	focused(fyne.KeyEscape)
	if w.covered() || gone(ids...)() {
		t.Error("Escape deletes")
	}
	w.typed(fyne.KeyDelete)
	w.until("it asks again", w.covered)
	focused(fyne.KeyReturn)
	w.until("they are gone", gone(ids...))
	open := uitest.Begin(store, "open.test", "/")
	w.until("it is there", func() bool { return w.model.Index(open.ID()) >= 0 })
	w.list.SelectID(open.ID())
	w.typed(fyne.KeyDelete)
	w.until("it says why not", func() bool { return w.notices.banner.Text.Text == i18n.T("delete.flight") })
	for i := range 30 {
		uitest.Record(store, "many.test", fmt.Sprint("/", i), 200)
	}
	w.until("they are there", func() bool { return w.model.Len() == 36 && w.list.Length == 36 })
	w.list.SelectAll()
	w.typed(fyne.KeyDelete)
	w.until("it asks about many", w.says("Delete 35 requests?"))
	if !w.says("1 request under way stays.")() {
		t.Errorf("it says %q", w.words())
	}
	focused(fyne.KeyReturn)
	w.until("one is left", func() bool { return w.model.Len() == 1 && w.model.At(0) == open.ID() })
	uitest.Answer(open, 200)
}

// Several selected rows, what they come to, stars and notes; and the editor of a note.
func TestPicturesOfTheSelection(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{
		{"several-dark-en", "dark", "en"}, {"several-light-zh", "light", "zh-Hans"},
	} {
		t.Run(c.name, func(t *testing.T) {
			zone := time.Local
			time.Local = time.UTC // the details show the time of day
			t.Cleanup(func() { time.Local = zone })
			chosen := settings.Default()
			chosen.General.Theme = c.theme
			w := openFilled(t, windowOptions{settings: chosen, lang: c.lang})
			w.win.Resize(fyne.NewSize(1100, 560))
			w.spark.Hide() // the rate depends on how fast this computer is now
			w.rows.marks.set([]flow.ID{w.model.At(1), w.model.At(6)}, flow.MarkBlue)
			w.rows.marks.star([]flow.ID{w.model.At(1), w.model.At(2), w.model.At(4)})
			w.controller.Store().Annotate(w.model.At(2), flow.Annotation{Star: true, Note: "See issue 12\nslow since Monday"})
			w.rows.marks.reveal(list.NoteColumn)
			w.until("the note is told", func() bool { return w.rowOf(w.model.At(2)).Note != "" && w.last.Stats.Rows == 9 })
			w.until("all is told", func() bool { return w.last.Stats.MemoryUsed == w.controller.Store().Stats().MemoryUsed })
			w.selectFirst(3)
			w.list.Rows.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: ctrl})
			w.list.Rows.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: ctrl})
			w.list.Rows.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeySpace, Modifier: ctrl})
			stars := i18n.T("several.starred", "3")
			w.until("all is counted", func() bool {
				return strings.Contains(strings.Join(uitest.Texts(w.details.Object()), "\n"), stars)
			})
			test.AssertRendersToImage(t, "window-"+c.name+".png", w.win.Canvas())
			w.list.SelectID(w.model.At(2))
			w.until("the note is shown", func() bool { return strings.Contains(uitest.Words(w.details.Object()), "since Monday") })
			w.typed(fyne.KeyF2)
			w.win.Canvas().Unfocus() // its cursor blinks
			test.AssertRendersToImage(t, "window-note-"+c.theme+"-"+i18n.Lang()+".png", w.win.Canvas())
		})
	}
}
