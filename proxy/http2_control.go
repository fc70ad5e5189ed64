package proxy

import (
	"bytes"
	"encoding/binary"
	"slices"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// settings takes in what a peer announces, and passes it on (RFC 9113 section 6.5).
func (p *http2Pump) settings(h http2.Header, b []byte) error {
	if h.Has(http2.FlagAck) {
		if p.c.own.origin.acknowledged(p.toOrigin) {
			return nil
		}
		p.acknowledged(-1)
		p.forward(b)
		return nil
	}
	alone := p.acknowledged(1)
	table := int64(-1)
	p.c.mu.Lock()
	err := http2.EachSetting(b[http2.HeaderSize:], p.toOrigin, func(s http2.Setting) error {
		switch s.ID {
		case http2.HeaderTableSize:
			table = int64(s.Value)
		case http2.InitialWindowSize:
			return p.resizeWindows(int64(s.Value))
		case http2.MaxFrameSize:
			p.from.maxFrame.Store(s.Value)
			p.from.largest.Store(max(p.from.largest.Load(), s.Value))
		case http2.MaxHeaderListSize:
			p.from.headList.Store(int64(s.Value))
		}
		return nil
	})
	p.c.mu.Unlock()
	if err != nil {
		return err
	}
	if table >= 0 {
		if err := p.resizeTable(uint32(table)); err != nil {
			return err
		}
	}
	if alone {
		p.from.send(appendSettingsAck)
		if err := p.c.own.origin.keepSettings(b[http2.HeaderSize:]); err != nil {
			return err
		}
	}
	p.forward(b)
	if !p.toOrigin { // bodies of answers may have waited for it
		p.c.mu.Lock()
		ownAnswers{p.c}.resume()
		p.lines.move()
		p.c.mu.Unlock()
	}
	return nil
}

// acknowledged counts the client's SETTINGS, and the origin's acknowledgements of them.
// It reports whether the client's are Posthouse's to acknowledge.
func (p *http2Pump) acknowledged(n int) (alone bool) {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	if (n > 0) == p.toOrigin {
		p.c.unanswered += n
	}
	return p.c.alone()
}

// alone reports whether there is no origin, or none that answers; mu is held.
func (c *http2Conn) alone() bool { return c.under == nil || c.refused != nil }

// resizeTable makes HPACK's tables as large as the peer has room for: the one that it
// is written with, and that of the other peer's sections, which are for it.
func (p *http2Pump) resizeTable(n uint32) error {
	p.from.mu.Lock()
	p.from.encoder.Limit(n)
	p.from.mu.Unlock()
	other := &p.c.down
	if !p.toOrigin {
		other = &p.c.up
	}
	n = min(n, http2.MaxTable)
	had := max(other.allowed.Load(), largeTable)
	if n > had {
		if err := p.c.srv.headBudget.take(int64(n - had)); err != nil {
			return &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2Memory.With()}
		}
	}
	if n > other.allowed.Load() { // the sender may not know of less yet
		other.allowed.Store(n)
	}
	return nil
}

// largeTable is how large a table may be without its memory being counted, in bytes.
const largeTable = 64 << 10

// table is what was counted.
func (p *http2Pump) table() int64 { return int64(max(p.allowed.Load(), largeTable) - largeTable) }

// resizeWindows changes the windows of all streams towards a peer; mu is held.
func (p *http2Pump) resizeWindows(n int64) error {
	more := n - p.from.initialWindow
	p.from.initialWindow = n
	for _, x := range p.c.streams {
		window := p.other().windowTo(x)
		if *window += more; *window > http2.MaxWindow {
			return &http2.Error{Code: http2.FlowControlError, Why: reason.H2WindowMade.With()}
		}
		if l := *p.other().lines.of(x); l != nil && l.body != nil {
			l.body.window += more // as the sender is told
			l.body.grant()
		}
	}
	p.c.granted.Broadcast()
	p.other().lines.move()
	ownAnswers{p.c}.resume()
	return nil
}

// other is the pump of the other direction.
func (p *http2Pump) other() *http2Pump {
	if p.toOrigin {
		return &p.c.down
	}
	return &p.c.up
}

// windowUpdate passes on what a peer grants. What answers of Posthouse's own have used
// of the connection's window is kept back.
func (p *http2Pump) windowUpdate(h http2.Header, payload []byte) error {
	c := p.c
	n, err := http2.Increment(h, payload)
	if err != nil {
		return err
	}
	c.mu.Lock()
	n, err = p.granted(h, n)
	if p.stream(h.Stream) != nil {
		h.Stream = p.numberOf(p.stream(h.Stream))
	}
	p.other().lines.move()
	ownAnswers{c}.resume()
	c.granted.Broadcast()
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if n > 0 && p.to.sock != nil {
		p.to.mu.Lock()
		p.to.pass(http2.AppendWindowUpdate(p.scratch[:0], h.Stream, n), true)
		p.to.mu.Unlock()
	}
	return nil
}

// granted takes in what a peer grants, and returns what of it is for the other one; mu
// is held.
func (p *http2Pump) granted(h http2.Header, n uint32) (uint32, error) {
	if h.Stream == 0 {
		if p.from.window += int64(n); p.from.window > http2.MaxWindow {
			return 0, &http2.Error{Code: http2.FlowControlError, Why: reason.H2WindowLarge.With()}
		}
		repaid := min(p.from.owed, int64(n))
		p.from.owed -= repaid
		return n - uint32(repaid), nil
	}
	x := p.stream(h.Stream)
	if x == nil {
		return 0, p.idleError(h)
	}
	window := p.other().windowTo(x)
	if *window += int64(n); *window > http2.MaxWindow {
		return 0, &http2.Error{Stream: h.Stream, Code: http2.FlowControlError, Why: reason.H2WindowLarge.With()}
	}
	if l := *p.other().lines.of(x); l != nil && l.body != nil {
		if l.body.begun {
			l.body.grant()
			return 0, nil
		}
		l.body.window += int64(n)
	}
	lent := p.other().lent(x)
	repaid := min(*lent, int64(n))
	*lent -= repaid
	n -= uint32(repaid)
	switch {
	case p.toOrigin && x.up != nil && x.up.head != nil: // the origin is told with the head
		x.up.grant = min(x.up.grant+n, http2.MaxWindow)
		return 0, nil
	case x.own || p.toOrigin && !x.passed:
		return 0, nil
	}
	return n, nil
}

// idleError is for a frame whose stream is not open: an error if it never was. c.mu is held.
func (p *http2Pump) idleError(h http2.Header) error {
	idle := h.Stream > p.c.numbers.last
	switch {
	case h.Stream%2 == 0:
		idle = h.Stream > p.c.promised
	case !p.toOrigin:
		idle = h.Stream > p.c.numbers.asked
	}
	if idle {
		return &http2.Error{Code: http2.ProtocolError, Why: reason.H2NotOpened.With()}
	}
	return nil
}

// forwardOf passes a whole frame on that is about a stream: behind what waits on it, with the
// stream's number on the other side, and not at all where that is not known.
func (p *http2Pump) forwardOf(stream uint32, b []byte) {
	if p.to.sock == nil {
		p.c.own.origin.keepFrame(stream, b)
		return
	}
	p.to.mu.Lock()
	defer p.to.mu.Unlock()
	c := p.c
	c.mu.Lock()
	loose := numbering{c}.loose()
	passes := !loose
	if loose && p.toOrigin {
		x := p.stream(stream)
		number := p.otherNumber(stream)
		if passes = (x == nil || !p.lines.queueFrame(x, b)) && number != 0; passes {
			b = slices.Clone(b)
			numbering{c}.renumber(b, number)
		}
	}
	c.mu.Unlock()
	if passes {
		p.to.pass(b, true)
	}
}

// resetStream ends a stream as the peer has (RFC 9113 section 6.4).
func (p *http2Pump) resetStream(h http2.Header, b []byte) error {
	c := p.c
	code := http2.ResetCode(b[http2.HeaderSize:])
	if p.to.sock != nil {
		p.to.mu.Lock()
		defer p.to.mu.Unlock()
	}
	c.mu.Lock()
	x := p.stream(h.Stream)
	if x == nil || (x.own || x.calledOff || x.down.wasReset()) && !p.toOrigin { // the answer is no longer the origin's to end
		defer c.mu.Unlock()
		return p.idleError(h)
	}
	passes, number := x.passed && !x.own, p.numberOf(x)
	if !p.toOrigin && x.down != nil { // it ends behind what is held
		defer c.mu.Unlock()
		x.down.reset, x.down.code, x.passed = true, code, false
		x.down.body.breaks()
		c.up.lines.drop(x)
		if !x.down.waits(x) {
			p.lines.move()
		}
		return nil
	}
	if p.toOrigin {
		x.clientEnded = true
		if x.detour != nil {
			x.detour.code = code
		}
		flood := x.abandon(c)
		c.finishCalledOff(x)
		if flood {
			defer c.conn.socket.Abort()
		}
	} else {
		c.finishReset(x, code)
	}
	c.remove(x)
	c.mu.Unlock()
	if passes && p.to.sock != nil {
		if number != h.Stream {
			b = http2.AppendReset(p.scratch[:0], number, code)
		}
		p.to.pass(b, true)
	}
	return nil
}

// abandon counts a request that its client calls off, and reports whether it does
// little else; mu is held.
func (x *http2Exchange) abandon(c *http2Conn) bool {
	if x.told != toldHead {
		c.abandoned++
	}
	return c.abandoned >= http2Abandoned && c.abandoned > c.answered
}

// finishCalledOff closes the row of a stream that the client has reset; mu is held.
func (c *http2Conn) finishCalledOff(x *http2Exchange) {
	why := c.conn.detour.refusal(x.stream)
	switch {
	case why != nil:
		c.finish(x, why.failure, why.why)
	case x.originEnded && x.down == nil:
		c.finish(x, flow.FailureNone, x.remark)
	default:
		failure, why := x.sender.calledOff(flow.FailureClientGone, reason.StreamLeft.With())
		c.finish(x, failure, why)
	}
}

// finishReset closes the row of a stream that the origin has reset; mu is held.
func (c *http2Conn) finishReset(x *http2Exchange, code http2.Code) {
	switch {
	case x.originEnded: // it has answered, and does not want the rest of the request
		c.finish(x, flow.FailureNone, x.remark)
	case x.told == toldHead:
		c.finish(x, flow.FailureTruncated, reason.BodyStream.With(code.String()))
	default:
		c.finish(x, flow.FailureOriginClosed, reason.StreamReset.With(c.under.Remote.String(), code.String()))
	}
}

// goAway passes GOAWAY on, and closes the streams that were not worked on (RFC 9113 section 6.8).
func (p *http2Pump) goAway(b []byte) error {
	c := p.c
	last, code := http2.Away(b[http2.HeaderSize:])
	if p.toOrigin {
		p.forward(b)
		return nil
	}
	c.mu.Lock()
	told := numbering{c}.awayFor(last)
	c.away = http2Away{sent: true, code: code, last: min(c.away.last, last), told: min(c.away.told, told)}
	var refused []uint32
	for id, x := range c.streams {
		waits := x.up.waits(x)
		if id%2 == 0 || x.own || !waits && (!x.passed || x.number <= last) {
			continue
		}
		heldStreams{c}.endWait(x, waitAway)
		c.finish(x, flow.FailureOriginClosed, reason.H2Unworked.With(c.under.Remote.String(), code.String()))
		c.remove(x)
		if id <= told { // which GOAWAY does not tell the client of
			refused = append(refused, id)
		}
	}
	c.mu.Unlock()
	if told != last {
		b = bytes.Clone(b)
		binary.BigEndian.PutUint32(b[http2.HeaderSize:], told)
	}
	p.forward(b)
	slices.Sort(refused)
	for _, stream := range refused {
		p.to.send(func(b []byte) []byte { return http2.AppendReset(b, stream, http2.RefusedStream) })
	}
	return nil
}

// ping passes PING on; where there is no origin it is answered. So is a client's whose streams go
// elsewhere: those of gRPC send one for what comes, and origins end connections over which more come than they
// send.
func (p *http2Pump) ping(h http2.Header, b []byte) error {
	p.c.mu.Lock()
	here := p.c.alone() || p.toOrigin && !h.Has(http2.FlagAck) && p.c.own.detours.slots != nil
	p.c.mu.Unlock()
	if !here {
		p.forward(b)
		return nil
	}
	if !h.Has(http2.FlagAck) {
		p.from.send(func(out []byte) []byte {
			h.Flags = http2.FlagAck
			return append(h.Append(out), b[http2.HeaderSize:]...)
		})
	}
	return nil
}
