package style

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// overridden reports whether the toolkit has an object drawn in a theme of its override, and
// with fonts that are read for it alone.
func overridden(o fyne.CanvasObject) bool { return theme.CurrentForWidget(o) != theme.Current() }

type rowOfList struct {
	widget.BaseWidget
	AppTheme
	text *canvas.Text
}

func (r *rowOfList) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.text) }

func TestRowsKeepTheFontsOfTheApp(t *testing.T) {
	test.NewTempApp(t)
	text := canvas.NewText("row", nil)
	list := widget.NewList(func() int { return 1 }, func() fyne.CanvasObject {
		r := &rowOfList{text: text}
		r.ExtendBaseWidget(r)
		return r
	}, func(widget.ListItemID, fyne.CanvasObject) {})
	o := container.NewThemeOverride(list, DenseTheme{})
	win := test.NewTempWindow(t, o)
	win.Resize(fyne.NewSize(200, 200))
	o.Refresh()
	if !overridden(list) || overridden(text) {
		t.Errorf("overridden: the list %v, the text of its row %v; want the list alone", overridden(list), overridden(text))
	}
}

func TestWhatStandsInASplitKeepsTheFontsOfTheApp(t *testing.T) {
	test.NewTempApp(t)
	first, second := widget.NewLabel("first"), widget.NewLabel("second")
	split, o := CalmSplit(container.NewStack(first), second)
	win := test.NewTempWindow(t, o)
	win.Resize(fyne.NewSize(200, 200))
	o.Refresh()
	if !overridden(split) || overridden(first) || overridden(second) {
		t.Errorf("overridden: the split %v, its parts %v and %v; want the split alone",
			overridden(split), overridden(first), overridden(second))
	}
}

// A part that stood elsewhere meanwhile, in another size, fills its place again.
func TestAPartOfASplitFillsItsPlaceAgain(t *testing.T) {
	test.NewTempApp(t)
	part := widget.NewLabel("part")
	_, split := CalmSplit(part, widget.NewLabel("other"))
	place := container.NewStack(split)
	win := test.NewTempWindow(t, place)
	win.SetPadded(false)
	win.Resize(fyne.NewSize(300, 300))
	want := part.Size()
	for _, o := range []fyne.CanvasObject{part, split} {
		place.Objects = []fyne.CanvasObject{o}
		place.Refresh()
	}
	if part.Size() != want || part.Position() != fyne.NewPos(0, 0) || want.Height > 200 {
		t.Errorf("the part is %v at %v, it was %v", part.Size(), part.Position(), want)
	}
}
