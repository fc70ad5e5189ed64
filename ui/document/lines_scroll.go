package document

import (
	"math"

	"fyne.io/fyne/v2"
)

// viewport is the part of a document that is in sight. It keeps a row and not an
// offset: that of millions of lines is too coarse as pixels.
type viewport struct {
	lineGrid
	Top   rowAt   // first row in sight
	shift float32 // pixels of it above the edge
}

// home goes to the beginning.
func (vp *viewport) home() { vp.Top, vp.shift, vp.column = rowAt{}, 0, 0 }

// end goes to the end.
func (vp *viewport) end() { vp.Top, vp.shift = vp.lastTop() }

// placedRow is a row in sight.
type placedRow struct {
	at    rowAt
	Line  Line
	piece piece
	y     float32
}

// scroll moves what is in sight by some pixels, down for more than zero.
func (vp *viewport) scroll(by float32) {
	vp.shift += by
	for vp.shift < 0 && vp.Top != (rowAt{}) {
		vp.Top = vp.rowBefore(vp.Top)
		vp.shift += vp.Row
	}
	for vp.shift >= vp.Row && vp.Top.line < vp.Doc.Len() {
		vp.Top = vp.rowAfter(vp.Top)
		vp.shift -= vp.Row
	}
	vp.clamp()
}

// clamp keeps the document in sight.
func (vp *viewport) clamp() {
	if vp.Top.line < 0 || vp.shift < 0 && vp.Top == (rowAt{}) {
		vp.Top, vp.shift = rowAt{}, 0
	}
	if vp.Top.line < vp.Doc.Len() {
		vp.Top.row = min(vp.Top.row, vp.rowsOf(vp.Top.line)-1)
	}
	last, shift := vp.lastTop()
	if last.before(vp.Top) || last == vp.Top && vp.shift > shift {
		vp.Top, vp.shift = last, shift
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
	height = max(minThumb, track*float32(1-end/float64(vp.Doc.Len())))
	return (track - height) * float32(vp.position(vp.Top, vp.shift)/end), height
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
		vp.Top, vp.shift = last, shift
		return
	}
	at := vp.position(last, shift) * float64(max(y/room, 0))
	line := min(int(at), max(0, vp.Doc.Len()-1))
	rows := float64(vp.rowsOf(line)) * (at - float64(line))
	vp.Top, vp.shift = rowAt{line, int(rows)}, float32(rows-math.Floor(rows))*vp.Row
	vp.clamp()
}

// reveal brings a place into sight, a third from the top if it was not.
func (vp *viewport) reveal(at Pos) {
	r := rowAt{at.Line, 0}
	if vp.wraps() && at.Line < vp.Doc.Len() {
		l := vp.lineAt(at.Line)
		for i, p := range vp.pieces(&l) {
			if at.at >= p.from {
				r.row = i
			}
		}
	} else {
		vp.revealColumn(at)
	}
	if y, seen := vp.rowTop(r); !seen || y < 0 || y+vp.Row > vp.size.Height {
		vp.Top, vp.shift = r, 0
		vp.scroll(-vp.size.Height / 3)
	}
}

func (vp *viewport) revealColumn(at Pos) {
	if at.Line >= vp.Doc.Len() {
		return
	}
	text := vp.lineAt(at.Line).Text
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
	for at := vp.Top; y < vp.size.Height && at.line < vp.Doc.Len(); at = vp.rowAfter(at) {
		if at == r {
			return y, true
		}
		y += vp.Row
	}
	return 0, false
}

// InSight lists the rows in sight from the top.
func (vp *viewport) InSight() []placedRow {
	var all []placedRow
	y := -vp.shift
	for line, row := vp.Top.line, vp.Top.row; y < vp.size.Height && line < vp.Doc.Len(); line, row = line+1, 0 {
		l := vp.lineAt(line)
		pieces := vp.pieces(&l)
		for row = min(row, len(pieces)-1); row < len(pieces) && y < vp.size.Height; row++ {
			all = append(all, placedRow{rowAt{line, row}, l, pieces[row], y})
			y += vp.Row
		}
	}
	return all
}

// posAt is the place in the document under a place on the screen.
func (vp *viewport) posAt(at fyne.Position) Pos {
	y := -vp.shift
	for r := vp.Top; r.line < vp.Doc.Len(); r = vp.rowAfter(r) {
		if y += vp.Row; at.Y >= y {
			continue
		}
		l := vp.lineAt(r.line)
		pieces := vp.pieces(&l)
		p := pieces[min(r.row, len(pieces)-1)]
		return Pos{r.line, vp.offsetAt(&l, p, at.X)}
	}
	return Pos{vp.Doc.Len(), 0}
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
