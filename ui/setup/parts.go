package setup

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Parts that the dialogs share.

// paragraph is a text that wraps.
func paragraph(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// strong is a line that heads what follows.
func strong(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.TextStyle.Bold = true
	return l
}

// note is a text that is read second: smaller, and it wraps.
func note(text string) *widget.Label {
	l := paragraph(text)
	l.SizeName = theme.SizeNameCaptionText
	return l
}

// commandBox shows lines to copy, such as the commands of a terminal, with the
// button that copies them all.
func commandBox(lines []string, copyText func(string)) fyne.CanvasObject {
	text := widget.NewLabel(strings.Join(lines, "\n"))
	text.TextStyle.Monospace, text.Selectable = true, true
	text.SizeName = theme.SizeNameCaptionText
	text.Wrapping = fyne.TextWrapBreak
	button := widget.NewButtonWithIcon("", theme.ContentCopyIcon(), nil)
	button.Importance = widget.LowImportance
	button.OnTapped = func() {
		copyText(strings.Join(lines, "\n"))
		button.SetIcon(theme.ConfirmIcon())
	}
	back := canvas.NewRectangle(theme.Color(theme.ColorNameInputBackground))
	back.StrokeColor, back.StrokeWidth = theme.Color(theme.ColorNameInputBorder), 1
	back.CornerRadius = theme.InputRadiusSize()
	return container.NewStack(back, container.NewBorder(nil, nil, nil, container.NewVBox(button), text))
}

// commandText shows lines that are only to be read.
func commandText(lines []string) *widget.Label {
	l := note(strings.Join(lines, "\n"))
	l.TextStyle.Monospace, l.Selectable = true, true
	l.Wrapping = fyne.TextWrapBreak
	return l
}

// said is a line with a sign before it.
func said(icon fyne.Resource, text *widget.Label) fyne.CanvasObject {
	return container.NewBorder(nil, nil, container.NewVBox(container.New(layout.NewCustomPaddedLayout(5, 0, 3, -7), widget.NewIcon(icon))),
		nil, text)
}

// spread puts buttons in a row, the last ones at the right end.
func spread(left []fyne.CanvasObject, right ...fyne.CanvasObject) fyne.CanvasObject {
	return container.NewHBox(append(append(left, layout.NewSpacer()), right...)...)
}

// tight puts texts below one another without the room that they have around them.
func tight(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(-3), objects...)
}

// arrange lays a container out whose parts have changed. Twice: a text that wraps
// knows its height when it has got its width.
func arrange(c *fyne.Container) {
	c.Refresh()
	c.Refresh()
}

// thin gives a bar a quiet height.
type thin struct{}

const thinHeight = 6

func (thin) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, thinHeight) }

func (thin) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(fyne.NewSize(size.Width, thinHeight))
	}
}

// framed draws the border around a choice that an entry has of itself.
func framed(o fyne.CanvasObject) fyne.CanvasObject {
	frame := canvas.NewRectangle(color.Transparent)
	frame.StrokeColor, frame.StrokeWidth = theme.Color(theme.ColorNameInputBorder), 1
	frame.CornerRadius = theme.InputRadiusSize()
	return container.NewStack(frame, o)
}

// scrolling lets a list be longer than its dialog, with room for the bar.
func scrolling(list fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 0, 0, 12), list))
}

// indented puts an object a step to the right.
func indented(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, 24, 0), o)
}

// card puts a quiet frame around what belongs together.
func card(o fyne.CanvasObject) fyne.CanvasObject {
	frame := canvas.NewRectangle(color.Transparent)
	frame.StrokeColor, frame.StrokeWidth = theme.Color(theme.ColorNameSeparator), 1
	frame.CornerRadius = theme.InputRadiusSize()
	return container.NewStack(frame, container.New(layout.NewCustomPaddedLayout(4, 6, 6, 6), o))
}
