package list

import (
	"slices"

	"posthouse/app"
)

const (
	minColumnWidth = 36
	minGrowing     = 90 // of the column that takes what is left: all fit into 900 pixels at first

	// What it has before those that tell less keep their widths, and before these are there.
	goodGrowing, fairGrowing = 220, 120
)

// ColumnLayout says where each column stands. It belongs to the UI goroutine.
type ColumnLayout struct {
	Widths  []float32 // as a person set them
	Hidden  []bool
	order   []int   // the columns from left to right, hidden ones too
	width   float32 // of the list
	places  []place // one for each column; without width: not shown
	version int     // rises with each change
}

// place is where a column stands.
type place struct{ x, width float32 }

// NewColumnLayout has the columns stand as they were saved, those that were not as at
// first.
func NewColumnLayout(saved []app.ColumnState) *ColumnLayout {
	g := &ColumnLayout{places: make([]place, len(columns)), order: columnOrder(saved)}
	for i := range columns {
		g.Widths = append(g.Widths, columns[i].width)
		g.Hidden = append(g.Hidden, columns[i].hidden)
	}
	for _, s := range saved {
		for i := range columns {
			if columns[i].name == s.Name {
				// The growing one has no way back from the window.
				g.Widths[i], g.Hidden[i] = max(minColumnWidth, s.Width), s.Hidden && !columns[i].grows
			}
		}
	}
	g.layout()
	return g
}

// columnOrder is the order of what was saved. A name that there is not any more is left
// out; a column that was not saved stands behind the one that it stands behind at first.
func columnOrder(saved []app.ColumnState) (order []int) {
	for _, s := range saved {
		i := slices.IndexFunc(columns, func(c column) bool { return c.name == s.Name })
		if i >= 0 && !slices.Contains(order, i) {
			order = append(order, i)
		}
	}
	for i := range columns {
		if !slices.Contains(order, i) {
			order = slices.Insert(order, slices.Index(order, i-1)+1, i)
		}
	}
	return order
}

// neighbour is the next column in sight to the right, or to the left with by -1; -1: none.
func (g *ColumnLayout) neighbour(i, by int) int {
	for at := slices.Index(g.order, i) + by; at >= 0 && at < len(g.order); at += by {
		if g.places[g.order[at]].width > 0 {
			return g.order[at]
		}
	}
	return -1
}

// move puts a column on the other side of its neighbour in sight.
func (g *ColumnLayout) move(i, by int) {
	other := g.neighbour(i, by)
	if other < 0 {
		return
	}
	at := slices.Index(g.order, other)
	from := slices.Index(g.order, i)
	g.order = slices.Insert(slices.Delete(g.order, from, from+1), at, i)
	g.layout()
}

// reordered reports whether the columns stand otherwise than at first.
func (g *ColumnLayout) reordered() bool { return !slices.IsSorted(g.order) }

// resetOrder has the columns stand as at first.
func (g *ColumnLayout) resetOrder() {
	slices.Sort(g.order)
	g.layout()
}

// State is what is remembered, in the order of the columns.
func (g *ColumnLayout) State() []app.ColumnState {
	var all []app.ColumnState
	for _, i := range g.order {
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

// Show has a column be in sight.
func (g *ColumnLayout) Show(name string) {
	for i := range columns {
		if columns[i].name == name {
			g.SetHidden(i, false)
		}
	}
}

// typeLeast has room for html and json.
const typeLeast = 52

// givingWay is in which order columns become narrower than a person set them where the
// growing one has less than it is to have, and down to what; 0: they go.
var givingWay = []struct {
	name    string
	least   float32
	growing float32
}{
	// Hosts and paths are what people read: the growing column is good before these are.
	{NoteColumn, 64, goodGrowing}, {barColumn, minColumnWidth, goodGrowing}, {"remote", 96, goodGrowing},
	{appColumn, 64, goodGrowing}, {"type", typeLeast, goodGrowing},
	{barColumn, 0, fairGrowing}, {"host", 96, minGrowing},
	// Beside the details the list is narrower still: what was asked and how it ended stays.
	{"type", 0, minGrowing}, {"duration", 0, minGrowing}, {"size", 0, minGrowing}, {NoteColumn, 0, minGrowing},
	{"method", 64, minGrowing}, {"number", 0, minGrowing}}

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
		used -= g.giveWay(used - g.width)
	}
	x := float32(0)
	for _, i := range g.order {
		if columns[i].grows && g.width > 0 && !g.Hidden[i] {
			g.places[i].width = max(minGrowing, g.width-used)
		}
		g.places[i].x = x
		x += g.places[i].width
	}
}

// giveWay takes what is too much off the columns that can give way, and tells how much
// that was. excess is by how much all but the growing one are wider than the list.
func (g *ColumnLayout) giveWay(excess float32) (given float32) {
	for _, step := range givingWay {
		for i := range columns {
			p, missing := &g.places[i], excess+step.growing-given
			if columns[i].name != step.name || missing <= 0 || p.width <= step.least {
				continue
			}
			by := min(p.width-step.least, missing)
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
