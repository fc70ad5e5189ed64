// Package syntax colours HTML, XML, CSS, JavaScript and JSON line by line, and
// beautifies them: it sets them out in lines where they came without any. Each
// language has one lexer, which both use. It knows as much of its language as
// reading takes: nothing is checked, everything is taken, and what is wrong costs
// a colour or a line break, never a byte of what is shown.
//
// All functions are pure and may be called from any goroutine. What they take
// may be hostile: their time grows with the length of the text, their output is
// bounded by MaxBeautified and MaxJSON, and what they remember of a line is two
// bytes.
package syntax

import (
	"strings"

	"posthouse/proxy/content"
)

// Language is what a text is written in.
type Language uint8

const (
	Plain Language = iota
	HTML
	XML
	CSS
	JavaScript
	JSON
)

// Of tells the language of a body from its kind, its Content-Type, and where
// that leaves it open, from how the text begins.
func Of(kind content.Kind, contentType, text string) Language {
	media := content.MediaType(contentType)
	switch {
	case kind == content.JSON:
		return JSON
	case kind == content.Markup && (media == "text/html" || media == ""):
		if strings.HasPrefix(strings.TrimSpace(text), "<?xml") {
			return markupOf(text)
		}
		return HTML
	case kind == content.Markup:
		return markupOf(text)
	case kind == content.Code && strings.HasSuffix(media, "/css"):
		return CSS
	case kind == content.Code:
		return JavaScript
	}
	return Plain
}

// markupOf tells XHTML, which browsers read as XML and people as HTML, from XML.
func markupOf(text string) Language {
	head := strings.ToLower(text[:min(len(text), 1024)])
	if strings.HasPrefix(strings.TrimSpace(head), "<!doctype html") {
		return HTML
	}
	if at := strings.Index(head, "<html"); at >= 0 && !strings.Contains(head[:at], "<!--") {
		return HTML
	}
	return XML
}

// Name is the language's own, the same in every language that people speak.
func (l Language) Name() string {
	return [...]string{"", "HTML", "XML", "CSS", "JavaScript", "JSON"}[l]
}

// Class is what a part of a line is.
type Class uint8

const (
	Text      Class = iota // and all that has no other class
	Name                   // tags, properties of CSS, names of JSON
	Attribute              // of a tag
	String
	Number
	Word // reserved words
	Comment
)

// State is what has to be known of all lines before one to read it; the zero
// value is that of the first line.
type State uint16

// Emit takes where a part of a line ends, in bytes, and what it is.
type Emit func(end int, class Class)

// Colour reads one line, or a piece of one where ended is false, and returns the
// state for what follows. emit may be nil.
func (l Language) Colour(s State, line string, ended bool, emit Emit) State {
	if emit == nil {
		emit = func(int, Class) {}
	}
	switch l {
	case HTML, XML:
		return colourMarkup(l, s, line, ended, emit)
	case CSS, JavaScript:
		return colourCode(l, s, line, ended, emit)
	case JSON:
		return colourJSON(s, line, ended, emit)
	}
	return 0
}

func set(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}
