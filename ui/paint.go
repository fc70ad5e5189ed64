package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// paintText touches a text only where it changed: painting it anew is what costs.
func paintText(t *canvas.Text, text string, c color.Color, bold bool) {
	if t.Text == text && t.Color == c && t.TextStyle.Bold == bold {
		return
	}
	t.Text, t.Color, t.TextStyle.Bold = text, c, bold
	t.Resize(t.MinSize())
	t.Refresh()
}

func setShown(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}

type lineHeight struct{ height float32 }

func (l lineHeight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width, l.height)
}

func (l lineHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(size.Width, l.height))
}

// setText changes a text only where it differs: painting it is what costs.
func setText(t *canvas.Text, text string, tint color.Color) {
	if t.Text != text || t.Color != tint {
		t.Text, t.Color = text, tint
		t.Refresh()
	}
}

func iconButton(icon fyne.Resource, tapped func()) *widget.Button {
	b := widget.NewButtonWithIcon("", icon, tapped)
	b.Importance = widget.LowImportance
	return b
}
