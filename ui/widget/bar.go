package widget

import (
	"image/color"
	"posthouse/ui/style"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// barHeight is the height of the small bars above heads and bodies.
const barHeight float32 = 26

// NewBar is a thin row of objects on a shade.
func NewBar(objects ...fyne.CanvasObject) *fyne.Container {
	back := NewShade(theme.ColorNameHeaderBackground)
	row := container.New(&barLayout{}, objects...)
	for _, o := range objects {
		if b, ok := o.(*BarButton); ok {
			b.row = row
		}
	}
	return container.NewStack(back, row)
}

// NewPage puts what is fixed above what takes the rest, without gaps.
func NewPage(top, rest fyne.CanvasObject) *fyne.Container {
	return container.New(pageLayout{}, top, rest)
}

// NewLowered leaves a little room above the first line.
func NewLowered(o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(3, 0, 0, 0), o)
}

type pageLayout struct{}

func (pageLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return TightColumn{}.MinSize(objects)
}

func (pageLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	top, rest := objects[0], objects[1]
	top.Move(fyne.NewPos(0, 0))
	top.Resize(fyne.NewSize(size.Width, top.MinSize().Height))
	height := top.MinSize().Height // of text that is wrapped now
	top.Resize(fyne.NewSize(size.Width, height))
	rest.Move(fyne.NewPos(0, height))
	rest.Resize(fyne.NewSize(size.Width, max(0, size.Height-height)))
}

// BarText is a text for such a bar.
func BarText() *canvas.Text {
	t := canvas.NewText("", style.ThemeColor(style.ColorMuted))
	t.TextSize = style.MonoSize
	return t
}

// barLayout puts objects in a row: the first takes what is left, the others,
// which are buttons, have their least width at the right. Where the first does not fit
// beside them, those with an icon do without their words.
type barLayout struct{}

func (*barLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(60, barHeight) }

func (*barLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	tighten(objects, size.Width-style.LeftSpace-8)
	right := size.Width - 4
	for i := len(objects) - 1; i > 0; i-- {
		o := objects[i]
		if !o.Visible() {
			continue
		}
		w := o.MinSize().Width
		right -= w
		o.Move(fyne.NewPos(right, (size.Height-barHeight)/2+1))
		o.Resize(fyne.NewSize(w, barHeight-2))
	}
	height := objects[0].MinSize().Height
	objects[0].Move(fyne.NewPos(style.LeftSpace, (size.Height-height)/2))
	objects[0].Resize(fyne.NewSize(max(0, right-style.LeftSpace-4), height))
}

// tighten has the buttons of a row of a width show their words, if there is room.
func tighten(objects []fyne.CanvasObject, width float32) {
	width -= objects[0].MinSize().Width
	for _, o := range objects[1:] {
		if b, ok := o.(*BarButton); ok && b.Visible() {
			width -= b.fullWidth()
		} else if o.Visible() {
			width -= o.MinSize().Width
		}
	}
	for _, o := range objects[1:] {
		if b, ok := o.(*BarButton); ok && b.icon != nil && b.tight != (width < 0) {
			b.tight = width < 0
			b.Refresh()
		}
	}
}

// TightColumn stacks what is visible from the top, without gaps.
type TightColumn struct{}

func (TightColumn) MinSize(objects []fyne.CanvasObject) (size fyne.Size) {
	for _, o := range objects {
		if o.Visible() {
			least := o.MinSize()
			size = fyne.NewSize(max(size.Width, least.Width), size.Height+least.Height)
		}
	}
	return size
}

// Layout resizes twice: how high wrapped text is turns out when it has its width.
func (TightColumn) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if o.Visible() {
			o.Move(fyne.NewPos(0, y))
			o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
			if height := o.MinSize().Height; height != o.Size().Height {
				o.Resize(fyne.NewSize(size.Width, height))
			}
			y += o.Size().Height
		}
	}
}

// shade is a rectangle in a colour of the theme, which it follows.
type shade struct {
	widget.BaseWidget
	name fyne.ThemeColorName
	rect *canvas.Rectangle
}

// NewShade is a surface in a colour of the theme, also after the theme changed.
func NewShade(name fyne.ThemeColorName) *shade {
	s := &shade{name: name, rect: canvas.NewRectangle(style.ThemeColor(name))}
	s.ExtendBaseWidget(s)
	return s
}

func (s *shade) Refresh() {
	s.rect.FillColor = style.ThemeColor(s.name)
	s.rect.Refresh()
}

func (s *shade) CreateRenderer() fyne.WidgetRenderer {
	return &shadeRenderer{widget.NewSimpleRenderer(s.rect), s}
}

type shadeRenderer struct {
	fyne.WidgetRenderer
	s *shade
}

func (r *shadeRenderer) Refresh() { r.s.Refresh() }

// BarButton is a small flat button with an icon, a text, or both.
type BarButton struct {
	widget.BaseWidget
	icon   fyne.Resource
	Label  string
	tapped func()

	IconLast bool            // the icon stands behind the text
	tight    bool            // there is no room for the text
	on       bool            // it is down, and stays so
	row      *fyne.Container // what it stands in, to be laid out again where its width changes

	back *canvas.Rectangle
	sign *canvas.Image
	text *canvas.Text
	over bool
}

var (
	_ fyne.Tappable     = (*BarButton)(nil)
	_ desktop.Hoverable = (*BarButton)(nil)
)

// NewBarButton makes a button without words.
func NewBarButton(icon fyne.Resource, tapped func()) *BarButton {
	b := &BarButton{icon: icon, tapped: tapped, back: canvas.NewRectangle(color.Transparent), text: BarText()}
	b.back.CornerRadius = 4
	b.sign = &canvas.Image{Resource: icon, FillMode: canvas.ImageFillContain}
	b.ExtendBaseWidget(b)
	return b
}

// SetLabel says what the button is for.
func (b *BarButton) SetLabel(label string) {
	if b.Label != label {
		b.Label = label
		b.Refresh()
		b.refreshRow()
	}
}

func (b *BarButton) refreshRow() {
	if b.row != nil {
		b.row.Refresh()
	}
}

// SetIcon shows another icon.
func (b *BarButton) SetIcon(icon fyne.Resource) {
	if b.icon != icon {
		b.icon = icon
		b.Refresh()
	}
}

// SetOn has the button be down, or up.
func (b *BarButton) SetOn(on bool) {
	if b.on != on {
		b.on = on
		b.Refresh()
	}
}

// On reports whether the button is down.
func (b *BarButton) On() bool { return b.on }

// SetVisible shows the button, or hides it.
func (b *BarButton) SetVisible(on bool) {
	if on != b.Visible() {
		if b.Hidden = !on; on {
			b.Show()
		}
		b.refreshRow()
	}
}

func (b *BarButton) Tapped(*fyne.PointEvent) { b.tapped() }

func (b *BarButton) MouseIn(*desktop.MouseEvent) { b.hover(true) }

func (b *BarButton) MouseMoved(*desktop.MouseEvent) {}

func (b *BarButton) MouseOut() { b.hover(false) }

func (b *BarButton) hover(on bool) {
	b.over = on
	b.Refresh()
}

func (b *BarButton) MinSize() fyne.Size {
	if b.tight {
		return fyne.NewSize(barIconWidth, barHeight-2)
	}
	return fyne.NewSize(b.fullWidth(), barHeight-2)
}

// barIconWidth is the width of a button that is but an icon.
const barIconWidth = 14 + 17

// fullWidth is the width with the text.
func (b *BarButton) fullWidth() float32 {
	width := float32(14)
	if b.icon != nil {
		width = barIconWidth
	}
	if b.Label != "" {
		width += fyne.MeasureText(b.Label, b.text.TextSize, b.text.TextStyle).Width
	}
	return width
}

func (b *BarButton) CreateRenderer() fyne.WidgetRenderer { return &barButtonRenderer{b} }

type barButtonRenderer struct{ b *BarButton }

func (r *barButtonRenderer) Layout(size fyne.Size) {
	b, x := r.b, float32(6)
	b.back.Resize(size)
	if b.icon != nil {
		sign := x
		if b.IconLast {
			sign = size.Width - 20
		} else {
			x += 18
		}
		b.sign.Move(fyne.NewPos(sign, (size.Height-15)/2))
		b.sign.Resize(fyne.NewSize(15, 15))
	}
	height := b.text.MinSize().Height
	b.text.Move(fyne.NewPos(x, (size.Height-height)/2))
	b.text.Resize(fyne.NewSize(max(0, size.Width-x), height))
}

func (r *barButtonRenderer) MinSize() fyne.Size { return r.b.MinSize() }

func (r *barButtonRenderer) Refresh() {
	b := r.b
	b.back.FillColor = color.Transparent
	switch {
	case b.on:
		b.back.FillColor = style.ThemeColor(theme.ColorNameSelection)
	case b.over:
		b.back.FillColor = style.ThemeColor(theme.ColorNameHover)
	}
	label := b.Label
	if b.tight {
		label = ""
	}
	PaintText(b.text, label, style.ThemeColor(theme.ColorNameForeground), false)
	b.sign.Hidden = b.icon == nil
	b.sign.Resource = b.icon
	b.sign.Refresh() // else the toolkit keeps the old one
	r.Layout(b.Size())
	canvas.Refresh(b)
}

func (r *barButtonRenderer) Destroy() {}

func (r *barButtonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.b.back, r.b.sign, r.b.text}
}
