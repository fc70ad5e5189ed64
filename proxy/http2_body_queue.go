package proxy

import (
	"io"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// How a body that passes through rules comes over HTTP/2.

// takeLine takes what has come of the body from its line; mu is held.
func (b *http2Body) takeLine(l *http2Line) {
	s := &b.p.lines
	s.uncount(l, l.size)
	l.written = false
	frames := l.frames[l.begin:]
	l.frames, l.begin, l.size, l.data, l.given = nil, 0, 0, 0, 0
	for len(frames) > 0 {
		n, whole := len(frames), false
		h := http2.ParseHeader(frames)
		if size := http2.HeaderSize + int(h.Length); size <= n {
			n, whole = size, true
		}
		if h.Type == http2.Data {
			if b.in = append(b.in, frames[:n]...); whole {
				b.whole = len(b.in)
			}
		} else {
			l.frames = append(l.frames, frames[:n]...)
		}
		frames = frames[n:]
	}
	b.count(len(b.in) + len(l.frames))
}

// enqueue has a DATA frame that begins be queued; mu is held.
func (b *http2Body) enqueue(f *http2Frame, header []byte) error {
	size := len(header) + int(f.Length)
	if !b.fits(size) {
		return &http2.Error{Stream: f.Stream, Code: http2.EnhanceYourCalm, Why: reason.H2HeldMany.With()}
	}
	if len(b.in)+size > http2Behind {
		b.hurry(reason.RuleWaitFull.With(b.waited()))
	}
	s := &b.p.lines
	b.window -= int64(f.Length)
	s.returns += int64(f.Length)
	s.any.Store(true)
	s.move()
	f.queued = true
	if b.cut = f.Length > maxUnchanged; !b.cut {
		b.in = append(b.in, header...)
		b.count(len(header))
	}
	return nil
}

// queue adds a piece of the frame under way; data is its content. mu is held.
func (b *http2Body) queue(f *http2Frame, piece, data []byte, last bool) {
	before := len(b.in)
	switch {
	case !b.cut:
		b.in = append(b.in, piece...)
	case len(data) > 0 || last:
		h := http2.Header{Length: uint32(len(data)), Type: http2.Data}
		if last {
			h.Flags = f.Flags & http2.FlagEndStream
		}
		b.in = append(h.Append(b.in), data...)
	}
	b.count(len(b.in) - before)
	if last || b.cut {
		b.whole = len(b.in)
		b.signal()
	}
}

// bodyEnds tells the bodies of a stream when all of them has come; mu is held.
func (x *http2Exchange) bodyEnds() {
	if x.up != nil && x.clientEnded {
		x.up.body.ends()
	}
	if x.down != nil && x.originEnded {
		x.down.body.ends()
	}
}

func (b *http2Body) ends() {
	if b != nil && b.begun {
		b.ended = true
		b.signal()
	}
}

// breaks says that no more comes; mu is held.
func (b *http2Body) breaks() {
	if b != nil && b.begun {
		b.broken = true
		b.signal()
	}
}

// bodyIn is a body as it comes.
type bodyIn struct{ *http2Body }

// next is the next piece: whole frames, or one where each waits.
func (b bodyIn) next() (bodyPiece, error) {
	piece, err := b.take()
	if b.piece == 0 || len(piece.data) == 0 || b.drains {
		return piece, err
	}
	if ended := b.rest(b.piece); ended != nil {
		return bodyPiece{}, ended
	}
	return piece, err
}

func (b bodyIn) take() (bodyPiece, error) {
	c := b.c
	c.mu.Lock()
	defer c.mu.Unlock()
	b.hand = 0
	for !b.gone && b.whole == 0 && !b.ended && !b.broken {
		b.grant()
		b.x.expect()
		if b.await(b.until) {
			return bodyPiece{}, errBodyBroken
		}
	}
	switch {
	case b.gone:
		return bodyPiece{}, errBodyGone
	case b.whole == 0 && b.ended:
		return bodyPiece{between: true}, io.EOF
	case b.whole == 0:
		return bodyPiece{}, errBodyBroken
	}
	b.takeFrames()
	b.hand = len(b.data)
	if b.took >= 0 {
		b.took += int64(len(b.data))
	}
	b.grant()
	if len(b.in) <= http2Behind/2 {
		b.unawait()
	}
	piece := bodyPiece{raw: b.raw, data: b.data, between: true}
	if b.ended && b.whole == 0 {
		return piece, io.EOF
	}
	return piece, nil
}

// takeFrames takes frames from the queue; mu is held.
func (b bodyIn) takeFrames() {
	n := 0
	b.data = b.data[:0]
	for n < b.whole {
		h := http2.ParseHeader(b.in[n:])
		frame := b.in[n:][:http2.HeaderSize+int(h.Length)]
		if n > 0 && (b.piece > 0 || n+len(frame) > maxUnchanged) {
			break
		}
		b.data = appendContent(b.data, frame)
		n += len(frame)
	}
	if n == len(b.in) {
		b.raw, b.in = b.in, b.raw[:0]
	} else {
		b.raw = append(b.raw[:0], b.in[:n]...)
		b.in = b.in[n:]
	}
	b.whole -= n
	b.count(-n)
}

// appendContent adds the content of a DATA frame, maybe of the beginning of one.
func appendContent(to, frame []byte) []byte { return append(to, contentOf(frame)...) }

// contentOf is the content of a DATA frame, maybe of the beginning of one.
func contentOf(frame []byte) []byte {
	h := http2.ParseHeader(frame)
	payload := frame[http2.HeaderSize:]
	if h.Has(http2.FlagPadded) && len(payload) > 0 {
		pad := int(payload[0])
		payload = payload[1:min(len(payload), int(h.Length)-pad)]
	}
	return payload
}

// ready reports whether more is at hand.
func (b bodyIn) ready() bool {
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	return b.whole > 0 || b.ended || b.gone
}

// drain takes what comes, which goes no further: until its end, or for so long and so much.
func (b bodyIn) drain(limit time.Duration, most int) error {
	b.c.mu.Lock()
	b.drains = true
	if limit > 0 {
		b.until = time.Now().Add(limit)
	}
	b.c.mu.Unlock()
	for n := 0; most == 0 || n < most; {
		piece, err := b.next()
		if n += len(piece.data); err == io.EOF || err != nil && limit > 0 {
			return nil
		} else if err != nil {
			return readError{err}
		}
	}
	return nil
}

// waits reports whether what passes waits.
func (b *http2Body) waits() bool { return b.piece > 0 || len(b.slow) > 0 }

// rest has a piece wait.
func (b bodyIn) rest(wait time.Duration) error {
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	if !b.gone && b.x.rec != nil && !b.rested {
		b.x.rec.Ruled(flow.EffectDelayed, b.pieces...)
	}
	b.rested = true
	return b.restUntil(time.Now().Add(wait))
}

// restUntil waits for a time; mu is held.
func (b bodyIn) restUntil(until time.Time) error {
	if b.rests = true; !b.gone {
		b.x.expect() // whatever its reader was waited for before
	}
	for !b.gone && !b.hurried && !b.await(until) {
	}
	b.rests = false
	if b.gone {
		return errBodyGone
	}
	return nil
}

// await waits for something new, and reports whether it was not there in time, if that is not
// zero; mu is held, but not meanwhile.
func (b *http2Body) await(until time.Time) (late bool) {
	if b.working = false; b.detour == nil {
		b.unawait()
	}
	b.c.mu.Unlock()
	if until.IsZero() {
		<-b.wake
	} else {
		t := time.NewTimer(time.Until(until))
		select {
		case <-b.wake:
		case <-t.C:
			late = true
		}
		t.Stop()
	}
	b.c.mu.Lock()
	b.working = true
	return late
}

// grant has the sender send on as far as there is room for it; mu is held.
func (b *http2Body) grant() {
	if !b.begun || b.ended || b.broken || b.gone {
		return
	}
	x, s := b.x, &b.p.lines
	window, number := x.clientWindow, x.number
	if b.request {
		window, number = x.originWindow, x.stream
	}
	room := window - (*s.of(x)).data
	switch {
	case b.drains:
		room = 4 * http2.MinFrame
	case b.took >= 0:
		room = rules.MaxBody + maxUnchanged - b.took + int64(b.hand)
	}
	room -= b.window + int64(len(b.in)+b.hand)
	if room <= 0 || room < http2.MinFrame && room <= b.window {
		return
	}
	b.window += room
	s.grants = append(s.grants, http2Grant{number, uint32(room)})
	s.any.Store(true)
	s.move()
}

// unawait has who reads the sender go on; mu is held.
func (b *http2Body) unawait() {
	if b.awaited {
		b.awaited = false
		b.c.granted.Broadcast()
	}
}

// awaitBody waits while a body that rules change is behind with that, and nothing else keeps it; or
// while much of one is queued that goes to another origin, which grants nothing.
func (p *http2Pump) awaitBody() {
	c := p.c
	c.mu.Lock()
	defer c.mu.Unlock()
	lags := func() bool {
		x := p.stream(p.frame.Stream)
		if x == nil || c.ending != nil {
			return false
		}
		l := *p.lines.of(x)
		switch {
		case l == nil || l.body == nil:
			return false
		case l.body.detour != nil && len(l.body.in) > http2BodyQueued/2:
		case !l.body.working || len(l.body.in) <= http2Behind:
			return false
		}
		l.body.awaited = true
		return true
	}
	for lags() {
		c.granted.Wait()
	}
}

// finishBodies has the responses that pass through rules end with what has come of them: the
// origin's connection has ended.
func (c *http2Conn) finishBodies() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.streams {
		b := x.down.passing()
		if b == nil {
			continue
		}
		if b.rests || len(b.in) > 0 {
			b.hurry(reason.RuleWaitAway.With(b.waited()))
		}
		b.hurried, b.loose, b.broken = true, true, !b.ended
		b.signal()
	}
	for c.bodiesPass() {
		c.granted.Wait()
	}
}

// passing is the body of a response that has begun to pass through rules, nil for none; mu is held.
func (l *http2Line) passing() *http2Body {
	if l == nil || l.body == nil || l.body.detour != nil || !l.body.begun || l.body.done {
		return nil
	}
	return l.body
}

// bodiesPass reports whether any response still passes through rules; mu is held.
func (c *http2Conn) bodiesPass() bool {
	for _, x := range c.streams {
		if x.down.passing() != nil {
			return true
		}
	}
	return false
}
