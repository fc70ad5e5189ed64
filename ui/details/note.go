package details

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
)

// noteBox shows what a person wrote about an exchange, line by line; hidden without words.
type noteBox struct {
	text   *widget.Label
	object *fyne.Container
}

func newNoteBox() *noteBox {
	n := &noteBox{text: widget.NewLabel("")}
	n.text.Wrapping, n.text.Selectable = fyne.TextWrapWord, true
	icon := container.New(layout.NewCustomPaddedLayout(8, 0, 12, 0), widget.NewIcon(theme.DocumentCreateIcon()))
	n.object = container.NewStack(uiwidget.NewShade(theme.ColorNameHeaderBackground),
		container.NewBorder(nil, nil, container.NewVBox(icon), nil, n.text))
	n.object.Hide()
	return n
}

func (n *noteBox) show(note string) {
	uiwidget.SetShown(n.object, note != "")
	if text := visible.Lines(strings.ReplaceAll(note, "\r\n", "\n")); text != n.text.Text {
		n.text.SetText(text)
	}
}
