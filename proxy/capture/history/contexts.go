package history

import "posthouse/proxy/flow"

// contextPacker remembers the fields that many exchanges have alike (contextFields) as they were
// written for one of them.
type contextPacker struct {
	last   flow.Row // that packed is of
	packed []byte   // nil for none
	known  map[flow.Row][]byte
}

// maxPacked bounds the contexts that are remembered.
const maxPacked = 1024

// append appends the fields of an exchange.
func (c *contextPacker) append(b []byte, x *flow.Exchange) []byte {
	var alike flow.Row
	inContext(&alike, &x.Row)
	if c.packed == nil || alike != c.last {
		c.last, c.packed = alike, c.find(&alike, x)
	}
	return append(b, c.packed...)
}

func (c *contextPacker) find(alike *flow.Row, x *flow.Exchange) []byte {
	if packed := c.known[*alike]; packed != nil {
		return packed
	}
	var e encoder
	e.put(contextFields, x)
	if c.known == nil || len(c.known) >= maxPacked {
		c.known = map[flow.Row][]byte{}
	}
	// A row that is kept has texts of its own: others would keep those of many exchanges.
	var own flow.Exchange
	if read(e.b, nil, &own, false) == nil {
		c.known[own.Row] = e.b
	}
	return e.b
}
