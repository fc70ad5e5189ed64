package ui

import (
	"math"

	"fyne.io/fyne/v2"
)

// viewport is the part of a document that is in sight. It keeps a row and not an
// offset: that of millions of lines is too coarse as pixels.
type viewport struct {
	lineGrid
	top   rowAt   // first row in sight
	shift float32 // pixels of it above the edge
}

// home goes to the beginning.
func (vp *viewport) home() { vp.top, vp.shift, vp.column = rowAt{}, 0, 0 }

// end goes to the end.
func (vp *viewport) end() { vp.top, vp.shift = vp.lastTop() }

// placedRow is a row in sight.
type placedRow struct {
	at    rowAt
	line  docLine
	piece piece
	y     float32
}

// scroll moves what is in sight by some pixels, down for more than zero.
func (vp *viewport) scroll(by float32) {
	vp.shift += by
	for vp.shift < 0 && vp.top != (rowAt{}) {
		vp.top = vp.rowBefore(vp.top)
		vp.shift += vp.row
	}
	for vp.shift >= vp.row && vp.top.line < vp.doc.Len() {
		vp.top = vp.rowAfter(vp.top)
		vp.shift -= vp.row
	}
	vp.clamp()
}

// clamp keeps the document in sight.
func (vp *viewport) clamp() {
	if vp.top.line < 0 || vp.shift < 0 && vp.top == (rowAt{}) {
		vp.top, vp.shift = rowAt{}, 0
	}
	if vp.top.line < vp.doc.Len() {
		vp.top.row = min(vp.top.row, vp.rowsOf(vp.top.line)-1)
	}
	last, shift := vp.lastTop()
	if last.before(vp.top) || last == vp.top && vp.shift > shift {
		vp.top, vp.shift = last, shift
	}
}

// thumb is where the scroll bar's handle stands; its height is 0 where all is in sight.
func (vp *viewport) thumb() (y, height float32) {
	last, shift := vp.lastTop()
	end := vp.position(last, shift)
	if end <= 0 {
		return 0, 0
	}
	track := vp.size.Height
	height = max(minThumb, track*float32(1-end/float64(vp.doc.Len())))
	return (track - height) * float32(vp.position(vp.top, vp.shift)/end), height
}

// scrollToThumb is the opposite of thumb.
func (vp *viewport) scrollToThumb(y float32) {
	_, height := vp.thumb()
	room := vp.size.Height - height
	if height == 0 || room <= 0 {
		return
	}
	last, shift := vp.lastTop()
	if y >= room { // where no rounding may keep the end away
		vp.top, vp.shift = last, shift
		return
	}
	at := vp.position(last, shift) * float64(max(y/room, 0))
	line := min(int(at), max(0, vp.doc.Len()-1))
	rows := float64(vp.rowsOf(line)) * (at - float64(line))
	vp.top, vp.shift = rowAt{line, int(rows)}, float32(rows-math.Floor(rows))*vp.row
	vp.clamp()
}

// reveal brings a place into sight, a third from the top if it was not.
func (vp *viewport) reveal(at docPos) {
	r := rowAt{at.line, 0}
	if vp.wraps() && at.line < vp.doc.Len() {
		l := vp.lineAt(at.line)
		for i, p := range vp.pieces(&l) {
			if at.at >= p.from {
				r.row = i
			}
		}
	} else {
		vp.revealColumn(at)
	}
	if y, seen := vp.rowTop(r); !seen || y < 0 || y+vp.row > vp.size.Height {
		vp.top, vp.shift = r, 0
		vp.scroll(-vp.size.Height / 3)
	}
}

func (vp *viewport) revealColumn(at docPos) {
	if at.line >= vp.doc.Len() {
		return
	}
	text := vp.lineAt(at.line).text
	before, in := 0, vp.columns()
	for _, r := range text[:min(at.at, len(text))] {
		before += runeColumns(r)
	}
	if before < vp.column || before >= vp.column+in-8 {
		vp.column = max(0, before-in/3)
	}
}

// rowTop is where a row is drawn, if it is in sight.
func (vp *viewport) rowTop(r rowAt) (y float32, seen bool) {
	y = -vp.shift
	for at := vp.top; y < vp.size.Height && at.line < vp.doc.Len(); at = vp.rowAfter(at) {
		if at == r {
			return y, true
		}
		y += vp.row
	}
	return 0, false
}

// inSight lists the rows in sight from the top.
func (vp *viewport) inSight() []placedRow {
	var all []placedRow
	y := -vp.shift
	for line, row := vp.top.line, vp.top.row; y < vp.size.Height && line < vp.doc.Len(); line, row = line+1, 0 {
		l := vp.lineAt(line)
		pieces := vp.pieces(&l)
		for row = min(row, len(pieces)-1); row < len(pieces) && y < vp.size.Height; row++ {
			all = append(all, placedRow{rowAt{line, row}, l, pieces[row], y})
			y += vp.row
		}
	}
	return all
}

// posAt is the place in the document under a place on the screen.
func (vp *viewport) posAt(at fyne.Position) docPos {
	y := -vp.shift
	for r := vp.top; r.line < vp.doc.Len(); r = vp.rowAfter(r) {
		if y += vp.row; at.Y >= y {
			continue
		}
		l := vp.lineAt(r.line)
		pieces := vp.pieces(&l)
		p := pieces[min(r.row, len(pieces)-1)]
		return docPos{r.line, vp.offsetAt(&l, p, at.X)}
	}
	return docPos{vp.doc.Len(), 0}
}

// setColumn scrolls sideways. No line is longer than maxPiece bytes and what
// visibleText makes of them.
func (vp *viewport) setColumn(column int) (moved bool) {
	if vp.wraps() {
		return false
	}
	vp.column = min(max(0, column), maxPiece)
	return true
}
