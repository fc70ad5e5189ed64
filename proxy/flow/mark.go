package flow

import (
	"strings"
	"unicode/utf8"
)

// MaxNote bounds a Note, in bytes.
const MaxNote = 4096

// Annotation is what a person said about a row.
type Annotation struct {
	Mark Mark   // the colour they gave it
	Star bool   // they want to find it again
	Note string // their words; valid UTF-8, at most MaxNote bytes
}

// Annotated reports whether anything was said.
func (a *Annotation) Annotated() bool { return *a != Annotation{} }

// NoteOf is a text as a Note may be: what is no UTF-8 becomes U+FFFD, and what is longer
// than MaxNote ends before the character that does not fit.
func NoteOf(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), MaxNote+utf8.UTFMax)], "\ufffd") // the rest is not kept
	end := min(len(text), MaxNote)
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.Clone(text[:end])
}

// Mark is the colour that a person gave a row. The words a person reads live in the
// ui; String gives the name used in filters and event lines.
type Mark uint8

const (
	MarkNone Mark = iota
	MarkRed
	MarkOrange
	MarkYellow
	MarkGreen
	MarkBlue
	MarkPurple
)

// Marks are all colours, in their order.
var Marks = [...]Mark{MarkRed, MarkOrange, MarkYellow, MarkGreen, MarkBlue, MarkPurple}

var markNames = [...]string{"", "red", "orange", "yellow", "green", "blue", "purple"}

// String is "" for none.
func (m Mark) String() string {
	if int(m) < len(markNames) {
		return markNames[m]
	}
	return "unknown"
}

// ParseMark finds a colour by its name.
func ParseMark(name string) (Mark, bool) {
	for _, m := range Marks {
		if markNames[m] == name {
			return m, true
		}
	}
	return MarkNone, false
}
