package proxy

import (
	"bytes"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// What streams of HTTP/2 wait for that stands on a disk: whether the file of a rule is there that may answer a
// request, what the rule answers, and the pieces of a file that is the body. Each is a wait of the stream (http2Wait) and
// a look (disk), so that who reads the client, and who sends answers, goes on with other streams.

// lookFor has a stream wait for what a look finds. then is called with it, or with why it did not come in time; the
// stream does not wait then. A stream that ends calls the look off: what it finds gets to drop. mu is held, in then too.
func lookFor[T any](c *http2Conn, x *http2Exchange, look func() T, drop func(T),
	then func(x *http2Exchange, found T, late flow.Reason)) *http2Wait {
	d := &c.srv.disk
	stream, late := x.stream, reason.RuleDiskLate.With(d.time())
	w := &http2Wait{firm: true, until: lateAfter(clock(), d.time())}
	l := d.look(func() {
		found := look()
		c.mu.Lock()
		x := c.streams[stream]
		waits := x != nil && x.waits == w && c.ending == nil
		if waits {
			x.waits = nil
			then(x, found, flow.Reason{})
		}
		c.mu.Unlock()
		if !waits {
			drop(found)
		}
	})
	if l == nil {
		w.until, late = clock(), reason.RuleDiskMany.With(diskTurns)
	}
	w.late = func(x *http2Exchange) {
		d.drop(l)
		var none T
		then(x, none, late)
	}
	w.ended = func(http2WaitEnd) { d.drop(l) }
	heldStreams{c}.begin(x, w)
	return w
}

// read has what rules answer be made, which waits for the disk; mu is held.
func (c ruledStreams) read(x *http2Exchange) {
	r, o := x.ruling, &c.own
	r.waited()
	r.told(x.rec)
	opens := 0
	if r.opensFile() {
		opens = 1
	}
	o.opening += opens
	drop := func(one *reply) { one.file.close() }
	w := lookFor(c.http2Conn, x, r.reply, drop, func(x *http2Exchange, one *reply, late flow.Reason) {
		o.opening -= opens
		if one == nil { // until it is made the ruling belongs to who makes it
			x.ruling = &ruling{srv: r.srv, slow: r.slow}
			one = replyLate(x.rec, r.answered, late)
		}
		if x.ruling.made, x.file = one, one.file; x.file != nil {
			o.files++
		}
		o.late = append(o.late, x.stream)
		c.make()
	})
	ended := w.ended
	w.ended = func(end http2WaitEnd) {
		ended(end)
		o.opening -= opens
		c.make()
	}
}

// read has the next piece of a file be read; mu is held.
func (c ownAnswers) read(x *http2Exchange) {
	f, n := x.file, min(filePieceSize, x.clientWindow, c.client.window)
	lookFor(c.http2Conn, x, func() filePiece { return f.read(n) }, filePiece.give, func(x *http2Exchange, p filePiece, late flow.Reason) {
		if !late.IsZero() {
			p.why = reason.RuleFile.With(f.name, late)
		}
		f.piece = &p
		x.wait(x.config.Timeouts.ClientIdle)
		c.run()
	})
}

// lookedRequest is a request that waits for what is found of the files of rules: what is known of it beside its head.
type lookedRequest struct {
	p        requests
	plan     plan // without what lies in the memory of its head
	method   []byte
	target   []byte
	forwards string
	slowed   bool // the connection passes the slow lines that all its requests do
}

// look has a request wait for what is found of the files of rules, with its head as it came.
func (p requests) look(x *http2Exchange, plan *plan, l *lookups, h http2.Header, f *http2.Fragment) {
	c := p.c
	q := &lookedRequest{p: p, method: bytes.Clone(x.req.Method), target: bytes.Clone(x.req.Target), forwards: x.forwards()}
	q.plan.reply, q.plan.detour, q.plan.unreached = plan.reply, plan.detour, plan.unreached
	heads(p).detach(x)
	c.mu.Lock()
	q.slowed = plan.detour == nil && !c.own.origin.speaksHTTP1()
	c.mu.Unlock()
	if q.slowed {
		p.slow(x.ruling)
	}
	c.mu.Lock()
	held := len(c.streams) < http2Streams && !c.leaving && c.ending == nil && p.hold(x, h, f)
	if held {
		lookFor(c, x, l.looked, func(*lookups) {}, func(x *http2Exchange, _ *lookups, late flow.Reason) {
			x.ruling.found = l.found(late)
			q.known(x)
		})
	}
	c.mu.Unlock()
	if !held {
		c.turnAway(x)
	}
}

// hold puts a request into the table with its head in a line, and reports whether there is room for that; mu is held.
func (p requests) hold(x *http2Exchange, h http2.Header, f *http2.Fragment) bool {
	head := p.lines.section(h, f)
	if !p.lines.reserve(&p.lines.heads, head.size, http2HoldHeads) {
		return false
	}
	p.c.add(x)
	p.lines.begin(x).head = head
	p.queueHint(x)
	return true
}

// known has the request go on as rules have it; mu is held.
func (q *lookedRequest) known(x *http2Exchange) {
	c, r := q.p.c, x.ruling
	if q.p.leaves(x, &q.plan) {
		q.leave(x)
		return
	}
	q.p.slowStream(r, !q.slowed)
	r.begin(&x.exchange)
	switch {
	case r.ends():
		x.own = true
		c.up.lines.drop(x)
		ruledStreams{c}.begin(x)
	case q.plan.reply != nil:
		r.told(x.rec)
		q.answer(x)
	default:
		q.pass(x)
	}
}

// leave has it leave its connection; mu is held.
func (q *lookedRequest) leave(x *http2Exchange) {
	c, l := q.p.c, x.up
	d := newDetour(c, x, q.plan.detour)
	d.answered = x.ruling.answers(&x.exchange)
	d.begun.req.Method, d.begun.req.Target = q.method, q.target
	d.fields, d.size = l.head.fields, l.head.size
	bare := l.head.header.Has(http2.FlagEndStream)
	if l.head = nil; bare {
		c.up.lines.drop(x)
	}
	d.take()
}

// answer answers it as was known before its rules were; mu is held.
func (q *lookedRequest) answer(x *http2Exchange) {
	c, stream, r := q.p.c, x.stream, q.plan.reply
	x.waits = &http2Wait{firm: true} // until it is answered
	c.ended.Go(func() {
		c.replyTo(stream, func(*http2Exchange) *reply { return r })
		r.leave(c)
	})
}

// pass has it go to the origin, or wait for what it waits for before; mu is held.
func (q *lookedRequest) pass(x *http2Exchange) {
	p, c, l := q.p, q.p.c, x.up
	head := p.rule(x, x.ruling, l.head.fields, l.head.header.Has(http2.FlagEndStream))
	head = p.onward(x, head, q.forwards)
	size := int64(sectionSize(head))
	if !p.lines.reserve(&p.lines.heads, size, http2HoldHeads) {
		x.ruling.takeBody().unplaced()
		heldStreams{c}.refuseFull(x)
		return
	}
	p.lines.unreserve(&p.lines.heads, l.head.size)
	l.head.fields, l.head.size = head, size
	if b := x.ruling.takeBody(); b != nil {
		b.window = c.origin.initialWindow - l.data
		l.pass(b)
	}
	if !c.own.origin.pending() {
		x.connected(c)
	}
	if w := x.requestWait(p.http2Pump, head).before(c.own.origin.wait(x.stream)); w != nil {
		heldStreams{c}.begin(x, w)
		return
	}
	l.body.start()
	p.lines.move()
}

// pass has rules change what has come of the body, and what comes. A frame of another type that is under way is put
// together beside it. mu is held.
func (l *http2Line) pass(b *http2Body) {
	l.body = b
	for at := 0; at < len(l.frames); {
		h := http2.ParseHeader(l.frames[at:])
		next := at + http2.HeaderSize + int(h.Length)
		if next > len(l.frames) && h.Type != http2.Data {
			l.other, l.frames = bytes.Clone(l.frames[at:]), l.frames[:at]
			return
		}
		at = next
	}
}

// awaitFile waits for the file that takes its place, and reports whether it still goes anywhere.
func (b *http2Body) awaitFile(found, late <-chan struct{}) bool {
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	for !b.gone && !b.wasCut() {
		b.working = false
		b.unawait()
		b.c.mu.Unlock()
		over := true
		select {
		case <-found:
		case <-late:
		case <-b.wake:
			over = false
		}
		b.c.mu.Lock()
		if b.working = true; over {
			break
		}
	}
	return !b.gone && !b.wasCut()
}

// wasCut reports whether nobody gets what becomes of it, since the client's connection was cut with its origin's; mu is
// held.
func (b *http2Body) wasCut() bool { return b.loose && b.c.conn.wasCut() }

func (b *http2Body) isCut() bool {
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	return b.wasCut()
}
