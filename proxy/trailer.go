package proxy

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
)

// A trailer section waits until it is whole. Then its lines pass as they came,
// but for those that end here: what Connection names goes from the trailers as
// from the head (RFC 9110 section 7.6.1), and fields of framing and routing have
// no place in trailers (section 6.5.1), where a neighbour that merges trailers
// into the head would follow them.

// trailerEnds reports whether a trailer field of a message with this head ends at Posthouse.
func trailerEnds(head *http1.Head, f *http1.Field, inside bool) bool {
	switch f.Known {
	case http1.Connection, http1.KeepAlive, http1.ProxyConnection, http1.TE, http1.Upgrade, http1.HTTP2Settings,
		http1.ContentLength, http1.TransferEncoding, http1.Host:
		return true
	case http1.ProxyAuthorization:
		return !inside
	}
	return head.Named(f)
}

// trailerPasses reports whether a whole trailer section passes as it came.
func trailerPasses(section []byte, head *http1.Head, inside bool) bool {
	for f := (http1.Field{}); len(section) > 0; {
		section = http1.NextField(section, &f)
		if trailerEnds(head, &f, inside) {
			return false
		}
	}
	return true
}

// passedTrailer is what passes of a whole trailer section, with the empty line that
// closes it. It is not to be changed: without trailers it costs nothing.
func passedTrailer(section []byte, head *http1.Head, inside bool) []byte {
	if len(section) == 0 {
		return crlf
	}
	passed := make([]byte, 0, len(section)+len(crlf))
	for f := (http1.Field{}); len(section) > 0; {
		section = http1.NextField(section, &f)
		if !trailerEnds(head, &f, inside) {
			passed = append(passed, f.Line...)
		}
	}
	return append(passed, crlf...)
}

// chunkPiece is what bytes of a chunked body that arrived come to.
type chunkPiece struct {
	used   int    // bytes that are taken, from the start
	copied int    // of them, those that stand in x.respOut already, mended
	raw    int    // of them, those that pass as they came, from copied on
	tail   []byte // what passes behind those
}

// endPiece fills in raw and tail of a piece whose trailer section begins at section.
func (x *http1Exchange) endPiece(p *chunkPiece, section int, chunks *http1.Chunks, head *http1.Head) {
	p.raw = section
	if !chunks.Done() {
		return
	}
	lines := chunks.Trailer()
	if chunks.Mended&flow.MendedTrailers == 0 && p.used-section == len(lines)+len(crlf) && trailerPasses(lines, head, x.inside != nil) {
		p.raw = p.used // all of it came with this piece
		return
	}
	p.tail = passedTrailer(lines, head, x.inside != nil)
}
