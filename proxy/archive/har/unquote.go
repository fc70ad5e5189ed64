package har

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
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
	b = slices.Grow(b, len(in)+8) // no escape is shorter than what it stands for
	for {
		b, in = appendPlain(b, in)
		if len(in) < 2 {
			return append(b, in...)
		}
		if c := escapes[in[1]]; c != 0 {
			b = append(b, c)
			in = in[2:]
			continue
		}
		first, ok := hexEscape(in)
		if !ok {
			return append(b, in...)
		}
		in = in[escapeSize:]
		if utf16.IsSurrogate(first) {
			second, _ := hexEscape(in)
			if first = utf16.DecodeRune(first, second); first != utf8.RuneError {
				in = in[escapeSize:]
			}
		}
		b = utf8.AppendRune(b, first)
	}
}

// appendPlain adds what stands before the next backslash. It copies eight bytes together, and those
// behind the backslash count for nothing.
func appendPlain(b, in []byte) (to, rest []byte) {
	for len(in) >= 8 && cap(b)-len(b) >= 8 {
		w := binary.LittleEndian.Uint64(in)
		binary.LittleEndian.PutUint64(b[len(b):len(b)+8], w)
		n := 8
		if found := backslashes(w); found != 0 {
			n = bits.TrailingZeros64(found) / 8
		}
		b, in = b[:len(b)+n], in[n:]
		if n < 8 {
			return b, in
		}
	}
	i := bytes.IndexByte(in, '\\')
	if i < 0 {
		i = len(in)
	}
	return append(b, in[:i]...), in[i:]
}

// backslashes has the highest bit of the first byte that is one, and perhaps of others behind it.
func backslashes(w uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	w ^= '\\' * ones
	return (w - ones) &^ w & highs
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
