package ui

import (
	"image/color"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// lineView shows a document of any length: what a frame costs depends on the
// rows in sight alone. It scrolls by itself, because the toolkit's scroll
// positions are too coarse for millions of lines. Text can be selected with the
// mouse and copied. It belongs to the UI goroutine.
type lineView struct {
	widget.BaseWidget

	copyOut func(make func(limit int) (text string, whole bool)) // puts what make returns on the clipboard
	menu    func(at docPos, selected bool) []*fyne.MenuItem      // more for the context menu; may be nil
	onKey   func(*fyne.KeyEvent) bool                            // sees keys first; may be nil
	onFind  func()                                               // Ctrl+F; nil: left to the window

	doc     document
	wrap    bool // wanted by a person: long lines go on in the next row, else they are scrolled sideways
	numbers bool // line numbers in a gutter

	top    rowAt   // first row in sight
	shift  float32 // pixels of it above the edge
	column int     // first column in sight, where lines are not wrapped

	selected  docSelection
	matches   []docMatch
	matchNow  int // index into matches, -1 for none
	focused   bool
	barGrab   float32 // where on the thumb a drag began; below 0 for no drag
	selecting bool
	lastDown  docPos // of the mouse, to know a double click
	lastTime  time.Time

	cell, row float32 // size of one column and one row
}

// rowAt is a row on the screen: the n-th row of a line, which has more than one
// where it is wrapped.
type rowAt struct{ line, row int }

// docSelection goes from anchor to head, in either direction.
type docSelection struct{ anchor, head docPos }

func (s docSelection) ordered() (from, to docPos) {
	if s.head.before(s.anchor) {
		return s.head, s.anchor
	}
	return s.anchor, s.head
}

func (s docSelection) empty() bool { return s.anchor == s.head }

// monospace is how documents are drawn.
var monospace = fyne.TextStyle{Monospace: true}

const (
	barWidth    float32 = 10 // of the scroll bar
	minThumb    float32 = 24
	gutterSpace float32 = 12 // between line numbers and text
	leftSpace   float32 = 8
)

func newLineView(copyOut func(func(int) (string, bool))) *lineView {
	v := &lineView{copyOut: copyOut, doc: noDocument, wrap: true, matchNow: -1, barGrab: -1}
	v.ExtendBaseWidget(v)
	v.measure()
	return v
}

// noDocument has no lines.
var noDocument document = &fieldsDoc{}

// measure asks the font for the size of a cell.
func (v *lineView) measure() {
	size := fyne.MeasureText("0000000000", monoSize, monospace)
	v.cell, v.row = size.Width/10, float32(math.Ceil(float64(size.Height)))+1
}

// show puts another document into view, from its start.
func (v *lineView) show(doc document) {
	v.top, v.shift, v.column = rowAt{}, 0, 0
	v.selected, v.matches, v.matchNow = docSelection{}, nil, -1
	v.replace(doc)
}

// replace puts a newer state of the same document into view: what was in sight
// and what was selected stay, as far as they are still there.
func (v *lineView) replace(doc document) {
	if doc == nil {
		doc = noDocument
	}
	v.doc = doc
	end := docPos{doc.Len(), 0}
	for _, p := range []*docPos{&v.selected.anchor, &v.selected.head} {
		if end.before(*p) {
			*p = end
		}
	}
	v.clamp()
	v.Refresh()
}

// setWrap keeps the first line in sight where it is.
func (v *lineView) setWrap(on bool) {
	v.wrap, v.top.row, v.shift, v.column = on, 0, 0, 0
	v.clamp()
	v.Refresh()
}

// gutter is the width left of the text.
func (v *lineView) gutter() float32 {
	if !v.numbers {
		return leftSpace
	}
	digits := max(2, len(strconv.Itoa(v.doc.Len())))
	return float32(digits)*v.cell + gutterSpace + leftSpace/2
}

// wraps reports whether long lines go on in the next row. Those of a hex dump
// are of use side by side alone.
func (v *lineView) wraps() bool {
	_, hex := v.doc.(*hexDoc)
	return v.wrap && !hex
}

// columns is how many columns are in sight.
func (v *lineView) columns() int {
	return max(8, int((v.Size().Width-v.gutter()-barWidth-2)/v.cell))
}

// piece is what one row shows of a line.
type piece struct {
	from, to int // byte offsets
	indent   int // columns
}

// runeColumns is how many columns a rune takes; East Asian wide ones are drawn
// in less than the two they are given.
func runeColumns(r rune) int {
	if r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff ||
		r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6 || r >= 0x1f000 && r <= 0x3fffd) {
		return 2
	}
	return 1
}

// textColumns is how many columns a text takes.
func textColumns(text string) int {
	n := 0
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

// advance is the offset reached from at by going on for some columns.
func advance(text string, at, columns int) int {
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if columns -= runeColumns(r); columns < 0 {
			break
		}
		at += size
	}
	return at
}

// pieces cuts a line into rows. There is always one.
func (v *lineView) pieces(l *docLine) []piece {
	columns := v.columns()
	if !v.wraps() {
		from := advance(l.text, 0, v.column)
		return []piece{{from, advance(l.text, from, columns+1), 0}}
	}
	end := advance(l.text, 0, columns)
	all := []piece{{0, end, 0}}
	hang := min(l.hang, columns/2)
	for end < len(l.text) {
		next := max(advance(l.text, end, columns-hang), end+1)
		all = append(all, piece{end, next, hang})
		end = next
	}
	return all
}

func (v *lineView) rowsOf(line int) int {
	if !v.wraps() {
		return 1
	}
	l := v.doc.Line(line)
	if len(l.text) <= v.columns() {
		return 1
	}
	return len(v.pieces(&l))
}

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
		l := v.doc.Line(at.line)
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
	text := v.doc.Line(at.line).text
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
			return fyne.MeasureText(text, monoSize, monospace).Width
		}
	}
	return float32(len(text)) * v.cell
}

// lineColor is the colour of a span.
func lineColor(name fyne.ThemeColorName) color.Color {
	if name == "" {
		name = theme.ColorNameForeground
	}
	return themeColor(name)
}

// MinSize lets the view shrink to a few lines.
func (v *lineView) MinSize() fyne.Size {
	v.ExtendBaseWidget(v)
	return fyne.NewSize(80, v.row*2)
}

// CreateRenderer is for the toolkit.
func (v *lineView) CreateRenderer() fyne.WidgetRenderer {
	bar := canvas.NewRectangle(themeColor(theme.ColorNameScrollBar))
	bar.CornerRadius = barWidth / 2
	return &lineRenderer{v: v, bar: bar, rows: map[rowAt]*drawnRow{}}
}
