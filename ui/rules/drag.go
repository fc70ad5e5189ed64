package rules

import (
	"fyne.io/fyne/v2"

	uiwidget "posthouse/ui/widget"
)

// drag is a line of the list on its way to another place.
type drag struct {
	*uiwidget.ListDrag
	room  *Room
	right bool // as far right as the rules of a folder
}

func newDrag(r *Room) *drag {
	return &drag{ListDrag: uiwidget.NewListDrag(r.list, func() int { return len(r.lines) }), room: r}
}

// over is where the pointer is, in the window.
func (d *drag) over(w *row, at fyne.Position) {
	if !d.Over(w.line, w.Size().Height, at) {
		return
	}
	d.right = d.X > indentWidth
	left := float32(0)
	if l := &d.room.lines[d.Line]; l.rule >= 0 && placeAt(d.room.lines, d.Gap, d.right).folder != "" {
		left = indentWidth
	}
	d.Show(left)
}

// drop takes the line to its place.
func (d *drag) drop() {
	at, ok := d.Drop()
	if !ok {
		return
	}
	lines := d.room.lines
	l := &lines[at]
	p := placeAt(lines, d.Gap, d.right)
	if l.rule < 0 {
		p = placeOf(lines, d.Gap)
	}
	stays := p.before >= l.first() && p.before <= l.behind() && (l.rule < 0 || p.folder == l.folder)
	if !stays {
		order{d.room}.put(at, p)
	}
}
