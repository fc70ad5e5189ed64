package list

import (
	"image/color"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/words"
)

const (
	headerHeight = 26
	titleSize    = 12
	grip         = 5 // pixels left and right of an edge that take hold of it
)

// listHeader names the columns. A click sorts (up, down, as they came), dragging
// an edge resizes, the other button chooses columns and moves the one under the pointer.
type listHeader struct {
	widget.BaseWidget
	layout *ColumnLayout
	Sort   feed.Sorting

	back   *canvas.Rectangle
	line   *canvas.Rectangle
	titles []*canvas.Text
	edges  []*canvas.Rectangle
	drag   int // the column that is resized, -1: none
	over   int // the column whose edge the pointer is on, -1: none

	onSort    func(feed.Sorting)
	onChanged func() // widths or columns changed
}

var (
	_ fyne.Tappable          = (*listHeader)(nil)
	_ fyne.SecondaryTappable = (*listHeader)(nil)
	_ fyne.Draggable         = (*listHeader)(nil)
	_ desktop.Cursorable     = (*listHeader)(nil)
	_ desktop.Hoverable      = (*listHeader)(nil)
)

func newListHeader(g *ColumnLayout) *listHeader {
	h := &listHeader{layout: g, drag: -1, over: -1, back: canvas.NewRectangle(color.Transparent),
		line: canvas.NewRectangle(color.Transparent)}
	for range columns {
		t := canvas.NewText("", color.Black)
		t.TextSize = titleSize
		h.titles = append(h.titles, t)
		h.edges = append(h.edges, canvas.NewRectangle(color.Transparent))
	}
	h.ExtendBaseWidget(h)
	return h
}

// at finds the column at x, and the one whose right edge is there; -1: none.
func (h *listHeader) at(x float32) (column, edge int) {
	column, edge = -1, -1
	for i, p := range h.layout.places {
		if p.width == 0 {
			continue
		}
		if x >= p.x && x < p.x+p.width {
			column = i
		}
		if end := p.x + p.width; x >= end-grip && x <= end+grip {
			edge = i
		}
	}
	return column, edge
}

// Tapped sorts by a column: up, down, and then in the order of arrival again.
func (h *listHeader) Tapped(e *fyne.PointEvent) {
	column, edge := h.at(e.Position.X)
	if column < 0 || edge >= 0 || h.onSort == nil {
		return
	}
	name := columns[column].name
	switch {
	case h.Sort.Column != name:
		h.Sort = feed.Sorting{Column: name}
	case !h.Sort.Descending:
		h.Sort.Descending = true
	default:
		h.Sort = feed.Sorting{}
	}
	if name == columns[0].name && h.Sort.Column == name && !h.Sort.Descending {
		h.Sort.Descending = true // up by number is as they came
	}
	h.Refresh()
	h.onSort(h.Sort)
}

// TappedSecondary moves the column under the pointer, and chooses columns.
func (h *listHeader) TappedSecondary(e *fyne.PointEvent) {
	column, _ := h.at(e.Position.X)
	menu := fyne.NewMenu("", h.menuItems(column)...)
	widget.ShowPopUpMenuAtPosition(menu, fyne.CurrentApp().Driver().CanvasForObject(h), e.AbsolutePosition)
}

// menuItems are what the other button offers on a column, -1 for none.
func (h *listHeader) menuItems(column int) (items []*fyne.MenuItem) {
	if column >= 0 {
		for _, m := range []struct {
			word string
			by   int
		}{{"column.left", -1}, {"column.right", 1}} {
			item := fyne.NewMenuItem(i18n.T(m.word), func() {
				h.layout.move(column, m.by)
				h.changed()
			})
			item.Disabled = h.layout.neighbour(column, m.by) < 0
			items = append(items, item)
		}
	}
	reset := fyne.NewMenuItem(i18n.T("column.reset"), func() {
		h.layout.resetOrder()
		h.changed()
	})
	reset.Disabled = !h.layout.reordered()
	items = append(items, reset, fyne.NewMenuItemSeparator())
	for _, i := range h.layout.order {
		item := fyne.NewMenuItem(i18n.T(columns[i].title), func() {
			h.layout.SetHidden(i, !h.layout.Hidden[i])
			h.changed()
		})
		item.Checked = !h.layout.Hidden[i]
		item.Disabled = columns[i].grows
		items = append(items, item)
	}
	return items
}

func (h *listHeader) changed() {
	h.Refresh()
	if h.onChanged != nil {
		h.onChanged()
	}
}

// Dragged resizes. The edge of the growing column moves the next one instead.
func (h *listHeader) Dragged(e *fyne.DragEvent) {
	if h.drag < 0 {
		_, h.drag = h.at(e.Position.X - e.Dragged.DX)
		if h.drag < 0 {
			return
		}
	}
	i, by := h.drag, e.Dragged.DX
	if columns[i].grows {
		if i = h.layout.neighbour(i, 1); i < 0 {
			return
		}
		by = -by
	}
	h.layout.Resize(i, h.layout.places[i].width+by) // as it is seen: it may have given way
	h.changed()
}

// DragEnd lets the edge go.
func (h *listHeader) DragEnd() { h.drag = -1 }

// Cursor shows where an edge can be taken.
func (h *listHeader) Cursor() desktop.Cursor {
	if h.over >= 0 || h.drag >= 0 {
		return desktop.HResizeCursor
	}
	return desktop.DefaultCursor
}

// MouseIn notes the edge that the pointer is on.
func (h *listHeader) MouseIn(e *desktop.MouseEvent) { _, h.over = h.at(e.Position.X) }

// MouseMoved does too.
func (h *listHeader) MouseMoved(e *desktop.MouseEvent) { _, h.over = h.at(e.Position.X) }

// MouseOut forgets it.
func (h *listHeader) MouseOut() { h.over = -1 }

func (h *listHeader) CreateRenderer() fyne.WidgetRenderer {
	r := &listHeaderRenderer{h}
	r.Refresh()
	return r
}

type listHeaderRenderer struct{ h *listHeader }

func (r *listHeaderRenderer) Layout(size fyne.Size) {
	h := r.h
	h.back.Resize(size)
	h.line.Resize(fyne.NewSize(size.Width, 1))
	h.line.Move(fyne.NewPos(0, size.Height-1))
	for i, p := range h.layout.places {
		h.titles[i].Hidden = p.width == 0
		h.edges[i].Hidden = p.width == 0
		if p.width == 0 {
			continue
		}
		h.titles[i].Alignment = fyne.TextAlignLeading
		if columns[i].right {
			h.titles[i].Alignment = fyne.TextAlignTrailing
		}
		at := p.x + cellPadding
		if columns[i].right {
			at = p.x + 1
		}
		h.titles[i].Move(fyne.NewPos(at, 0))
		h.titles[i].Resize(fyne.NewSize(titleRoom(p), size.Height))
		h.edges[i].Move(fyne.NewPos(p.x+p.width-1, 6))
		h.edges[i].Resize(fyne.NewSize(1, size.Height-12))
	}
}

func (r *listHeaderRenderer) MinSize() fyne.Size { return fyne.NewSize(100, headerHeight) }

func (r *listHeaderRenderer) Refresh() {
	h := r.h
	h.back.FillColor = theme.Color(theme.ColorNameHeaderBackground)
	h.line.FillColor = theme.Color(theme.ColorNameSeparator)
	for i := range columns {
		title := i18n.T(columns[i].title)
		if columns[i].untitled() {
			title = "" // there is no room for it; the menu names the column
		}
		h.titles[i].Color = style.ThemeColor(style.ColorMuted)
		arrow := ""
		if h.Sort.Column == columns[i].name {
			h.titles[i].Color = theme.Color(theme.ColorNameForeground)
			arrow = map[bool]string{false: " ↑", true: " ↓"}[h.Sort.Descending]
		}
		h.titles[i].Text = cutTitle(title, arrow, titleRoom(h.layout.places[i]))
		h.edges[i].FillColor = theme.Color(theme.ColorNameSeparator)
	}
	r.Layout(h.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// titleRoom is the width of a title: its column's, without the padding on the
// side where cells begin or, of numbers, end.
func titleRoom(p place) float32 { return p.width - cellPadding - 1 }

// cutTitle is a title that fits into room, with the arrow whole: it says more
// than the title's last letters.
func cutTitle(title, arrow string, room float32) string {
	fits := func(text string) bool { return fyne.MeasureText(text, titleSize, fyne.TextStyle{}).Width <= room }
	if fits(title + arrow) {
		return title + arrow
	}
	for title != "" {
		_, last := utf8.DecodeLastRuneInString(title)
		title = title[:len(title)-last]
		if cut := title + words.Ellipsis + arrow; fits(cut) {
			return cut
		}
	}
	return strings.TrimSpace(arrow)
}

func (r *listHeaderRenderer) Destroy() {}

func (r *listHeaderRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.h.back, r.h.line}
	for i := range columns {
		all = append(all, r.h.titles[i], r.h.edges[i])
	}
	return all
}
