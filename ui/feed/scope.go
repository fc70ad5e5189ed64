package feed

import (
	"slices"
	"strings"

	"posthouse/proxy/capture/query"
)

// A click in the sidebar writes a word into the filter box, and takes it out
// again: what is shown is what the box says, and nothing is narrowed in secret.
// These functions know the words of such a filter.

// ScopeKeys are the keys of the words that the sidebar writes.
var ScopeKeys = [...]string{"host:=", "app:="}

// ScopeWord is the word of a filter for one host or app.
func ScopeWord(key, name string) string { return key + query.Quoted(name) }

func isScope(word string) bool {
	for _, key := range ScopeKeys {
		if strings.HasPrefix(word, key) {
			return true
		}
	}
	return false
}

// Scopes are the words of a filter that the sidebar could have written.
func Scopes(text string) []string {
	return slices.DeleteFunc(query.Words(text), func(word string) bool { return !isScope(word) })
}

// OnlyScope is a filter narrowed to one host or app, whatever it was before.
func OnlyScope(text, word string) string { return WithScope(WithScope(text, ""), word) }

// WithScope is a filter narrowed to one host or app instead of any other, or,
// if it is already, not narrowed. The rest of it stays.
func WithScope(text, word string) string {
	rest := slices.DeleteFunc(query.Words(text), func(w string) bool { return isScope(w) || word != "" && w == "-"+word })
	if word == "" || slices.Contains(Scopes(text), word) {
		return strings.Join(rest, " ")
	}
	return strings.Join(append([]string{word}, rest...), " ")
}
