package shellquote

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Language is one whose string literals are written here.
type Language uint8

const (
	Python          Language = iota // a str; the text is valid UTF-8
	PythonBytes                     // a bytes, of any bytes
	JavaScript                      // a string; the text is valid UTF-8
	JavaScriptBytes                 // a string with one character for each byte, as fetch takes fields
	Go                              // a string, of any bytes
)

// maxPiece bounds a literal on a line, in bytes of the text.
const maxPiece = 400

// Literal is a text as literals that are to be joined, in double quotes, one for
// each of its lines, and more for long ones. A literal holds what is Safe alone,
// and nothing in it is the language's: all else is escaped.
func Literal(text []byte, l Language) []string {
	var pieces []string
	var b strings.Builder
	start := 0
	cut := func(at int) {
		prefix := ""
		if l == PythonBytes {
			prefix = "b"
		}
		pieces = append(pieces, prefix+`"`+b.String()+`"`)
		b.Reset()
		start = at
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		l.write(&b, r, text[i:i+n])
		if i += n; i < len(text) && (r == '\n' || i-start >= maxPiece) {
			cut(i)
		}
	}
	cut(len(text))
	return pieces
}

// write writes one character, or one byte that is none.
func (l Language) write(b *strings.Builder, r rune, raw []byte) {
	switch {
	case r == '"' || r == '\\':
		b.WriteByte('\\')
		b.WriteRune(r)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r >= ' ' && r <= '~':
		b.WriteRune(r)
	case l == PythonBytes || l == JavaScriptBytes || r == utf8.RuneError && len(raw) == 1, l == Go && !printable(r):
		for _, c := range raw {
			fmt.Fprintf(b, `\x%02x`, c)
		}
	case printable(r):
		b.Write(raw)
	case l == JavaScript:
		fmt.Fprintf(b, `\u{%x}`, r)
	case r > 0xffff:
		fmt.Fprintf(b, `\U%08x`, r)
	default:
		fmt.Fprintf(b, `\u%04x`, r)
	}
}
