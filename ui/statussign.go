package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// statusSign says something in the status bar that a person should have in sight all the
// while, and leads to where it is changed.
type statusSign struct {
	widget.BaseWidget
	tapped func()

	tint  fyne.ThemeColorName
	back  *canvas.Rectangle
	icon  *widget.Icon
	label *canvas.Text
}

var (
	_ fyne.Tappable      = (*statusSign)(nil)
	_ desktop.Cursorable = (*statusSign)(nil)
	_ desktop.Hoverable  = (*statusSign)(nil)
)

func newStatusSign(icon fyne.Resource, tint fyne.ThemeColorName) *statusSign {
	s := &statusSign{tint: tint, back: canvas.NewRectangle(color.Transparent), icon: widget.NewIcon(icon),
		label: canvas.NewText("", color.Black)}
	s.back.CornerRadius = 4
	s.label.TextSize = 12
	s.ExtendBaseWidget(s)
	s.Hide()
	return s
}

// say shows a text, and nothing with ""; it reports whether that is another than before.
func (s *statusSign) say(text string) bool {
	tint := theme.Color(s.tint)
	if s.label.Text == text && s.label.Color == tint {
		return false
	}
	s.label.Text, s.label.Color = text, tint
	s.Hidden = text == ""
	s.Refresh()
	return true
}

// Tapped leads to where that is changed.
func (s *statusSign) Tapped(*fyne.PointEvent) { s.tapped() }

// Cursor shows that there is something to click.
func (s *statusSign) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn marks the sign.
func (s *statusSign) MouseIn(*desktop.MouseEvent) { s.mark(theme.Color(theme.ColorNameHover)) }

// MouseMoved does nothing.
func (s *statusSign) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes the mark away.
func (s *statusSign) MouseOut() { s.mark(color.Transparent) }

func (s *statusSign) mark(c color.Color) {
	s.back.FillColor = c
	s.back.Refresh()
}

func (s *statusSign) CreateRenderer() fyne.WidgetRenderer { return &statusSignRenderer{s} }

type statusSignRenderer struct{ s *statusSign }

const signIcon = 15

func (r *statusSignRenderer) MinSize() fyne.Size {
	text := fyne.MeasureText(r.s.label.Text, r.s.label.TextSize, r.s.label.TextStyle)
	return fyne.NewSize(text.Width+signIcon+20, max(text.Height, 18))
}

func (r *statusSignRenderer) Layout(size fyne.Size) {
	r.s.back.Resize(size)
	r.s.icon.Resize(fyne.NewSize(signIcon, signIcon))
	r.s.icon.Move(fyne.NewPos(6, (size.Height-signIcon)/2))
	r.s.label.Move(fyne.NewPos(6+signIcon+5, 0))
	r.s.label.Resize(fyne.NewSize(size.Width-signIcon-17, size.Height))
}

func (r *statusSignRenderer) Refresh() {
	r.Layout(r.s.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *statusSignRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.back, r.s.icon, r.s.label}
}

func (r *statusSignRenderer) Destroy() {}
