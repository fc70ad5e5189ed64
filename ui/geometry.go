package ui

import (
	"posthouse/app"
)

const (
	minColumnWidth = 36
	minGrowing     = 90 // of the column that takes what is left: all fit into 900 pixels at first
)

// columnLayout says where each column stands. It belongs to the UI goroutine.
type columnLayout struct {
	widths  []float32 // as a person set them
	hidden  []bool
	width   float32 // of the list
	places  []place // one for each column; without width: not shown
	version int     // rises with each change
}

// place is where a column stands.
type place struct{ x, width float32 }

func newColumnLayout(saved []app.ColumnState) *columnLayout {
	g := &columnLayout{places: make([]place, len(columns))}
	for i := range columns {
		g.widths = append(g.widths, columns[i].width)
		g.hidden = append(g.hidden, columns[i].hidden)
	}
	for _, s := range saved {
		for i := range columns {
			if columns[i].name == s.Name {
				g.widths[i], g.hidden[i] = max(minColumnWidth, s.Width), s.Hidden
			}
		}
	}
	g.layout()
	return g
}

// state is what is remembered.
func (g *columnLayout) state() []app.ColumnState {
	var all []app.ColumnState
	for i := range columns {
		all = append(all, app.ColumnState{Name: columns[i].name, Width: g.widths[i], Hidden: g.hidden[i]})
	}
	return all
}

func (g *columnLayout) setWidth(width float32) {
	if g.width != width {
		g.width = width
		g.layout()
	}
}

func (g *columnLayout) resize(i int, width float32) {
	g.widths[i] = max(minColumnWidth, width)
	g.layout()
}

func (g *columnLayout) setHidden(i int, hidden bool) {
	g.hidden[i] = hidden
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
func (g *columnLayout) layout() {
	g.version++
	used := float32(0)
	for i := range columns {
		g.places[i].width = g.widths[i]
		if g.hidden[i] || columns[i].grows && g.width > 0 {
			g.places[i].width = 0
		}
		used += g.places[i].width
	}
	if g.width > 0 {
		used -= g.giveWay(used + minGrowing - g.width)
	}
	x := float32(0)
	for i := range columns {
		if columns[i].grows && g.width > 0 && !g.hidden[i] {
			g.places[i].width = max(minGrowing, g.width-used)
		}
		g.places[i].x = x
		x += g.places[i].width
	}
}

// giveWay takes what is too much off the columns that can give way, and tells
// how much that was.
func (g *columnLayout) giveWay(excess float32) (given float32) {
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
func (g *columnLayout) place(name string) place {
	for i := range columns {
		if columns[i].name == name {
			return g.places[i]
		}
	}
	return place{}
}
