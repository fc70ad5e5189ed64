package document

import (
	"context"
	"errors"
	"strings"

	"posthouse/proxy/content"
	"posthouse/ui/style"
)

const (
	// maxIndented bounds indented JSON, in bytes: deep nesting makes much of little.
	maxIndented = 128 << 20
	// maxDepth bounds how deep lines are set in; deeper ones stand at this depth.
	maxDepth = 64
	// maxChecked bounds the JSON that is checked before it is indented, in bytes.
	maxChecked = 8 << 20
)

var (
	errNoJSON   = errors.New("no JSON")
	errLongJSON = errors.New("indented, this JSON is too long")
)

// indentJSON sets JSON out in lines. Unlike encoding/json it takes text that was
// cut short, and several values one after the other. Numbers, order, double
// names stay as sent; in strings, escapes of characters that can be read are undone.
// It fails where the text is plainly no JSON (errNoJSON), would become too long
// (errLongJSON), or ctx ended.
func indentJSON(ctx context.Context, text string, cut bool) (string, error) {
	text = strings.Trim(strings.TrimPrefix(text, "\ufeff"), jsonSpaces)
	if text == "" || strings.IndexByte(`{["-0123456789tfn`, text[0]) < 0 {
		return "", errNoJSON
	}
	if !cut && len(text) <= maxChecked && !content.IsJSON(text, false) {
		return "", errNoJSON
	}
	in := &indenter{src: text}
	in.out.Grow(len(text) + len(text)/2)
	for in.at < len(text) {
		if in.out.Len() > maxIndented {
			return "", errLongJSON
		}
		if in.at>>20 != in.checked {
			if in.checked = in.at >> 20; ctx.Err() != nil {
				return "", ctx.Err()
			}
		}
		in.step()
	}
	return in.out.String(), nil
}

// jsonSpaces is RFC 8259 section 2, and what begins a text in a sequence (RFC 7464).
const jsonSpaces = " \t\r\n\x1e"

type indenter struct {
	src     string
	out     strings.Builder
	at      int
	depth   int
	checked int  // MiB at which the context was asked last
	last    byte // written last
	gap     bool
}

// step takes one token.
func (in *indenter) step() {
	c := in.src[in.at]
	switch c {
	case ' ', '\t', '\r', '\n', 0x1e:
		in.gap = true
		in.at++
		return
	case '{', '[':
		in.between()
		in.open(c)
	case '}', ']':
		in.depth = max(0, in.depth-1)
		in.newLine()
		in.take(1)
	case ',':
		in.take(1)
		in.newLine()
	case ':':
		in.take(1)
		in.out.WriteByte(' ')
	case '"':
		in.between()
		in.takeString(stringLen(in.src[in.at:]))
	default:
		in.between()
		n := 1
		for in.at+n < len(in.src) && !jsonStop[in.src[in.at+n]] {
			n++
		}
		in.take(n)
	}
	in.gap = false
}

// jsonStop are the bytes that end a number or a word.
var jsonStop = func() (stop [256]bool) {
	for _, c := range []byte(jsonSpaces + `{}[],:"`) {
		stop[c] = true
	}
	return stop
}()

func (in *indenter) take(n int) {
	in.out.WriteString(in.src[in.at : in.at+n])
	in.at += n
	in.last = in.src[in.at-1]
}

// open keeps {} and [] on one line.
func (in *indenter) open(c byte) {
	in.take(1)
	rest := in.at
	for rest < len(in.src) && strings.IndexByte(jsonSpaces, in.src[rest]) >= 0 {
		rest++
	}
	if rest < len(in.src) && in.src[rest] == c+2 { // '}' and ']' stand two after their openers
		in.at = rest
		in.take(1)
		return
	}
	in.depth++
	in.newLine()
}

// between sets values that follow each other at the top on lines of their own.
func (in *indenter) between() {
	if in.depth == 0 && in.out.Len() > 0 && (in.gap || in.last == '}' || in.last == ']') {
		in.newLine()
	}
}

var indents = strings.Repeat("  ", maxDepth)

func (in *indenter) newLine() {
	in.out.WriteByte('\n')
	in.out.WriteString(indents[:2*min(in.depth, maxDepth)])
}

// stringLen is the length of the string that s begins with, with its quotes.
func stringLen(s string) int {
	for at := 1; at < len(s); at++ {
		switch s[at] {
		case '"':
			return at + 1
		case '\\':
			at++
		}
	}
	return len(s)
}

// jsonColours colours one line of indented JSON. What goes on is in a string:
// nothing else is long.
func jsonColours(line string, goesOn bool) []Span {
	at := leadingSpaces(line)
	value := len(line)
	if value > at && line[value-1] == ',' {
		value-- // the comma is plain
	}
	if goesOn {
		return []Span{PlainSpan(value, style.ColorString)}
	}
	var spans []Span
	if at < len(line) && line[at] == '"' {
		end := at + stringLen(line[at:])
		if end >= len(line) || line[end] != ':' {
			return []Span{PlainSpan(value, style.ColorString)}
		}
		spans = append(spans, PlainSpan(end, style.ColorKey), PlainSpan(end+1, ""))
		at = end + 1 + leadingSpaces(line[end+1:])
	}
	if at >= len(line) {
		return spans
	}
	switch c := line[at]; {
	case c == '"':
		spans = append(spans, PlainSpan(value, style.ColorString))
	case c == '-' || c >= '0' && c <= '9':
		spans = append(spans, PlainSpan(value, style.ColorNumber))
	case isLiteral(line[at:value]):
		spans = append(spans, PlainSpan(value, style.ColorLiteral))
	}
	return spans
}

func isLiteral(word string) bool { return word == "true" || word == "false" || word == "null" }
