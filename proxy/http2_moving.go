package proxy

import (
	"encoding/binary"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// How lines move on: in the order in which they began, each as far as windows let it. A
// goroutine that lives no longer than there is something to move does it, for a peer may take
// its time to be written to, and who ends a wait, or reads the other peer, must not wait for
// that. A frame that passes in pieces is not broken into.

// move starts it; mu is held.
func (p *http2Pump) move() {
	s := &p.lines
	if !s.moving && s.any.Load() && p.c.ending == nil {
		s.moving = true
		p.c.ended.Go(p.moveOn)
	}
}

// moveOn moves on what can be.
func (p *http2Pump) moveOn() {
	c := p.c
	p.to.mu.Lock()
	c.mu.Lock()
	p.moveHere()
	p.lines.moving = false
	refused, returns := p.lines.refused, p.lines.returns
	p.lines.refused, p.lines.returns = nil, 0
	p.lines.any.Store(len(p.lines.order) > 0)
	c.mu.Unlock()
	p.to.write()
	p.to.mu.Unlock()
	if returns > 0 {
		p.from.send(func(b []byte) []byte { return http2.AppendWindowUpdate(b, 0, uint32(returns)) })
	}
	for _, stream := range refused {
		c.refuseHeld(stream)
	}
}

// moveHere is moveOn for who holds to.mu and mu.
func (p *http2Pump) moveHere() {
	for !p.to.partial && p.moveSome() {
		p.c.mu.Unlock()
		p.to.write()
		p.c.mu.Lock()
	}
}

// moveSome appends what can go on, up to a batch, and reports whether there may be more.
// to.mu and mu are held.
func (p *http2Pump) moveSome() (more bool) {
	for i := 0; i < len(p.lines.order); i++ {
		stream := p.lines.order[i]
		x := p.c.streams[stream]
		for p.moveOne(x) {
			if len(p.to.out) >= http2Batch {
				return true
			}
			if x = p.c.streams[stream]; x == nil || *p.lineOf(x) == nil {
				i--
				break
			}
		}
	}
	return false
}

// moveOne has the next part of a stream's line go on, and reports whether one could.
func (p *http2Pump) moveOne(x *http2Exchange) bool {
	l := *p.lineOf(x)
	switch {
	case l.waits(x) || p.to.broken:
		return false
	case l.head != nil:
		return p.moveHead(x, l)
	case l.begin < len(l.frames):
		return p.moveFrame(x, l)
	}
	if l.trailer != nil {
		p.sendSection(l.trailer, p.numberOf(x))
	}
	reset, code := l.reset, l.code
	p.dropLine(x)
	if reset {
		p.to.own(func(b []byte) []byte { return http2.AppendReset(b, x.stream, code) })
		p.c.finishReset(x, code)
		p.c.remove(x)
		return true
	}
	if p.toOrigin && x.clientEnded {
		x.endRequest()
	}
	x.expect()
	p.c.settle(x)
	return true
}

// moveHead sends the head that has waited. That of a request opens its stream at the origin.
func (p *http2Pump) moveHead(x *http2Exchange, l *http2Line) bool {
	c := p.c
	if !p.toOrigin {
		p.sendSection(l.head, x.stream)
		x.told = toldHead
	} else {
		if c.away.sent || !c.assign(x) {
			p.lines.refused = append(p.lines.refused, x.stream)
			x.waits = &http2Wait{} // until it is refused
			return false
		}
		p.sendSection(l.head, x.number)
		if l.grant > 0 {
			p.to.out = http2.AppendWindowUpdate(p.to.out, x.number, l.grant)
		}
	}
	p.unreserve(&p.lines.heads, l.head.size)
	l.head = nil
	x.expect()
	return true
}

// sendSection encodes a section that was held; to.mu and mu are held.
func (p *http2Pump) sendSection(s *heldSection, number uint32) {
	for i := range s.fields {
		p.to.encoder.Field(s.fields[i])
	}
	h := s.header
	h.Stream = number
	p.c.redepend(s.fragment.Priority, number)
	p.to.room()
	p.to.out = p.to.encoder.Append(p.to.out, h, &s.fragment, p.to.maxFrame.Load())
}

// moveFrame sends the first frame of a line, or as much of its DATA as windows have room for.
func (p *http2Pump) moveFrame(x *http2Exchange, l *http2Line) bool {
	b := l.frames[l.begin:]
	h := http2.ParseHeader(b)
	size := http2.HeaderSize + int(h.Length)
	if len(b) < size {
		return false // the rest is to come
	}
	frame := b[:size]
	if h.Type == http2.Data && h.Length > 0 {
		window := &x.clientWindow
		if p.toOrigin {
			window = &x.originWindow
		}
		room := min(p.to.window, *window)
		if room < int64(h.Length) {
			if frame, size = splitData(b[:size], room); frame == nil {
				x.expect()
				return false
			}
		}
		n := int64(len(frame) - http2.HeaderSize)
		p.to.window -= n
		*window -= n
		l.data -= n
		given := min(l.given, n)
		l.given -= given
		p.to.owed += given
	}
	p.to.room()
	from := len(p.to.out)
	p.to.out = append(p.to.out, frame...)
	p.c.renumber(p.to.out[from:], p.numberOf(x))
	l.begin += size
	l.size -= int64(size)
	p.unreserve(&p.lines.bytes, int64(size))
	return true
}

// splitData takes as much content from the front of a DATA frame as fits, nil for none. The
// rest becomes a frame in its place, with the padding; size is how far that begins behind.
func splitData(frame []byte, room int64) (first []byte, size int) {
	h := http2.ParseHeader(frame)
	lead := http2.HeaderSize
	content := int64(h.Length)
	if h.Has(http2.FlagPadded) {
		content -= 1 + int64(frame[lead])
		lead++
	}
	n := min(room, content)
	if n <= 0 {
		return nil, 0
	}
	first = http2.Header{Length: uint32(n), Type: http2.Data, Stream: h.Stream}.Append(make([]byte, 0, http2.HeaderSize+int(n)))
	first = append(first, frame[lead:][:n]...)
	var front [http2.HeaderSize + 1]byte
	copy(front[:], frame[:lead])
	rest := h
	rest.Length -= uint32(n)
	rest.Append(front[:0])
	copy(frame[n:], front[:lead])
	return first, int(n)
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

// assign gives the stream of a request its number at the origin, and reports whether there is
// one; mu is held.
func (c *http2Conn) assign(x *http2Exchange) bool {
	if x.number = c.numbers.open(x.stream, c.away.last); x.number == 0 {
		return false
	}
	x.passed, c.used = true, true
	if x.clientEnded && x.up == nil {
		x.endRequest()
	}
	return true
}

// otherNumber is the number on the other side of a stream that need not be open, 0 where it
// is not known; mu is held.
func (p *http2Pump) otherNumber(number uint32) uint32 {
	c := p.c
	if !p.toOrigin {
		return c.numbers.client(number)
	}
	if x := c.streams[number]; x != nil && (x.passed || c.loose()) {
		return x.number
	}
	if c.loose() && number > c.numbers.last && number%2 == 1 {
		return 0 // which number it gets is not known yet
	}
	return c.numbers.closed(number)
}

// loose reports whether a stream may get another number at the origin than its own; mu is held.
func (c *http2Conn) loose() bool { return c.numbers.apart() || len(c.up.lines.order) > 0 }

// renumber gives a frame for the origin, or the client, its number there, with what it says of
// other streams; mu is held.
func (c *http2Conn) renumber(frame []byte, number uint32) {
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
func (c *http2Conn) redepend(priority []byte, number uint32) {
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

// refuseHeld refuses a request that has waited and cannot be sent: its client may ask again.
func (c *http2Conn) refuseHeld(stream uint32) {
	c.replyTo(stream, func(*http2Exchange) *reply {
		return &reply{failure: flow.FailureOriginClosed, code: http2.RefusedStream, why: reason.H2Ending.With()}
	})
}
