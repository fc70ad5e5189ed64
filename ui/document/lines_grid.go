package document

import (
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
)

// lineGrid is how the lines of a document fall into rows and columns: which rows a line
// has at a width, and where in a row a place is drawn.
type lineGrid struct {
	Doc     document
	size    fyne.Size // of the view
	Wrap    bool      // wanted by a person: long lines go on in the next row, else they are scrolled sideways
	Numbers bool      // line numbers in a gutter
	column  int       // first column in sight, where lines are not wrapped

	cell, Row float32 // width of a column, height of a row
}

// rowAt is a row on the screen: the n-th row of a line, which has more than one
// where it is wrapped.
type rowAt struct{ line, row int }

func (r rowAt) before(o rowAt) bool { return r.line < o.line || r.line == o.line && r.row < o.row }

// piece is what one row shows of a line.
type piece struct {
	from, to int // byte offsets
	indent   int // columns
}

// noDocument has no lines.
var noDocument document = &FieldsDoc{}

// lineAt is a line of the document. It is made of foreign bytes on the UI
// goroutine: what its document does not survive costs the line, not the app.
func (g *lineGrid) lineAt(i int) (l Line) {
	defer func() {
		if recover() != nil {
			l = Line{Text: i18n.T("body.broken_line")}
		}
	}()
	return g.Doc.Line(i)
}

// measure asks the font for the size of a cell.
func (g *lineGrid) measure() {
	size := fyne.MeasureText("0000000000", style.MonoSize, monospace)
	g.cell, g.Row = size.Width/10, float32(math.Ceil(float64(size.Height)))+1
}

// gutter is the width left of the text.
func (g *lineGrid) gutter() float32 {
	if !g.Numbers {
		return style.LeftSpace
	}
	digits := max(2, len(strconv.Itoa(g.Doc.Len())))
	return float32(digits)*g.cell + gutterSpace + style.LeftSpace/2
}

// wraps reports whether long lines go on in the next row. Those of a hex dump
// are of use side by side alone.
func (g *lineGrid) wraps() bool {
	_, hex := g.Doc.(*hexDoc)
	return g.Wrap && !hex
}

// columns is how many columns are in sight.
func (g *lineGrid) columns() int {
	return max(8, int((g.size.Width-g.gutter()-barWidth-2)/g.cell))
}

// pieces cuts a line into rows. There is always one.
func (g *lineGrid) pieces(l *Line) []piece {
	columns := g.columns()
	if !g.wraps() {
		from := advance(l.Text, 0, g.column)
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

func (g *lineGrid) rowsOf(line int) int {
	if !g.wraps() {
		return 1
	}
	l := g.lineAt(line)
	if len(l.Text) <= g.columns() {
		return 1
	}
	return len(g.pieces(&l))
}

func (g *lineGrid) rowBefore(r rowAt) rowAt {
	if r.row > 0 {
		return rowAt{r.line, r.row - 1}
	}
	if r.line == 0 {
		return r
	}
	return rowAt{r.line - 1, g.rowsOf(r.line-1) - 1}
}

func (g *lineGrid) rowAfter(r rowAt) rowAt {
	if r.row+1 < g.rowsOf(r.line) {
		return rowAt{r.line, r.row + 1}
	}
	return rowAt{r.line + 1, 0}
}

// lastTop is the first row in sight when the end of the document is.
func (g *lineGrid) lastTop() (top rowAt, shift float32) {
	fit := g.size.Height / g.Row
	r, rows := rowAt{g.Doc.Len(), 0}, float32(0)
	for rows < fit && r != (rowAt{}) {
		r = g.rowBefore(r)
		rows++
	}
	if r == (rowAt{}) && rows <= fit {
		return rowAt{}, 0
	}
	return r, (rows - fit) * g.Row
}

// position is where a row stands among all, in lines.
func (g *lineGrid) position(r rowAt, shift float32) float64 {
	rows := 1
	if r.line < g.Doc.Len() {
		rows = g.rowsOf(r.line)
	}
	return float64(r.line) + (float64(r.row)+float64(shift/g.Row))/float64(rows)
}

// xOf is where a place in a row of a line is drawn.
func (g *lineGrid) xOf(l *Line, p piece, offset int) float32 {
	x, from := g.gutter()+float32(p.indent)*g.cell, p.from
	for _, s := range l.Spans {
		if s.End > offset || s.End >= p.to {
			break
		}
		if s.End <= from {
			continue
		}
		if x += g.textWidth(l.Text[from:s.End]); s.tab > 0 {
			x = g.gutter() + float32(s.tab)*g.cell
		}
		from = s.End
	}
	return x + g.textWidth(l.Text[from:max(from, offset)])
}

// textWidth is how wide text is drawn.
func (g *lineGrid) textWidth(text string) float32 {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return fyne.MeasureText(text, style.MonoSize, monospace).Width
		}
	}
	return float32(len(text)) * g.cell
}

// offsetAt is the offset in a row whose place is nearest to x.
func (g *lineGrid) offsetAt(l *Line, p piece, x float32) int {
	text := l.Text[p.from:p.to]
	at := func(i int) float32 { return g.xOf(l, p, p.from+i) }
	var starts []int
	for i := range text {
		starts = append(starts, i)
	}
	starts = append(starts, len(text))
	i := sort.Search(len(starts), func(i int) bool { return at(starts[i]) >= x })
	if i == len(starts) {
		return p.to
	}
	if i > 0 && x-at(starts[i-1]) < at(starts[i])-x {
		i--
	}
	return p.from + starts[i]
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
