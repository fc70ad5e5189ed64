package widget

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// ListDrag is a line of a list on its way to another place, where a mark stands meanwhile.
// Its Layer lies over the list.
type ListDrag struct {
	Layer *fyne.Container
	Line  int     // that is dragged; -1: none, givenUp: it is not to go anywhere
	Gap   int     // before which line it would stand
	X     float32 // of the pointer, in the list

	list  ScrollingList
	lines func() int
	mark  *canvas.Rectangle
	pitch float32 // from a line to the next one
}

// ScrollingList is a list of lines of one height, as the toolkit has it.
type ScrollingList interface {
	fyne.Widget
	Theme() fyne.Theme
	GetScrollOffset() float32
	ScrollToOffset(float32)
}

// NewListDrag is for a list with so many lines.
func NewListDrag(list ScrollingList, lines func() int) *ListDrag {
	d := &ListDrag{Line: -1, list: list, lines: lines, mark: canvas.NewRectangle(color.Transparent)}
	d.mark.Hide()
	d.Layer = container.NewWithoutLayout(d.mark)
	return d
}

// givenUp is the line of a drag that GiveUp ended while the button is still held down.
const givenUp = -2

// GiveUp has a drag that is under way go nowhere: its line may be another by now.
func (d *ListDrag) GiveUp() {
	if d.Line >= 0 {
		d.Line = givenUp
		d.mark.Hide()
	}
}

// edgeStep is how far the list scrolls with each movement of the pointer at its edge.
const edgeStep = 12

// Over is where the pointer is in the window, with a line that is so high; it reports whether
// a line is dragged.
func (d *ListDrag) Over(line int, height float32, at fyne.Position) bool {
	switch {
	case d.Line == -1 && (line < 0 || line >= d.lines()):
		return false
	case d.Line == -1:
		d.Line = line
	case d.Line >= d.lines():
		d.GiveUp()
	}
	if d.Line < 0 {
		return false
	}
	top := fyne.CurrentApp().Driver().AbsolutePositionForObject(d.list)
	y := at.Y - top.Y
	switch room := d.list.Size().Height; {
	case y < edgeStep:
		d.list.ScrollToOffset(d.list.GetScrollOffset() - edgeStep)
	case y > room-edgeStep:
		d.list.ScrollToOffset(d.list.GetScrollOffset() + edgeStep)
	}
	d.X, d.pitch = at.X-top.X, height+d.list.Theme().Size(theme.SizeNamePadding)
	gap := math.Round(float64((y + d.list.GetScrollOffset()) / d.pitch))
	d.Gap = int(max(0, min(gap, float64(d.lines()))))
	return true
}

// Show draws the mark where the line would go, from left on.
func (d *ListDrag) Show(left float32) {
	size := d.list.Size()
	y := float32(d.Gap)*d.pitch - d.list.GetScrollOffset() - 1
	d.mark.FillColor = theme.Color(theme.ColorNamePrimary)
	d.mark.Move(fyne.NewPos(left, max(0, min(y, size.Height-2))))
	d.mark.Resize(fyne.NewSize(size.Width-left, 2))
	d.mark.Show()
	d.mark.Refresh()
}

// Drop ends it; ok is false where nothing was dragged, or the line is no longer there.
func (d *ListDrag) Drop() (line int, ok bool) {
	line, d.Line = d.Line, -1
	d.mark.Hide()
	return line, line >= 0 && line < d.lines()
}
