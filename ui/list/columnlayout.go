package list

import (
	"posthouse/app"
)

const (
	minColumnWidth = 36
	minGrowing     = 90 // of the column that takes what is left: all fit into 900 pixels at first
)

// ColumnLayout says where each column stands. It belongs to the UI goroutine.
type ColumnLayout struct {
	Widths  []float32 // as a person set them
	Hidden  []bool
	width   float32 // of the list
	places  []place // one for each column; without width: not shown
	version int     // rises with each change
}

// place is where a column stands.
type place struct{ x, width float32 }

// NewColumnLayout has the columns stand as they were saved, those that were not as at
// first.
func NewColumnLayout(saved []app.ColumnState) *ColumnLayout {
	g := &ColumnLayout{places: make([]place, len(columns))}
	for i := range columns {
		g.Widths = append(g.Widths, columns[i].width)
		g.Hidden = append(g.Hidden, columns[i].hidden)
	}
	for _, s := range saved {
		for i := range columns {
			if columns[i].name == s.Name {
				g.Widths[i], g.Hidden[i] = max(minColumnWidth, s.Width), s.Hidden
			}
		}
	}
	g.layout()
	return g
}

// State is what is remembered.
func (g *ColumnLayout) State() []app.ColumnState {
	var all []app.ColumnState
	for i := range columns {
		all = append(all, app.ColumnState{Name: columns[i].name, Width: g.Widths[i], Hidden: g.Hidden[i]})
	}
	return all
}

func (g *ColumnLayout) setWidth(width float32) {
	if g.width != width {
		g.width = width
		g.layout()
	}
}

// Resize gives the i-th column a width.
func (g *ColumnLayout) Resize(i int, width float32) {
	g.Widths[i] = max(minColumnWidth, width)
	g.layout()
}

// SetHidden hides the i-th column, or shows it.
func (g *ColumnLayout) SetHidden(i int, hidden bool) {
	g.Hidden[i] = hidden
	g.layout()
}

// givingWay is in which order columns become narrower than a person set them
// where the list is too narrow for all, and down to what; 0: they go.
var givingWay = []struct {
	name  string
	least float32
}{{barColumn, minColumnWidth}, {"host", 96}, {"type", 44}, {barColumn, 0}}

// layout gives the growing column what the others leave. Where they leave it too
// little, some of them give way, so that the last is not cut by the window's edge.
func (g *ColumnLayout) layout() {
	g.version++
	used := float32(0)
	for i := range columns {
		g.places[i].width = g.Widths[i]
		if g.Hidden[i] || columns[i].grows && g.width > 0 {
			g.places[i].width = 0
		}
		used += g.places[i].width
	}
	if g.width > 0 {
		used -= g.giveWay(used + minGrowing - g.width)
	}
	x := float32(0)
	for i := range columns {
		if columns[i].grows && g.width > 0 && !g.Hidden[i] {
			g.places[i].width = max(minGrowing, g.width-used)
		}
		g.places[i].x = x
		x += g.places[i].width
	}
}

// giveWay takes what is too much off the columns that can give way, and tells
// how much that was.
func (g *ColumnLayout) giveWay(excess float32) (given float32) {
	for _, step := range givingWay {
		for i := range columns {
			p := &g.places[i]
			if columns[i].name != step.name || given >= excess || p.width <= step.least {
				continue
			}
			by := min(p.width-step.least, excess-given)
			if step.least == 0 {
				by = p.width
			}
			p.width -= by
			given += by
		}
	}
	return given
}

// place is where a column stands.
func (g *ColumnLayout) place(name string) place {
	for i := range columns {
		if columns[i].name == name {
			return g.places[i]
		}
	}
	return place{}
}
