package query

import (
	"strings"
	"unicode/utf8"
)

// Words are the parts of a filter's text that must all match, as they stand there: words and
// groups, quotes and all. A text with "or" outside of groups is one part, in parentheses.
// Joined with spaces they mean what the text means.
func Words(text string) (words []string) {
	p := parser{text: text}
	either := false
	for {
		p.skipSpace()
		begin := p.at
		if begin == len(text) {
			break
		}
		if len(words) > 0 && words[len(words)-1] != bar && p.bar(0) {
			words, either = append(words, bar), true
			continue
		}
		w, group := p.part()
		part := text[begin:p.at]
		if !group && w.regexp == nil && w.loose {
			part = quotedParentheses(part)
		}
		words = append(words, part)
	}
	if either {
		return []string{"(" + strings.Join(words, " ") + ")"}
	}
	return words
}

const bar = "|"

// part reads a word or a group.
func (p *parser) part() (w word, group bool) {
	first, size := p.peek(p.at)
	next, _ := p.peek(p.at + size)
	if group = first == '(' || first == '-' && next == '('; group {
		p.one(0)
	} else {
		w, _ = p.word(0)
	}
	if p.stopped {
		p.at = len(p.text)
	}
	return w, group
}

// quotedParentheses puts the parentheses of a word in quotes: in a group, one that closes
// without another that opens would end it.
func quotedParentheses(word string) string {
	var b strings.Builder
	quoted := false
	for at := 0; at < len(word); {
		r, size := utf8.DecodeRuneInString(word[at:])
		if Quote(r) {
			quoted = !quoted
		}
		if narrow := Narrow(r); !quoted && (narrow == '(' || narrow == ')') {
			b.WriteString(`"` + string(narrow) + `"`)
		} else {
			b.WriteString(word[at : at+size])
		}
		at += size
	}
	return b.String()
}

// Quoted is a value as a filter takes it, whatever it holds; quotes in it are left out, since
// there is no way to write them.
func Quoted(value string) string {
	other := func(r rune) bool { return Space(r) || Quote(r) || Narrow(r) != r || strings.ContainsRune("()|", r) }
	if !strings.ContainsFunc(value, other) {
		return value
	}
	return `"` + strings.Map(func(r rune) rune {
		if Quote(r) {
			return -1
		}
		return r
	}, value) + `"`
}
