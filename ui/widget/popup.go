package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// PopUpIn is the pop-up that an overlay of the toolkit holds, nil for none: a
// menu, which leaves by itself, is none.
func PopUpIn(overlay fyne.CanvasObject) *widget.PopUp {
	if w, ok := overlay.(fyne.Widget); ok {
		for _, o := range w.CreateRenderer().Objects() {
			if p, ok := o.(*widget.PopUp); ok {
				return p
			}
		}
	}
	return nil
}
