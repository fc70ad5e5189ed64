package rules

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// drag is a line of the list on its way to another place, where a mark stands meanwhile.
type drag struct {
	room  *Room
	mark  *canvas.Rectangle
	layer *fyne.Container // over the list
	line  int             // that is dragged; -1: none
	gap   int             // before which line it would stand
	right bool            // as far right as the rules of a folder
}

func newDrag(r *Room) *drag {
	d := &drag{room: r, mark: canvas.NewRectangle(color.Transparent), line: -1}
	d.mark.Hide()
	d.layer = container.NewWithoutLayout(d.mark)
	return d
}

// edgeStep is how far the list scrolls with each movement of the pointer at its edge.
const edgeStep = 12

// over is where the pointer is, in the window.
func (d *drag) over(w *row, at fyne.Position) {
	list := d.room.list
	if d.line < 0 {
		if w.line < 0 || w.line >= len(d.room.lines) {
			return
		}
		d.line = w.line
	}
	top := fyne.CurrentApp().Driver().AbsolutePositionForObject(list)
	y, x := at.Y-top.Y, at.X-top.X
	switch height := list.Size().Height; {
	case y < edgeStep:
		list.ScrollToOffset(list.GetScrollOffset() - edgeStep)
	case y > height-edgeStep:
		list.ScrollToOffset(list.GetScrollOffset() + edgeStep)
	}
	pitch := w.Size().Height + list.Theme().Size(theme.SizeNamePadding)
	gap := math.Round(float64((y + list.GetScrollOffset()) / pitch))
	d.gap = int(max(0, min(gap, float64(len(d.room.lines)))))
	d.right = x > indentWidth
	d.show(pitch)
}

// show draws the mark where the line would go.
func (d *drag) show(pitch float32) {
	list := d.room.list
	left := float32(0)
	if l := &d.room.lines[d.line]; l.rule >= 0 && placeAt(d.room.lines, d.gap, d.right).folder != "" {
		left = indentWidth
	}
	y := float32(d.gap)*pitch - list.GetScrollOffset() - 1
	d.mark.FillColor = theme.Color(theme.ColorNamePrimary)
	d.mark.Move(fyne.NewPos(left, max(0, min(y, list.Size().Height-2))))
	d.mark.Resize(fyne.NewSize(list.Size().Width-left, 2))
	d.mark.Show()
	d.mark.Refresh()
}

// drop takes the line to its place.
func (d *drag) drop() {
	at := d.line
	d.line = -1
	d.mark.Hide()
	lines := d.room.lines
	if at < 0 || at >= len(lines) {
		return
	}
	l := &lines[at]
	p := placeAt(lines, d.gap, d.right)
	if l.rule < 0 {
		p = placeOf(lines, d.gap)
	}
	stays := p.before >= l.first() && p.before <= l.behind() && (l.rule < 0 || p.folder == l.folder)
	if !stays {
		order{d.room}.put(at, p)
	}
}
