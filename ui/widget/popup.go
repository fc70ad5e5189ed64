package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/layout"
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

// FlattenDialog hides what a dialog of the toolkit (2.8.1) draws over the ground of its pop-up, in the same colour
// and as large: without a graphics processor rounded corners take the longest of all. Over an icon it is seen.
func FlattenDialog(overlay fyne.CanvasObject) {
	p := PopUpIn(overlay)
	if p == nil {
		return
	}
	content, ok := p.Content.(*fyne.Container)
	if !ok || len(content.Objects) != 5 { // icon, ground, content, buttons, title
		return
	}
	if _, none := content.Objects[0].(*layout.Spacer); none {
		content.Objects[1].Hide()
	}
}
