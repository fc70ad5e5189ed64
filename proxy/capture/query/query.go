// Package query is the filter language: text in, a predicate over rows and what they
// hold out.
//
// A filter is words separated by spaces; a row must match all of them. A word
// that begins with '-' must not match. Quotes ("...") keep spaces inside a word.
// A '|' that stands alone between words is "or", and binds less than the space;
// parentheses around words group them.
//
//	word              somewhere in method, URL, status, content type or failure
//	/re/  /re/i       likewise, as a regular expression (RE2); as a value too
//	host:a.com,b.com  the host contains a.com or b.com; so do app:, path:, client:, remote:
//	host:=a.com       the host is a.com, with any port; app:=curl likewise
//	device:here       asked by this computer; device:other, device:192.168.1.20, device:10.0.0.0/8
//	url:/re/          the whole URL matches; url:text: it contains the text
//	path:=/users      the path is /users, with any query
//	method:get,post   exactly one of these; so does scheme:
//	status:404  status:4xx  status:200-299  status:>=400
//	type:json         the content type contains json
//	is:failed         also: error, tunnel, websocket, running, local, secure, marked, starred, modified
//	mark:red,blue     marked with one of these colours
//	note:text         the note contains it
//	size:>10kb        response payload; so does sent: for the request's
//	time:>500ms       duration
//	body:text         a decoded body contains it; req.body: and resp.body: one side's
//	header:name=text  a field of this name contains it; header:name: there is one; req., resp. likewise
//	any:text          the word is in the row, in a field or in a decoded body
//
// What is beyond ASCII is found as it is, percent-encoded in a path, and as an A-label
// in a host; what is written so in the filter is found decoded. Full-width spaces,
// colons, letters and the like, and curly quotes, mean what they look like.
//
// Letters match whatever their case, but in a regular expression without i. A word with
// a colon whose left side is none of these keys is a plain word, such as localhost:8080.
// docs/filter.md is the description for people.
//
// A row does not hold bodies and fields: Match and Row look at rows alone, and
// MatchExchange at what an exchange holds. Nothing is said not to match that was not
// looked at: that is Unknown, with what was lacking.
//
// A Query is immutable and safe for concurrent use. A Bodies belongs to one goroutine.
package query

import (
	"fmt"
	"sync"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

const (
	// MaxLength bounds the text of a filter, in bytes.
	MaxLength = 4096
	// MaxDepth bounds how many groups lie one in the other.
	MaxDepth = 20
)

// Error says where in the text the filter cannot be understood. Code is stable; Msg is in English, with what
// stands there.
type Error struct {
	Pos, End int // bytes of the text
	Code     string
	Arg      string // what stands there
	Msg      string
	More     int // mistakes that come after it in the text, where it is the first one
}

func (e *Error) Error() string {
	if e.More > 0 {
		return fmt.Sprintf("%s (and %d more)", e.Msg, e.More)
	}
	return e.Msg
}

// Reason is what flow.Explained asks for.
func (e *Error) Reason() flow.Reason {
	if code, is := reasons[e.Code]; is {
		return code.With()
	}
	return reason.FilterValue.With(e.Code) // a key's name
}

// Query is a compiled filter.
type Query struct {
	text     string
	root     node
	plain    []node // root's words, where all are of rows and must match; nil: it is not so simple
	sides    Sides
	mistakes []*Error
	program  int
}

// Parse compiles a filter. The empty text matches every row. With an error, which
// is of the first word that cannot be understood, comes the query of those that
// can: what a half-written word means does not depend on what was typed before
// it. Of a text that is too long nothing is compiled; the query is nil.
func Parse(text string) (*Query, error) { return parse(text, false) }

// ParseAnywhere is Parse for a search: a word alone, or a regular expression, may be
// anywhere, as behind any:.
func ParseAnywhere(text string) (*Query, error) { return parse(text, true) }

// scratch is where a text is put together that is parsed, and maxScratch bounds what is kept of one.
var scratch = sync.Pool{New: func() any { return new([]node) }}

const maxScratch = 64

func parse(text string, anywhere bool) (*Query, error) {
	if len(text) > MaxLength {
		return nil, &Error{Pos: MaxLength, End: len(text), Code: "long", Msg: fmt.Sprintf("a filter may have %d bytes", MaxLength)}
	}
	kids := scratch.Get().(*[]node)
	p := parser{text: text, anywhere: anywhere, kids: *kids}
	q := &Query{text: text, root: p.either(0)}
	if cap(p.kids) <= maxScratch {
		*kids = p.kids[:0]
		clear((*kids)[:cap(*kids)])
		scratch.Put(kids)
	}
	q.mistakes, q.program = p.inOrder(), p.program
	q.sides = q.root.looksAt()
	q.plain = q.root.plainWords()
	if len(q.mistakes) > 0 {
		q.mistakes[0].More = len(q.mistakes) - 1
		return q, q.mistakes[0]
	}
	return q, nil
}

// String is the text that was parsed.
func (q *Query) String() string { return q.text }

// Mistakes are all parts that cannot be understood, in their order.
func (q *Query) Mistakes() []*Error { return q.mistakes }

// Empty reports whether every row matches.
func (q *Query) Empty() bool { return q == nil || q.root.op == opAll && len(q.root.kids) == 0 }

// Match reports whether the row passes; where that depends on what a row does not hold,
// it does not. It allocates nothing.
func (q *Query) Match(r *flow.Row) bool { return q.Row(r) == Matched }

// Row is what a row alone tells: Unknown where it depends on fields or bodies.
// It allocates nothing.
func (q *Query) Row(r *flow.Row) Result {
	if q == nil {
		return Matched
	}
	if q.plain == nil {
		e := evaluation{row: r, known: rowSides}
		return q.root.eval(&e)
	}
	for i := range q.plain {
		if n := &q.plain[i]; n.term.row(r) == n.not {
			return NotMatched
		}
	}
	return Matched
}

// Request is what the head of a request alone tells, before there is a response:
// Unknown where it depends on more. It allocates nothing.
func (q *Query) Request(r *flow.Row) Result {
	if q == nil {
		return Matched
	}
	e := evaluation{row: r, known: SideRequest | SidePerson}
	return q.root.eval(&e)
}

// Tunnel is Request for all requests that a tunnel may carry, of which its row tells the
// host and who asks: Unknown where it depends on the request.
func (q *Query) Tunnel(r *flow.Row) Result {
	if q == nil {
		return Matched
	}
	e := evaluation{row: r, known: SideRequest | SidePerson, tunnel: true}
	return q.root.eval(&e)
}

// AsksInside reports whether the query looks at anything that Tunnel does not know.
func (q *Query) AsksInside() bool {
	return q != nil && (q.sides&^(SideRequest|SidePerson) != 0 || q.root.asksInside())
}

// AsksOutcome reports whether a part of the query can be told neither by a request nor by the head of its response:
// how the exchange went on and ended, and what a person said of it.
func (q *Query) AsksOutcome() bool { return q != nil && q.root.asksOutcome() }

// MatchExchange reports whether an exchange passes, with its fields and bodies, and what
// was lacking where that is not known.
func (q *Query) MatchExchange(x *flow.Exchange, b *Bodies) (Result, Lack) {
	if q == nil {
		return Matched, 0
	}
	b.open(x)
	e := evaluation{row: &x.Row, x: x, bodies: b, known: rowSides | contentSides}
	result := q.root.eval(&e)
	if result != Unknown {
		return result, 0
	}
	return result, e.lack
}

// NeedsContents reports whether the query looks at fields or bodies, which a row does not hold.
func (q *Query) NeedsContents() bool { return q != nil && q.sides&contentSides != 0 }

// Program is what the regular expressions in the query compile to, in instructions.
func (q *Query) Program() int { return q.program }

// Sides are the parts of an exchange that the query looks at.
func (q *Query) Sides() Sides {
	if q == nil {
		return 0
	}
	return q.sides
}
