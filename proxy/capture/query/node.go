package query

import (
	"slices"

	"posthouse/proxy/flow"
)

// Result is what a query says of an exchange.
type Result uint8

const (
	NotMatched Result = iota
	Matched
	Unknown // it depends on what was not there to be looked at
)

// Lack says what was not there to be looked at. It is a set.
type Lack uint8

const (
	LackCut         Lack = 1 << iota // a body was kept up to the limit
	LackEvicted                      // a body left memory
	LackNotRecorded                  // it was not recorded
	LackArriving                     // it is still arriving, or not there yet
	LackUndecoded                    // its content coding could not be undone, or not to its end
	LackTunnel                       // it lies inside a tunnel that was not opened, or behind an upgrade
	LackTime                         // the search in it took too long, or was called off
)

// Sides are parts of an exchange. It is a set.
type Sides uint8

const (
	SideRequest      Sides = 1 << iota // what the request head tells, and who asked
	SideResponse                       // what the response head tells
	SideOutcome                        // where it went, how it went on and ended: address, sizes, time, failure
	SidePerson                         // marks and notes
	SideRequestHead                    // fields of the request
	SideResponseHead                   // fields of the response
	SideRequestBody                    // the request's body
	SideResponseBody                   // the response's body
	rowSides         = SideRequest | SideResponse | SideOutcome | SidePerson
	contentSides     = SideRequestHead | SideResponseHead | SideRequestBody | SideResponseBody
)

// op is what a node is.
type op uint8

const (
	opAll  op = iota // all of its kids must match
	opAny            // one of its kids must match
	opTerm           // one word
)

// node is a part of a query. Its logic has three values (Kleene): what is unknown stays
// so unless the rest decides.
type node struct {
	op   op
	not  bool
	kids []node
	term term
}

// term is one word: what it tests of the row, of contents, or both.
type term struct {
	sides    Sides
	fields   Fields               // of the row that it tests
	row      func(*flow.Row) bool // nil: it tests contents alone
	contents *contentTerm         // nil: it tests the row alone
	partial  bool                 // true of a part of its sides is true of all
	inside   bool                 // it looks at what only the requests in a tunnel tell
	need     Need                 // what it needs of the row, where that can be told
}

// evaluation is one look at an exchange.
type evaluation struct {
	row    *flow.Row
	x      *flow.Exchange // nil: only the row is there
	bodies *Bodies
	known  Sides
	hidden Fields // of the row, which are not known
	tunnel bool   // the row is a tunnel, and it is asked of all requests in it
	lack   Lack
}

func (n *node) eval(e *evaluation) Result {
	result := NotMatched
	switch n.op {
	case opTerm:
		result = n.term.eval(e)
	case opAll:
		result = Matched
		for i := range n.kids {
			kid := n.kids[i].eval(e)
			if kid == NotMatched {
				result = kid
				break
			}
			if kid == Unknown {
				result = kid
			}
		}
	case opAny:
		for i := range n.kids {
			kid := n.kids[i].eval(e)
			if kid == Matched {
				result = kid
				break
			}
			if kid == Unknown {
				result = kid
			}
		}
	}
	if n.not {
		return result.negated()
	}
	return result
}

func (r Result) negated() Result {
	switch r {
	case Matched:
		return NotMatched
	case NotMatched:
		return Matched
	}
	return Unknown
}

func (t *term) eval(e *evaluation) Result {
	if t.row != nil && t.fields&e.hidden == 0 {
		all := t.contents == nil && t.sides&^e.known == 0 && !(e.tunnel && t.inside)
		switch {
		case all || t.partial:
			if t.row(e.row) {
				return Matched
			}
			if all {
				return NotMatched
			}
		}
	}
	if t.contents == nil || e.x == nil {
		return Unknown
	}
	return t.contents.eval(e)
}

// looksAt are the sides of all terms below.
func (n *node) looksAt() Sides {
	sides := n.term.sides
	for i := range n.kids {
		sides |= n.kids[i].looksAt()
	}
	return sides
}

// asksInside reports whether a term below looks at what only the requests in a tunnel tell.
func (n *node) asksInside() bool {
	return n.term.inside || slices.ContainsFunc(n.kids, func(kid node) bool { return kid.asksInside() })
}

// asksOutcome reports whether a term below looks at nothing that the heads tell.
func (n *node) asksOutcome() bool {
	return n.term.sides != 0 && n.term.sides&^(SideOutcome|SidePerson) == 0 ||
		slices.ContainsFunc(n.kids, func(kid node) bool { return kid.asksOutcome() })
}

// plainWords are the words of a node that asks only for words of rows, all of them; nil for any
// other. Most filters are so, and are tried on every row.
func (n *node) plainWords() []node {
	words := n.kids
	if n.op != opAll || n.not {
		words = []node{*n}
	}
	for i := range words {
		if words[i].op != opTerm || words[i].term.contents != nil {
			return nil
		}
	}
	return words
}

// cost orders what all or any have to test: rows before fields, fields before bodies.
func (n *node) cost() int {
	switch sides := n.looksAt(); {
	case sides&(SideRequestBody|SideResponseBody) != 0:
		return 2
	case sides&contentSides != 0:
		return 1
	}
	return 0
}
