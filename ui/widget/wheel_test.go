package widget

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// The wheel scrolls a page also where an entry of several lines is under the pointer, and
// a click still reaches what is there.
func TestThePageScrollsOverAnEntry(t *testing.T) {
	test.NewTempApp(t)
	entry := widget.NewMultiLineEntry()
	entry.Scroll = fyne.ScrollBoth
	entry.SetMinRowsVisible(20)
	clicks := 0
	page := NewPageScroll(container.NewVBox(widget.NewButton("above", func() { clicks++ }), entry))
	w := test.NewTempWindow(t, page)
	w.Resize(fyne.NewSize(300, 200))
	test.Scroll(w.Canvas(), fyne.NewPos(100, 100), 0, -50)
	if page.Offset.Y != 50 {
		t.Errorf("the page has moved by %v", page.Offset.Y)
	}
	page.ScrollToTop()
	test.TapCanvas(w.Canvas(), fyne.NewPos(100, 15))
	if clicks != 1 {
		t.Error("a click does not reach the button")
	}
}
