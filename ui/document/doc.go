// Package document shows bodies of any size: it makes lines of them, colours and searches these,
// and draws those in sight.
//
// What takes time runs on a worker, one task after another, and is called off when it is
// not wanted any more; a document does not change once it is shown, and may be read from
// any goroutine. Views belong to the UI goroutine, which does work by the lines in sight
// only, however large the body is.
package document

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
)

// document is what a LineView shows, line by line. Documents do not change once
// they are shown, and may be read from any goroutine. A line is short, whatever
// the document is made of: what is laid out of one is bounded by maxPiece.
type document interface {
	Len() int
	Line(i int) Line
	// Copy is the text between two places, as it is, not as it is shown; whole is
	// false where there is more than limit bytes of it.
	Copy(from, to Pos, limit int) (text string, whole bool)
	// Find returns up to limit matches in order, and whether there are more.
	Find(ctx context.Context, needle string, limit int) (found []match, more bool)
}

// Line is one line as it is shown: no tabs, no controls.
type Line struct {
	Text   string
	Spans  []Span              // colours; what follows the last is plain
	Back   fyne.ThemeColorName // behind the whole row, "" for nothing
	number int                 // line number; 0 for none
	hang   int                 // columns by which the rows of a wrapped line are set in
}

// Span colours text from where the span before it ended.
type Span struct {
	End   int // byte offset in the line
	tab   int // column at which what follows begins; 0 for right after
	Color fyne.ThemeColorName
	Bold  bool
}

// PlainSpan is a span without a tab.
func PlainSpan(end int, name fyne.ThemeColorName) Span { return Span{End: end, Color: name} }

// Pos is a place in a document: a line and a byte offset in the text shown of it.
type Pos struct{ Line, at int }

func (p Pos) before(o Pos) bool { return p.Line < o.Line || p.Line == o.Line && p.at < o.at }

// match is what a search found, within one line.
type match struct{ Line, from, to int }

const (
	// maxPiece bounds what is laid out as one line, in bytes; a longer line goes on
	// in the next one, without a number.
	maxPiece = 1000
)

func leadingSpaces(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
