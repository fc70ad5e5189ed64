package widget

import "fyne.io/fyne/v2"

// fitGap is before the last object.
const fitGap = 10

// FitRow is a row without gaps whose last object takes what is left. Where there is no room
// for all, the last ones of the others are out of sight: it makes nothing wider.
type FitRow struct{ Height float32 }

func (r FitRow) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, r.Height) }

func (r FitRow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	last := len(objects) - 1
	for _, o := range objects[:last] {
		width := o.MinSize().Width
		if x+width > size.Width {
			o.Move(fyne.NewPos(size.Width+1, size.Height+1))
			o.Resize(fyne.NewSize(0, 0))
			continue
		}
		o.Move(fyne.NewPos(x, (size.Height-o.MinSize().Height)/2))
		o.Resize(o.MinSize())
		x += width
	}
	x += fitGap
	height := objects[last].MinSize().Height
	objects[last].Move(fyne.NewPos(x, (size.Height-height)/2))
	objects[last].Resize(fyne.NewSize(max(0, size.Width-x), height))
}
