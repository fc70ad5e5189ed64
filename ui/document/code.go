package document

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"

	"posthouse/proxy/content"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/syntax"
)

// codeDoc is HTML, XML, CSS or JavaScript, beautified and with colours.
func (p *Prepared) codeDoc(ctx context.Context, contentType, text string) *TextDoc {
	language := syntax.Of(p.kind, contentType, text)
	p.format = language.Name()
	lines, err := syntax.Beautify(ctx, language, text)
	switch {
	case err == nil:
		text = lines
	case errors.Is(err, syntax.ErrLong):
		p.Notices = append(p.Notices, notice{"body.long_code", nil})
	}
	d := NewTextDoc(ctx, text, nil)
	if len(text) <= maxColoured && ctx.Err() == nil {
		d.code = newCodeColours(d, language)
	}
	return d
}

const (
	// maxColoured bounds the text that is coloured, in bytes: what stands before each
	// line of it is remembered.
	maxColoured = 8 << 20
	// maxSpans bounds the colours of one line: each is painted by itself.
	maxSpans = 80
)

// codeColours are the colours of a text in a language.
type codeColours struct {
	language syntax.Language
	before   []syntax.State // what is known of what stands before each piece
}

// newCodeColours reads the whole text.
func newCodeColours(d *TextDoc, language syntax.Language) *codeColours {
	c := &codeColours{language, make([]syntax.State, d.pieces)}
	var state syntax.State
	for i, at := 0, 0; i < d.pieces; i++ {
		c.before[i] = state
		next, ended := d.pieceEnd(at)
		state = language.Colour(state, trimEnd(d.text[at:next]), ended, nil)
		at = next
	}
	return c
}

// spans colours piece i, which is shown as text.
func (c *codeColours) spans(i int, text string) []Span {
	return colourSpans(c.language, c.before[i], text)
}

// jsonColours colours a line of beautified JSON. What goes on is in a string.
func jsonColours(line string, goesOn bool) []Span {
	var before syntax.State
	if goesOn {
		before = syntax.JSONString
	}
	return colourSpans(syntax.JSON, before, line)
}

// colourSpans are the colours of a piece of a line, with what is known of what stands
// before it. What follows the colon of JSON is painted by itself: values stand in their
// columns, whatever the font.
func colourSpans(language syntax.Language, before syntax.State, text string) (spans []Span) {
	full := false // what follows is plain
	defer func() {
		if recover() != nil { // this is drawn on the UI goroutine: colours are not worth its end
			spans = nil
		}
	}()
	language.Colour(before, text, false, func(end int, class syntax.Class) {
		name := classColors[class]
		switch last := len(spans) - 1; {
		case full:
		case last >= 0 && spans[last].Color == name && !(language == syntax.JSON && text[spans[last].End] == ' '):
			spans[last].End = end
		case len(spans) == maxSpans:
			full = true
		default:
			spans = append(spans, PlainSpan(end, name))
		}
	})
	return spans
}

var classColors = [...]fyne.ThemeColorName{
	syntax.Text: "", syntax.Name: style.ColorKey, syntax.Attribute: style.ColorLiteral, syntax.String: style.ColorString,
	syntax.Number: style.ColorNumber, syntax.Word: style.ColorLiteral, syntax.Comment: style.ColorMuted,
}

// kindText names what a body is.
func (p *Prepared) kindText() string { return i18n.T(string(p.kindTerm())) }

// kindTerm is a key of the catalogue, or a name that is the same in every language.
func (p *Prepared) kindTerm() term {
	if p.format != "" {
		return term(p.format)
	}
	return term(kindNames[p.kind])
}

// kindNames are keys of the catalogue, or names that are the same in every language.
var kindNames = map[content.Kind]string{
	content.Bytes: "details.kind_bytes", content.PlainText: "details.kind_text", content.JSON: "JSON",
	content.Markup: "details.kind_markup",
	content.Code:   "details.kind_code", content.Form: "details.kind_form", content.Image: "details.kind_image",
	content.Multipart: "details.kind_form",
}
