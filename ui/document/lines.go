package document

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

// LineView shows a document of any length: what a frame costs depends on the
// rows in sight alone. It scrolls by itself, because the toolkit's scroll
// positions are too coarse for millions of lines. Text can be selected with the
// mouse and copied. It belongs to the UI goroutine.
type LineView struct {
	widget.BaseWidget

	copyOut func(make func(limit int) (text string, whole bool)) // puts what make returns on the clipboard
	Menu    func(at Pos, selected bool) []*fyne.MenuItem         // more for the context menu; may be nil
	OnKey   func(*fyne.KeyEvent) bool                            // sees keys first; may be nil
	OnFind  func()                                               // Ctrl+F; nil: left to the window

	Doc     document
	Wrap    bool // wanted by a person: long lines go on in the next row, else they are scrolled sideways
	Numbers bool // line numbers in a gutter

	Top    rowAt   // first row in sight
	shift  float32 // pixels of it above the edge
	column int     // first column in sight, where lines are not wrapped

	selected  docSelection
	Matches   []match
	matchNow  int // index into matches, -1 for none
	focused   bool
	barGrab   float32 // where on the thumb a drag began; below 0 for no drag
	selecting bool
	lastDown  Pos // of the mouse, to know a double click
	lastTime  time.Time

	cell, Row float32 // size of one column and one row
}

// lineAt is a line of the document. It is made of foreign bytes on the UI
// goroutine: what its document does not survive costs the line, not the app.
func (v *LineView) lineAt(i int) (l Line) {
	defer func() {
		if recover() != nil {
			l = Line{Text: i18n.T("body.broken_line")}
		}
	}()
	return v.Doc.Line(i)
}

// rowAt is a row on the screen: the n-th row of a line, which has more than one
// where it is wrapped.
type rowAt struct{ line, row int }

// docSelection goes from anchor to head, in either direction.
type docSelection struct{ anchor, head Pos }

func (s docSelection) ordered() (from, to Pos) {
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

func NewLineView(copyOut func(func(int) (string, bool))) *LineView {
	v := &LineView{copyOut: copyOut, Doc: noDocument, Wrap: true, matchNow: -1, barGrab: -1}
	v.ExtendBaseWidget(v)
	v.measure()
	return v
}

// noDocument has no lines.
var noDocument document = &FieldsDoc{}

// measure asks the font for the size of a cell.
func (v *LineView) measure() {
	size := fyne.MeasureText("0000000000", style.MonoSize, monospace)
	v.cell, v.Row = size.Width/10, float32(math.Ceil(float64(size.Height)))+1
}

// show puts another document into view, from its start.
func (v *LineView) Display(doc document) {
	v.Top, v.shift, v.column = rowAt{}, 0, 0
	v.selected, v.Matches, v.matchNow = docSelection{}, nil, -1
	v.Replace(doc)
}

// Replace puts a newer state of the same document into view: what was in sight
// and what was selected stay, as far as they are still there.
func (v *LineView) Replace(doc document) {
	if doc == nil {
		doc = noDocument
	}
	v.Doc = doc
	end := Pos{doc.Len(), 0}
	for _, p := range []*Pos{&v.selected.anchor, &v.selected.head} {
		if end.before(*p) {
			*p = end
		}
	}
	v.clamp()
	v.Refresh()
}

// SetWrap keeps the first line in sight where it is.
func (v *LineView) SetWrap(on bool) {
	v.Wrap, v.Top.row, v.shift, v.column = on, 0, 0, 0
	v.clamp()
	v.Refresh()
}

// gutter is the width left of the text.
func (v *LineView) gutter() float32 {
	if !v.Numbers {
		return style.LeftSpace
	}
	digits := max(2, len(strconv.Itoa(v.Doc.Len())))
	return float32(digits)*v.cell + gutterSpace + style.LeftSpace/2
}

// wraps reports whether long lines go on in the next row. Those of a hex dump
// are of use side by side alone.
func (v *LineView) wraps() bool {
	_, hex := v.Doc.(*hexDoc)
	return v.Wrap && !hex
}

// columns is how many columns are in sight.
func (v *LineView) columns() int {
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
func (v *LineView) pieces(l *Line) []piece {
	columns := v.columns()
	if !v.wraps() {
		from := advance(l.Text, 0, v.column)
		return []piece{{from, advance(l.Text, from, columns+1), 0}}
	}
	hang := min(l.hang, columns/2)
	end := wordEnd(l.Text, hang, advance(l.Text, 0, columns))
	all := []piece{{0, end, 0}}
	for end < len(l.Text) {
		next := max(wordEnd(l.Text, end, advance(l.Text, end, columns-hang)), end+1)
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

func (v *LineView) rowsOf(line int) int {
	if !v.wraps() {
		return 1
	}
	l := v.lineAt(line)
	if len(l.Text) <= v.columns() {
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
func (v *LineView) MinSize() fyne.Size {
	v.ExtendBaseWidget(v)
	return fyne.NewSize(80, v.Row*2)
}

// CreateRenderer is for the toolkit.
func (v *LineView) CreateRenderer() fyne.WidgetRenderer {
	bar := canvas.NewRectangle(style.ThemeColor(theme.ColorNameScrollBar))
	bar.CornerRadius = barWidth / 2
	return &lineRenderer{v: v, bar: bar, rows: map[rowAt]*drawnRow{}}
}
