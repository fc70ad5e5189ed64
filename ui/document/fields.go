package document

import (
	"context"
	"strings"

	"posthouse/proxy/content"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// FieldsDoc is a table of names and values in titled sections, such as the
// fields of a head; the values stand in a second column.
type FieldsDoc struct {
	rows   []fieldRow
	column int // where values begin, in columns
}

// fieldRow is kept as it was sent, and made visible when it is shown.
type fieldRow struct {
	name, value string
	style       rowStyle
}

type rowStyle uint8

const (
	RowField rowStyle = iota
	rowMore           // goes on with the value of the row before
	rowFile           // a field whose value says what a file is
	RowText           // a line of the text in the file above
	RowStart          // a start-line
	rowTitle          // of a section
	rowGap
)

const (
	// maxNameColumn bounds the column of names; a longer name pushes its value to the right.
	maxNameColumn = 30
	// maxFields bounds the fields of a form that are shown as a table.
	maxFields = 10_000
)

// Add puts a row at the end.
func (d *FieldsDoc) Add(style rowStyle, name, value string) {
	rest := value
	if style == RowStart {
		name, rest = splitPiece(name)
	} else {
		value, rest = splitPiece(value)
	}
	d.rows = append(d.rows, fieldRow{name, value, style})
	for rest != "" {
		var more string
		more, rest = splitPiece(rest)
		d.rows = append(d.rows, fieldRow{"", more, rowMore})
	}
	if style == RowField || style == rowFile {
		d.column = max(d.column, min(textColumns(cutName(name))+2, maxNameColumn))
	}
}

// splitPiece takes what is short enough for one row off the front.
func splitPiece(text string) (piece, rest string) {
	if len(text) <= maxPiece {
		return text, ""
	}
	end := words.RuneStart(text, maxPiece)
	return text[:end], text[end:]
}

// cutName is a name as it is shown: visible, and not too long for a row.
func cutName(name string) string {
	if piece, rest := splitPiece(name); rest != "" {
		name = piece + words.Ellipsis
	}
	return words.VisibleText(name)
}

// Section adds fields under a title, with a gap before it; nothing where there are none.
func (d *FieldsDoc) Section(title string, fields []content.Field) {
	if len(fields) == 0 {
		return
	}
	if len(d.rows) > 0 {
		d.Add(rowGap, "", "")
	}
	d.Add(rowTitle, title, "")
	for _, f := range fields {
		d.Add(RowField, f.Name, f.Value)
	}
}

func (d *FieldsDoc) Len() int { return len(d.rows) }

// label is what stands before the value of a row, with spaces up to its column.
func (d *FieldsDoc) label(r *fieldRow) string {
	if r.style == rowMore || r.style == RowText {
		return strings.Repeat(" ", d.column)
	}
	name := cutName(r.name)
	return name + strings.Repeat(" ", max(1, d.column-textColumns(name)))
}

func (d *FieldsDoc) Line(i int) Line {
	r := &d.rows[i]
	switch r.style {
	case rowGap:
		return Line{}
	case RowStart:
		name := words.VisibleText(r.name)
		return Line{Text: name, Spans: []Span{{End: len(name), Color: "", Bold: true}}, hang: 4}
	case rowTitle:
		return Line{Text: r.name, Spans: []Span{{End: len(r.name), Color: style.ColorMuted, Bold: true}}}
	}
	label := d.label(r)
	line := Line{Text: label + words.VisibleText(r.value), hang: d.column,
		Spans: []Span{{End: len(label), Color: style.ColorKey, tab: textColumns(label)}}}
	if r.style == rowFile {
		line.Spans = append(line.Spans, Span{End: len(line.Text), Color: style.ColorMuted})
	}
	return line
}

// raw is a row as it stands in a head.
func (d *FieldsDoc) raw(i int) string {
	r := &d.rows[i]
	switch r.style {
	case RowField, rowFile:
		return r.name + ": " + r.value
	case rowMore, RowText:
		return r.value
	}
	return r.name
}

// Whole is the field that row i belongs to, with the rows that go on with it.
func (d *FieldsDoc) Whole(i int) (name, value string, ok bool) {
	for i > 0 && d.rows[i].style == rowMore {
		i--
	}
	if i >= len(d.rows) || d.rows[i].style != RowField {
		return "", "", false
	}
	var all strings.Builder
	all.WriteString(d.rows[i].value)
	for j := i + 1; j < len(d.rows) && d.rows[j].style == rowMore; j++ {
		all.WriteString(d.rows[j].value)
	}
	return d.rows[i].name, all.String(), true
}

// Copy gives what is selected within a value, and whole rows as they stand in a
// head where the selection goes over several.
func (d *FieldsDoc) Copy(from, to Pos, limit int) (string, bool) {
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
		if i > from.Line && d.rows[i].style != rowMore {
			b.WriteByte('\n')
		}
		if b.WriteString(d.raw(i)); b.Len() > limit {
			return b.String()[:limit], false
		}
	}
	return b.String(), true
}

func (d *FieldsDoc) copyInRow(line, from, to int) string {
	r, text := &d.rows[line], d.Line(line).Text
	label := len(text) - len(words.VisibleText(r.value))
	if r.style != RowStart && r.style != rowTitle {
		if from = min(from, len(text)); from >= label {
			return r.value[visible.Offset(r.value, from-label):visible.Offset(r.value, min(to, len(text))-label)]
		}
	}
	return text[min(from, len(text)):min(to, len(text))]
}

func (d *FieldsDoc) Find(ctx context.Context, needle string, limit int) ([]match, bool) {
	return d.find(ctx, plainly(needle), limit)
}

func (d *FieldsDoc) find(ctx context.Context, what sought, limit int) ([]match, bool) {
	return findInLines(ctx, d, what, limit)
}
