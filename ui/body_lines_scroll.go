package ui

import (
	"math"
	"posthouse/ui/style"
	"unicode/utf8"

	"fyne.io/fyne/v2"
)

// scroll moves what is in sight by some pixels, down for more than zero.
func (v *lineView) scroll(by float32) {
	v.shift += by
	for v.shift < 0 && v.top != (rowAt{}) {
		v.top = v.rowBefore(v.top)
		v.shift += v.row
	}
	for v.shift >= v.row && v.top.line < v.doc.Len() {
		v.top = v.rowAfter(v.top)
		v.shift -= v.row
	}
	v.clamp()
	v.Refresh()
}

func (v *lineView) rowBefore(r rowAt) rowAt {
	if r.row > 0 {
		return rowAt{r.line, r.row - 1}
	}
	if r.line == 0 {
		return r
	}
	return rowAt{r.line - 1, v.rowsOf(r.line-1) - 1}
}

func (v *lineView) rowAfter(r rowAt) rowAt {
	if r.row+1 < v.rowsOf(r.line) {
		return rowAt{r.line, r.row + 1}
	}
	return rowAt{r.line + 1, 0}
}

// lastTop is the first row in sight when the end of the document is.
func (v *lineView) lastTop() (top rowAt, shift float32) {
	fit := v.Size().Height / v.row
	r, rows := rowAt{v.doc.Len(), 0}, float32(0)
	for rows < fit && r != (rowAt{}) {
		r = v.rowBefore(r)
		rows++
	}
	if r == (rowAt{}) && rows <= fit {
		return rowAt{}, 0
	}
	return r, (rows - fit) * v.row
}

// clamp keeps the document in sight.
func (v *lineView) clamp() {
	if v.top.line < 0 || v.shift < 0 && v.top == (rowAt{}) {
		v.top, v.shift = rowAt{}, 0
	}
	if v.top.line < v.doc.Len() {
		v.top.row = min(v.top.row, v.rowsOf(v.top.line)-1)
	}
	last, shift := v.lastTop()
	if last.before(v.top) || last == v.top && v.shift > shift {
		v.top, v.shift = last, shift
	}
}

func (r rowAt) before(o rowAt) bool { return r.line < o.line || r.line == o.line && r.row < o.row }

// position is where a row stands among all, in lines.
func (v *lineView) position(r rowAt, shift float32) float64 {
	rows := 1
	if r.line < v.doc.Len() {
		rows = v.rowsOf(r.line)
	}
	return float64(r.line) + (float64(r.row)+float64(shift/v.row))/float64(rows)
}

// thumb is where the scroll bar's handle stands; its height is 0 where all is in sight.
func (v *lineView) thumb() (y, height float32) {
	last, shift := v.lastTop()
	end := v.position(last, shift)
	if end <= 0 {
		return 0, 0
	}
	track := v.Size().Height
	height = max(minThumb, track*float32(1-end/float64(v.doc.Len())))
	return (track - height) * float32(v.position(v.top, v.shift)/end), height
}

// scrollToThumb is the opposite of thumb.
func (v *lineView) scrollToThumb(y float32) {
	_, height := v.thumb()
	room := v.Size().Height - height
	if height == 0 || room <= 0 {
		return
	}
	last, shift := v.lastTop()
	if y >= room { // where no rounding may keep the end away
		v.top, v.shift = last, shift
		v.Refresh()
		return
	}
	at := v.position(last, shift) * float64(max(y/room, 0))
	line := min(int(at), max(0, v.doc.Len()-1))
	rows := float64(v.rowsOf(line)) * (at - float64(line))
	v.top, v.shift = rowAt{line, int(rows)}, float32(rows-math.Floor(rows))*v.row
	v.clamp()
	v.Refresh()
}

// reveal brings a place into sight, a third from the top if it was not.
func (v *lineView) reveal(at docPos) {
	r := rowAt{at.line, 0}
	if v.wraps() && at.line < v.doc.Len() {
		l := v.lineAt(at.line)
		for i, p := range v.pieces(&l) {
			if at.at >= p.from {
				r.row = i
			}
		}
	} else {
		v.revealColumn(at)
	}
	if y, seen := v.rowTop(r); !seen || y < 0 || y+v.row > v.Size().Height {
		v.top, v.shift = r, 0
		v.scroll(-v.Size().Height / 3)
	}
	v.Refresh()
}

func (v *lineView) revealColumn(at docPos) {
	if at.line >= v.doc.Len() {
		return
	}
	text := v.lineAt(at.line).text
	before, in := 0, v.columns()
	for _, r := range text[:min(at.at, len(text))] {
		before += runeColumns(r)
	}
	if before < v.column || before >= v.column+in-8 {
		v.column = max(0, before-in/3)
	}
}

// rowTop is where a row is drawn, if it is in sight.
func (v *lineView) rowTop(r rowAt) (y float32, seen bool) {
	y = -v.shift
	for at := v.top; y < v.Size().Height && at.line < v.doc.Len(); at = v.rowAfter(at) {
		if at == r {
			return y, true
		}
		y += v.row
	}
	return 0, false
}

// xOf is where a place in a row of a line is drawn.
func (v *lineView) xOf(l *docLine, p piece, offset int) float32 {
	x, from := v.gutter()+float32(p.indent)*v.cell, p.from
	for _, s := range l.spans {
		if s.end > offset || s.end >= p.to {
			break
		}
		if s.end <= from {
			continue
		}
		if x += v.textWidth(l.text[from:s.end]); s.tab > 0 {
			x = v.gutter() + float32(s.tab)*v.cell
		}
		from = s.end
	}
	return x + v.textWidth(l.text[from:max(from, offset)])
}

// textWidth is how wide text is drawn.
func (v *lineView) textWidth(text string) float32 {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return fyne.MeasureText(text, style.MonoSize, monospace).Width
		}
	}
	return float32(len(text)) * v.cell
}
