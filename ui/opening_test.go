package ui

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/app/sessions"
	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
	"posthouse/proxy/redact"
	"posthouse/ui/share"
	"posthouse/ui/uitest"
)

// requestFile writes a file with two requests, and returns its path.
func requestFile(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	text := "GET http://a.test/1 HTTP/1.1\r\n\r\n###\nGET http://a.test/2 HTTP/1.1\r\n\r\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// idle tells that nothing is being opened, and no dialog is over the window.
func (w *testWindow) idle() bool { return !w.opening.busy && !w.covered() }

// names are those of the tabs.
func (w *testWindow) names() (names []string) {
	for _, t := range w.tabs.all[1:] {
		names = append(names, t.opened.Name)
	}
	return names
}

// What is dropped on the window is opened, each in a tab, one after the other; what cannot be is said once,
// with what to do. A file that is open is shown.
func TestDroppedFilesAreOpened(t *testing.T) {
	w := openWindow(t, windowOptions{})
	a, b, gone := requestFile(t, "a b.http"), requestFile(t, "b.http"), filepath.Join(t.TempDir(), "gone.har")
	odd := filepath.Join(t.TempDir(), "x.bin")
	if err := os.WriteFile(odd, []byte{0, 1}, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	web, err := storage.ParseURI("https://a.test/x.har")
	if err != nil {
		t.Fatal(err)
	}
	items := []fyne.URI{web}
	for _, path := range []string{a, gone, folder, odd, b} {
		items = append(items, storage.NewFileURI(path))
	}
	w.opening.dropped(items)
	w.until("all are looked at", func() bool { return !w.opening.busy && len(w.opening.waiting) == 0 })
	words := uitest.Words(w.overlay())
	for _, want := range []string{"https://a.test/x.har is no file on this computer", gone + " is not there", "is a folder. Open the files",
		"x.bin is in no format"} {
		if !strings.Contains(words, want) {
			t.Errorf("it does not say %q: %s", want, words)
		}
	}
	if names := w.names(); !slices.Equal(names, []string{"a b.http", "b.http"}) || w.tab != w.tabs.all[2] {
		t.Errorf("open are %v", names)
	}
	uitest.Press(t, w.overlay(), "OK")
	w.until("its rows are shown", func() bool { return w.model.Len() == 2 })

	w.OpenSoon([]string{a})
	w.until("the first is shown", func() bool { return w.tab == w.tabs.all[1] })
	if len(w.tabs.all) != 3 || !w.idle() {
		t.Errorf("open are %v", w.names())
	}
}

// The files that were opened last can be opened again, the latest first, each once; they are remembered,
// and one that is gone is said to be, and leaves the list.
func TestRecentFiles(t *testing.T) {
	state := filepath.Join(t.TempDir(), "window.json")
	w := openWindow(t, windowOptions{state: state})
	a, b := requestFile(t, "a.http"), requestFile(t, "b.http")
	w.opening.open(a, b, a)
	w.until("they are open", w.idle)
	w.memory.file.End()
	if got := app.LoadWindowState(state).Recent; !slices.Equal(got, []string{a, b}) {
		t.Errorf("remembered are %v", got)
	}
	if err := os.Remove(b); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.tabs.close(w.tabs.all[1])
	}
	var items []*fyne.MenuItem
	w.until("the menu has them", func() bool {
		items = w.entry("File", "Open recent").ChildMenu.Items
		return len(items) == 4
	})
	if !strings.HasSuffix(items[0].Label, "a.http") || !strings.HasSuffix(items[1].Label, "b.http") {
		t.Errorf("%q, %q", items[0].Label, items[1].Label)
	}
	items[1].Action()
	w.until("it is looked at", func() bool { return !w.opening.busy })
	if words := uitest.Words(w.overlay()); !strings.Contains(words, b+" is not there") || !slices.Equal(w.memory.Recent, []string{a}) {
		t.Errorf("%s; then there are %v", words, w.memory.Recent)
	}
}

// A list that is full forgets the oldest; Clear this list empties it.
func TestRecentFilesAreBounded(t *testing.T) {
	w := openWindow(t, windowOptions{})
	for i := range 30 {
		w.opening.remember(filepath.Join("/x", string(rune('a'+i))))
	}
	if n := len(w.memory.Recent); n != maxRecent {
		t.Errorf("%d are remembered", n)
	}
	items := w.opening.recent()
	items[len(items)-1].Command.Run()
	if len(w.memory.Recent) != 0 {
		t.Error("it is not empty")
	}
}

// Files beyond the bound are said, and those before are opened.
func TestManyFilesAreBounded(t *testing.T) {
	w := openWindow(t, windowOptions{})
	a := requestFile(t, "a.http")
	w.opening.open(slices.Repeat([]string{a}, maxOpening+5)...)
	w.until("they are looked at", func() bool { return !w.opening.busy && len(w.opening.waiting) == 0 })
	if words := uitest.Words(w.overlay()); !strings.Contains(words, "Only 64 files") || !strings.Contains(words, "left out: 5.") {
		t.Error(words)
	}
	if len(w.tabs.all) != 2 {
		t.Error(w.names())
	}
}

// A person who cancels the opening of several files opens no further ones, and nothing is left.
func TestOpeningIsCancelled(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.opening.folder = t.TempDir()
	w.opening.open(requestFile(t, "a.http"), requestFile(t, "b.http"))
	if words := uitest.Words(w.overlay()); !strings.Contains(words, "Opening a.http") {
		t.Error(words)
	}
	uitest.Press(t, w.overlay(), "Cancel")
	w.until("it has ended", func() bool { return !w.opening.busy })
	if w.covered() {
		t.Error(uitest.Words(w.overlay()))
	}
	w.until("its file is gone", func() bool {
		left, _ := os.ReadDir(w.opening.folder)
		return len(left) == 0 && len(w.tabs.all) == 1 || len(w.tabs.all) == 2 // it was faster
	})
	if len(w.tabs.all) > 2 {
		t.Error("the second one was opened, too")
	}
}

// What is saved is one of three: all, what the filter shows, or what is selected; it opens as it was, with
// what was said of it, and masked unless a person wants it raw.
func TestSaveSession(t *testing.T) {
	w := openWindow(t, windowOptions{})
	store := w.controller.Store()
	secretRow(store)
	for i := range 5 {
		uitest.Record(store, "b.test", "/"+string(rune('0'+i)), 200)
	}
	w.until("they are there", func() bool { return w.last.Total == 6 && w.model.Len() == 6 })
	if choices, first := (exports{w.Window}).choices(); len(choices) != 1 || first != 0 || choices[0].Name != "share.all" {
		t.Errorf("without filter and selection: %v", choices)
	}
	w.filter.set("host:b.test")
	w.until("five pass", func() bool { return w.model.Len() == 5 })
	w.list.SelectAll()
	w.until("they are selected", func() bool { return len(w.list.Selection()) == 5 })
	choices, first := exports{w.Window}.choices()
	if len(choices) != 3 || first != 2 || choices[0].Count != 6 || choices[1].Count != 5 || choices[2].Count != 5 {
		t.Fatalf("%v, %d", choices, first)
	}
	w.controller.Exchanges().Annotate(w.list.Selection()[0], flow.Annotation{Note: "this"})

	path := filepath.Join(t.TempDir(), "x.posthouse")
	sheet := share.Ask(w.shareDeps(), share.What{Choices: choices, First: first}, func(c share.Choice, m *redact.Masker) {
		exports{w.Window}.write(path, archive.Session, c, m, func() {})
	})
	w.lookedThrough(sheet)
	if words := uitest.Words(w.overlay()); !strings.Contains(words, "5 requests") ||
		!slices.Equal(sheet.Which.Options, []string{"All (6)", "Shown by the filter (5)", "Selected (5)"}) {
		t.Error(words, sheet.Which.Options)
	}
	sheet.Which.SetSelected("All (6)")
	if !sheet.Save.Disabled() {
		t.Error("it can be saved before all is looked through")
	}
	w.lookedThrough(sheet)
	test.Tap(sheet.Save)
	w.until("it is written", func() bool { return !w.covered() })
	if !slices.Equal(w.memory.Recent, []string{path}) {
		t.Error(w.memory.Recent)
	}
	file, err := os.ReadFile(path)
	if err != nil || len(leaks(string(file))) > 0 {
		t.Errorf("%v, it has %v", err, leaks(string(file)))
	}
	w.opening.open(path)
	w.until("it is open", func() bool { return w.idle() && len(w.tabs.all) == 2 && w.model.Len() == 6 })
	notes := 0
	w.tiers.Each(func(r *flow.Row) {
		if r.Note == "this" {
			notes++
		}
	})
	if notes != 1 {
		t.Errorf("%d notes", notes)
	}
}

// All is read from the tab in which it was chosen, whichever is in sight when it is written.
func TestWhatIsChosenStays(t *testing.T) {
	w := openWindow(t, windowOptions{})
	uitest.Record(w.controller.Store(), "b.test", "/", 200)
	w.until("it is there", func() bool { return w.model.Len() == 1 })
	choices, _ := exports{w.Window}.choices()
	w.opening.open(requestFile(t, "a.http"))
	w.until("another is in sight", func() bool { return w.idle() && !w.live() })
	for x := range choices[0].Each(t.Context()) {
		if x.Host != "b.test" {
			t.Errorf("it is of %s", x.Host)
		}
	}
	var everything iter.Seq[*flow.Exchange] = exports{w.Window}.everything().Each(context.Background())
	n := 0
	for range everything {
		n++
	}
	if n != 2 {
		t.Errorf("%d are in the file", n)
	}
}

// What was opened as the window closed is closed with it.
func TestWhatIsOpenedTooLateIsClosed(t *testing.T) {
	w := openWindow(t, windowOptions{})
	dir := t.TempDir()
	o, err := sessions.Open(t.Context(), dir, requestFile(t, "a.http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.opening.hand(o)
	w.opening.close()
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// What was said about requests of another program's file is asked about before it goes, with the tab and
// with the app; saved as a session it is kept, and nothing is asked then.
func TestMarksThatNoFileHasAreAskedAbout(t *testing.T) {
	w := openWindow(t, windowOptions{})
	quits := 0
	w.residency.quit = func() { quits++ }
	w.opening.open(requestFile(t, "a.http"))
	w.until("it is open", func() bool { return w.idle() && !w.live() && w.list.Length == 2 })
	w.list.SelectAll()
	w.rows.marks.star(w.list.Selection())
	if text := w.notices.banner.Text.Text; !strings.Contains(text, "a.http stays as it is") {
		t.Errorf("the notice is %q", text)
	}
	w.residency.end()
	if words := uitest.Words(w.overlay()); quits != 0 || !strings.Contains(words, "when Posthouse quits") {
		t.Errorf("%d, %s", quits, words)
	}
	uitest.Press(t, w.overlay(), "Cancel")
	w.tabs.closeInSight()
	if words := uitest.Words(w.overlay()); len(w.tabs.all) != 2 || !strings.Contains(words, "when the tab is closed") {
		t.Error(words)
	}
	uitest.Press(t, w.overlay(), "Cancel")

	path := filepath.Join(t.TempDir(), "kept.posthouse")
	exports{w.Window}.write(path, archive.Session, exports{w.Window}.everything(), nil, func() {})
	w.until("it is saved", w.idle)
	w.tabs.closeInSight()
	uitest.Press(t, w.overlay(), "Close without saving")
	w.until("it is closed", func() bool { return w.idle() && w.live() && len(w.tabs.all) == 1 })
	w.opening.open(path)
	w.until("what was saved is open", func() bool { return w.idle() && !w.live() && w.model.Len() == 2 })
	if row, ok := w.tiers.Row(1); !ok || !row.Star {
		t.Errorf("%+v", row)
	}
	w.rows.marks.star([]flow.ID{1})
	w.residency.end()
	if quits != 1 || w.covered() {
		t.Error("it asks about what the file has")
	}
}
