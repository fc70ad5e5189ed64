package syntax

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"posthouse/ui/visible"
)

// writeString writes a string, with its quotes. Escapes such as \u4e2d, which many
// serializers write for all that is not ASCII, become their characters where those
// can be seen; the same JSON is meant.
func (in *indenter) writeString(s string) {
	if !strings.Contains(s, `\u`) {
		in.out.WriteString(s)
		return
	}
	for s != "" {
		escape := strings.IndexByte(s, '\\')
		if escape < 0 {
			break
		}
		in.out.WriteString(s[:escape])
		s = s[escape:]
		r, used := unescapedJSON(s)
		if used == 0 {
			used = min(2, len(s))
			in.out.WriteString(s[:used])
		} else {
			in.out.WriteRune(r)
		}
		s = s[used:]
	}
	in.out.WriteString(s)
}

// unescapedJSON is the character that s, which begins with a backslash, begins
// with, and the bytes that it takes there; 0 where it is to stay an escape.
func unescapedJSON(s string) (r rune, used int) {
	r, ok := codeUnit(s)
	if used = 6; !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		low, ok := codeUnit(s[6:])
		if r = utf16.DecodeRune(r, low); !ok || r == unicode.ReplacementChar {
			return 0, 0
		}
		used = 12
	}
	if r == '"' || r == '\\' || !unicode.IsPrint(r) || visible.Rune(r) != string(r) {
		return 0, 0
	}
	return r, used
}

// codeUnit reads \uXXXX.
func codeUnit(s string) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
