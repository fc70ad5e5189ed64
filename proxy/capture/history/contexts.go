package history

import "posthouse/proxy/flow"

// contextPacker remembers the fields that many exchanges have alike (contextFields) as they were
// written for one of them.
type contextPacker struct {
	last  *packedContext // the one that was found last; nil for none
	known map[flow.Row]*packedContext
}

// packedContext is a context as it was written, and its row, with texts of its own: others would keep those of many
// exchanges, or are good for a moment only.
type packedContext struct {
	row    flow.Row
	packed []byte
}

// maxPacked bounds the contexts that are remembered.
const maxPacked = 1024

// append appends the fields of an exchange.
func (c *contextPacker) append(b []byte, x *flow.Exchange) []byte {
	var alike flow.Row
	inContext(&alike, &x.Row)
	if c.last == nil || alike != c.last.row {
		c.last = c.find(&alike, x)
	}
	return append(b, c.last.packed...)
}

func (c *contextPacker) find(alike *flow.Row, x *flow.Exchange) *packedContext {
	if known := c.known[*alike]; known != nil {
		return known
	}
	var e encoder
	e.put(contextFields, x)
	if c.known == nil || len(c.known) >= maxPacked {
		c.known = map[flow.Row]*packedContext{}
	}
	var own flow.Exchange
	_ = read(e.b, nil, &own, false) // was written here
	found := &packedContext{own.Row, e.b}
	c.known[own.Row] = found
	return found
}
