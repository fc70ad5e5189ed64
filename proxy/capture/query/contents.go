package query

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/flow"
)

// contentKey is a key for what a row does not hold.
type contentKey struct {
	heads, bodies Sides
	named         bool // the value begins with the name of a field
	row           bool // the row is looked at too
}

// contentTerm is a term of one.
type contentTerm struct {
	heads, bodies Sides
	name          string // of a field, in lower case; "" for any
	present       bool   // a field of the name is enough
	lines         bool   // a field's name counts as text too
	what          sought
}

// sought is what is looked for.
type sought struct {
	finders []finder // one of them
	pattern *pattern // or this
}

// compile makes a term; with p, the value is a regular expression, or a name and one.
func (k *contentKey) compile(value string, w *word, p *pattern) (term, *Error) {
	c := &contentTerm{heads: k.heads, bodies: k.bodies, lines: true, what: sought{pattern: p}}
	t := term{sides: k.heads | k.bodies, contents: c}
	if whole := p != nil && strings.HasPrefix(value, "/"); k.named && !whole {
		name, rest, equal := strings.Cut(value, "=")
		c.name, c.lines, value = strings.ToLower(name), false, rest
		if !fieldName(c.name) {
			return term{}, &Error{Code: "header", Msg: "write the name of a field, and = with a part of its value: header:accept=json"}
		}
		if c.present = !equal; c.present {
			return t, nil
		}
	}
	row := (*needle).inRow
	n := &needle{}
	switch {
	case value == "":
		return term{}, &Error{Msg: needsValue}
	case p == nil:
		*n = newNeedle(value)
		c.what.finders = finders(n)
	default:
		row = func(_ *needle, r *flow.Row) bool { return p.inRow(r) }
	}
	if k.row {
		t.row, t.partial, t.sides = func(r *flow.Row) bool { return row(n, r) }, true, t.sides|wordSides
		t.fields = wordFields
	}
	return t, nil
}

// wordSides are what a plain word looks at.
const wordSides = SideRequest | SideResponse | SideOutcome

// fieldName reports whether a text may be the name of a field (RFC 9110 section 5.1), or of
// a pseudo-header field (RFC 9113 section 8.3).
func fieldName(s string) bool {
	return strings.TrimPrefix(s, ":") != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/;<=>?@[\]{}`, r)
	})
}

// finders are those of all forms of a needle, and of how JSON escapes it (RFC 8259 section 7).
func finders(n *needle) []finder {
	var all []finder
	for _, form := range n.forms {
		all = append(all, newFinder(form))
		if !ascii(form) {
			all = append(all, newFinder(jsonEscaped(form)))
		}
	}
	return all
}

func jsonEscaped(s string) string {
	quoted := strconv.QuoteToASCII(s)
	return strings.ToLower(quoted[1 : len(quoted)-1])
}

func (c *contentTerm) eval(e *evaluation) Result {
	result := NotMatched
	for _, one := range [...]Sides{SideRequestHead, SideResponseHead, SideRequestBody, SideResponseBody} {
		if (c.heads|c.bodies)&one == 0 {
			continue
		}
		found, lack := c.side(e, one)
		if found {
			return Matched
		}
		if lack != 0 {
			result, e.lack = Unknown, e.lack|lack
		}
	}
	return result
}

// side looks at one part, as it came and as rules made it.
func (c *contentTerm) side(e *evaluation, side Sides) (found bool, lack Lack) {
	if side&(SideRequestHead|SideResponseHead) == 0 {
		for _, nth := range bodiesOf(side) {
			text, binary, missing := e.bodies.text(nth)
			lack |= missing
			if len(text) == 0 {
				continue
			}
			found, late := c.what.in(text, binary, e.bodies.ctx)
			if found {
				return true, 0
			}
			lack |= late
		}
		return false, lack
	}
	head, trailer, ruled := headsOf(e.x, side)
	if c.inFields(head, false) || c.inFields(trailer, true) || c.inFields(ruled, false) {
		return true, 0
	}
	return false, headLack(e.x, side)
}

// bodiesOf are the places of a side's bodies among those of an exchange.
func bodiesOf(side Sides) [2]int {
	if side == SideRequestBody {
		return [...]int{0, 2}
	}
	return [...]int{1, 3}
}

func headsOf(x *flow.Exchange, side Sides) (head, trailer, ruled []byte) {
	if side == SideRequestHead {
		return x.RequestHead, x.RequestTrailer, x.Ruled.Request
	}
	return x.ResponseHead, x.ResponseTrailer, x.Ruled.Response
}

// headLack says why a head may be missing.
func headLack(x *flow.Exchange, side Sides) Lack {
	switch {
	case side == SideResponseHead && !x.Phase.Final():
		return LackArriving // there may be trailers too
	case len(x.RequestHead) == 0 || side == SideResponseHead && len(x.ResponseHead) == 0 && x.Status != 0:
		return LackNotRecorded
	}
	return 0
}

// inFields looks at the fields of a head or of a trailer section.
func (c *contentTerm) inFields(head []byte, trailer bool) bool {
	for f := range fieldsOf(head, trailer) {
		if c.inField(head, f) {
			return true
		}
	}
	return false
}

func (c *contentTerm) inField(head []byte, f field) bool {
	if c.name != "" && !foldSame(head[f.name:f.colon], c.name) {
		return false
	}
	if c.present {
		return true
	}
	from := f.value
	if c.lines {
		from = f.name
	}
	found, _ := c.what.in(head[from:f.end], true, nil)
	return found
}

func foldSame(b []byte, text string) bool { return len(b) == len(text) && foldEqual(b, text) }

// in reports whether what is sought is in a text; lack says that it was not looked for to the end.
func (s *sought) in(text []byte, binary bool, ctx context.Context) (found bool, lack Lack) {
	if s.pattern == nil {
		return slices.ContainsFunc(s.finders, func(f finder) bool { return f.index(text, 0) >= 0 }), 0
	}
	at, lack := s.pattern.find(text, binary, ctx)
	return at != nil, lack
}

const (
	// piece is how much is searched by a regular expression between two looks at the time, and
	// overlap by how much pieces overlap: a match that is longer may be missed. In bytes.
	piece   = 1 << 20
	overlap = 64 << 10
	// MaxTime bounds the search for a regular expression in one body.
	MaxTime = 2 * time.Second
)

// find is the first match, nil for none. What is not text is searched byte by byte.
func (p *pattern) find(text []byte, binary bool, ctx context.Context) (at []int, lack Lack) {
	from := 0
	if p.literal != "" {
		f := newFinder(p.literal)
		if from = f.index(text, 0); from < 0 {
			return nil, 0
		}
	}
	m := p.finder(text, binary)
	if p.anchored || len(text) <= piece {
		return m.FindIndex(text), 0
	}
	begun := time.Now()
	for from = max(0, from-overlap); ; from += piece - overlap {
		end := min(from+piece, len(text))
		if at := m.FindIndex(text[from:end]); at != nil {
			if at[0] == 0 && from > 0 || from+at[1] == end && end < len(text) {
				return m.FindIndex(text), 0 // it may be one of the cut's making
			}
			return []int{from + at[0], from + at[1]}, 0
		}
		switch {
		case end == len(text):
			return nil, 0
		case ctx != nil && ctx.Err() != nil || time.Since(begun) > MaxTime:
			return nil, LackTime
		}
	}
}
