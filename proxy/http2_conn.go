package proxy

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// Bounds of HTTP/2. A body is not held unless its head waits (http2Line): what a peer may send
// is what the other one has granted (RFC 9113 section 5.2).
const (
	http2Streams  = 1024        // open at once on one connection; the next one is refused
	http2Progress = time.Minute // without a byte that a peer takes
	http2Held     = 256 << 10   // bytes of own pages that wait for windows; one alone may have more

	// A client that calls off so many requests before their answers, and more than it
	// lets be answered, is closed: each costs a request to the origin.
	http2Abandoned = 1000
)

// http2Conn relays a client's HTTP/2 connection over the one connection to the origin
// that belongs to it. Streams keep their numbers, but for those that were overtaken while they
// waited (http2Numbers). What passes, passes frame by frame;
// two goroutines do it, one for each direction.
//
// A stream is open until both peers have ended it, or either has reset it. It is own
// once Posthouse answers it itself: from then on nothing of it passes. Where there is no
// origin every stream is own.
type http2Conn struct {
	conn   *conn
	srv    *Server
	in     *interception
	under  *upstream.Conn // to the origin, nil for none
	client http2Peer
	origin http2Peer
	up     http2Pump
	down   http2Pump

	mu       sync.Mutex
	granted  *sync.Cond // a peer granted more, or the connection ends
	streams  map[uint32]*http2Exchange
	numbers  http2Numbers
	closed   resetRing // streams that were reset while the client may still be sending
	ending   *http2End // why the connection ends, nil while it does not
	leaving  bool      // the client was sent GOAWAY: it opens no more streams
	away     http2Away
	timer    http2Timer
	own      http2Own
	used     bool   // a request went to the origin
	promised uint32 // the newest stream that the origin has opened

	refused    *originError // the origin ended TLS before it was asked anything
	unanswered int          // SETTINGS of the client's that the origin has not acknowledged

	heardAt   atomic.Int64 // when bytes last came from the origin, by clock; 0: no stream is open
	restUntil atomic.Int64 // how long no stream may be open, by clock; 0: for ever
	headUntil atomic.Int64 // how long the client is waited for inside a head, by clock; 0: it is not
	stuck     atomic.Bool  // a peer took no bytes for http2Progress

	abandoned, answered int

	quit  chan struct{}  // closed when the connection ends
	ended sync.WaitGroup // the goroutine that reads the origin, and those that answer late
}

// http2Away is what the origin has said with GOAWAY.
type http2Away struct {
	sent bool
	code http2.Code
	last uint32 // the highest stream that it may still work on
	told uint32 // what the client was told of it
}

// http2End is why a connection ends. With neither it was its time.
type http2End struct {
	err    error // what reading a peer, or the peer itself, said
	origin bool  // that peer is the origin
}

// resetRing remembers the last streams that were reset.
type resetRing struct {
	streams []uint32
	next    int
}

const maxResets = 512

func (r *resetRing) add(stream uint32) {
	if len(r.streams) < maxResets {
		r.streams = append(r.streams, stream)
		return
	}
	r.streams[r.next] = stream
	r.next = (r.next + 1) % maxResets
}

func (r *resetRing) has(stream uint32) bool {
	for _, s := range r.streams {
		if s == stream {
			return true
		}
	}
	return false
}

// newHTTP2Conn is what serves HTTP/2 on a client's connection; origin is nil where
// everything is answered here.
func newHTTP2Conn(client *conn, in *interception, origin *upstream.Conn, heads http1.Limits) *http2Conn {
	c := &http2Conn{conn: client, srv: client.srv, in: in, under: origin, streams: make(map[uint32]*http2Exchange),
		away: http2Away{last: http2.MaxStream, told: http2.MaxStream}, quit: make(chan struct{})}
	c.granted = sync.NewCond(&c.mu)
	c.client.init(client.socket)
	c.client.waits = true
	c.origin.init(nil)
	if origin != nil {
		c.origin.sock = origin.Conn
	} else if in.late {
		c.own.origin = &http2Late{c: c}
	}
	limits := http2.Limits{Size: heads.Head, Fields: heads.Fields}
	c.up.init(c, &c.client, &c.origin, limits)
	c.down.init(c, &c.origin, &c.client, limits)
	return c
}

// serve serves until the client's connection ends.
func (c *http2Conn) serve() {
	if c.under == nil {
		c.client.greet()
	} else {
		c.begin(c.under)
	}
	c.conn.watch.until.Store(0)
	c.idle()
	c.conn.http2.Store(c)
	if c.srv.closing.Load() {
		c.leave()
	}
	c.fail(&http2End{err: c.up.run()})
	c.own.detours.conns.end(c)
	c.ended.Wait()
	c.close()
}

// begin starts what reads the origin.
func (c *http2Conn) begin(origin *upstream.Conn) {
	origin.Conn.KeepAlive()
	origin.Probed = true
	if !c.conn.watch.hold(origin) {
		origin.Interrupt()
	}
	c.ended.Go(func() { c.fail(&http2End{err: c.down.run(), origin: true}) })
}

// fail ends the connection, unless it is ending. The other goroutine is woken.
func (c *http2Conn) fail(why *http2End) {
	c.mu.Lock()
	if c.ending != nil {
		c.mu.Unlock()
		return
	}
	if why.origin && why.refusedEarly(c) {
		unanswered := c.unanswered
		c.mu.Unlock()
		c.client.greet()
		for ; unanswered > 0; unanswered-- {
			c.client.send(appendSettingsAck)
		}
		c.mu.Lock()
		ownAnswers{c}.resume()
		c.mu.Unlock()
		return
	}
	c.ending = why
	c.own.origin.end()
	heldStreams{c}.disarm()
	close(c.quit)
	c.granted.Broadcast()
	c.mu.Unlock()
	c.client.hurry(c)
	c.client.greet()
	if !why.origin {
		c.clientEnded(why)
		if c.under != nil {
			c.under.Interrupt()
		}
		return
	}
	c.originEnded(why)
	c.under.Interrupt() // the other goroutine may be writing to it
	_ = c.client.sock.SetReadDeadline(past)
}

// clientEnded closes the rows of a connection whose client ended it, or broke the rules.
func (c *http2Conn) clientEnded(why *http2End) {
	var bad *http2.Error
	failure, happened := flow.FailureClientGone, reason.StreamLeft.With()
	switch {
	case c.conn.wasCut():
		failure, happened = c.conn.cutWhy(reason.StoppedMidway)
	case c.conn.watch.dead.Load(): // what reads the origin tells
		failure, happened = flow.FailureResponseTimeout, reason.Vanished.With(reason.At.With(c.under.Remote.String()))
	case c.stuck.Load():
		happened = reason.ClientTookNot.With()
	case errors.As(why.err, &bad):
		failure, happened = flow.FailureBadRequest, reason.H2Refused.With(bad.Why)
		c.client.send(func(b []byte) []byte { return http2.AppendGoAway(b, c.numbers.last, bad.Code, bad.Text()) })
	}
	c.finishAll(failure, happened)
}

// originEnded answers the streams that are open when the origin's connection ends.
func (c *http2Conn) originEnded(why *http2End) {
	if c.endedInside(why.err) {
		return
	}
	c.mu.Lock()
	open := make([]uint32, 0, len(c.streams))
	for id, x := range c.streams {
		open = append(open, id)
		if x.own {
			continue
		}
		heldStreams{c}.endWait(x, waitAway)
		if x.up != nil && x.up.head != nil {
			x.waits = &http2Wait{firm: true} // until it is refused: its line may be moved on now
		}
	}
	c.mu.Unlock()
	c.finishBodies()
	heldStreams{c}.lastWords()
	var bad *http2.Error
	if errors.As(why.err, &bad) {
		c.conn.detour.broken(c.badOrigin(bad))
		c.origin.hurry(c)
		c.origin.send(func(b []byte) []byte { return http2.AppendGoAway(b, 0, bad.Code, bad.Text()) })
	}
	c.leave()
	for _, id := range open {
		c.replyTo(id, func(x *http2Exchange) *reply { return x.explainEnd(c, why.err) })
	}
	c.client.flush()
}

// endedInside closes the rows where the origin's connection has ended inside a frame for
// the client: what is written behind its piece would be taken for the rest of it. So the
// client's connection just ends.
func (c *http2Conn) endedInside(err error) bool {
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	if !c.client.partial {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.streams {
		if !x.finished {
			r := x.explainEnd(c, err)
			c.finish(x, r.failure, r.why)
		}
		c.remove(x)
	}
	return true
}

// refusedEarly keeps the client's connection, to answer what it asks, where the origin
// has ended TLS before a request came: it wants a client certificate, maybe. mu is held.
func (e *http2End) refusedEarly(c *http2Conn) bool {
	err := e.err
	if err == io.EOF || err == socket.ErrTruncated {
		err = errOriginSilent
	}
	return c.numbers.last == 0 && errors.As(asOriginError(c.under, err), &c.refused)
}

// endingTime is what a peer of a connection that ends has to take what is for it.
const endingTime = 5 * time.Second

// hurry bounds the writes to a peer of a connection that ends.
func (q *http2Peer) hurry(c *http2Conn) {
	w := &c.conn.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.wasCut && !w.dead.Load() && !c.stuck.Load() {
		_ = q.sock.SetWriteDeadline(time.Now().Add(endingTime))
	}
}

func appendSettingsAck(b []byte) []byte {
	return http2.Header{Type: http2.Settings, Flags: http2.FlagAck}.Append(b)
}

// explainEnd finds the words for a stream whose origin's connection has ended.
func (x *http2Exchange) explainEnd(c *http2Conn, err error) *reply {
	o := c.under
	peer := reason.At.With(o.Remote.String())
	var bad *http2.Error
	switch {
	case c.conn.wasCut(), c.srv.base.Err() != nil:
		return c.conn.cutReply()
	case x.up != nil && x.up.head != nil: // it was not asked
		return &reply{failure: flow.FailureOriginClosed, closes: true, code: http2.RefusedStream,
			why: reason.H2AskAgain.With(o.Remote.String())}
	case c.away.code != http2.NoError: // the client was told, and now why its stream ends
		return &reply{failure: flow.FailureOriginClosed, closes: true, code: c.away.code,
			why: reason.H2Away.With(o.Remote.String(), c.away.code.String())}
	case x.repeatable():
		return &reply{failure: flow.FailureOriginClosed, closes: true, code: http2.RefusedStream,
			why: reason.H2AskAgain.With(o.Remote.String())}
	case c.conn.watch.dead.Load() || socket.IsTimedOut(err):
		err = errOriginDead
	case errors.As(err, &bad):
		return c.badOrigin(bad)
	case c.stuck.Load():
		return errorReply(504, flow.FailureResponseTimeout, reason.UploadStuck.With())
	case err == io.EOF || err == socket.ErrTruncated || socket.IsReset(err):
		err = asOriginError(o, errOriginSilent)
	default:
		err = asOriginError(o, err)
	}
	if x.told == toldHead {
		return errorReply(502, flow.FailureTruncated, reason.BodyClosed.With())
	}
	return x.explain(err, peer)
}

// repeatable reports whether the client may be told to ask again, since the request may
// be sent twice (RFC 9110 section 9.2.2) and met a connection that had just ended.
func (x *http2Exchange) repeatable() bool {
	return x.reused && x.told == toldNothing && x.idempotent && x.sent == 0
}

// close ends both connections; the client's own goroutine does what is left of it.
func (c *http2Conn) close() {
	c.conn.http2.Store(nil)
	c.conn.watch.until.Store(0)
	c.finishAll(c.conn.cutWhy(reason.StoppedMidway))
	c.closeDetours()
	c.srv.headBudget.give(c.up.held + c.up.table() + c.down.held + c.down.table())
	c.own.origin.drop()
	if c.under != nil {
		c.conn.watch.release()
		c.under.Resume()
		_ = c.under.Close()
		c.under.Conn.Discard(len(c.under.Buffered()))
		c.under.Release()
	}
	var bad *http2.Error
	if c.ending.origin || c.ending.err == errLeaving || errors.As(c.ending.err, &bad) {
		c.conn.resume(nil)
		c.conn.linger()
	}
}

// finishAll closes all rows that are open.
func (c *http2Conn) finishAll(failure flow.Failure, why flow.Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.streams {
		own, because := x.sender.calledOff(failure, why)
		c.finish(x, own, because)
		c.remove(x)
	}
}

// leave tells the client to open no more streams, and ends the connection when those
// that are open have ended.
func (c *http2Conn) leave() {
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	c.mu.Lock()
	first := !c.leaving && !c.away.sent // the number in GOAWAY never rises (RFC 9113 section 6.8)
	c.leaving = true
	last := c.numbers.last
	c.mu.Unlock()
	if first {
		c.client.own(func(b []byte) []byte { return http2.AppendGoAway(b, last, http2.NoError, "") })
		c.client.write()
	}
	c.mu.Lock()
	c.endIfDone()
	c.mu.Unlock()
}

// endIfDone wakes who reads the client when it was told to leave and no stream is
// open; mu is held.
func (c *http2Conn) endIfDone() {
	if c.leaving && len(c.streams) == 0 {
		_ = c.client.sock.SetReadDeadline(past)
	}
}
