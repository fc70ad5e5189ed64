package comparison

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/compare"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// The cells of a row.
const (
	cellKind = iota
	cellMethod
	cellPath
	cellStatus
	cellTime
	cellSize
	cellDiffers
	cells
)

var cellWords = [cells]string{"", "column.method", "compare.lists.path", "column.status", "column.duration", "column.size",
	"compare.lists.differs"}

// cellWidths are those of the cells; 0 shares what is left.
var cellWidths = [cells]float32{cellKind: 92, cellMethod: 72, cellStatus: 96, cellTime: 166, cellSize: 132}

// pathShare is how much of what is left the path has.
const pathShare = 0.55

const cellSpace = 8 // left and right of a text

// place is where a cell stands in a row of a width.
func place(cell int, width float32) (x, w float32) {
	left := width
	for _, w := range cellWidths {
		left -= w
	}
	left = max(left, 120)
	for i, fixed := range cellWidths {
		switch w = fixed; {
		case i == cellPath:
			w = left * pathShare
		case i == cellDiffers:
			w = left * (1 - pathShare)
		}
		if i == cell {
			break
		}
		x += w
	}
	return x, w
}

// cellsLayout draws texts in the cells of a row.
type cellsLayout struct{ texts [cells]*canvas.Text }

func newCells() (c cellsLayout) {
	for i := range c.texts {
		c.texts[i] = canvas.NewText("", color.Black)
		c.texts[i].TextSize = style.TextSize
	}
	return c
}

// set shows a text in a cell of a row of a width; it is cut where it is too long.
func (c *cellsLayout) set(cell int, text string, ink color.Color, width float32) {
	_, w := place(cell, width)
	uiwidget.SetText(c.texts[cell], style.CutText(words.VisibleText(words.ShortText(text, maxCell)), w-2*cellSpace), ink)
}

// maxCell bounds a text that is measured, in bytes.
const maxCell = 1000

func (c *cellsLayout) layout(size fyne.Size) {
	for i, t := range c.texts {
		x, w := place(i, size.Width)
		least := t.MinSize()
		t.Resize(fyne.NewSize(w-2*cellSpace, least.Height))
		t.Move(fyne.NewPos(x+cellSpace, (size.Height-least.Height)/2))
	}
}

// pairRow is a pair in the table.
type pairRow struct {
	widget.BaseWidget
	style.AppTheme
	cellsLayout
	room *lists
	at   int
	back *canvas.Rectangle
}

var (
	_ fyne.Tappable          = (*pairRow)(nil)
	_ fyne.SecondaryTappable = (*pairRow)(nil)
	_ desktop.Cursorable     = (*pairRow)(nil)
)

func newPairRow(r *lists) *pairRow {
	w := &pairRow{room: r, back: canvas.NewRectangle(color.Transparent), cellsLayout: newCells()}
	w.ExtendBaseWidget(w)
	return w
}

// show draws a pair.
func (w *pairRow) show(at int) {
	r := w.room
	if r.result == nil || at >= len(r.shown) {
		return
	}
	w.at = at
	p := &r.result.Pairs[r.shown[at]]
	switch {
	case at == r.at:
		w.back.FillColor = style.ThemeColor(style.ColorRowSelected)
	case at%2 == 1:
		w.back.FillColor = style.ThemeColor(style.ColorRowStripe)
	default:
		w.back.FillColor = color.Transparent
	}
	ink, muted := style.ThemeColor(theme.ColorNameForeground), style.ThemeColor(style.ColorMuted)
	width := w.Size().Width
	request, known := r.result.Request(p)
	path := request.Host + request.Path
	if !known {
		path = numberText(p)
	}
	slower := ink
	if p.Slower {
		slower = style.ThemeColor(style.ColorServerFault)
	}
	w.set(cellKind, i18n.T(chipWords[chipOf(p)]), kindColor(p), width)
	w.set(cellMethod, r.Secrets.Text(request.Method), style.MethodColor(request.Method), width)
	w.set(cellPath, r.Secrets.Text(path), ink, width)
	w.set(cellStatus, statusPair(p), statusColor(p), width)
	w.set(cellTime, timePair(p), slower, width)
	w.set(cellSize, sizePair(p), ink, width)
	w.set(cellDiffers, r.Secrets.Text(r.differsText(p)), muted, width)
	w.Refresh()
}

var kindColors = [chips]fyne.ThemeColorName{chipNew: style.ColorGood, chipGone: style.ColorServerFault, chipChanged: style.ColorMoved,
	chipSlower: style.ColorServerFault, chipUnseen: style.ColorMuted, chipSame: style.ColorMuted}

// kindColor is beside the word, never alone.
func kindColor(p *compare.Pair) color.Color { return style.ThemeColor(kindColors[chipOf(p)]) }

func (w *pairRow) Tapped(*fyne.PointEvent) { w.room.table.tapped(w.at) }

func (w *pairRow) TappedSecondary(e *fyne.PointEvent) { w.room.table.menu(w.at, e.AbsolutePosition) }

// Cursor is that of something to click.
func (w *pairRow) Cursor() desktop.Cursor { return desktop.DefaultCursor }

func (w *pairRow) CreateRenderer() fyne.WidgetRenderer { return &pairRowRenderer{w} }

type pairRowRenderer struct{ w *pairRow }

func (r *pairRowRenderer) MinSize() fyne.Size { return fyne.NewSize(200, style.RowHeight) }

func (r *pairRowRenderer) Layout(size fyne.Size) {
	r.w.back.Resize(size)
	r.w.layout(size)
}

func (r *pairRowRenderer) Refresh() {
	r.Layout(r.w.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *pairRowRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.w.back}
	for _, t := range r.w.texts {
		objects = append(objects, t)
	}
	return objects
}

func (r *pairRowRenderer) Destroy() {}

// pairHead is the head of the table.
type pairHead struct {
	widget.BaseWidget
	cellsLayout
	back *canvas.Rectangle
}

func newPairHead() *pairHead {
	h := &pairHead{back: canvas.NewRectangle(color.Transparent), cellsLayout: newCells()}
	h.ExtendBaseWidget(h)
	return h
}

func (h *pairHead) CreateRenderer() fyne.WidgetRenderer { return &pairHeadRenderer{h} }

type pairHeadRenderer struct{ h *pairHead }

func (r *pairHeadRenderer) MinSize() fyne.Size { return fyne.NewSize(200, style.RowHeight) }

func (r *pairHeadRenderer) Layout(size fyne.Size) {
	h := r.h
	h.back.FillColor = style.ThemeColor(theme.ColorNameHeaderBackground)
	h.back.Resize(size)
	for i, key := range cellWords {
		if key != "" {
			h.set(i, i18n.T(key), style.ThemeColor(style.ColorMuted), size.Width)
		}
	}
	h.layout(size)
}

func (r *pairHeadRenderer) Refresh() {
	r.Layout(r.h.Size())
	canvas.Refresh(r.h)
}

func (r *pairHeadRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.h.back}
	for _, t := range r.h.texts {
		objects = append(objects, t)
	}
	return objects
}

func (r *pairHeadRenderer) Destroy() {}
