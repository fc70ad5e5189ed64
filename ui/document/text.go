package document

import (
	"context"
	"sort"
	"strings"

	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// TextDoc cuts lines out of a text as they are asked for. It remembers where
// every markEvery-th piece begins and reads on from there, so that a text of
// tens of millions of lines costs little beside itself.
type TextDoc struct {
	text    string
	marks   []pieceMark
	pieces  int
	colours func(line string, goesOn bool) []Span
	code    *codeColours // in place of colours, nil for none
	ends    string       // how lines end where that is not marked; "": no end is marked
}

// pieceMark is where a piece begins, and the number of the line it is of;
// negative where it goes on with a line.
type pieceMark struct{ at, number int32 }

// markEvery is in pieces. Finding a piece reads this many times maxPiece bytes at most.
const markEvery = 32

// NewTextDoc reads the text once; it is less than 2 GiB. The document of a
// context that ended is incomplete.
func NewTextDoc(ctx context.Context, text string, colours func(string, bool) []Span) *TextDoc {
	d := &TextDoc{text: text, colours: colours}
	number, goesOn, at := int32(1), false, 0
	for {
		if d.pieces%markEvery == 0 {
			d.marks = append(d.marks, pieceMark{int32(at), signed(number, goesOn)})
			if len(d.marks)&0xfff == 0xfff && ctx.Err() != nil {
				at = len(text)
			}
		}
		d.pieces++
		next, ended := d.pieceEnd(at)
		if !ended && next == len(text) {
			return d
		}
		if goesOn = !ended; ended {
			number++
		}
		at = next
	}
}

func signed(number int32, goesOn bool) int32 {
	if goesOn {
		return -number
	}
	return number
}

// pieceEnd is where the piece that begins at at ends, and whether its line does.
func (d *TextDoc) pieceEnd(at int) (next int, ended bool) {
	rest := d.text[at:]
	if end := strings.IndexByte(rest[:min(len(rest), maxPiece+2)], '\n'); end >= 0 {
		return at + end + 1, true
	}
	if len(rest) <= maxPiece {
		return len(d.text), false
	}
	return words.RuneStart(d.text, at+maxPiece), false
}

// piece finds piece i: its raw text without its end, where it begins, and its number.
func (d *TextDoc) piece(i int) (raw string, at int, number int32) {
	mark := d.marks[i/markEvery]
	at, number = int(mark.at), mark.number
	for range i % markEvery {
		at, number = d.following(at, number)
	}
	next, _ := d.pieceEnd(at)
	return trimEnd(d.text[at:next]), at, number
}

// following is the piece after the one at at.
func (d *TextDoc) following(at int, number int32) (int, int32) {
	next, ended := d.pieceEnd(at)
	if !ended {
		return next, -max(number, -number)
	}
	return next, max(number, -number) + 1
}

func trimEnd(line string) string { return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r") }

func (d *TextDoc) Len() int { return d.pieces }

func (d *TextDoc) Line(i int) Line {
	raw, _, number := d.piece(i)
	text := words.VisibleText(raw)
	l := Line{Text: text, number: int(max(0, number)), hang: min(leadingSpaces(text)+2, 24)}
	if number < 0 {
		l.hang = 0
	}
	switch {
	case d.code != nil:
		l.Spans = d.code.spans(i, text)
	case d.colours != nil:
		l.Spans = d.colours(text, number < 0)
	}
	if d.ends != "" {
		d.markEnd(i, &l)
	}
	return l
}

func (d *TextDoc) Copy(from, to Pos, limit int) (string, bool) {
	place := func(p Pos) int {
		if p.Line >= d.pieces {
			return len(d.text)
		}
		raw, at, _ := d.piece(p.Line)
		return at + visible.Offset(raw, p.at)
	}
	begin, end := place(from), place(to)
	if begin >= end {
		return "", true
	}
	if end-begin > limit {
		return d.text[begin:words.RuneStart(d.text, begin+limit)], false
	}
	return d.text[begin:end], true
}

func (d *TextDoc) Find(ctx context.Context, needle string, limit int) ([]match, bool) {
	return d.find(ctx, plainly(needle), limit)
}

func (d *TextDoc) find(ctx context.Context, what sought, limit int) ([]match, bool) {
	var found []match
	more := what(ctx, d.text, func(at, length int) bool {
		if len(found) == limit {
			return false
		}
		found = append(found, d.match(at, length))
		return true
	})
	return found, more
}

// match is the part of a match in the text that lies in its first line.
func (d *TextDoc) match(at, length int) match {
	mark := sort.Search(len(d.marks), func(i int) bool { return int(d.marks[i].at) > at }) - 1
	line, begin := mark*markEvery, int(d.marks[mark].at)
	for {
		next, ended := d.pieceEnd(begin)
		if at < next || next == len(d.text) && !ended {
			break
		}
		line, begin = line+1, next
	}
	raw, _, _ := d.piece(line)
	from := min(at-begin, len(raw))
	return match{line, len(words.VisibleText(raw[:from])), len(words.VisibleText(raw[:min(len(raw), from+length)]))}
}
