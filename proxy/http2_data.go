package proxy

import (
	"errors"

	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// pieces is what passes frames piece by piece.
type pieces struct{ *http2Pump }

// begin handles the begin of a frame that passes piece by piece: DATA, or one of a type
// that is not known. b begins with its header.
func (p pieces) begin(h http2.Header, b []byte) (int, error) {
	f := http2Frame{Header: h, left: int(h.Length), absorbed: p.to.sock == nil}
	used := http2.HeaderSize
	if h.Type == http2.Data && h.Has(http2.FlagPadded) {
		if len(b) == used && h.Length > 0 {
			return 0, nil
		}
		if h.Length == 0 || http2.CheckPad(h, b[used]) != nil {
			return 0, &http2.Error{Code: http2.ProtocolError, Why: reason.H2Padding.With()}
		}
		f.pad = int(b[used])
		f.skip = 1
	}
	n := min(len(b)-used, f.left)
	p.frame = f
	var err error
	if h.Type == http2.Data {
		err = p.admit(b[:used], b[used:used+n])
	} else {
		err = p.admitUnknown(b[:used], b[used:used+n])
	}
	var bad *http2.Error
	if err == nil || !errors.As(err, &bad) || bad.Stream == 0 {
		return used + n, err
	}
	p.frame.absorbed = true // of the connection, whose windows count it
	p.absorb(false)
	p.piece(nil, b[used:used+n])
	return used + n, p.c.refuse(p.http2Pump, bad)
}

// admit decides whether a DATA frame passes, and passes its first piece.
func (p pieces) admit(header, piece []byte) error {
	c, f := p.c, &p.frame
	if p.lines.any.Load() {
		p.awaitBody()
	}
	if !p.toOrigin {
		c.awaitWindow(p.http2Pump, int64(f.Length))
	}
	p.to.mu.Lock()
	defer p.to.mu.Unlock()
	c.mu.Lock()
	x := p.stream(f.Stream)
	err := p.judge(x)
	if err == nil && f.absorbed {
		c.mu.Unlock()
		p.absorb(x != nil)
		p.advance(header, piece)
		return nil
	}
	n, passes := int64(f.Length), true
	if err == nil && p.lines.queues(x, n) {
		if passes, err = p.lines.enqueue(x, header); passes {
			x = p.stream(f.Stream)
		}
	}
	if err == nil && passes {
		f.number = p.numberOf(x)
		p.to.window -= n
		*p.windowTo(x) -= n
	}
	c.mu.Unlock()
	if err == nil {
		p.advance(header, piece)
	}
	return err
}

// judge decides what becomes of a DATA frame of a stream, nil for one that is not open;
// mu is held.
func (p pieces) judge(x *http2Exchange) error {
	c, f := p.c, &p.frame
	switch {
	case x == nil && p.toOrigin && !c.closed.has(f.Stream):
		if err := p.idleError(f.Header); err != nil {
			return err
		}
		return &http2.Error{Code: http2.StreamClosed, Why: reason.H2DataClosed.With()}
	case x == nil:
		f.absorbed = true
		return p.idleError(f.Header)
	case !p.toOrigin && x.down.wasReset():
		f.absorbed = true
		return nil
	case p.toOrigin && x.clientEnded, !p.toOrigin && x.originEnded && !x.own && !x.calledOff:
		return &http2.Error{Stream: f.Stream, Code: http2.StreamClosed, Why: reason.H2DataBehind.With()}
	case p.toOrigin && x.up == nil && (x.own || !x.passed):
		f.absorbed = true
		return nil
	case p.toOrigin && x.up != nil: // which waits, or is a detour, although there may be no origin here
		f.absorbed = false
	case x.own, !p.toOrigin && x.calledOff:
		f.absorbed = true
		return p.idleError(f.Header)
	case !p.toOrigin && !x.headed:
		return &http2.Error{Stream: f.Stream, Code: http2.ProtocolError, Why: reason.H2DataBefore.With()}
	}
	size, most := &x.received, x.receivedMost
	if p.toOrigin {
		size, most = &x.sent, x.sentMost
	}
	*size += int64(f.left - f.pad - f.skip)
	if most >= 0 && (*size > most || *size < most && f.Has(http2.FlagEndStream)) {
		return &http2.Error{Stream: f.Stream, Code: http2.ProtocolError, Why: http2.ErrLength.Why}
	}
	return nil
}

// absorb gives the sender back the window that a frame took which does not pass. A
// stream that is answered here ends with what its client says.
func (p pieces) absorb(open bool) {
	f := &p.frame
	if n := f.Length; n > 0 {
		p.giveBack += int64(n)
	}
	if !open || !p.toOrigin || !f.Has(http2.FlagEndStream) {
		return
	}
	c := p.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.streams[f.Stream]; x != nil {
		x.clientEnded = true
		c.settle(x)
	}
}

// awaitWindow waits until the client has room for a frame: answers of Posthouse's own
// may have used what the origin takes for its.
func (c *http2Conn) awaitWindow(p *http2Pump, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	full := func() bool {
		if c.client.owed == 0 || c.client.window >= n || c.ending != nil {
			return false
		}
		x := p.stream(p.frame.Stream)
		return x != nil && !x.own && x.down == nil // what is queued waits there, and what does not pass nowhere
	}
	for full() {
		c.mu.Unlock()
		p.to.flush()
		c.mu.Lock()
		if full() {
			c.granted.Wait()
		}
	}
}

// piece passes a piece of the frame under way; header is the frame's, nil but for its
// first piece.
func (p pieces) piece(header, b []byte) {
	if p.to.sock != nil {
		p.to.mu.Lock()
		defer p.to.mu.Unlock()
	}
	p.advance(header, b)
}

// advance is piece with the lock of the other side held.
func (p pieces) advance(header, b []byte) {
	f := &p.frame
	last := len(b) == f.left
	data := b[min(f.skip, len(b)):]
	f.skip -= len(b) - len(data)
	data = data[:max(0, min(len(data), f.left-(len(b)-len(data))-f.pad))]
	f.left -= len(b)
	if f.absorbed {
		return
	}
	if f.queued {
		p.lines.queue(b, data, last)
		return
	}
	if f.Type == http2.Data {
		p.note(data, last && f.Has(http2.FlagEndStream))
	}
	if header != nil {
		p.to.pass(p.renumbered(header), last && len(b) == 0)
	}
	if len(b) > 0 {
		p.to.pass(b, last)
	}
	if last && (p.lines.any.Load() || !p.toOrigin && p.c.own.any.Load()) { // what could not go on inside the frame
		p.c.mu.Lock()
		p.lines.move()
		ownAnswers{p.c}.resume()
		p.c.mu.Unlock()
	}
}

// renumbered is the header of the frame under way with the stream's number on the other side.
func (p pieces) renumbered(header []byte) []byte {
	f := &p.frame
	if f.number == f.Stream {
		return header
	}
	h := f.Header
	h.Stream = f.number
	return h.Append(p.scratch[:0])
}

// admitUnknown decides whether a frame of a type that is not known passes, and passes its
// first piece.
func (p pieces) admitUnknown(header, piece []byte) (err error) {
	c, f := p.c, &p.frame
	p.to.mu.Lock()
	defer p.to.mu.Unlock()
	c.mu.Lock()
	passes := true
	if x := p.stream(f.Stream); x != nil && *p.lines.of(x) != nil {
		f.absorbed = false
		passes, err = p.lines.enqueue(x, header)
	}
	if f.number = f.Stream; passes && f.Stream != 0 {
		f.number = p.otherNumber(f.Stream)
		f.absorbed = f.absorbed || f.number == 0
	}
	c.mu.Unlock()
	if err == nil {
		p.advance(header, piece)
	}
	return err
}

// note records a piece of a body, and the end of it.
func (p pieces) note(data []byte, ends bool) {
	c := p.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := p.stream(p.frame.Stream); x != nil {
		p.noteOf(x, data, ends)
	}
}

// noteOf is note for a stream that is open; mu is held.
func (p pieces) noteOf(x *http2Exchange, data []byte, ends bool) {
	if x.own {
		x.clientEnded = x.clientEnded || ends && p.toOrigin
	} else {
		x.recordPiece(p.toOrigin, data)
	}
	switch {
	case !ends || x.own:
	case !p.toOrigin:
		x.originEnded = true
	default:
		x.clientEnded = true
		if x.up == nil {
			x.endRequest()
		}
	}
	if !x.own {
		x.expect()
	}
	if ends {
		heldStreams{p.c}.checkWhole(x)
		p.c.settle(x)
	}
}
