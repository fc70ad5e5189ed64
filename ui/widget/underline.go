package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// Underlining is a stretch of an entry's text, in bytes, that is underlined.
type Underlining struct {
	From, To int
	Mild     bool // it needs help, and no alarm
}

const underlineWidth = 2

// maxUnderlined bounds the lines that are drawn.
const maxUnderlined = 20

// Underline underlines parts of the text instead of others.
func (e *KeyEntry) Underline(parts []Underlining) {
	if len(parts) == 0 && len(e.underlined) == 0 {
		return
	}
	e.underlined = parts[:min(len(parts), maxUnderlined)]
	e.Refresh()
}

// CreateRenderer adds the lines to what the toolkit draws.
func (e *KeyEntry) CreateRenderer() fyne.WidgetRenderer {
	e.ExtendBaseWidget(e)
	r := &underlineRenderer{bareRenderer: newBareRenderer(&e.Entry), e: e}
	r.scrolled = r.place
	return r
}

type underlineRenderer struct {
	*bareRenderer
	e     *KeyEntry
	lines []*canvas.Rectangle
}

func (r *underlineRenderer) Layout(size fyne.Size) {
	r.bareRenderer.Layout(size)
	r.place()
}

func (r *underlineRenderer) Refresh() {
	r.bareRenderer.Refresh()
	if r.e.left {
		r.home()
	}
	r.place()
}

func (r *underlineRenderer) Objects() []fyne.CanvasObject {
	objects := r.bareRenderer.Objects()
	if len(r.lines) == 0 {
		return objects
	}
	all := append([]fyne.CanvasObject(nil), objects...)
	for _, line := range r.lines {
		all = append(all, line)
	}
	return all
}

// place puts each line below its part of the text, as far as that is in sight.
func (r *underlineRenderer) place() {
	for len(r.lines) < len(r.e.underlined) {
		r.lines = append(r.lines, canvas.NewRectangle(theme.Color(theme.ColorNameError)))
	}
	origin, offset, width := fyne.NewPos(0, 0), fyne.NewPos(0, 0), r.e.Size().Width
	if r.scroll.IsValid() {
		box := r.scroll.Addr().Interface().(fyne.CanvasObject)
		origin, width = box.Position(), box.Size().Width
		offset = r.offset()
	}
	text := fyne.MeasureText("x", theme.TextSize(), r.e.TextStyle)
	y := origin.Y - offset.Y + theme.InnerPadding() - theme.InputBorderSize() + text.Height - underlineWidth/2
	for i, line := range r.lines {
		line.Hidden = i >= len(r.e.underlined)
		if line.Hidden {
			continue
		}
		part := r.e.underlined[i]
		from := max(0, r.textWidth(part.From)-offset.X)
		to := min(width, r.textWidth(part.To)-offset.X)
		line.Hidden = to <= from
		line.FillColor = theme.Color(theme.ColorNameError)
		if part.Mild {
			line.FillColor = theme.Color(theme.ColorNameWarning)
		}
		line.Move(fyne.NewPos(origin.X+from, y))
		line.Resize(fyne.NewSize(max(0, to-from), underlineWidth))
		line.Refresh()
	}
}

// textWidth is how far from the edge of the text a byte of it is drawn.
func (r *underlineRenderer) textWidth(at int) float32 {
	text := r.e.Text
	return theme.InnerPadding() + fyne.MeasureText(text[:min(at, len(text))], theme.TextSize(), r.e.TextStyle).Width
}
