package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/proxy/flow"
	"posthouse/ui/comparison"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// seen reports whether the uppermost dialog shows a text.
func (w *testWindow) seen(text string) func() bool {
	return func() bool {
		top := w.win.Canvas().Overlays().Top()
		return top != nil && strings.Contains(strings.Join(uitest.Texts(top), "\n"), text)
	}
}

// Two stretches of what passed are compared by keyboard alone, a pair is opened, and Escape
// leads back; what was chosen is there the next time.
func TestTwoStretchesAreCompared(t *testing.T) {
	w := openWindow(t, windowOptions{})
	uitest.Record(w.controller.Store(), "a.test", "/users/1", 200)
	second := uitest.Record(w.controller.Store(), "a.test", "/users/2", 500)
	w.until("the rows", func() bool { return w.model.Len() == 2 })
	w.filter.set("host:a.test")
	w.key(fyne.KeyJ, ctrl|fyne.KeyModifierShift)
	filter, ok := w.win.Canvas().Focused().(*uiwidget.KeyEntry)
	if !ok || filter.Text != "host:a.test" {
		t.Fatalf("the focus is at %T", w.win.Canvas().Focused())
	}
	w.leaveDialog()
	w.rows.compared.setup = comparison.Setup{Filters: [2]string{"status:200", "status:5xx"}}
	w.key(fyne.KeyJ, ctrl|fyne.KeyModifierShift)
	press := func(names ...fyne.KeyName) {
		for _, name := range names {
			w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: name})
		}
	}
	press(fyne.KeyReturn)
	w.until("the pair", w.seen("200 › 500"))
	press(fyne.KeyReturn)
	w.until("both", w.seen("/users/2"))
	w.leaveDialog()
	press(fyne.KeyEscape)
	if w.covered() {
		t.Fatal("a dialog is left")
	}
	w.list.SelectID(second)
	if s := w.rows.sources(); len(s) != 3 || s[1].Name != "Before #2" || s[1].Before != second || s[2].From != second {
		t.Errorf("%+v", s)
	}
	w.list.SelectAll()
	if s := w.rows.sources(); len(s) != 2 || s[1].Name != "2 selected rows" || len(s[1].IDs) != 2 || s[1].IDs[1] != second {
		t.Errorf("%+v", s)
	}
	if w.rows.compared.setup.Filters != [2]string{"status:200", "status:5xx"} {
		t.Errorf("%+v", w.rows.compared)
	}
}

// While secrets are hidden none is in a comparison, and sizes are told roughly.
func TestComparedListsHideSecrets(t *testing.T) {
	w := openWindow(t, windowOptions{})
	uitest.Record(w.controller.Store(), "a.test", "/token/access_token=0123456789abcdef0123456789abcdef", 200)
	w.until("the row", func() bool { return w.model.Len() == 1 })
	w.secrets.set(true)
	row, _ := w.controller.Store().Row(flow.ID(1))
	masked := w.secrets.mask(&row)
	w.rows.compared = comparedLists{comparison.Setup{Filters: [2]string{"", "status:500"}}, [2]string{"Live", "Live"}}
	w.key(fyne.KeyJ, ctrl|fyne.KeyModifierShift)
	w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	w.until("the pair", w.seen("Gone 1"))
	if masked.ResponseSize > 0 && !w.seen("1.0 KB")() {
		t.Error(uitest.Texts(w.win.Canvas().Overlays().Top()))
	}
	for _, text := range uitest.Texts(w.win.Canvas().Overlays().Top()) {
		if strings.Contains(text, "0123456789abcdef") {
			t.Error(text)
		}
	}
}

// A comparison goes on beside the window, and ends with it.
func TestComparisonEndsWithTheWindow(t *testing.T) {
	w := openWindow(t, windowOptions{})
	for range 3 {
		uitest.Record(w.controller.Store(), "a.test", "/", 200)
	}
	w.rows.compareLists()
	w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	w.Close()
}
