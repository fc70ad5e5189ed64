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

// layout gives the growing column what the others leave.
func (g *columnLayout) layout() {
	g.version++
	used := float32(0)
	for i := range columns {
		if !g.hidden[i] && !columns[i].grows {
			used += g.widths[i]
		}
	}
	x := float32(0)
	for i := range columns {
		w := g.widths[i]
		switch {
		case g.hidden[i]:
			w = 0
		case columns[i].grows && g.width > 0:
			w = max(minGrowing, g.width-used)
		}
		g.places[i] = place{x, w}
		x += w
	}
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
