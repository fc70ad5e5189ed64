package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/visible"
)

// cutLabel is one line of text in a colour of the theme, cut off with an
// ellipsis where there is no room for it.
type cutLabel struct {
	widget.BaseWidget
	text  string
	color fyne.ThemeColorName
	bold  bool
	stiff bool // asks for the room that it needs, and is never cut
	shown *canvas.Text
}

func newCutLabel(name fyne.ThemeColorName) *cutLabel {
	l := &cutLabel{color: name, shown: barText()}
	l.ExtendBaseWidget(l)
	return l
}

// set changes the text.
func (l *cutLabel) set(text string) { l.setColored(text, l.color) }

// setColored changes the text and its colour.
func (l *cutLabel) setColored(text string, name fyne.ThemeColorName) {
	if text = visibleText(text); text != l.text || name != l.color {
		l.text, l.color = text, name
		l.Refresh()
	}
}

func (l *cutLabel) style() fyne.TextStyle { return fyne.TextStyle{Bold: l.bold} }

func (l *cutLabel) MinSize() fyne.Size {
	l.ExtendBaseWidget(l)
	size := fyne.MeasureText(l.text, l.shown.TextSize, l.style())
	if !l.stiff {
		size.Width = 24
	}
	return size
}

func (l *cutLabel) CreateRenderer() fyne.WidgetRenderer {
	return &cutLabelRenderer{widget.NewSimpleRenderer(l.shown), l}
}

type cutLabelRenderer struct {
	fyne.WidgetRenderer
	l *cutLabel
}

func (r *cutLabelRenderer) MinSize() fyne.Size { return r.l.MinSize() }

func (r *cutLabelRenderer) Layout(size fyne.Size) {
	l, text := r.l, r.l.text
	if !l.stiff {
		text = cutStyled(text, size.Width, l.shown.TextSize, l.style())
	}
	paintText(l.shown, text, themeColor(l.color), l.bold)
	l.shown.Move(fyne.NewPos(0, (size.Height-l.shown.MinSize().Height)/2))
}

func (r *cutLabelRenderer) Refresh() {
	r.Layout(r.l.Size())
	canvas.Refresh(r.l)
}

// maxMeasuredText bounds the text that cutToWidth looks at, in bytes: more than any screen is wide.
const maxMeasuredText = 2000

// cutToWidth is as much of a text as fits, with an ellipsis where it was cut.
func cutToWidth(text string, width, size float32) string {
	return cutStyled(text, width, size, fyne.TextStyle{})
}

func cutStyled(text string, width, size float32, style fyne.TextStyle) string {
	measure := func(s string) float32 { return fyne.MeasureText(s, size, style).Width }
	whole := len(text) <= maxMeasuredText
	if !whole {
		text = text[:runeStart(text, maxMeasuredText)]
	}
	if whole && measure(text) <= width {
		return text
	}
	if width <= 0 {
		return ""
	}
	runes := []rune(text)
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if measure(string(runes[:mid])+ellipsis) <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return string(runes[:low]) + ellipsis
}

// noticeBox shows words on a warning's ground; hidden without words.
type noticeBox struct {
	label  *widget.Label
	object *fyne.Container
}

func newNoticeBox() *noticeBox {
	n := &noticeBox{label: widget.NewLabel("")}
	n.label.Wrapping = fyne.TextWrapWord
	n.object = container.NewStack(newShade(colorBanner), n.label)
	n.object.Hide()
	return n
}

// show reports whether the box takes another room than before.
func (n *noticeBox) show(words []string) (changed bool) {
	text := visible.Lines(strings.Join(words, "\n"))
	if text == n.label.Text {
		return false
	}
	n.label.SetText(text)
	setShown(n.object, text != "")
	return true
}
