package charles

import (
	"io"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// guard bounds JSON before a decoder holds it: strings lose what is beyond a length, so
// that a body is cut and not refused; too many levels, or an element of the outer array
// that is still too long, are an error.
type guard struct {
	r       io.Reader
	most    int64 // bytes kept of one string
	depth   int   // levels
	element int64 // bytes of one element of the array
	err     error

	level   int
	quoted  bool
	escape  int   // bytes of an escape that are still to come
	size    int64 // of the string so far
	passed  int64 // of the element so far
	offset  int64
	dropped bool
}

func (g *guard) Read(b []byte) (int, error) {
	for g.err == nil {
		n, err := g.r.Read(b)
		kept := b[:0]
		for _, c := range b[:n] {
			g.offset++
			if g.keep(c) {
				kept = append(kept, c)
			}
			if g.err != nil {
				return len(kept), g.err
			}
		}
		if g.err = err; len(kept) > 0 {
			return len(kept), nil
		}
	}
	return 0, g.err
}

// keep reports whether a byte passes.
func (g *guard) keep(c byte) bool {
	keep := true
	switch {
	case g.quoted:
		keep = g.inString(c)
	case c == '"':
		g.quoted, g.size, g.escape, g.dropped = true, 0, 0, false
	case c == '[' || c == '{':
		if g.level++; g.level == 2 {
			g.passed = 0
		}
		if g.level > g.depth {
			g.fail(reason.ArchiveDeep.With(g.depth))
		}
	case c == ']' || c == '}':
		g.level--
	}
	if keep {
		if g.passed++; g.passed > g.element && g.level > 1 {
			g.fail(reason.ArchiveLong.With(g.element))
		}
	}
	return keep
}

// inString passes no part of an escape.
func (g *guard) inString(c byte) bool {
	switch {
	case g.escape == 1 && c == 'u': // four digits follow
		g.escape = 4
		return g.count()
	case g.escape > 0:
		g.escape--
		return g.count()
	case c == '"':
		g.quoted = false
		return true
	}
	if g.size >= g.most && (c&0xc0 != 0x80) { // UTF-8 ends with the bytes that go on
		g.dropped = true
	}
	if c == '\\' {
		g.escape = 1
	}
	return g.count()
}

func (g *guard) count() bool {
	if g.dropped {
		return false
	}
	g.size++
	return true
}

func (g *guard) fail(why flow.Reason) {
	if g.err == nil {
		g.err = &archive.BrokenError{Offset: g.offset, Why: why, Err: archive.ErrLimit}
	}
}
