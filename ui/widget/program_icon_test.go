package widget

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/ui/uitest"
)

// An icon is drawn at the pixels of the screen, and touched only when it changes.
func TestIconCell(t *testing.T) {
	c, icon := NewProgramIconCell(), uitest.DiscIcon(uitest.Orange)
	c.Show(icon, fyne.NewPos(3, 4))
	for _, size := range []int{16, 20, 32} {
		if got := c.Picture.Generator(size, size).Bounds().Dx(); got != size {
			t.Errorf("%d pixels for %d", got, size)
		}
	}
	if c.Picture.Generator(16, 16) != image.Image(icon.At(16)) {
		t.Error("it is drawn again")
	}
	c.Show(nil, fyne.NewPos(3, 4))
	if c.Picture.Visible() || c.Picture.Generator(16, 16) == nil {
		t.Error("nothing is not drawn")
	}
}
