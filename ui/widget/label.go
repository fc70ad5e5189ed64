package widget

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/style"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// CutLabel is one line of text in a colour of the theme, cut off with an
// ellipsis where there is no room for it.
type CutLabel struct {
	widget.BaseWidget
	Text  string
	color fyne.ThemeColorName
	Bold  bool
	Stiff bool // asks for the room that it needs, and is never cut
	Shown *canvas.Text
}

// NewCutLabel makes an empty label in a colour of the theme.
func NewCutLabel(name fyne.ThemeColorName) *CutLabel {
	l := &CutLabel{color: name, Shown: BarText()}
	l.ExtendBaseWidget(l)
	return l
}

// Set changes the text.
func (l *CutLabel) Set(text string) { l.SetColored(text, l.color) }

// SetColored changes the text and its colour.
func (l *CutLabel) SetColored(text string, name fyne.ThemeColorName) {
	if text = words.VisibleText(text); text != l.Text || name != l.color {
		l.Text, l.color = text, name
		l.Refresh()
	}
}

func (l *CutLabel) style() fyne.TextStyle { return fyne.TextStyle{Bold: l.Bold} }

func (l *CutLabel) MinSize() fyne.Size {
	l.ExtendBaseWidget(l)
	size := fyne.MeasureText(l.Text, l.Shown.TextSize, l.style())
	if !l.Stiff {
		size.Width = 24
	}
	return size
}

func (l *CutLabel) CreateRenderer() fyne.WidgetRenderer {
	return &cutLabelRenderer{widget.NewSimpleRenderer(l.Shown), l}
}

type cutLabelRenderer struct {
	fyne.WidgetRenderer
	l *CutLabel
}

func (r *cutLabelRenderer) MinSize() fyne.Size { return r.l.MinSize() }

func (r *cutLabelRenderer) Layout(size fyne.Size) {
	l, text := r.l, r.l.Text
	if !l.Stiff {
		text = cutStyled(text, size.Width, l.Shown.TextSize, l.style())
	}
	PaintText(l.Shown, text, style.ThemeColor(l.color), l.Bold)
	l.Shown.Move(fyne.NewPos(0, (size.Height-l.Shown.MinSize().Height)/2))
}

func (r *cutLabelRenderer) Refresh() {
	r.Layout(r.l.Size())
	canvas.Refresh(r.l)
}

// maxMeasuredText bounds the text that CutToWidth looks at, in bytes: more than any screen is wide.
const maxMeasuredText = 2000

// CutToWidth is as much of a text as fits, with an ellipsis where it was cut.
func CutToWidth(text string, width, size float32) string {
	return cutStyled(text, width, size, fyne.TextStyle{})
}

func cutStyled(text string, width, size float32, style fyne.TextStyle) string {
	measure := func(s string) float32 { return fyne.MeasureText(s, size, style).Width }
	whole := len(text) <= maxMeasuredText
	if !whole {
		text = text[:words.RuneStart(text, maxMeasuredText)]
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
		if measure(string(runes[:mid])+words.Ellipsis) <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return string(runes[:low]) + words.Ellipsis
}

// NoticeBox shows words on a warning's ground; hidden without words.
type NoticeBox struct {
	Label  *widget.Label
	Object *fyne.Container
}

// NewNoticeBox makes a box that says nothing yet.
func NewNoticeBox() *NoticeBox {
	n := &NoticeBox{Label: widget.NewLabel("")}
	n.Label.Wrapping = fyne.TextWrapWord
	n.Object = container.NewStack(NewShade(style.ColorBanner), n.Label)
	n.Object.Hide()
	return n
}

// Show reports whether the box takes another room than before.
func (n *NoticeBox) Show(words []string) (changed bool) {
	text := visible.Lines(strings.Join(words, "\n"))
	if text == n.Label.Text {
		return false
	}
	n.Label.SetText(text)
	SetShown(n.Object, text != "")
	return true
}
