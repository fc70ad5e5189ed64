package content

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxLine bounds one line of a document, in bytes: a longer line goes on in the next one.
const MaxLine = 1000

// Document is something to read that is made of lines.
type Document interface {
	Len() int          // lines
	Line(i int) string // without its end
}

// textLines knows where each line of a text begins.
type textLines struct {
	text  string
	start []int32 // of each line; the last is where the text ends
	wrap  []bool  // whether the line goes on in the next one
}

// Lines makes a document of text. It reads the text once; lines are cut out of it as they are asked for.
func Lines(text string) Document {
	d := &textLines{text: text}
	for at := 0; at < len(text); {
		d.start = append(d.start, int32(at))
		end := strings.IndexByte(text[at:min(len(text), at+MaxLine+1)], '\n')
		if end < 0 && len(text)-at <= MaxLine {
			end = len(text) - at - 1
		}
		if end >= 0 {
			at += end + 1
			d.wrap = append(d.wrap, false)
			continue
		}
		next := at + MaxLine
		for !utf8.RuneStart(text[next]) && next > at+1 {
			next--
		}
		at = next
		d.wrap = append(d.wrap, true)
	}
	if strings.HasSuffix(text, "\n") || text == "" {
		d.start, d.wrap = append(d.start, int32(len(text))), append(d.wrap, false)
	}
	d.start = append(d.start, int32(len(text)))
	return d
}

func (d *textLines) Len() int { return len(d.start) - 1 }

func (d *textLines) Line(i int) string {
	line := d.text[d.start[i]:d.start[i+1]]
	if !d.wrap[i] {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	}
	return strings.Map(visible, line)
}

// visible keeps a line one line, and tabs a width.
func visible(r rune) rune {
	switch {
	case r == '\t':
		return '\u2003'
	case r < 0x20:
		return 0x2400 + r
	case r == 0x7f:
		return 0x2421
	}
	return r
}

// HexWidth is how many bytes a line of Hex shows.
const HexWidth = 16

type hexLines []byte

// Hex makes a document of bytes: offset, hex and ASCII.
func Hex(body []byte) Document { return hexLines(body) }

func (h hexLines) Len() int { return (len(h) + HexWidth - 1) / HexWidth }

func (h hexLines) Line(i int) string {
	part := h[i*HexWidth : min(len(h), (i+1)*HexWidth)]
	var b strings.Builder
	fmt.Fprintf(&b, "%08x  ", i*HexWidth)
	for j := range HexWidth {
		if j < len(part) {
			fmt.Fprintf(&b, "%02x ", part[j])
		} else {
			b.WriteString("   ")
		}
		if j == HexWidth/2-1 {
			b.WriteByte(' ')
		}
	}
	b.WriteByte(' ')
	for _, c := range part {
		if c < 0x20 || c > 0x7e {
			c = '.'
		}
		b.WriteByte(c)
	}
	return b.String()
}
