package proxy

import "posthouse/proxy/http2"

// How lines move on: in the order in which they began, each as far as windows let it. A
// goroutine that lives no longer than there is something to move does it, for a peer may take
// its time to be written to, and who ends a wait, or reads the other peer, must not wait for
// that. A frame that passes in pieces is not broken into.

// move starts it; mu is held.
func (s *http2Lines) move() {
	p := s.pump
	if !s.moving && s.any.Load() && p.c.ending == nil {
		s.moving = true
		p.c.ended.Go(s.moveOn)
	}
}

// moveOn gives back what is to be, and moves on what can be.
func (s *http2Lines) moveOn() {
	for s.moveAll() {
	}
}

// moveAll reports whether there may be more to do.
func (s *http2Lines) moveAll() (more bool) {
	p, c := s.pump, s.pump.c
	c.mu.Lock()
	returns, grants := s.returns, s.grants
	s.returns, s.grants = 0, nil
	c.mu.Unlock()
	if returns > 0 || len(grants) > 0 {
		p.from.send(func(b []byte) []byte {
			for _, g := range grants {
				b = http2.AppendWindowUpdate(b, g.stream, g.n)
			}
			if returns > 0 {
				b = http2.AppendWindowUpdate(b, 0, uint32(returns))
			}
			return b
		})
	}
	p.to.mu.Lock()
	c.mu.Lock()
	s.moveHere()
	refused := s.refused
	s.refused = nil
	more = s.returns > 0 || len(s.grants) > 0
	s.moving = more
	s.any.Store(len(s.order) > 0 || more)
	c.mu.Unlock()
	p.to.write()
	p.to.mu.Unlock()
	for _, stream := range refused {
		heldStreams{c}.refuseHeld(stream)
	}
	return more
}

// moveHere is moveOn for who holds to.mu and mu.
func (s *http2Lines) moveHere() {
	p := s.pump
	for !p.to.partial && !p.to.waits && s.moveSome() {
		p.c.mu.Unlock()
		p.to.write()
		p.c.mu.Lock()
	}
}

// moveSome appends what can go on, up to a batch, and reports whether there may be more.
// to.mu and mu are held.
func (s *http2Lines) moveSome() (more bool) {
	p := s.pump
	for i := 0; i < len(s.order); i++ {
		stream := s.order[i]
		x := p.c.streams[stream]
		for s.moveOne(x) {
			if len(p.to.out) >= http2Batch {
				return true
			}
			if x = p.c.streams[stream]; x == nil || *s.of(x) == nil {
				i--
				break
			}
		}
	}
	return false
}

// moveOne has the next part of a stream's line go on, and reports whether one could.
func (s *http2Lines) moveOne(x *http2Exchange) bool {
	p := s.pump
	l := *s.of(x)
	switch {
	case l.waits(x) || p.to.broken:
		return false
	case l.head != nil:
		return !l.body.holdsHead() && s.moveHead(x, l)
	case l.begin < len(l.frames):
		return s.moveFrame(x, l)
	case l.body.passes():
		return false
	}
	if l.trailer != nil && !(l.body != nil && l.body.over) {
		s.send(l.trailer, p.numberOf(x))
	}
	reset, code := l.reset, l.code
	s.drop(x)
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
func (s *http2Lines) moveHead(x *http2Exchange, l *http2Line) bool {
	p := s.pump
	c := p.c
	if !p.toOrigin {
		s.send(l.head, x.stream)
		x.told = toldHead
	} else {
		if c.own.origin.pending() {
			return false
		}
		if c.away.sent || !(numbering{c}).assign(x) {
			s.refused = append(s.refused, x.stream)
			x.waits = &http2Wait{} // until it is refused
			return false
		}
		s.send(l.head, x.number)
		if l.grant > 0 {
			p.to.out = http2.AppendWindowUpdate(p.to.out, x.number, l.grant)
		}
	}
	s.unreserve(&s.heads, l.head.size)
	l.head = nil
	x.expect()
	return true
}

// send encodes a section that was held; to.mu and mu are held.
func (s *http2Lines) send(held *heldSection, number uint32) {
	p := s.pump
	for i := range held.fields {
		p.to.encoder.Field(held.fields[i])
	}
	h := held.header
	h.Stream = number
	numbering{p.c}.redepend(held.fragment.Priority, number)
	p.to.room()
	p.to.out = p.to.encoder.Append(p.to.out, h, &held.fragment, p.to.maxFrame.Load())
}

// moveFrame sends the first frame of a line, or as much of its DATA as windows have room for.
func (s *http2Lines) moveFrame(x *http2Exchange, l *http2Line) bool {
	p := s.pump
	b := l.frames[l.begin:]
	h := http2.ParseHeader(b)
	size := http2.HeaderSize + int(h.Length)
	if len(b) < size {
		return false // the rest is to come
	}
	frame := b[:size]
	if h.Type == http2.Data && h.Length > 0 {
		window := p.windowTo(x)
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
		l.body.passed(n)
	}
	p.to.room()
	from := len(p.to.out)
	p.to.out = append(p.to.out, frame...)
	numbering{p.c}.renumber(p.to.out[from:], p.numberOf(x))
	l.begin += size
	if counted := min(l.size, int64(size)); counted > 0 {
		l.size -= counted
		s.uncount(l, counted)
		size -= int(counted)
	}
	if size > 0 {
		l.body.moved(size)
	}
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
