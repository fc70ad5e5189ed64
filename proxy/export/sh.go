package export

import (
	"strings"

	"posthouse/proxy/shellquote"
)

// shText is a command for sh as it grows. No line of it is longer than a terminal
// takes.
type shText struct {
	strings.Builder
	line int // bytes in the last one
}

// begin begins the command of a program.
func (t *shText) begin(program string) {
	t.WriteString(program)
	t.line = len(program)
}

// word adds a word, or an option with its value, at the start of a line where it
// is to be read there.
func (t *shText) word(text string, lineStart bool) {
	if lineStart || t.line+1+len(text) > shellquote.MaxTyped {
		t.WriteString(" \\\n ")
		t.line = 1
	}
	t.WriteString(" " + text)
	t.line += 1 + len(text)
}

// printf writes a command that writes these bytes: $'...' is not in every shell,
// while printf is part of each and makes every byte of printable ones (base64 would
// be shorter, but is no standard tool, and has other options on other systems).
func (t *shText) printf(content []byte) {
	t.WriteString("printf '%b'")
	for _, part := range shellquote.Typed(shellquote.Escaped(content)) {
		t.WriteString(" \\\n  '" + part + "'")
	}
}

// shLiteral reports whether a body stands in the command as it is.
func shLiteral(content []byte) bool {
	return len(content) <= maxLiteral && shellquote.Safe(string(content))
}

// shWord is any bytes but NUL as a word.
func shWord(value []byte) string {
	if shellquote.Safe(string(value)) {
		return shellquote.POSIX(string(value))
	}
	return shellquote.Printf(value)
}
