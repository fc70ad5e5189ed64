package syntax

import (
	"context"
	"errors"
	"strings"
)

const (
	// MaxInput bounds what is beautified in a language other than JSON, and
	// MaxBeautified what that may become, in bytes: deep nesting makes much of little.
	MaxInput      = 4 << 20
	MaxBeautified = 32 << 20
	// MaxJSON bounds what JSON may become, in bytes.
	MaxJSON = 128 << 20
	// maxDepth bounds how deep lines are indented; deeper ones stand at this depth.
	maxDepth = 64
)

// ErrLong says that a text is too long to be beautified, or would become so.
var ErrLong = errors.New("too long to be set out in lines")

// Beautify breaks a text into indented lines. White space is added and taken away
// between tokens, never within a text, an attribute, a string or a comment; of JSON
// see BeautifyJSON. Style sheets and scripts that have lines already are left alone.
// It fails with ErrLong, ErrNotJSON, or where ctx ended.
func Beautify(ctx context.Context, l Language, text string) (string, error) {
	if l == JSON {
		lines, _, err := BeautifyJSON(ctx, text, false)
		return lines, err
	}
	code := l == CSS || l == JavaScript
	if l == Plain || code && !isPacked(text) {
		return text, nil
	}
	if len(text) > MaxInput {
		return "", ErrLong
	}
	out := &lines{}
	var err error
	if code {
		err = beautifyCode(ctx, l, text, out)
	} else {
		err = beautifyMarkup(ctx, l, text, out)
	}
	if err != nil {
		return "", err
	}
	return out.String(), nil
}

// packedLine is the mean length of a line, in bytes, from which code was written
// for programs, not for people.
const packedLine = 100

func isPacked(text string) bool {
	return len(text) > packedLine*(1+strings.Count(text, "\n"))
}

// lines is the text that a beautifier writes.
type lines struct {
	strings.Builder
}

var indents = strings.Repeat("  ", maxDepth)

// newLine begins a line at a depth, and nothing where the text has not begun.
func (b *lines) newLine(depth int) {
	if b.Len() > 0 {
		b.WriteByte('\n')
		b.WriteString(indents[:2*min(max(depth, 0), maxDepth)])
	}
}

// check is called now and then: it ends what takes too long or becomes too long.
func (b *lines) check(ctx context.Context) error {
	if b.Len() > MaxBeautified {
		return ErrLong
	}
	return ctx.Err()
}

// checkEvery is in tokens.
const checkEvery = 1024
