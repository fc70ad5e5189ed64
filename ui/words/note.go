package words

import "strings"

// NoteLine is a note in one line.
func NoteLine(note string) string {
	if !strings.ContainsAny(note, "\r\n") {
		return note
	}
	return strings.Join(strings.FieldsFunc(note, func(r rune) bool { return r == '\r' || r == '\n' }), " ")
}
