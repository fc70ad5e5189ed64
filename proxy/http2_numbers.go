package proxy

import (
	"encoding/binary"

	"posthouse/proxy/http2"
)

// http2Numbers are the numbers of the client's streams on both sides. A stream keeps its
// number at the origin unless it was overtaken: it waited while a newer one was sent. Numbers
// only rise (RFC 9113 section 5.1.1), so it gets the next free one, and from that number on
// what is open is looked up. Streams that the origin opens, the even ones, keep theirs.
//
//	state    a request is sent     a request waits   what waited is sent
//	equal    its own; equal        equal             its own or, if overtaken, the next; apart
//	apart    the next free; apart  apart             the next free; apart
//
// In equal nothing is kept. The next free number is the stream's own where that is free still,
// so gaps that the client leaves stay gaps. http2Conn.mu guards it.
type http2Numbers struct {
	last  uint32            // the newest stream of the client's
	asked uint32            // the newest number that the origin was sent
	from  uint32            // numbers of the origin's from here on are looked up; 0: none are
	back  map[uint32]uint32 // the client's by the origin's, of streams that are open
}

// open gives a stream its number at the origin, 0 where there is none up to most.
func (n *http2Numbers) open(stream, most uint32) (number uint32) {
	number = stream
	if number <= n.asked {
		number = n.asked + 2
	}
	if number > min(most, http2.MaxStream) {
		return 0
	}
	n.asked = number
	if number != stream && n.from == 0 {
		n.from, n.back = number, make(map[uint32]uint32)
	}
	if n.from != 0 {
		n.back[number] = stream
	}
	return number
}

// close forgets a number of the origin's.
func (n *http2Numbers) close(number uint32) {
	if n.from != 0 {
		delete(n.back, number)
	}
}

// apart reports whether numbers may differ.
func (n *http2Numbers) apart() bool { return n.from != 0 }

// client is the client's number for one of the origin's, 0 for a stream that is not open.
func (n *http2Numbers) client(number uint32) (stream uint32) {
	if n.from == 0 || number < n.from || number%2 == 0 {
		return number
	}
	return n.back[number]
}

// closed is the origin's number of a stream that is not open, 0 where it is not known.
func (n *http2Numbers) closed(stream uint32) (number uint32) {
	if n.from == 0 || stream < n.from || stream%2 == 0 {
		return stream
	}
	return 0
}

// stream is the exchange of a stream by its number on the sender's side, nil for one that is
// not open; mu is held.
func (p *http2Pump) stream(number uint32) *http2Exchange {
	if p.toOrigin {
		return p.c.streams[number]
	}
	x := p.c.streams[p.c.numbers.client(number)]
	if x == nil || x.number != number {
		return nil
	}
	return x
}

// numberOf is the stream's number on the other side.
func (p *http2Pump) numberOf(x *http2Exchange) uint32 {
	if p.toOrigin {
		return x.number
	}
	return x.stream
}

// otherNumber is the number on the other side of a stream that need not be open, 0 where it
// is not known; mu is held.
func (p *http2Pump) otherNumber(number uint32) uint32 {
	c := p.c
	if !p.toOrigin {
		return c.numbers.client(number)
	}
	if x := c.streams[number]; x != nil && (x.passed || (numbering{c}).loose()) {
		return x.number
	}
	if (numbering{c}).loose() && number > c.numbers.last && number%2 == 1 {
		return 0 // which number it gets is not known yet
	}
	return c.numbers.closed(number)
}

// numbering finds the numbers of streams.
type numbering struct{ *http2Conn }

// assign gives the stream of a request its number at the origin, and reports whether there is
// one; mu is held.
func (c numbering) assign(x *http2Exchange) bool {
	if x.number = c.numbers.open(x.stream, c.away.last); x.number == 0 {
		return false
	}
	x.passed, c.used = true, true
	if x.clientEnded && x.up == nil {
		x.endRequest()
	}
	return true
}

// loose reports whether a stream may get another number at the origin than its own; mu is held.
func (c numbering) loose() bool {
	return c.numbers.apart() || len(c.up.lines.order) > 0 || c.own.origin.pending()
}

// renumber gives a frame for the origin, or the client, its number there, with what it says of
// other streams; mu is held.
func (c numbering) renumber(frame []byte, number uint32) {
	h := http2.ParseHeader(frame)
	switch {
	case h.Type == http2.PriorityUpdate:
		binary.BigEndian.PutUint32(frame[http2.HeaderSize:], number)
		return
	case h.Type == http2.Priority:
		c.redepend(frame[http2.HeaderSize:], number)
	}
	if h.Stream != number {
		binary.BigEndian.PutUint32(frame[5:], number)
	}
}

// redepend has a priority, as it stands in frames, depend on the same stream by its number at
// the origin: on none where that is not known. There may be no priority.
func (c numbering) redepend(priority []byte, number uint32) {
	if len(priority) == 0 {
		return
	}
	on := binary.BigEndian.Uint32(priority)
	stream := on & http2.MaxStream
	other := c.up.otherNumber(stream)
	if other == number {
		other = 0
	}
	if other != stream {
		binary.BigEndian.PutUint32(priority, on&^http2.MaxStream|other)
	}
}

// awayFor is the newest of the client's streams that the origin may have worked on, where it
// is told so of one of its numbers; what came before and is not among them is refused by
// itself. mu is held.
func (c numbering) awayFor(last uint32) uint32 {
	if !c.numbers.apart() || last < c.numbers.from || last == http2.MaxStream {
		return last
	}
	if last < c.numbers.asked {
		newest := uint32(0)
		for id, x := range c.streams {
			if id%2 == 1 && x.passed && x.number <= last {
				newest = max(newest, id)
			}
		}
		return min(newest, c.away.told)
	}
	return min(c.numbers.last, c.away.told)
}
