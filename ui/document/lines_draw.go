package document

import (
	"image/color"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// lineRenderer draws the rows in sight. A row that stays in sight keeps its
// texts, so scrolling paints new rows alone.
type lineRenderer struct {
	v       *LineView
	bar     *canvas.Rectangle
	caret   *canvas.Rectangle // of an editor
	rows    map[rowAt]*drawnRow
	spare   []*drawnRow
	backs   []*canvas.Rectangle // behind selected text and matches
	objects []fyne.CanvasObject
}

// drawnRow is the texts of one row.
type drawnRow struct {
	number *canvas.Text
	spans  []*canvas.Text // those in use; more may be kept behind them
	doc    document       // whose line the texts are of
	from   int            // and from which offset
	to     int
	colour color.Color // of plain text, to notice a change of theme
}

func (r *lineRenderer) Layout(fyne.Size) {
	r.v.Port.clamp()
	r.draw()
}

func (r *lineRenderer) MinSize() fyne.Size { return r.v.MinSize() }

func (r *lineRenderer) Refresh() {
	r.draw()
	canvas.Refresh(r.v)
	r.v.keepBeside()
}

func (r *lineRenderer) Destroy() {}

func (r *lineRenderer) Objects() []fyne.CanvasObject { return r.objects }

// draw lays out what is in sight.
func (r *lineRenderer) draw() {
	v, old := r.v, r.rows
	all := v.Port.InSight()
	r.rows = make(map[rowAt]*drawnRow, len(all))
	for i := range all {
		if kept, ok := old[all[i].at]; ok {
			r.rows[all[i].at] = kept
			delete(old, all[i].at)
		}
	}
	for _, gone := range old {
		gone.hide()
		r.spare = append(r.spare, gone)
	}
	backs := 0
	for i := range all {
		p := &all[i]
		if r.rows[p.at] == nil {
			r.rows[p.at] = r.take()
		}
		r.rows[p.at].show(v, p)
		backs = r.drawBacks(backs, p)
	}
	for _, unused := range r.backs[backs:] {
		unused.Hide()
	}
	r.drawBar()
	r.drawCaret(all)
	r.collect(all)
}

// take returns a row without texts in use.
func (r *lineRenderer) take() *drawnRow {
	if n := len(r.spare); n > 0 {
		row := r.spare[n-1]
		r.spare = r.spare[:n-1]
		row.doc = nil
		return row
	}
	number := canvas.NewText("", style.ThemeColor(style.ColorMuted))
	number.TextStyle, number.TextSize = monospace, style.MonoSize
	return &drawnRow{number: number}
}

// collect lists what is drawn, always in the same order: the toolkit lays the
// view out again, and draws another frame, when that changes.
func (r *lineRenderer) collect(all []placedRow) {
	r.objects = r.objects[:0]
	for _, b := range r.backs {
		r.objects = append(r.objects, b)
	}
	for i := range all {
		row := r.rows[all[i].at]
		r.objects = append(r.objects, row.number)
		for _, t := range row.spans {
			r.objects = append(r.objects, t)
		}
	}
	r.objects = append(r.objects, r.caret, r.bar)
}

func (d *drawnRow) hide() {
	d.number.Hide()
	for _, t := range d.spans {
		t.Hide()
	}
	d.doc = nil
}

// show puts a piece of a line into the row's texts.
func (d *drawnRow) show(v *LineView, placed *placedRow) {
	l, p, y := &placed.Line, placed.piece, placed.y
	plain := style.ThemeColor(theme.ColorNameForeground)
	same := d.doc == v.Port.Doc && d.from == p.from && d.to == p.to && d.colour == plain
	d.doc, d.from, d.to, d.colour = v.Port.Doc, p.from, p.to, plain
	d.showNumber(v, placed)
	x, n, from := v.Port.gutter()+float32(p.indent)*v.Port.cell, 0, p.from
	for s := 0; from < p.to; s++ {
		span := Span{End: len(l.Text)}
		if s < len(l.Spans) {
			span = l.Spans[s]
		}
		to := min(span.End, p.to)
		if to <= from {
			continue
		}
		text := l.Text[from:to]
		spaces := leadingSpaces(text)
		left := x + float32(spaces)*v.Port.cell
		x += v.Port.textWidth(text)
		if span.tab > 0 && to == span.End {
			x = v.Port.gutter() + float32(span.tab)*v.Port.cell
		}
		from = to
		if spaces == len(text) {
			continue
		}
		d.text(n, text[spaces:], span, fyne.NewPos(left, y), same)
		n++
	}
	for _, t := range d.spans[n:] {
		t.Hide()
	}
}

func (d *drawnRow) showNumber(v *LineView, p *placedRow) {
	if !v.Port.Numbers || p.Line.number == 0 || p.at.row > 0 {
		d.number.Hide()
		return
	}
	text := strconv.Itoa(p.Line.number)
	uiwidget.PaintText(d.number, text, style.ThemeColor(style.ColorMuted), false)
	d.number.Move(fyne.NewPos(v.Port.gutter()-gutterSpace-float32(len(text))*v.Port.cell, p.y))
	d.number.Show()
}

// text shows the n-th text of the row.
func (d *drawnRow) text(n int, text string, span Span, at fyne.Position, same bool) {
	if n == len(d.spans) {
		t := canvas.NewText("", color.Transparent)
		t.TextStyle, t.TextSize = monospace, style.MonoSize
		d.spans = append(d.spans, t)
	}
	t := d.spans[n]
	if !same {
		uiwidget.PaintText(t, text, lineColor(span.Color), span.Bold)
	}
	if t.Position() != at {
		t.Move(at)
	}
	if t.Hidden {
		t.Show()
	}
}

// drawBacks draws what lies behind the text of one row.
func (r *lineRenderer) drawBacks(n int, placed *placedRow) int {
	v, line, p := r.v, placed.at.line, placed.piece
	if placed.Line.Back != "" {
		n = r.wholeRow(n, placed, placed.Line.Back)
	}
	if line == v.current-1 {
		n = r.rail(n, placed)
	}
	if from, to, ok := v.selected.in(line, p); ok {
		n = r.back(n, placed, from, to, theme.ColorNameSelection)
	}
	for i := v.Matches.from(line); i < len(v.Matches.All) && v.Matches.All[i].Line == line; i++ {
		m := v.Matches.All[i]
		a, b := max(m.from, p.from), min(m.to, p.to)
		if a >= b {
			continue
		}
		name := style.ColorMatch
		if i == v.Matches.now {
			name = style.ColorMatchNow
		}
		n = r.back(n, placed, a, b, name)
	}
	return n
}

// wholeRow draws the n-th rectangle behind all of a row.
func (r *lineRenderer) wholeRow(n int, placed *placedRow, name fyne.ThemeColorName) int {
	return r.place(n, name, 0, placed.y, r.v.Size().Width)
}

// rail draws the n-th rectangle at the edge of the row that was gone to.
func (r *lineRenderer) rail(n int, placed *placedRow) int {
	return r.place(n, theme.ColorNamePrimary, 0, placed.y, 3)
}

func (r *lineRenderer) place(n int, name fyne.ThemeColorName, x, y, width float32) int {
	b := r.rectangle(n)
	b.FillColor = style.ThemeColor(name)
	b.Move(fyne.NewPos(x, y))
	b.Resize(fyne.NewSize(width, r.v.Port.Row))
	b.Show()
	b.Refresh()
	return n + 1
}

// rectangle is the n-th of those behind text.
func (r *lineRenderer) rectangle(n int) *canvas.Rectangle {
	if n == len(r.backs) {
		r.backs = append(r.backs, canvas.NewRectangle(color.Transparent))
	}
	return r.backs[n]
}

// back draws the n-th rectangle, behind a part of a row.
func (r *lineRenderer) back(n int, placed *placedRow, from, to int, name fyne.ThemeColorName) int {
	v, p := r.v, placed.piece
	x, end := v.Port.xOf(&placed.Line, p, from), v.Port.xOf(&placed.Line, p, to)
	return r.place(n, name, x, placed.y, max(v.Port.cell/2, end-x))
}

// drawCaret shows where an editor that has the focus writes. It does not blink: that would
// paint the whole window twice a second.
func (r *lineRenderer) drawCaret(all []placedRow) {
	v := r.v
	r.caret.Hidden = true
	if v.edit == nil || !v.edit.focused {
		return
	}
	at := v.selected.head
	for i := range all {
		p := &all[i]
		if p.at.line != at.Line || at.at < p.piece.from || at.at > p.piece.to {
			continue
		}
		r.caret.Hidden = false
		r.caret.FillColor = style.ThemeColor(theme.ColorNamePrimary)
		r.caret.Resize(fyne.NewSize(2, v.Port.Row))
		r.caret.Move(fyne.NewPos(v.Port.xOf(&p.Line, p.piece, at.at)-1, p.y))
	}
	r.caret.Refresh()
}

func (r *lineRenderer) drawBar() {
	v := r.v
	y, height := v.Port.thumb()
	r.bar.Hidden = height == 0
	r.bar.FillColor = style.ThemeColor(theme.ColorNameScrollBar)
	r.bar.Move(fyne.NewPos(v.Size().Width-barWidth+2, y))
	r.bar.Resize(fyne.NewSize(barWidth-4, height))
	r.bar.Refresh()
}
