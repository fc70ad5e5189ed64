package query

import (
	"context"
	"strings"
	"unicode/utf8"
)

// Expression is a regular expression that finds all places in a text, line by line: ^ and $
// match at lines, and letters in either case. It has the limits of those in a filter.
type Expression struct{ p *pattern }

// CompileExpression reads one, without slashes.
func CompileExpression(source string) (*Expression, *Error) {
	p, bad := (&expression{end: len(source), pattern: source, flags: "im"}).compile()
	if bad != nil {
		return nil, bad
	}
	return &Expression{p}, nil
}

// All calls found with each match that is not empty, in order, until that returns false or ctx
// ends; it returns true if found stopped it. A text is gone through in pieces that end with a
// line; in a line over 1 MiB a match across the end of a piece is missed.
func (e *Expression) All(ctx context.Context, text string, found func(from, to int) bool) (stopped bool) {
	for base := 0; base < len(text) && ctx.Err() == nil; {
		end := min(base+piece, len(text))
		if end < len(text) {
			if line := strings.LastIndexByte(text[base:end], '\n'); line >= 0 {
				end = base + line + 1
			}
			for end > base+1 && !utf8.RuneStart(text[end]) {
				end--
			}
		}
		for _, at := range e.p.allIn(text[base:end]) {
			if at[1] > at[0] && !found(base+at[0], base+at[1]) {
				return true
			}
		}
		base = end
	}
	return false
}

// maxInPiece bounds the matches in one piece.
const maxInPiece = 100_000

func (p *pattern) allIn(text string) [][]int {
	if p.literal != "" {
		f := newFinder(p.literal)
		if f.index([]byte(text), 0) < 0 {
			return nil
		}
	}
	return p.finder([]byte(text), !utf8.ValidString(text)).FindAllIndex([]byte(text), maxInPiece)
}
