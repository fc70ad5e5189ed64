package ui

import (
	"image/color"
	"posthouse/ui/style"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// toggleLook is how a switch stands.
type toggleLook uint8

const (
	toggleOff toggleLook = iota
	toggleOn
	toggleBusy // on its way
	toggleFailed
	toggleUnavailable
)

const (
	toggleWidth  = 30
	toggleHeight = 16
)

// toggle is a switch with a word beside it. The word says the state too, so
// that colour is not the only sign.
type toggle struct {
	widget.BaseWidget
	text   string
	look   toggleLook
	hover  bool
	tapped func()
	tip    func(in bool) // told of the pointer; may be nil

	back  *canvas.Rectangle
	track *canvas.Rectangle
	knob  *canvas.Circle
	label *canvas.Text
}

var (
	_ fyne.Tappable     = (*toggle)(nil)
	_ desktop.Hoverable = (*toggle)(nil)
)

func newToggle(tapped func()) *toggle {
	t := &toggle{tapped: tapped,
		back: canvas.NewRectangle(color.Transparent), track: canvas.NewRectangle(color.Transparent),
		knob: canvas.NewCircle(color.White), label: canvas.NewText("", color.Black)}
	t.back.CornerRadius = 6
	t.track.CornerRadius = toggleHeight / 2
	t.label.TextSize = style.TextSize
	t.ExtendBaseWidget(t)
	return t
}

// set changes word and look.
func (t *toggle) set(text string, look toggleLook) {
	if t.text == text && t.look == look {
		return
	}
	t.text, t.look = text, look
	t.Refresh()
}

// Tapped switches.
func (t *toggle) Tapped(*fyne.PointEvent) {
	if t.tip != nil {
		t.tip(false)
	}
	if t.look != toggleUnavailable {
		t.tapped()
	}
}

// MouseIn marks the switch.
func (t *toggle) MouseIn(*desktop.MouseEvent) { t.setHover(true) }

// MouseMoved does nothing.
func (t *toggle) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes the mark away.
func (t *toggle) MouseOut() { t.setHover(false) }

func (t *toggle) setHover(on bool) {
	if t.tip != nil {
		t.tip(on)
	}
	t.hover = on && t.look != toggleUnavailable
	t.Refresh()
}

// CreateRenderer is the toolkit's.
func (t *toggle) CreateRenderer() fyne.WidgetRenderer {
	r := &toggleRenderer{t}
	r.Refresh()
	return r
}

type toggleRenderer struct{ t *toggle }

func (r *toggleRenderer) MinSize() fyne.Size {
	text := fyne.MeasureText(r.t.text, style.TextSize, fyne.TextStyle{})
	return fyne.NewSize(toggleWidth+text.Width+28, 32)
}

func (r *toggleRenderer) Layout(size fyne.Size) {
	t := r.t
	t.back.Resize(size)
	top := (size.Height - toggleHeight) / 2
	t.track.Move(fyne.NewPos(8, top))
	t.track.Resize(fyne.NewSize(toggleWidth, toggleHeight))
	x := float32(10)
	switch t.look {
	case toggleOn:
		x = 8 + toggleWidth - toggleHeight + 2
	case toggleBusy:
		x = 8 + (toggleWidth-toggleHeight)/2 + 2
	}
	t.knob.Move(fyne.NewPos(x, top+2))
	t.knob.Resize(fyne.NewSize(toggleHeight-4, toggleHeight-4))
	t.label.Move(fyne.NewPos(8+toggleWidth+8, 0))
	t.label.Resize(fyne.NewSize(size.Width-toggleWidth-16, size.Height))
}

func (r *toggleRenderer) Refresh() {
	t := r.t
	t.label.Text = t.text
	t.label.Color = theme.Color(theme.ColorNameForeground)
	t.knob.FillColor = color.White
	t.back.FillColor = color.Transparent
	if t.hover {
		t.back.FillColor = theme.Color(theme.ColorNameHover)
	}
	switch t.look {
	case toggleOn:
		t.track.FillColor = style.ThemeColor(style.ColorGood)
	case toggleBusy:
		t.track.FillColor = style.ThemeColor(style.ColorMoved)
	case toggleFailed:
		t.track.FillColor = style.ThemeColor(style.ColorServerFault)
	case toggleUnavailable:
		t.track.FillColor = theme.Color(theme.ColorNameDisabled)
		t.label.Color = theme.Color(theme.ColorNameDisabled)
	default:
		t.track.FillColor = style.ThemeColor(style.ColorMuted)
	}
	r.Layout(t.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *toggleRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.t.back, r.t.track, r.t.knob, r.t.label}
}

func (r *toggleRenderer) Destroy() {}
