package proxy

import "posthouse/proxy/http2"

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
