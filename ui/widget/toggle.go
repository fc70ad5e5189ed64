package widget

import (
	"image/color"

	"posthouse/ui/style"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// ToggleLook is how a switch stands.
type ToggleLook uint8

const (
	ToggleOff ToggleLook = iota
	ToggleOn
	ToggleBusy // on its way
	ToggleFailed
	ToggleUnavailable
)

const (
	toggleWidth  = 30
	toggleHeight = 16
)

// Toggle is a switch with a word beside it. The word says the state too, so
// that colour is not the only sign.
type Toggle struct {
	widget.BaseWidget
	Text   string
	Look   ToggleLook
	hover  bool
	tapped func()
	Tip    func(in bool) // told of the pointer; may be nil

	back  *canvas.Rectangle
	track *canvas.Rectangle
	knob  *canvas.Circle
	label *canvas.Text
}

var (
	_ fyne.Tappable     = (*Toggle)(nil)
	_ desktop.Hoverable = (*Toggle)(nil)
)

// NewToggle makes a switch that is off.
func NewToggle(tapped func()) *Toggle {
	t := &Toggle{tapped: tapped,
		back: canvas.NewRectangle(color.Transparent), track: canvas.NewRectangle(color.Transparent),
		knob: canvas.NewCircle(color.White), label: canvas.NewText("", color.Black)}
	t.back.CornerRadius = 6
	t.track.CornerRadius = toggleHeight / 2
	t.label.TextSize = style.TextSize
	t.ExtendBaseWidget(t)
	return t
}

// Set changes word and look.
func (t *Toggle) Set(text string, look ToggleLook) {
	if t.Text == text && t.Look == look {
		return
	}
	t.Text, t.Look = text, look
	t.Refresh()
}

// Tapped switches.
func (t *Toggle) Tapped(*fyne.PointEvent) {
	if t.Tip != nil {
		t.Tip(false)
	}
	if t.Look != ToggleUnavailable {
		t.tapped()
	}
}

// MouseIn marks the switch.
func (t *Toggle) MouseIn(*desktop.MouseEvent) { t.setHover(true) }

// MouseMoved does nothing.
func (t *Toggle) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes the mark away.
func (t *Toggle) MouseOut() { t.setHover(false) }

func (t *Toggle) setHover(on bool) {
	if t.Tip != nil {
		t.Tip(on)
	}
	t.hover = on && t.Look != ToggleUnavailable
	t.Refresh()
}

func (t *Toggle) CreateRenderer() fyne.WidgetRenderer {
	r := &toggleRenderer{t}
	r.Refresh()
	return r
}

type toggleRenderer struct{ t *Toggle }

func (r *toggleRenderer) MinSize() fyne.Size {
	text := fyne.MeasureText(r.t.Text, style.TextSize, fyne.TextStyle{})
	return fyne.NewSize(toggleWidth+text.Width+28, 32)
}

func (r *toggleRenderer) Layout(size fyne.Size) {
	t := r.t
	t.back.Resize(size)
	top := (size.Height - toggleHeight) / 2
	t.track.Move(fyne.NewPos(8, top))
	t.track.Resize(fyne.NewSize(toggleWidth, toggleHeight))
	x := float32(10)
	switch t.Look {
	case ToggleOn:
		x = 8 + toggleWidth - toggleHeight + 2
	case ToggleBusy:
		x = 8 + (toggleWidth-toggleHeight)/2 + 2
	}
	t.knob.Move(fyne.NewPos(x, top+2))
	t.knob.Resize(fyne.NewSize(toggleHeight-4, toggleHeight-4))
	t.label.Move(fyne.NewPos(8+toggleWidth+8, 0))
	t.label.Resize(fyne.NewSize(size.Width-toggleWidth-16, size.Height))
}

func (r *toggleRenderer) Refresh() {
	t := r.t
	t.label.Text = t.Text
	t.label.Color = theme.Color(theme.ColorNameForeground)
	t.knob.FillColor = color.White
	t.back.FillColor = color.Transparent
	if t.hover {
		t.back.FillColor = theme.Color(theme.ColorNameHover)
	}
	switch t.Look {
	case ToggleOn:
		t.track.FillColor = style.ThemeColor(style.ColorGood)
	case ToggleBusy:
		t.track.FillColor = style.ThemeColor(style.ColorMoved)
	case ToggleFailed:
		t.track.FillColor = style.ThemeColor(style.ColorServerFault)
	case ToggleUnavailable:
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
