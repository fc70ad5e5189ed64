package widget

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// bars are how many bars are seen in an object.
func bars(o fyne.CanvasObject) (n int) {
	if !o.Visible() {
		return 0
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, one := range o.Objects {
			n += bars(one)
		}
	case fyne.Widget:
		if strings.HasSuffix(fmt.Sprintf("%T", o), ".scrollBarArea") {
			return 1
		}
		for _, one := range test.WidgetRenderer(o).Objects() {
			n += bars(one)
		}
	}
	return n
}

// A line that is longer than its entry, and higher, has no bars over it, and scrolls with the cursor.
func TestALongLineHasNoBars(t *testing.T) {
	test.NewTempApp(t)
	key, list := NewKeyEntry(), &ListEntry{}
	key.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	list.Extend(list)
	for name, c := range map[string]struct {
		object fyne.CanvasObject
		entry  *widget.Entry
	}{"key": {key, &key.Entry}, "list": {list, &list.Entry}} {
		w := test.NewTempWindow(t, c.object)
		w.Resize(fyne.NewSize(120, 36))
		none := func(when string) {
			t.Helper()
			if n := bars(w.Canvas().Content()); n != 0 {
				t.Errorf("%s, %s: %d bars", name, when, n)
			}
		}
		c.entry.SetText(strings.Repeat("long ", 50))
		none("with its text")
		w.Canvas().Focus(c.object.(fyne.Focusable))
		c.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
		none("at its end")
		if at := c.entry.CursorPosition(); at.X < 500 {
			t.Errorf("%s: the cursor is at %v", name, at)
		}
		c.entry.TypedRune('x')
		none("typed into")
		c.entry.MinSize()
		c.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
		none("at its beginning")
		w.Resize(fyne.NewSize(90, 30))
		none("smaller")
		c.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
		w.Canvas().Unfocus()
		none("left")
		if r, is := test.WidgetRenderer(c.object.(fyne.Widget)).(*underlineRenderer); is {
			if at := r.offset(); at.X != 0 {
				t.Errorf("left, it is scrolled to %v", at)
			}
			w.Canvas().Focus(c.object.(fyne.Focusable))
			if at := r.offset(); at.X == 0 {
				t.Error("the cursor is out of sight")
			}
		}
		w.SetContent(widget.NewLabel(""))
		w.SetContent(c.object)
		w.Resize(fyne.NewSize(100, 30))
		none("shown again")
	}
	plain := widget.NewEntry()
	plain.SetText(strings.Repeat("long ", 50))
	w := test.NewTempWindow(t, plain)
	w.Resize(fyne.NewSize(120, 36))
	if bars(w.Canvas().Content()) == 0 {
		t.Error("the toolkit has none by itself: this type is not needed any more")
	}
}
