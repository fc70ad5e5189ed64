package ui

import (
	"image/color"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
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

// lineAt is a line of the document. It is made of foreign bytes on the UI
// goroutine: what its document does not survive costs the line, not the app.
func (v *lineView) lineAt(i int) (l docLine) {
	defer func() {
		if recover() != nil {
			l = docLine{text: i18n.T("body.broken_line")}
		}
	}()
	return v.doc.Line(i)
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
	size := fyne.MeasureText("0000000000", style.MonoSize, monospace)
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
		return style.LeftSpace
	}
	digits := max(2, len(strconv.Itoa(v.doc.Len())))
	return float32(digits)*v.cell + gutterSpace + style.LeftSpace/2
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
	hang := min(l.hang, columns/2)
	end := wordEnd(l.text, hang, advance(l.text, 0, columns))
	all := []piece{{0, end, 0}}
	for end < len(l.text) {
		next := max(wordEnd(l.text, end, advance(l.text, end, columns-hang)), end+1)
		all = append(all, piece{end, next, hang})
		end = next
	}
	return all
}

// wordEnd is where a row that could go from from to end ends: after its last
// space, unless half of the row would be left empty.
func wordEnd(text string, from, end int) int {
	if end >= len(text) || from >= end {
		return end
	}
	if text[end] == ' ' {
		return end + 1
	}
	if space := strings.LastIndexByte(text[from:end], ' '); space > (end-from)/2 {
		return from + space + 1
	}
	return end
}

func (v *lineView) rowsOf(line int) int {
	if !v.wraps() {
		return 1
	}
	l := v.lineAt(line)
	if len(l.text) <= v.columns() {
		return 1
	}
	return len(v.pieces(&l))
}

// lineColor is the colour of a span.
func lineColor(name fyne.ThemeColorName) color.Color {
	if name == "" {
		name = theme.ColorNameForeground
	}
	return style.ThemeColor(name)
}

// MinSize lets the view shrink to a few lines.
func (v *lineView) MinSize() fyne.Size {
	v.ExtendBaseWidget(v)
	return fyne.NewSize(80, v.row*2)
}

// CreateRenderer is for the toolkit.
func (v *lineView) CreateRenderer() fyne.WidgetRenderer {
	bar := canvas.NewRectangle(style.ThemeColor(theme.ColorNameScrollBar))
	bar.CornerRadius = barWidth / 2
	return &lineRenderer{v: v, bar: bar, rows: map[rowAt]*drawnRow{}}
}
