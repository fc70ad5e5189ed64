package document

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"posthouse/ui/style"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// PairKind is how the two sides of a row stand to each other.
type PairKind uint8

// The kinds.
const (
	PairSame PairKind = iota
	PairChanged
	PairAdded   // the first side has nothing
	PairRemoved // the second side has nothing
	PairTitle   // of what follows; both sides are the same
	PairGap
)

// PairRow is one row of two texts side by side. The name stands before both.
type PairRow struct {
	Kind     PairKind
	Name     string
	Old, New string
	Muted    bool // it is told, and counts as nothing
	Number   [2]int
}

// pairDoc is one side of rows.
type pairDoc struct {
	rows []PairRow
	side int // 0: old
}

// NewPair makes the documents of both sides: each has one line for each row, so that they
// stand beside each other where lines are not wrapped.
func NewPair(rows []PairRow) (old, new document) {
	return &pairDoc{rows, 0}, &pairDoc{rows, 1}
}

func (d *pairDoc) Len() int { return len(d.rows) }

// value is what a side says, and whether it has anything.
func (d *pairDoc) value(r *PairRow) (text string, there bool) {
	if d.side == 0 {
		return r.Old, r.Kind != PairAdded
	}
	return r.New, r.Kind != PairRemoved
}

func (d *pairDoc) back(r *PairRow) fyne.ThemeColorName {
	_, there := d.value(r)
	switch {
	case r.Kind < PairChanged || r.Kind > PairRemoved || r.Muted:
		return ""
	case !there:
		return style.ColorNothing
	case d.side == 0:
		return style.ColorOld
	}
	return style.ColorNew
}

// Line cuts what is longer than a row can be: the whole is copied.
func (d *pairDoc) Line(i int) Line {
	r := &d.rows[i]
	switch r.Kind {
	case PairGap:
		return Line{}
	case PairTitle:
		return Line{Text: r.Name, Spans: []Span{{End: len(r.Name), Color: style.ColorMuted, Bold: true}}}
	}
	line := Line{Back: d.back(r), number: r.Number[d.side]}
	value, there := d.value(r)
	if !there {
		return line
	}
	name := ""
	if r.Name != "" {
		name = cutName(r.Name) + ": "
	}
	piece, rest := splitPiece(value)
	if rest != "" {
		piece += words.Ellipsis
	}
	line.Text = name + words.VisibleText(piece)
	line.Spans = []Span{{End: len(name), Color: style.ColorKey}}
	if r.Muted {
		line.Spans = []Span{{End: len(line.Text), Color: style.ColorMuted}}
	}
	return line
}

// raw is a row as it was, not as it is shown.
func (d *pairDoc) raw(i int) string {
	r := &d.rows[i]
	value, there := d.value(r)
	switch {
	case r.Kind == PairTitle:
		return r.Name
	case !there || r.Name == "":
		return value
	}
	return r.Name + ": " + value
}

// Copy gives what is selected within a value, and whole rows where the selection goes over
// several.
func (d *pairDoc) Copy(from, to Pos, limit int) (string, bool) {
	if from.Line >= d.Len() {
		return "", true
	}
	if from.Line == to.Line {
		return d.copyInRow(from.Line, from.at, to.at), true
	}
	var b strings.Builder
	for i := from.Line; i <= min(to.Line, d.Len()-1); i++ {
		if i == to.Line && to.at == 0 {
			break
		}
		if _, there := d.value(&d.rows[i]); !there {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		if b.WriteString(d.raw(i)); b.Len() > limit {
			return b.String()[:limit], false
		}
	}
	return b.String(), true
}

func (d *pairDoc) copyInRow(line, from, to int) string {
	text := d.Line(line).Text
	value, _ := d.value(&d.rows[line])
	piece, rest := splitPiece(value)
	end := words.VisibleText(piece)
	if rest != "" {
		end += words.Ellipsis
	}
	label := len(text) - len(end)
	if from = min(from, len(text)); from < label || label < 0 {
		return text[from:min(to, len(text))]
	}
	if rest != "" && to >= len(text) {
		return value[visible.Offset(value, from-label):]
	}
	return value[visible.Offset(value, from-label):visible.Offset(value, min(to, len(text))-label)]
}

func (d *pairDoc) Find(ctx context.Context, needle string, limit int) ([]match, bool) {
	return d.find(ctx, plainly(needle), limit)
}

func (d *pairDoc) find(ctx context.Context, what sought, limit int) ([]match, bool) {
	return findInLines(ctx, d, what, limit)
}
