package query

import (
	"bytes"
	"iter"
)

// field is where a field lies in a head: its name, its colon, its value, which folded lines
// go on, and its end.
type field struct{ name, colon, value, end int }

// fieldsOf goes through the field lines of a head as it was kept: behind the start-line, but
// for HTTP/2's, which have pseudo-header fields instead, and for trailer sections.
func fieldsOf(head []byte, trailer bool) iter.Seq[field] {
	return func(yield func(field) bool) {
		at := 0
		if !trailer && (len(head) == 0 || head[0] != ':') {
			at = startLine(head)
		}
		for at < len(head) {
			end := lineEnd(head, at)
			for end < len(head) && (head[end] == ' ' || head[end] == '\t') { // a fold (RFC 9112 section 5.2)
				end = lineEnd(head, end)
			}
			f, ok := fieldAt(head, at, end)
			if !ok && f.end == f.name || ok && !yield(f) {
				return
			}
			at = end
		}
	}
}

// startLine is where the fields begin: some servers send empty lines before a status line.
func startLine(head []byte) int {
	at := len(head) - len(bytes.TrimLeft(head, "\r\n"))
	return lineEnd(head, at)
}

// lineEnd is where the next line begins.
func lineEnd(head []byte, at int) int {
	if n := bytes.IndexByte(head[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(head)
}

// fieldAt takes a line apart; an empty one ends the fields.
func fieldAt(head []byte, at, end int) (field, bool) {
	line := bytes.TrimRight(head[at:end], "\r\n \t")
	f := field{name: at, end: at + len(line)}
	if len(line) == 0 {
		return f, false
	}
	colon := bytes.IndexByte(line[1:], ':') + 1 // a pseudo-header field begins with one
	if colon == 0 {
		return f, false
	}
	f.colon = at + len(bytes.TrimRight(line[:colon], " \t"))
	value := bytes.TrimLeft(line[colon+1:], " \t")
	f.value = f.end - len(value)
	return f, true
}
