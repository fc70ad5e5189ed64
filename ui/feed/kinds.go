package feed

import (
	"slices"
	"strings"

	"posthouse/proxy/capture/query"
)

// A quick button writes a word into the filter box and takes it out again, as a click in
// the sidebar does: what is shown is what the box says.

// Kind is a quick button: what it is called, and its word.
type Kind struct{ Name, Word string }

// Kinds are the quick buttons, in their order.
var Kinds = [...]Kind{
	{"json", "type:json"},
	{"html", "type:html"},
	{"script", "type:javascript,ecmascript"},
	{"css", "type:css"},
	{"image", "type:image/"},
	{"font", "type:font"},
	{"media", "type:video/,audio/"},
	{"websocket", "is:websocket"},
	{"error", "is:error"},
}

// KindsOf are the words of the quick buttons that are down: a word, or several in one group.
func KindsOf(text string) []string {
	for _, word := range query.Words(text) {
		if words := kindsIn(word); words != nil {
			return words
		}
	}
	return nil
}

// kindsIn are the words of quick buttons that a part of a filter is made of, nil where it
// is anything else.
func kindsIn(part string) []string {
	inner, open := strings.CutPrefix(part, "(")
	inner, closed := strings.CutSuffix(inner, ")")
	if open != closed {
		return nil
	}
	words := strings.Split(inner, " | ")
	for _, word := range words {
		if !slices.ContainsFunc(Kinds[:], func(k Kind) bool { return k.Word == word }) {
			return nil
		}
	}
	return words
}

// WithKind is a filter with one kind instead of any other, or without it if it is the only
// one. With more, it is added to the others, or taken from them. The rest of the filter stays;
// an empty word takes all kinds out.
func WithKind(text, word string, more bool) string {
	var rest, chosen []string
	for _, part := range query.Words(text) {
		if words := kindsIn(part); words != nil && chosen == nil {
			chosen = words
		} else {
			rest = append(rest, part)
		}
	}
	at := slices.Index(chosen, word)
	switch {
	case word == "":
		chosen = nil
	case at >= 0 && (more || len(chosen) == 1):
		chosen = slices.Delete(chosen, at, at+1)
	case more:
		chosen = append(chosen, word)
	default:
		chosen = []string{word}
	}
	switch len(chosen) {
	case 0:
	case 1:
		rest = append(chosen, rest...)
	default:
		rest = append([]string{"(" + strings.Join(chosen, " | ") + ")"}, rest...)
	}
	return strings.Join(rest, " ")
}
