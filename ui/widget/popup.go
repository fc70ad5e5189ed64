package widget

import (
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// PopUpIn is the pop-up that an overlay of the toolkit holds, nil for none: a
// menu, which leaves by itself, is none.
//
// It is read where the toolkit (2.8.1) keeps it. Making a renderer for it tells too, but has the toolkit
// take the overlay for one that was put where it lies: it stays there when it or the window gets another size.
func PopUpIn(overlay fyne.CanvasObject) *widget.PopUp {
	held := reflect.Indirect(reflect.ValueOf(overlay))
	if held.Kind() != reflect.Struct {
		return nil
	}
	content := held.FieldByName("Content")
	if !content.IsValid() || !content.CanInterface() {
		return nil
	}
	p, _ := content.Interface().(*widget.PopUp)
	return p
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
