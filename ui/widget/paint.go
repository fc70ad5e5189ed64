package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// PaintText touches a text only where it changed: painting it anew is what costs.
func PaintText(t *canvas.Text, text string, c color.Color, bold bool) {
	if t.Text == text && t.Color == c && t.TextStyle.Bold == bold {
		return
	}
	t.Text, t.Color, t.TextStyle.Bold = text, c, bold
	t.Resize(t.MinSize())
	t.Refresh()
}

// SetShown shows or hides an object, and touches it only where that changes something.
func SetShown(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}

// LineHeight gives texts the height of the widget beside them, and stands them in its
// middle.
type LineHeight struct{ Height float32 }

func (l LineHeight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width, l.Height)
}

func (l LineHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(size.Width, l.Height))
}

// SetText changes a text only where it differs: painting it is what costs.
func SetText(t *canvas.Text, text string, tint color.Color) {
	if t.Text != text || t.Color != tint {
		t.Text, t.Color = text, tint
		t.Refresh()
	}
}

// IconButton is a quiet button with an icon alone.
func IconButton(icon fyne.Resource, tapped func()) *widget.Button {
	b := widget.NewButtonWithIcon("", icon, tapped)
	b.Importance = widget.LowImportance
	return b
}
