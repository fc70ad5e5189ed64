package search

import (
	"strings"
	"unicode/utf8"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// snippets are the first places of a match, in context.
func snippets(q *query.Query, x *flow.Exchange, b *query.Bodies) (all []Snippet, more bool) {
	places := q.Places(x, b, MaxSnippets+1)
	if len(places) > MaxSnippets {
		places, more = places[:MaxSnippets], true
	}
	for _, p := range places {
		text := p.Part.Text(x, b)
		if p.At < 0 || p.Len < 0 || p.At+p.Len > len(text) {
			continue
		}
		all = append(all, around(text, p))
	}
	return all, more
}

// around cuts a place out of a text, within its line.
func around(text []byte, p query.Place) Snippet {
	from, to := max(0, p.At-Context), min(len(text), p.At+p.Len+Context)
	before, after := text[from:p.At], text[p.At+p.Len:to]
	if i := lastLine(before); i >= 0 {
		before = before[i+1:]
	}
	if i := strings.IndexAny(string(after), "\r\n"); i >= 0 {
		after = after[:i]
	}
	match := text[p.At : p.At+min(p.Len, maxMatch)]
	for len(before) > 0 && !utf8.RuneStart(before[0]) { // a letter that was cut
		before = before[1:]
	}
	return Snippet{Part: p.Part, Before: valid(before), Match: valid(match), After: valid(cutRune(after))}
}

func lastLine(b []byte) int { return strings.LastIndexAny(string(b), "\r\n") }

// cutRune leaves out a letter that is cut at the end.
func cutRune(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

func valid(b []byte) string { return strings.ToValidUTF8(string(b), "�") }
