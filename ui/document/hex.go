package document

import (
	"context"
	"strings"

	"posthouse/ui/style"
)

// hexWidth is how many bytes a line of hexDoc shows.
const hexWidth = 16

// hexDoc shows bytes as offset, hex and ASCII.
type hexDoc struct{ body []byte }

func (d *hexDoc) Len() int { return max(1, (len(d.body)+hexWidth-1)/hexWidth) }

func (d *hexDoc) part(i int) []byte {
	return d.body[min(len(d.body), i*hexWidth):min(len(d.body), (i+1)*hexWidth)]
}

const (
	hexOffset = 8 // digits
	// hexText is the column at which the ASCII begins.
	hexText = hexOffset + 2 + 3*hexWidth + 2
)

const hexDigits = "0123456789abcdef"

// text is line i: "00000010  68 65 6c …  hel…".
func (d *hexDoc) text(i int) string {
	line := make([]byte, 0, hexText+hexWidth)
	for shift := 28; shift >= 0; shift -= 4 {
		line = append(line, hexDigits[i*hexWidth>>shift&0xf])
	}
	line = append(line, "  "...)
	for j, c := range d.part(i) {
		if j == hexWidth/2 {
			line = append(line, ' ')
		}
		line = append(line, hexDigits[c>>4], hexDigits[c&0xf], ' ')
	}
	for len(line) < hexText {
		line = append(line, ' ')
	}
	for _, c := range d.part(i) {
		if c < 0x20 || c > 0x7e {
			c = '.'
		}
		line = append(line, c)
	}
	return string(line)
}

func (d *hexDoc) Line(i int) Line {
	text := d.text(i)
	return Line{Text: text, Spans: []Span{PlainSpan(hexOffset, style.ColorMuted), PlainSpan(hexText, ""),
		PlainSpan(len(text), style.ColorString)}}
}

// Copy takes whole lines: a part of a hex dump is of no use.
func (d *hexDoc) Copy(from, to Pos, limit int) (string, bool) {
	if from == to {
		return "", true
	}
	var b strings.Builder
	for i := from.Line; i <= min(to.Line, d.Len()-1); i++ {
		if i == to.Line && to.at == 0 {
			break
		}
		if b.Len()+hexText+hexWidth+1 > limit {
			return b.String(), false
		}
		b.WriteString(d.text(i))
		b.WriteByte('\n')
	}
	return b.String(), true
}

// Find looks for the needle's bytes.
func (d *hexDoc) Find(ctx context.Context, needle string, limit int) ([]match, bool) {
	var found []match
	more := findFold(ctx, d.body, needle, func(at int) bool { return d.add(&found, at, len(needle), limit) })
	return found, more
}

func (d *hexDoc) find(ctx context.Context, what sought, limit int) ([]match, bool) {
	var found []match
	more := what(ctx, string(d.body), func(at, length int) bool { return d.add(&found, at, length, limit) })
	return found, more
}

// add adds a match, as far as it lies in one line; false where there are as many as may be.
func (d *hexDoc) add(found *[]match, at, length, limit int) bool {
	if len(*found) == limit {
		return false
	}
	from := hexText + at%hexWidth
	*found = append(*found, match{at / hexWidth, from, min(from+length, hexText+hexWidth)})
	return true
}
