package document

import (
	"bytes"
	"context"
)

const (
	// searchChunk is how much is searched between two looks at the context, in bytes.
	searchChunk = 1 << 20
	// maxNeedle bounds what is searched for, in bytes.
	maxNeedle = 1000
)

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
func findInLines(ctx context.Context, d document, needle string, limit int) (found []match, more bool) {
	for i := range d.Len() {
		if ctx.Err() != nil {
			break
		}
		more = findFold(ctx, d.Line(i).Text, needle, func(at int) bool {
			if len(found) == limit {
				return false
			}
			found = append(found, match{i, at, at + len(needle)})
			return true
		})
		if more {
			return found, true
		}
	}
	return found, false
}
