package virtual

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// A list that is scrolled and then has less than it has room for stands at its top,
// also where the toolkit has laid it out before it was refreshed.
func TestAListThatShrinksIsAtItsTop(t *testing.T) {
	test.NewTempApp(t)
	n := 100
	l := &List{}
	l.Length = func() int { return n }
	l.CreateItem = func() fyne.CanvasObject {
		r := canvas.NewRectangle(nil)
		r.SetMinSize(fyne.NewSize(10, 20))
		return r
	}
	l.UpdateItem = func(widget.ListItemID, fyne.CanvasObject) {}
	l.ExtendBaseWidget(l)
	test.NewTempWindow(t, l).Resize(fyne.NewSize(200, 300))
	for _, few := range []int{0, 1, 3} {
		n = 100
		l.Refresh()
		l.ScrollToOffset(1000)
		if at := l.GetScrollOffset(); at != 1000 {
			t.Fatalf("scrolled to %v", at)
		}
		n = few
		scroller := test.WidgetRenderer(l).Objects()[0].(fyne.Widget)
		test.WidgetRenderer(scroller).Layout(scroller.Size())
		l.Refresh()
		if at := l.GetScrollOffset(); at != 0 {
			t.Errorf("with %d rows it takes itself to be at %v", few, at)
		}
	}
}
