package proxy

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/upstream"
)

// What the sweeper and Shutdown do with a connection that speaks HTTP/2. None of it waits
// for a peer: what may have to goes to a goroutine that the connection waits for.

// later runs f beside the connection's goroutines, unless it is ending.
func (c *http2Conn) later(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending == nil {
		c.ended.Go(f)
	}
}

// busy says that a stream is open; mu is held.
func (c *http2Conn) busy() {
	c.restUntil.Store(0)
	c.heardAt.Store(clock())
	c.srv.wakeSweeper()
}

// idle says that none is: the client has its time to open another. mu is held.
func (c *http2Conn) idle() {
	c.heardAt.Store(0)
	limit := c.srv.config.Load().Timeouts.ClientIdle
	if c.conn.sender != nil { // it is kept as long as one of HTTP/1
		limit = upstream.DefaultIdleTimeout
	}
	c.restUntil.Store(lateAfter(clock(), limit))
}

// heard notes that bytes came from the origin.
func (c *http2Conn) heard(p *http2Pump) {
	if !p.toOrigin && c.heardAt.Load() != 0 {
		c.heardAt.Store(clock())
	}
}

// active reports whether a stream is open.
func (c *http2Conn) active() bool { return c.heardAt.Load() != 0 }

// sweep ends what takes too long.
func (c *http2Conn) sweep(now int64) {
	for _, q := range [...]*http2Peer{&c.client, &c.origin} {
		if since := q.writing.Load(); since != 0 && now-since > int64(http2Progress) {
			c.stuck.Store(true)
			q.sock.Interrupt()
		}
	}
	if until := c.restUntil.Load(); until != 0 && now > until && c.restUntil.CompareAndSwap(until, 0) {
		c.later(c.leave)
	}
	if until := c.headUntil.Load(); until > 0 && now > until && c.headUntil.CompareAndSwap(until, headLate) {
		_ = c.client.sock.SetReadDeadline(past)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, x := range c.streams {
		if x.until == 0 || now <= x.until || c.ending != nil {
			continue
		}
		x.until = 0
		if x.own {
			c.ended.Go(func() { (ownAnswers{c}).giveUp(id) })
			continue
		}
		c.ended.Go(func() { c.late(id) })
	}
}

// late answers a stream whose time is over.
func (c *http2Conn) late(stream uint32) {
	c.replyTo(stream, func(x *http2Exchange) *reply { return x.lateReply(c) })
	c.client.mu.Lock()
	partial := c.client.partial
	c.client.mu.Unlock()
	if partial { // inside a frame the client can be told nothing: the origin has stopped
		c.under.Interrupt()
	}
}

// lateReply finds the words for a stream whose time is over; mu is held.
func (x *http2Exchange) lateReply(c *http2Conn) *reply {
	switch {
	case c.own.origin.pending():
		return errorReply(504, flow.FailureConnectTimeout, reason.ConnectLate.With(portText(c.in.asked())))
	case x.upgraded:
		return &reply{why: reason.TunnelIdle.With(x.config.Timeouts.TunnelIdle)}
	case x.told == toldHead && (x.clientWindow <= 0 || c.client.window <= 0):
		return &reply{failure: flow.FailureClientGone, why: reason.ClientTookNot.With()}
	case x.told == toldHead:
		return &reply{failure: flow.FailureTruncated, why: reason.BodyStopped.With()}
	case x.clientEnded:
		return errorReply(504, flow.FailureResponseTimeout, reason.AnswerLate.With(reason.At.With(c.under.Remote.String())))
	case x.originWindow <= 0 || c.origin.window <= 0:
		return errorReply(504, flow.FailureResponseTimeout, reason.UploadStuck.With())
	}
	return errorReply(408, flow.FailureClientTimeout, reason.BodyLate.With())
}

// retireIfQuiet ends a connection that has no streams open: what it leads over may be gone.
func (c *http2Conn) retireIfQuiet() {
	if !c.active() {
		c.later(c.leave)
	}
}
