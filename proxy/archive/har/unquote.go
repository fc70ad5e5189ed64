package har

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// escapes are those of one character (RFC 8259 section 7).
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// appendUnquoted adds the text of a JSON string whose syntax was checked. Bytes that are
// no UTF-8 stay as they are: some write those of a body. It is for texts with many
// escapes, as JSON in JSON has them, for which jsontext.AppendUnquote is slower.
func appendUnquoted(b, quoted []byte) []byte {
	if len(quoted) < 2 {
		return b
	}
	in := quoted[1 : len(quoted)-1]
	for {
		i := bytes.IndexByte(in, '\\')
		if i < 0 || i+1 >= len(in) {
			return append(b, in...)
		}
		b = append(b, in[:i]...)
		if c := escapes[in[i+1]]; c != 0 {
			b = append(b, c)
			in = in[i+2:]
			continue
		}
		first, ok := hexEscape(in[i:])
		if !ok {
			return append(b, in[i:]...)
		}
		in = in[i+escapeSize:]
		if utf16.IsSurrogate(first) {
			second, _ := hexEscape(in)
			if first = utf16.DecodeRune(first, second); first != utf8.RuneError {
				in = in[escapeSize:]
			}
		}
		b = utf8.AppendRune(b, first)
	}
}

// hexEscape is the character of \u0000 at the front of b.
func hexEscape(b []byte) (r rune, ok bool) {
	if len(b) < escapeSize || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:escapeSize] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
