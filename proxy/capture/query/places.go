package query

import (
	"cmp"
	"slices"

	"posthouse/proxy/flow"
)

// Part is where in an exchange something was found.
type Part uint8

const (
	PartRequestHead Part = iota
	PartRequestTrailer
	PartResponseHead
	PartResponseTrailer
	PartRequestBody // as Bodies has it
	PartResponseBody
	PartRuledRequestHead // as rules made it, as the rest
	PartRuledResponseHead
	PartRuledRequestBody
	PartRuledResponseBody
	partCount
)

// Body is the place of a body among those of an exchange; false of a part that is none.
func (p Part) Body() (nth int, ok bool) {
	switch p {
	case PartRequestBody, PartResponseBody:
		return int(p - PartRequestBody), true
	case PartRuledRequestBody, PartRuledResponseBody:
		return int(p-PartRuledRequestBody) + 2, true
	}
	return 0, false
}

// Text is a part of an exchange as it is searched. It must not be changed.
func (p Part) Text(x *flow.Exchange, b *Bodies) []byte {
	switch p {
	case PartRequestHead:
		return x.RequestHead
	case PartRequestTrailer:
		return x.RequestTrailer
	case PartResponseHead:
		return x.ResponseHead
	case PartResponseTrailer:
		return x.ResponseTrailer
	case PartRuledRequestHead:
		return x.Ruled.Request
	case PartRuledResponseHead:
		return x.Ruled.Response
	}
	nth, _ := p.Body()
	text, _ := b.Text(x, nth)
	return text
}

// partSides are the sides that parts belong to.
var partSides = [partCount]Sides{
	PartRequestHead: SideRequestHead, PartRequestTrailer: SideRequestHead, PartRuledRequestHead: SideRequestHead,
	PartResponseHead: SideResponseHead, PartResponseTrailer: SideResponseHead, PartRuledResponseHead: SideResponseHead,
	PartRequestBody: SideRequestBody, PartRuledRequestBody: SideRequestBody,
	PartResponseBody: SideResponseBody, PartRuledResponseBody: SideResponseBody,
}

// Place is a match, in bytes of its part.
type Place struct {
	Part    Part
	At, Len int
}

// Places are where an exchange has what the query looks for in fields and bodies, by part and
// place; at most max of each word in each part. What must not match has no places.
func (q *Query) Places(x *flow.Exchange, b *Bodies, max int) []Place {
	if q == nil {
		return nil
	}
	b.open(x)
	var all []Place
	q.root.places(&evaluation{row: &x.Row, x: x, bodies: b}, false, max, &all)
	slices.SortFunc(all, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Part, b.Part), cmp.Compare(a.At, b.At), cmp.Compare(a.Len, b.Len))
	})
	return slices.Compact(all)
}

func (n *node) places(e *evaluation, not bool, max int, all *[]Place) {
	not = not != n.not
	for i := range n.kids {
		n.kids[i].places(e, not, max, all)
	}
	c := n.term.contents
	if n.op != opTerm || not || c == nil {
		return
	}
	for part, side := range partSides {
		part := Part(part)
		switch nth, body := part.Body(); {
		case (c.heads|c.bodies)&side == 0:
		case body:
			text, binary, _ := e.bodies.text(nth)
			c.what.places(text, binary, 0, part, max, all)
		default:
			c.fieldPlaces(part.Text(e.x, e.bodies), part, max, all)
		}
	}
}

func (c *contentTerm) fieldPlaces(head []byte, part Part, max int, all *[]Place) {
	before := len(*all)
	for f := range fieldsOf(head, part == PartRequestTrailer || part == PartResponseTrailer) {
		left := max - (len(*all) - before)
		switch {
		case left <= 0:
			return
		case c.name != "" && !foldSame(head[f.name:f.colon], c.name):
		case c.present:
			*all = append(*all, Place{part, f.name, f.end - f.name})
		case c.lines:
			c.what.places(head[f.name:f.end], true, f.name, part, left, all)
		default:
			c.what.places(head[f.value:f.end], true, f.value, part, left, all)
		}
	}
}

// places adds what is found in a text that begins at base of its part.
func (s *sought) places(text []byte, binary bool, base int, part Part, max int, all *[]Place) {
	if s.pattern != nil {
		for _, at := range s.pattern.finder(text, binary).FindAllIndex(text, max) {
			if at[1] > at[0] {
				*all = append(*all, Place{part, base + at[0], at[1] - at[0]})
			}
		}
		return
	}
	for _, f := range s.finders {
		left := max
		for at := f.index(text, 0); at >= 0 && left > 0; at = f.index(text, at+len(f.text)) {
			*all = append(*all, Place{part, base + at, len(f.text)})
			left--
		}
	}
}
