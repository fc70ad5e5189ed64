package document

import (
	"bytes"
	"context"

	"posthouse/proxy/capture/query"
)

const (
	// searchChunk is how much is searched between two looks at the context, in bytes.
	searchChunk = 1 << 20
	// maxNeedle bounds what is searched for, in bytes.
	maxNeedle = 1000
)

// sought finds what is looked for in a text: found is called with each place and its length
// until it returns false; then stopped is true.
type sought func(ctx context.Context, text string, found func(at, length int) bool) (stopped bool)

// plainly looks for a text.
func plainly(needle string) sought {
	return func(ctx context.Context, text string, found func(at, length int) bool) bool {
		return findFold(ctx, text, needle, func(at int) bool { return found(at, len(needle)) })
	}
}

// byExpression looks for what a regular expression matches.
func byExpression(e *query.Expression) sought {
	return func(ctx context.Context, text string, found func(at, length int) bool) bool {
		return e.All(ctx, text, func(from, to int) bool { return found(from, to-from) })
	}
}

// expressionFinder is a document in which regular expressions can be looked for.
type expressionFinder interface {
	find(ctx context.Context, what sought, limit int) (found []match, more bool)
}

// findFold calls found with each place of needle in text, without overlaps;
// ASCII letters match in either case. It stops, and returns true, when found
// returns false. Its time is linear in the text, whatever the two are.
func findFold[T string | []byte](ctx context.Context, text T, needle string, found func(at int) bool) (stopped bool) {
	if needle == "" || len(needle) > maxNeedle {
		return false
	}
	lower := appendLower(nil, needle)
	var chunk []byte
	for base := 0; base+len(needle) <= len(text) && ctx.Err() == nil; {
		chunk = appendLower(chunk[:0], text[base:min(len(text), base+searchChunk+len(needle)-1)])
		at := 0
		for {
			next := bytes.Index(chunk[at:], lower)
			if next < 0 {
				break
			}
			if at += next; !found(base + at) {
				return true
			}
			at += len(needle)
		}
		base += max(searchChunk, at)
	}
	return false
}

// appendLower adds text with ASCII letters made small, byte for byte.
func appendLower[T string | []byte](to []byte, text T) []byte {
	for i := range len(text) {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		to = append(to, c)
	}
	return to
}

// findInLines searches the lines of a document as they are shown.
func findInLines(ctx context.Context, d document, what sought, limit int) (found []match, more bool) {
	for i := range d.Len() {
		if ctx.Err() != nil {
			break
		}
		more = what(ctx, d.Line(i).Text, func(at, length int) bool {
			if len(found) == limit {
				return false
			}
			found = append(found, match{i, at, at + length})
			return true
		})
		if more {
			return found, true
		}
	}
	return found, false
}
