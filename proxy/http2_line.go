package proxy

import (
	"slices"
	"sync/atomic"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// Bounds of what is held on one connection of HTTP/2, for each direction.
const (
	http2HoldBodies = 1 << 20 // bytes of frames behind heads that wait: where there is no room the wait ends
	http2HoldHeads  = 4 << 20 // bytes of these heads, as RFC 9113 section 6.5.2 counts them
	http2LineBytes  = 2 << 20 // bytes of frames in all lines, those included whose windows are waited for
)

// http2Line is what has come of a message and has not gone on: its head while it waits, the
// frames behind it, its trailer. It goes on in that order as far as the windows of the peer
// let it. Where nothing waits a stream has none.
//
// DATA that comes while the head waits costs its sender nothing of the connection's window:
// it is given that back, so that other streams go on, and what the line then takes of the
// other peer's window is owed (http2Peer.owed).
type http2Line struct {
	head    *heldSection
	frames  []byte // as they came; the last one maybe in part
	begin   int    // where the first that has not gone on begins
	size    int64  // bytes that they count, with what is to come of the last (http2Lines.count)
	written bool   // they are a body that a person wrote
	data    int64  // bytes of windows that they take
	given   int64  // of these, at the front, what the sender was given back
	trailer *heldSection
	grant   uint32     // what the client grants on a stream that the origin does not know yet
	other   []byte     // the frame under way, where there is a body and it is none of that
	body    *http2Body // what rules change, or have wait; nil: it goes on as it comes
	reset   bool       // the origin has reset the stream behind them
	code    http2.Code
}

// wasReset reports whether the origin has reset the stream behind what is held. Its first reset counts: on a
// closed stream it may answer frames that were on their way with another (RFC 9113 section 5.4.2), commonly with
// STREAM_CLOSED, and what it sends otherwise is ignored. mu is held.
func (l *http2Line) wasReset() bool { return l != nil && l.reset }

// http2Grant is what the sender of a body that is held, or passes through rules, may send more on
// its stream.
type http2Grant struct{ stream, n uint32 }

// heldSection is a field section that goes on later.
type heldSection struct {
	fields   []hpack.HeaderField
	header   http2.Header
	fragment http2.Fragment
	size     int64 // bytes that it counts
}

// http2Lines are the lines of one direction; http2Conn.mu guards them, but for any.
type http2Lines struct {
	pump    *http2Pump
	any     atomic.Bool  // there are some, or something is to be given back
	order   []uint32     // the streams that have one, in the order in which these began
	heads   int64        // bytes of heads
	bytes   int64        // bytes of frames, but for
	written int64        // those of bodies that a person wrote, which breakpoints bound: others' are held beside them
	returns int64        // bytes of the connection's window to be given back to the sender
	grants  []http2Grant // to the sender, of streams whose message must be whole before it goes on
	refused []uint32     // streams that the origin cannot be asked any longer
	moving  bool         // a goroutine moves them on
}

// section is a copy of the section that has come.
func (s *http2Lines) section(h http2.Header, f *http2.Fragment) *heldSection {
	held := &heldSection{fields: slices.Clone(s.pump.section.Fields), header: h, fragment: *f}
	held.fragment.Block, held.fragment.Priority = nil, slices.Clone(f.Priority)
	held.size = int64(sectionSize(held.fields))
	return held
}

// sectionSize is how RFC 9113 section 6.5.2 counts a section.
func sectionSize(fields []hpack.HeaderField) (n int) {
	for i := range fields {
		n += int(fields[i].Size())
	}
	return n
}

// of is where the line of a stream stands; mu is held.
func (s *http2Lines) of(x *http2Exchange) **http2Line {
	p := s.pump
	if p.toOrigin {
		return &x.up
	}
	return &x.down
}

// reserve counts n bytes more of heads or of frames, unless there is no room; mu is held.
func (s *http2Lines) reserve(count *int64, n, most int64) bool {
	p := s.pump
	if *count+n > most || p.c.srv.headBudget.take(n) != nil {
		return false
	}
	*count += n
	return true
}

func (s *http2Lines) unreserve(count *int64, n int64) {
	p := s.pump
	*count -= n
	p.c.srv.headBudget.give(n)
}

// begin begins the line of a stream; mu is held.
func (s *http2Lines) begin(x *http2Exchange) *http2Line {
	l := &http2Line{}
	*s.of(x) = l
	s.order = append(s.order, x.stream)
	s.any.Store(true)
	return l
}

// wait begins the line of a stream with its head, which waits for w, or for what rules do to its
// body, and reports whether there is room for it; mu is held.
func (s *http2Lines) wait(x *http2Exchange, head *heldSection, w *http2Wait) bool {
	body := x.ruling.takeBody()
	head.size = int64(sectionSize(head.fields))
	if !s.reserve(&s.heads, head.size, http2HoldHeads) {
		w.tell(waitFull)
		body.unplaced()
		return false
	}
	l := s.begin(x)
	l.head, l.body = head, body
	if body != nil {
		if body.window = x.clientWindow; s.pump.toOrigin {
			body.window = s.pump.c.origin.initialWindow
		}
	}
	if w != nil {
		heldStreams{s.pump.c}.begin(x, w)
	} else {
		body.start()
	}
	return true
}

// count is where the frames of a line count that does not wait, and how many there may be.
func (s *http2Lines) count(l *http2Line) (count *int64, most int64) {
	if l != nil && l.written {
		return &s.written, breakpoints.MaxHeld + http2LineBytes
	}
	return &s.bytes, http2LineBytes
}

// uncount gives back what n bytes of a line's frames count; mu is held.
func (s *http2Lines) uncount(l *http2Line, n int64) {
	count, _ := s.count(l)
	s.unreserve(count, n)
}

// drop forgets what a stream's line holds; mu is held.
func (s *http2Lines) drop(x *http2Exchange) {
	at := s.of(x)
	l := *at
	if l == nil {
		return
	}
	*at = nil
	if i := slices.Index(s.order, x.stream); i >= 0 {
		s.order = slices.Delete(s.order, i, i+1)
	}
	if l.head != nil {
		s.unreserve(&s.heads, l.head.size)
	}
	if l.trailer != nil {
		s.unreserve(&s.heads, l.trailer.size)
	}
	s.uncount(l, l.size)
	l.body.drop()
	s.returns += l.data - l.given
	s.any.Store(len(s.order) > 0 || s.returns > 0)
	if s.returns > 0 {
		s.move()
	}
}

// queues reports whether a frame of a stream goes behind what has not gone on, or cannot go
// on yet itself: the sender was given back more than the other peer has room for. mu is held.
func (s *http2Lines) queues(x *http2Exchange, n int64) bool {
	p := s.pump
	return *s.of(x) != nil || n > 0 && (p.to.owed > 0 && p.to.window < n || *p.lent(x) > 0 && *p.windowTo(x) < n)
}

// lent is what the sender was granted on a stream that the other peer has not granted; mu is held.
func (p *http2Pump) lent(x *http2Exchange) *int64 {
	if p.toOrigin {
		return &x.upLent
	}
	return &x.downLent
}

// windowTo is what the other peer may still be sent on a stream; mu is held.
func (p *http2Pump) windowTo(x *http2Exchange) *int64 {
	if p.toOrigin {
		return &x.originWindow
	}
	return &x.clientWindow
}

// enqueue has a frame that begins go into its stream's line. A wait ends where there is no
// room for it, and the frame may pass then: passes. to.mu and mu are held.
func (s *http2Lines) enqueue(x *http2Exchange, header []byte) (passes bool, err error) {
	p := s.pump
	f := &p.frame
	size, n := int64(http2.HeaderSize)+int64(f.Length), int64(0)
	if f.Type == http2.Data {
		n = int64(f.Length)
	}
	l := *s.of(x)
	if l.passesBody(f.Type) {
		return false, l.body.enqueue(f, header)
	}
	if l.waits(x) && !s.reserve(&s.bytes, size, http2HoldBodies) {
		if x.waits.firm {
			return false, s.refuseFull(x, n)
		}
		heldStreams{p.c}.endWait(x, waitFull)
		stream := x.stream
		s.moveHere()
		if x = p.c.streams[stream]; x == nil || x.own {
			f.absorbed = true
			p.giveBack += n
			return false, nil
		}
		if l = *s.of(x); l.passesBody(f.Type) {
			return false, l.body.enqueue(f, header)
		}
		if !s.queues(x, n) {
			return true, nil
		}
	}
	l = *s.of(x)
	waits := l.waits(x)
	if count, most := s.count(l); !waits && !s.reserve(count, size, most) {
		return false, s.overfull(x, n)
	}
	if l == nil {
		l = s.begin(x)
	}
	l.size += size
	l.data += n
	if l.body != nil {
		l.body.window -= n
	}
	if waits && n > 0 {
		s.giveBack(x, l, n)
	}
	f.queued = true
	if l.body != nil && f.Type != http2.Data {
		l.other = append(l.other[:0], header...)
		return false, nil
	}
	l.compact()
	l.frames = append(l.frames, header...)
	return false, nil
}

// giveBack gives the sender back the windows of a frame that waits: not by who reads the sender, which must not wait
// for it to be written to. mu is held.
func (s *http2Lines) giveBack(x *http2Exchange, l *http2Line, n int64) {
	f := &s.pump.frame
	l.given += n
	s.returns += n
	if x.waits.whole != nil && !f.Has(http2.FlagEndStream) {
		s.grants = append(s.grants, http2Grant{f.Stream, uint32(n)})
		if l.body != nil {
			l.body.window += n
		} else {
			*s.pump.lent(x) += n
		}
	}
	s.move()
}

// overfull is for a frame that begins, for which there is no room; mu is held.
func (s *http2Lines) overfull(x *http2Exchange, n int64) error {
	p := s.pump
	if !p.toOrigin || !p.c.own.origin.pending() {
		return &http2.Error{Stream: p.frame.Stream, Code: http2.EnhanceYourCalm, Why: reason.H2HeldMany.With()}
	}
	return s.refuseFull(x, n)
}

// refuseFull is overfull for what the origin was not asked: its client may ask again. mu is held.
func (s *http2Lines) refuseFull(x *http2Exchange, n int64) error {
	p := s.pump
	heldStreams{p.c}.refuseFull(x)
	p.frame.absorbed = true
	p.giveBack += n
	return nil
}

// passesBody reports whether a frame is of a body that rules change, which passes; mu is held.
func (l *http2Line) passesBody(kind http2.Type) bool {
	return l != nil && l.body != nil && l.body.begun && kind == http2.Data
}

// add adds a piece of the frame under way; data is content. mu is held.
func (l *http2Line) add(f *http2Frame, piece, data []byte, last bool) {
	switch {
	case l.passesBody(f.Type):
		l.body.queue(f, piece, data, last)
	case l.body != nil && f.Type != http2.Data:
		if l.other = append(l.other, piece...); last && l.body.detour != nil {
			l.other = nil // it is for its connection alone
		} else if last {
			l.compact()
			l.frames = append(l.frames, l.other...)
			l.other = nil
		}
	default:
		l.frames = append(l.frames, piece...)
	}
}

// waits reports whether the line's head waits; a line that is not there has none.
func (l *http2Line) waits(x *http2Exchange) bool { return l != nil && l.head != nil && x.waits != nil }

// queueTrailer puts a trailer section behind a stream's line, and reports whether there is
// room for it; mu is held.
func (s *http2Lines) queueTrailer(x *http2Exchange, h http2.Header, f *http2.Fragment) bool {
	l, trailer := *s.of(x), s.section(h, f)
	if !s.reserve(&s.heads, trailer.size, http2HoldHeads) {
		return false
	}
	l.trailer = trailer
	heldStreams{s.pump.c}.checkWhole(x)
	if !l.waits(x) {
		s.move()
	}
	return true
}

// compact gives back the room in front.
func (l *http2Line) compact() {
	if l.begin > 0 && l.begin >= len(l.frames)/2 {
		l.frames = l.frames[:copy(l.frames, l.frames[l.begin:])]
		l.begin = 0
	}
}

// queue puts a piece of a frame into its stream's line; data is what of it is content. Where
// the line is gone it does not pass: the stream has ended, or is answered here.
func (s *http2Lines) queue(b, data []byte, last bool) {
	p := s.pump
	c := p.c
	c.mu.Lock()
	defer c.mu.Unlock()
	x := p.stream(p.frame.Stream)
	if x == nil {
		return
	}
	l := *s.of(x)
	if l != nil {
		l.add(&p.frame, b, data, last)
	}
	if p.frame.Type == http2.Data {
		pieces{p}.noteOf(x, data, last && p.frame.Has(http2.FlagEndStream))
	}
	if last && l != nil && !l.waits(x) {
		s.move()
	}
}

// queueFrame puts a whole frame that takes no window into a stream's line, and reports
// whether it is there; mu is held.
func (s *http2Lines) queueFrame(x *http2Exchange, b []byte) bool {
	l := *s.of(x)
	if l != nil && l.body != nil && l.body.detour != nil {
		return true // it is for its connection alone
	}
	if l == nil {
		return false
	}
	if count, most := s.count(l); !s.reserve(count, int64(len(b)), max(http2HoldBodies, most-http2LineBytes)) {
		return false
	}
	l.size += int64(len(b))
	l.frames = append(l.frames, b...)
	return true
}
