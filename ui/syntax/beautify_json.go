package syntax

import (
	"context"
	"errors"
	"strings"

	"posthouse/proxy/content"
)

// maxChecked bounds the JSON that is checked before it is beautified, in bytes.
const maxChecked = 8 << 20

// ErrNotJSON says that a text is plainly no JSON.
var ErrNotJSON = errors.New("not JSON")

// indentJSON sets JSON out in lines. Unlike encoding/json it takes text that was
// cut short, and several values one after the other. Numbers, order, double
// names stay as sent; in strings, escapes of characters that can be read are undone.
// It fails where the text is plainly no JSON (ErrNotJSON), would become too long
// (ErrLong), or ctx ended.
func indentJSON(ctx context.Context, text string, cut bool) (string, error) {
	text = strings.Trim(strings.TrimPrefix(text, "\ufeff"), jsonSpaces)
	if text == "" || strings.IndexByte(`{["-0123456789tfn`, text[0]) < 0 {
		return "", ErrNotJSON
	}
	if !cut && len(text) <= maxChecked && !content.IsJSON(text, false) {
		return "", ErrNotJSON
	}
	in := &indenter{jsonLexer: jsonLexer{text: text}}
	in.out.Grow(len(text) + len(text)/2)
	for in.at < len(text) {
		if in.out.Len() > MaxJSON {
			return "", ErrLong
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

type indenter struct {
	jsonLexer
	out     strings.Builder
	depth   int
	checked int  // MiB at which the context was asked last
	last    byte // of the token before
	before  jsonKind
	gap     bool // there was white space before the token
}

// step takes one token.
func (in *indenter) step() {
	from := in.at
	kind := in.next()
	token := in.text[from:in.at]
	switch kind {
	case jsonBlank:
		in.gap = true
		return
	case jsonOpen:
		in.between()
		in.open(token)
	case jsonClose:
		in.depth = max(0, in.depth-1)
		in.newLine()
		in.out.WriteString(token)
	case jsonComma:
		in.out.WriteByte(',')
		in.newLine()
	case jsonColon:
		in.out.WriteString(": ")
	case jsonString:
		in.between()
		in.writeString(token)
	default:
		in.between()
		in.out.WriteString(token)
	}
	in.last, in.before, in.gap = in.text[in.at-1], kind, false
}

// open keeps {} and [] on one line.
func (in *indenter) open(token string) {
	in.out.WriteString(token)
	rest := in.at
	for rest < len(in.text) && jsonKinds[in.text[rest]] == jsonBlank {
		rest++
	}
	if rest < len(in.text) && in.text[rest] == token[0]+2 { // '}' and ']' stand two after their openers
		in.out.WriteByte(in.text[rest])
		in.at = rest + 1
		return
	}
	in.depth++
	in.newLine()
}

// between sets values that follow each other at the top on separate lines. Words that
// follow each other elsewhere, in what is no JSON, stay two.
func (in *indenter) between() {
	switch {
	case in.depth > 0:
		if in.gap && in.before == jsonWord {
			in.out.WriteByte(' ')
		}
	case in.out.Len() > 0 && (in.gap || in.last == '}' || in.last == ']'):
		in.newLine()
	}
}

func (in *indenter) newLine() {
	in.out.WriteByte('\n')
	in.out.WriteString(indents[:2*min(in.depth, maxDepth)])
}
