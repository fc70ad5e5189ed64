package widget

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"posthouse/ui/style"
)

// What is hidden of a dialog was not seen: the toolkit draws the same ground twice.
func TestAFlatDialogLooksAsBefore(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(style.NewTheme("light"))
	w := test.NewTempWindow(t, canvas.NewRectangle(theme.Color(theme.ColorNameBackground)))
	w.Resize(fyne.NewSize(500, 400))
	d := dialog.NewCustomWithoutButtons("Title", canvas.NewText("words", theme.Color(theme.ColorNameForeground)), w)
	d.Resize(fyne.NewSize(300, 200))
	d.Show()
	ground := PopUpIn(w.Canvas().Overlays().Top()).Content.(*fyne.Container).Objects[1]
	before := software.RenderCanvas(w.Canvas(), style.NewTheme("light"))
	if FlattenDialog(w.Canvas().Overlays().Top()); ground.Visible() {
		t.Fatal("the toolkit's dialogs are made of something else now")
	}
	after := software.RenderCanvas(w.Canvas(), style.NewTheme("light"))
	for y := range 400 {
		for x := range 500 {
			if !alike(before.At(x, y), after.At(x, y)) {
				t.Fatalf("at %d,%d %v was drawn, now %v", x, y, before.At(x, y), after.At(x, y))
			}
		}
	}
	d.Hide()
	dialog.ShowInformation("Title", "words", w) // this one has an icon below its ground
	top := w.Canvas().Overlays().Top()
	if FlattenDialog(top); !PopUpIn(top).Content.(*fyne.Container).Objects[1].Visible() {
		t.Error("an icon lies bare")
	}
}

// alike tells colours apart that differ by more than a rounding.
func alike(a, b color.Color) bool {
	near := func(a, b uint32) bool { return max(a, b)-min(a, b) <= 2<<8 }
	r, g, bl, _ := a.RGBA()
	r2, g2, bl2, _ := b.RGBA()
	return near(r, r2) && near(g, g2) && near(bl, bl2)
}

// A dialog that was looked into is still centred anew when the window has another size.
func TestADialogThatWasLookedIntoStaysInTheMiddle(t *testing.T) {
	test.NewTempApp(t)
	w := test.NewTempWindow(t, canvas.NewRectangle(color.Black))
	w.Resize(fyne.NewSize(500, 400))
	d := dialog.NewCustomWithoutButtons("Title", canvas.NewText("words", color.White), w)
	d.Show()
	over := w.Canvas().Overlays().Top()
	p := PopUpIn(over)
	over.Resize(fyne.NewSize(900, 700))
	if at, size := p.Position(), p.Size(); at.X != (900-size.Width)/2 || at.Y != (700-size.Height)/2 {
		t.Errorf("it lies at %v, %v large", at, size)
	}
}
