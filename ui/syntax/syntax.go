// Package syntax colours HTML, XML, CSS and JavaScript line by line, and sets
// them out in lines where they came without any. It knows as much of these
// languages as reading takes: nothing is checked, everything is taken, and what
// is wrong costs a colour or a line break, never a byte of what is shown.
//
// All functions are pure and may be called from any goroutine. What they take
// may be hostile: their time grows with the length of the text, their output is
// bounded by MaxSetOut, and what they remember of a line is one byte.
package syntax

import (
	"context"
	"errors"
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
)

// Of tells the language of a body from its kind, its Content-Type, and where
// that leaves it open, from how the text begins.
func Of(kind content.Kind, contentType, text string) Language {
	media := content.MediaType(contentType)
	switch {
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
	return [...]string{"", "HTML", "XML", "CSS", "JavaScript"}[l]
}

// Class is what a part of a line is.
type Class uint8

const (
	Text      Class = iota // and all that has no class of its own
	Name                   // tags, properties of CSS
	Attribute              // of a tag
	String
	Number
	Word // words that the language keeps for itself
	Comment
)

// State is what has to be known of all lines before one to read it; the zero
// value is that of the first line.
type State uint8

// Emit takes where a part of a line ends, in bytes, and what it is.
type Emit func(end int, class Class)

// Line reads one line, or a piece of one where ended is false, and returns the
// state for what follows. emit may be nil.
func (l Language) Line(s State, line string, ended bool, emit Emit) State {
	if emit == nil {
		emit = func(int, Class) {}
	}
	switch l {
	case HTML, XML:
		return markupLine(l, s, line, ended, emit)
	case CSS, JavaScript:
		return State(codeLine(l, codeState(s), line, 0, len(line), ended, emit))
	}
	return 0
}

const (
	// MaxInput bounds what is set out in lines, and MaxSetOut what that may become,
	// in bytes: deep nesting makes much of little.
	MaxInput  = 4 << 20
	MaxSetOut = 32 << 20
	// maxDepth bounds how deep lines are set in; deeper ones stand at this depth.
	maxDepth = 64
)

// ErrLong says that a text is too long to be set out.
var ErrLong = errors.New("too long to be set out in lines")

// SetOut breaks a text into indented lines. White space is added and taken away
// between parts, never within a text, an attribute, a string or a comment.
// Style sheets and scripts that have lines of their own are left alone. It fails
// with ErrLong, or where ctx ended.
func SetOut(ctx context.Context, l Language, text string) (string, error) {
	code := l == CSS || l == JavaScript
	if l == Plain || code && !isPacked(text) {
		return text, nil
	}
	if len(text) > MaxInput {
		return "", ErrLong
	}
	out := &lines{}
	var err error
	if code {
		err = setOutCode(ctx, l, text, out)
	} else {
		err = setOutMarkup(ctx, l, text, out)
	}
	if err != nil {
		return "", err
	}
	return out.String(), nil
}

// packedLine is the mean length of a line, in bytes, from which code was written
// for programs, not for people.
const packedLine = 100

func isPacked(text string) bool {
	return len(text) > packedLine*(1+strings.Count(text, "\n"))
}

// lines is text that is being set out.
type lines struct {
	strings.Builder
}

var indents = strings.Repeat("  ", maxDepth)

// newLine begins a line at a depth, and nothing where the text has not begun.
func (b *lines) newLine(depth int) {
	if b.Len() > 0 {
		b.WriteByte('\n')
		b.WriteString(indents[:2*min(max(depth, 0), maxDepth)])
	}
}

// check is called now and then: it ends what takes too long or becomes too long.
func (b *lines) check(ctx context.Context) error {
	if b.Len() > MaxSetOut {
		return ErrLong
	}
	return ctx.Err()
}

// checkEvery is in parts of a text.
const checkEvery = 1024
