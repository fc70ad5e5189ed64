package proxy

import (
	"bytes"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// Streams that rules send elsewhere, or have another address dialled for, while other streams of
// their connection go where that does. A connection to an origin belongs to all streams of a
// client's, so such a stream leaves it: it goes over one end of a pipe, whose other end the engine
// serves as that client's. There the rules that were found for it apply, and the row that it has goes
// on. What is answered comes back as frames, within windows of our own.
//
// Where HTTP/2 is spoken where it goes it is said in HTTP/2 (detourConn), else in HTTP/1.1
// (http1Exchange).

// http2Detours bounds the pipes of HTTP/1.1 of one client's connection: more streams wait for one.
const http2Detours = 16

// detours are the pipes of a connection.
type detours struct {
	slots  chan struct{} // one for each of HTTP/1.1 that is used; nil before the first
	inside *interception // what is known of the tunnel inside of them; constant
	idle   []*detourPipe // of HTTP/1.1; under http2Conn.mu
	conns  detourConns
}

// detourPipe is a pipe to the engine.
type detourPipe struct {
	inner *conn        // the engine's end
	far   *socket.Conn // ours
}

// handover is an exchange that goes on over another connection.
type handover struct {
	x       *exchange // what it has: its record, its rules, and when it began
	way     *way
	ruling  *ruling
	dialled bool // its row has how the connection came about
}

// detour is one stream on such a way.
type detour struct {
	c        *http2Conn
	x        *http2Exchange
	stream   uint32
	isHead   bool
	socket   bool                // it asks for a WebSocket
	fields   []hpack.HeaderField // of its head, until it was sent
	size     int64               // bytes of them that http2Lines.heads counts
	begun    *exchange           // of which the other end of the pipe takes record and begin
	ruling   *ruling
	answered bool // by rules, wherever it goes
	way      *way
	up       *http2Body // nil: the request has no body
	down     *http2Body
	pipe     atomic.Pointer[detourPipe] // of HTTP/1.1
	why      *ended                     // why its stream ends early; under http2Conn.mu
	detourStream
}

// detour begins the way of a stream; its row has begun.
func (p requests) detour(x *http2Exchange, way *way) {
	c := p.c
	d := newDetour(c, x, way)
	d.fields = slices.Clone(p.section.Fields)
	if x.ruling != nil {
		d.answered = x.ruling.answers(&x.exchange)
		d.begun.req.Method, d.begun.req.Target = bytes.Clone(x.req.Method), bytes.Clone(x.req.Target)
	}
	heads(p).detach(x)
	c.mu.Lock()
	defer c.mu.Unlock()
	size := int64(sectionSize(d.fields))
	if len(c.streams) >= http2Streams || c.leaving || c.ending != nil || !c.up.lines.reserve(&c.up.lines.heads, size, http2HoldHeads) {
		c.ended.Go(func() { c.turnAway(x) })
		return
	}
	d.size = size
	c.add(x)
	d.take()
}

// newDetour is the way of a stream whose row has begun.
func newDetour(c *http2Conn, x *http2Exchange, way *way) *detour {
	return &detour{c: c, x: x, stream: x.stream, isHead: x.isHead, socket: x.protocol != "", ruling: x.ruling, way: way,
		begun: &exchange{rec: x.rec, start: x.start}}
}

// take has a stream that is in the table go its way; what has come behind its head lies in its line. mu is held.
func (d *detour) take() {
	c, x := d.c, d.x
	x.rec, x.ruling, x.finished = nil, nil, true // the row is that of the other end of the pipe
	x.own, x.detour = true, d
	if c.own.detours.slots == nil {
		in := *c.in
		in.rec, in.first, in.way = nil, nil, nil // where each goes it says itself
		c.own.detours.slots, c.own.detours.inside = make(chan struct{}, http2Detours), &in
	}
	d.down = d.body(&c.down)
	d.down.ended, d.down.headed = true, true
	l := x.up
	if l == nil && !x.clientEnded {
		l = c.up.lines.begin(x)
	}
	if l != nil {
		d.up = d.body(&c.up)
		d.up.window, d.up.drains = c.origin.initialWindow-l.data, true
		l.body = d.up
		d.up.takeLine(l)
		d.up.count(-len(l.frames))
		l.frames, d.up.ended = nil, x.clientEnded // what is no DATA is for its connection alone
	}
	c.ended.Go(d.run)
}

// body is the stream's in one direction.
func (d *detour) body(p *http2Pump) *http2Body {
	b := &http2Body{c: d.c, p: p, x: d.x, stream: d.stream, request: p.toOrigin, detour: d, wake: make(chan struct{}, 1)}
	b.begun, b.took = true, -1
	return b
}

// sent forgets the head, which has gone on, or goes nowhere; mu is held.
func (d *detour) sent() {
	d.fields = nil
	d.c.up.lines.unreserve(&d.c.up.lines.heads, d.size)
	d.size = 0
}

// cut ends the way of a stream that has ended; http2Conn.mu is held.
func (d *detour) cut() {
	known := d.why != nil
	if !known {
		failure, why := d.x.sender.calledOff(flow.FailureClientGone, reason.StreamLeft.With())
		d.why = &ended{failure, why}
	}
	if pipe := d.pipe.Load(); pipe != nil {
		pipe.inner.end(d.why)
		_ = pipe.far.Close()
	}
	if d.on != nil {
		d.on.cut(d, known)
	}
	d.over, d.down.gone = true, true
	d.down.signal()
}

// run takes the stream its way.
func (d *detour) run() {
	defer func() {
		d.c.mu.Lock()
		d.sent()
		d.c.mu.Unlock()
	}()
	if !d.asksHTTP2() || !d.overHTTP2() {
		d.overHTTP1()
	}
}

// overHTTP1 says the request in HTTP/1.1.
func (d *detour) overHTTP1() {
	c := d.c
	head, chunks := http1Head(d.fields, d.up == nil || d.socket)
	limits := c.srv.config.Load().Limits.heads()
	if _, bad := http1.WholeRequest(head, &limits); bad != nil { // which the other end of a pipe need not read to its end
		d.answerHere(badMessageReply(bad))
		return
	}
	if !d.enter() {
		d.unserved(flow.FailureClientGone, reason.StreamLeft.With())
		return
	}
	defer func() { <-c.own.detours.slots }()
	pipe, err := d.open(head)
	if err != nil {
		return
	}
	c.mu.Lock()
	d.sent()
	c.mu.Unlock()
	if d.up != nil && !d.socket {
		c.ended.Go(func() { d.upload(pipe, chunks) })
	}
	keep := d.answer(pipe)
	if hand := pipe.inner.handed.Swap(nil); hand != nil { // its head was refused
		d.unserved(flow.FailureBadRequest, flow.Reason{})
	}
	c.mu.Lock()
	d.pipe.Store(nil)
	keep = keep && (d.up == nil || d.up.done) && !d.down.gone && c.ending == nil
	if keep {
		c.own.detours.idle = append(c.own.detours.idle, pipe)
	}
	c.mu.Unlock()
	if !keep {
		_ = pipe.far.Close()
	}
}

// answerHere answers the stream in place of where it was to go, unless it has ended.
func (d *detour) answerHere(r *reply) {
	c, x := d.c, d.x
	if d.ruling != nil {
		d.way.tell(d.ruling)
		d.ruling.begin(d.begun)
		d.ruling.told(d.begun.rec)
	}
	c.mu.Lock()
	gone := d.down.gone
	if !gone { // it has its row again
		x.rec, x.finished, x.own, x.detour = d.begun.rec, false, false, nil
	}
	c.mu.Unlock()
	if gone {
		d.unserved(flow.FailureClientGone, reason.StreamLeft.With())
		return
	}
	c.replyTo(d.stream, func(*http2Exchange) *reply { return r })
}

// enter waits for a place, and reports whether the stream is still there.
func (d *detour) enter() bool {
	for {
		select {
		case d.c.own.detours.slots <- struct{}{}:
			return true
		case <-d.down.wake:
			d.c.mu.Lock()
			gone := d.down.gone
			d.c.mu.Unlock()
			if gone {
				return false
			}
		}
	}
}

// open sends the head over a pipe, one that was used before or a new one.
func (d *detour) open(head []byte) (*detourPipe, error) {
	c := d.c
	for {
		c.mu.Lock()
		var pipe *detourPipe
		if n := len(c.own.detours.idle); n > 0 {
			pipe, c.own.detours.idle = c.own.detours.idle[n-1], c.own.detours.idle[:n-1]
		}
		c.mu.Unlock()
		used := pipe != nil
		if !used {
			pipe = c.newDetourPipe(nil)
			pipe.run()
		}
		hand := &handover{x: d.begun, way: d.way, ruling: d.ruling, dialled: true}
		pipe.inner.handed.Store(hand)
		err := errBodyGone
		if d.takes(pipe) {
			_, err = pipe.far.Write(head)
		}
		if err == nil || !pipe.inner.handed.CompareAndSwap(hand, nil) {
			return pipe, nil // what comes back tells
		}
		_ = pipe.far.Close()
		if !used || d.isGone() {
			d.unserved(flow.FailureLimit, reason.ConnectionLimit.With())
			d.end(http2.RefusedStream)
			return nil, err
		}
	}
}

// takes has the pipe end with the stream, and reports whether that is still there.
func (d *detour) takes(pipe *detourPipe) bool {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	if !d.down.gone {
		d.pipe.Store(pipe)
	}
	return !d.down.gone
}

// unserved closes the row of a request that the other end of the pipe has not taken: as its stream
// has ended, where it has.
func (d *detour) unserved(failure flow.Failure, why flow.Reason) {
	d.c.mu.Lock()
	if d.why != nil {
		failure, why = d.why.failure, d.why.why
	}
	d.c.mu.Unlock()
	d.begun.rec.Finish(failure, why, 0, time.Now())
}

func (d *detour) isGone() bool {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return d.down.gone
}

// newDetourPipe makes a connection of the engine's that stands for the client's; to is nil for one
// of HTTP/1.1.
func (c *http2Conn) newDetourPipe(to *detourConn) *detourPipe {
	near, far := net.Pipe()
	from := c.conn
	inner := &conn{srv: c.srv, id: c.srv.lastClient.Add(1), socket: socket.New(near), addr: from.addr, process: from.process,
		device: from.device, program: from.program, fromLAN: from.fromLAN, own: from.own, detour: to, served: true}
	in := *c.own.detours.inside
	inner.inside = &in
	inner.watch.state.Store(stateIdle)
	inner.watch.stage(c.srv.config.Load().Timeouts.ClientIdle)
	return &detourPipe{inner, socket.New(far)}
}

// run has it served, and reports whether there is room for it.
func (p *detourPipe) run() bool {
	if p.inner.srv.run(p.inner) {
		return true
	}
	_ = p.far.Close()
	return false
}

// closeDetours ends the pipes that nothing uses; all others have ended with their streams.
func (c *http2Conn) closeDetours() {
	for _, pipe := range c.own.detours.idle {
		_ = pipe.far.Close()
	}
}
