package widget

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// What is pasted changes nothing where it is too long, and that is said.
func TestPastesAreBounded(t *testing.T) {
	app := test.NewTempApp(t)
	key, many, list, choice := NewKeyEntry(), NewKeyEntry(), &ListEntry{}, NewSelectEntry([]string{"a"})
	many.MultiLine = true
	list.Extend(list)
	for name, c := range map[string]struct {
		object fyne.CanvasObject
		entry  *widget.Entry
		paste  fyne.Shortcutable
		most   int
	}{
		"key": {key, &key.Entry, key, MaxLine}, "lines": {many, &many.Entry, many, MaxLines}, "list": {list, &list.Entry, list, MaxLine},
		"choice": {choice, &choice.Entry, choice, MaxLine},
	} {
		w := test.NewTempWindow(t, c.object)
		paste := func(text string) {
			app.Clipboard().SetContent(text)
			c.paste.TypedShortcut(&fyne.ShortcutPaste{Clipboard: app.Clipboard()})
		}
		c.entry.SetText("abc")
		c.entry.CursorColumn = 3
		paste(strings.Repeat("x", c.most-2))
		if c.entry.Text != "abc" || w.Canvas().Overlays().Top() == nil {
			t.Errorf("%s: %d bytes, and it says %v", name, len(c.entry.Text), w.Canvas().Overlays().Top())
		}
		for _, o := range w.Canvas().Overlays().List() {
			w.Canvas().Overlays().Remove(o)
		}
		paste(strings.Repeat("x", c.most-3))
		if len(c.entry.Text) != c.most || !strings.HasPrefix(c.entry.Text, "abcx") || w.Canvas().Overlays().Top() != nil {
			t.Errorf("%s: %d bytes, and it says %v", name, len(c.entry.Text), w.Canvas().Overlays().Top())
		}
		c.paste.TypedShortcut(&fyne.ShortcutSelectAll{})
		paste(strings.Repeat("y", c.most))
		if len(c.entry.Text) != c.most || !strings.HasPrefix(c.entry.Text, "yy") || w.Canvas().Overlays().Top() != nil {
			t.Errorf("%s: what is selected counts: %d bytes", name, len(c.entry.Text))
		}
		c.paste.TypedShortcut(&fyne.ShortcutSelectAll{})
		c.paste.TypedShortcut(&fyne.ShortcutCut{Clipboard: app.Clipboard()})
		if c.entry.Text != "" || len(app.Clipboard().Content()) != c.most {
			t.Errorf("%s: other shortcuts do their work: %d bytes left", name, len(c.entry.Text))
		}
	}
}
