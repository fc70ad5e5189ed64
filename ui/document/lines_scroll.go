package document

import (
	"math"
	"unicode/utf8"

	"posthouse/ui/style"

	"fyne.io/fyne/v2"
)

// Scroll moves what is in sight by some pixels, down for more than zero.
func (v *LineView) Scroll(by float32) {
	v.shift += by
	for v.shift < 0 && v.Top != (rowAt{}) {
		v.Top = v.rowBefore(v.Top)
		v.shift += v.Row
	}
	for v.shift >= v.Row && v.Top.line < v.Doc.Len() {
		v.Top = v.rowAfter(v.Top)
		v.shift -= v.Row
	}
	v.clamp()
	v.Refresh()
}

func (v *LineView) rowBefore(r rowAt) rowAt {
	if r.row > 0 {
		return rowAt{r.line, r.row - 1}
	}
	if r.line == 0 {
		return r
	}
	return rowAt{r.line - 1, v.rowsOf(r.line-1) - 1}
}

func (v *LineView) rowAfter(r rowAt) rowAt {
	if r.row+1 < v.rowsOf(r.line) {
		return rowAt{r.line, r.row + 1}
	}
	return rowAt{r.line + 1, 0}
}

// lastTop is the first row in sight when the end of the document is.
func (v *LineView) lastTop() (top rowAt, shift float32) {
	fit := v.Size().Height / v.Row
	r, rows := rowAt{v.Doc.Len(), 0}, float32(0)
	for rows < fit && r != (rowAt{}) {
		r = v.rowBefore(r)
		rows++
	}
	if r == (rowAt{}) && rows <= fit {
		return rowAt{}, 0
	}
	return r, (rows - fit) * v.Row
}

// clamp keeps the document in sight.
func (v *LineView) clamp() {
	if v.Top.line < 0 || v.shift < 0 && v.Top == (rowAt{}) {
		v.Top, v.shift = rowAt{}, 0
	}
	if v.Top.line < v.Doc.Len() {
		v.Top.row = min(v.Top.row, v.rowsOf(v.Top.line)-1)
	}
	last, shift := v.lastTop()
	if last.before(v.Top) || last == v.Top && v.shift > shift {
		v.Top, v.shift = last, shift
	}
}

func (r rowAt) before(o rowAt) bool { return r.line < o.line || r.line == o.line && r.row < o.row }

// position is where a row stands among all, in lines.
func (v *LineView) position(r rowAt, shift float32) float64 {
	rows := 1
	if r.line < v.Doc.Len() {
		rows = v.rowsOf(r.line)
	}
	return float64(r.line) + (float64(r.row)+float64(shift/v.Row))/float64(rows)
}

// thumb is where the scroll bar's handle stands; its height is 0 where all is in sight.
func (v *LineView) thumb() (y, height float32) {
	last, shift := v.lastTop()
	end := v.position(last, shift)
	if end <= 0 {
		return 0, 0
	}
	track := v.Size().Height
	height = max(minThumb, track*float32(1-end/float64(v.Doc.Len())))
	return (track - height) * float32(v.position(v.Top, v.shift)/end), height
}

// ScrollToThumb is the opposite of thumb.
func (v *LineView) ScrollToThumb(y float32) {
	_, height := v.thumb()
	room := v.Size().Height - height
	if height == 0 || room <= 0 {
		return
	}
	last, shift := v.lastTop()
	if y >= room { // where no rounding may keep the end away
		v.Top, v.shift = last, shift
		v.Refresh()
		return
	}
	at := v.position(last, shift) * float64(max(y/room, 0))
	line := min(int(at), max(0, v.Doc.Len()-1))
	rows := float64(v.rowsOf(line)) * (at - float64(line))
	v.Top, v.shift = rowAt{line, int(rows)}, float32(rows-math.Floor(rows))*v.Row
	v.clamp()
	v.Refresh()
}

// reveal brings a place into sight, a third from the top if it was not.
func (v *LineView) reveal(at Pos) {
	r := rowAt{at.Line, 0}
	if v.wraps() && at.Line < v.Doc.Len() {
		l := v.lineAt(at.Line)
		for i, p := range v.pieces(&l) {
			if at.at >= p.from {
				r.row = i
			}
		}
	} else {
		v.revealColumn(at)
	}
	if y, seen := v.rowTop(r); !seen || y < 0 || y+v.Row > v.Size().Height {
		v.Top, v.shift = r, 0
		v.Scroll(-v.Size().Height / 3)
	}
	v.Refresh()
}

func (v *LineView) revealColumn(at Pos) {
	if at.Line >= v.Doc.Len() {
		return
	}
	text := v.lineAt(at.Line).Text
	before, in := 0, v.columns()
	for _, r := range text[:min(at.at, len(text))] {
		before += runeColumns(r)
	}
	if before < v.column || before >= v.column+in-8 {
		v.column = max(0, before-in/3)
	}
}

// rowTop is where a row is drawn, if it is in sight.
func (v *LineView) rowTop(r rowAt) (y float32, seen bool) {
	y = -v.shift
	for at := v.Top; y < v.Size().Height && at.line < v.Doc.Len(); at = v.rowAfter(at) {
		if at == r {
			return y, true
		}
		y += v.Row
	}
	return 0, false
}

// xOf is where a place in a row of a line is drawn.
func (v *LineView) xOf(l *Line, p piece, offset int) float32 {
	x, from := v.gutter()+float32(p.indent)*v.cell, p.from
	for _, s := range l.Spans {
		if s.End > offset || s.End >= p.to {
			break
		}
		if s.End <= from {
			continue
		}
		if x += v.textWidth(l.Text[from:s.End]); s.tab > 0 {
			x = v.gutter() + float32(s.tab)*v.cell
		}
		from = s.End
	}
	return x + v.textWidth(l.Text[from:max(from, offset)])
}

// textWidth is how wide text is drawn.
func (v *LineView) textWidth(text string) float32 {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return fyne.MeasureText(text, style.MonoSize, monospace).Width
		}
	}
	return float32(len(text)) * v.cell
}
