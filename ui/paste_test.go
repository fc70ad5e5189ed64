package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/ui/i18n"
)

// A megabyte that is pasted leaves the filter as it is, and the window says so: the toolkit would lay all of it out.
func TestAMegabyteIsNotPastedIntoTheFilter(t *testing.T) {
	w := openFilled(t, windowOptions{})
	w.filter.set("host:a")
	fyne.CurrentApp().Clipboard().SetContent(strings.Repeat("host:b ", 1<<20/7))
	w.filter.entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
	if text := w.filter.text(); text != "host:a" {
		t.Errorf("%d bytes", len(text))
	}
	if want := i18n.T("paste.line", "1.0 MB", "4.0 KB"); !w.covered() || !strings.Contains(w.overlayTexts(), want) {
		t.Errorf("%q is not said", want)
	}
	w.leaveDialog()
	if w.covered() {
		t.Error("Escape does not close it")
	}
}
