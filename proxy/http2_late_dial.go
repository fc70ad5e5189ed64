package proxy

import (
	"context"
	"time"

	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// How an origin is reached that requests over HTTP/2 wait for. The connection's own supervision belongs to who
// reads the client: this goes by contexts.

// lateOrigin is a connection to an origin, and when its steps were done.
type lateOrigin struct {
	upstream.Result
	secured time.Time
}

// dial reaches the origin, and tells who waits for it.
func (l *http2Late) dial(whole context.Context, in *interception) {
	c := l.c
	came, r := l.reach(whole, in)
	c.mu.Lock()
	l.stop()
	l.stop = nil
	switch {
	case c.ending != nil:
		r = nil
	case r == nil && came.Conn.TLS.Origin.ALPN == decrypt.HTTP2:
		l.came, came = came, nil
	case r == nil:
		l.apart = true
	}
	waiting, ready, apart := l.waiting(), l.came != nil, l.apart
	c.mu.Unlock()
	if came != nil {
		_ = came.Conn.Close()
	}
	switch {
	case r != nil:
		for _, stream := range waiting {
			c.replyTo(stream, func(*http2Exchange) *reply {
				one := *r
				return &one
			})
		}
	case apart:
		l.turnAway()
	case ready:
		w := &c.conn.watch
		w.mu.Lock()
		l.ready = true
		_ = c.client.sock.SetReadDeadline(past)
		w.mu.Unlock()
	}
}

// reach dials, and speaks TLS. A reply says why that failed.
func (l *http2Late) reach(whole context.Context, in *interception) (*lateOrigin, *reply) {
	c := l.c
	limit := c.srv.config.Load().Timeouts.Dial
	for {
		ctx, stop := within(whole, limit)
		host, port := in.way.dialled(string(in.authority.Host), in.authority.Port)
		result, err := c.srv.dialTunnel(ctx, in, host, port)
		stop()
		if err != nil {
			if socket.IsExhausted(err) {
				c.srv.freeDescriptors()
			}
			return nil, c.conn.dialReply(err)
		}
		came := &lateOrigin{Result: result}
		r, again := came.secure(whole, limit, c.conn, in)
		if again {
			continue
		}
		if r != nil {
			secure := in.secure
			r.secure = &secure
			return nil, r
		}
		return came, nil
	}
}

// secure makes one attempt at TLS; again says that another one may go better.
func (o *lateOrigin) secure(whole context.Context, limit time.Duration, c *conn, in *interception) (r *reply, again bool) {
	ask := in.asked().Ask(in.mirror, in.how)
	conn := socket.Secure(o.Conn.Conn, ask.Conn)
	o.Conn = upstream.Secured(o.Conn, conn)
	o.Conn.Bound = true
	ctx, stop := within(whole, limit)
	defer stop()
	calm := context.AfterFunc(ctx, conn.Interrupt)
	secure, err := ask.Handshake()
	late := !calm()
	chosen := ""
	if err == nil {
		chosen = secure.Origin.ALPN
	}
	next, again := ask.Again(err, chosen, "")
	switch again = again && !late; {
	case again:
		in.how = next
	case late && whole.Err() == nil:
		in.secure.Outcome = flow.TLSFailed
		r = lateHandshake(in, ask.CertRequested())
	case late:
		r = c.cutReply()
	case err != nil:
		r = c.handshakeReply(in, err, ask.CertRequested())
	default:
		o.secured = time.Now()
		in.reached(o.Conn, conn, ask, secure)
		return nil, false
	}
	_ = o.Conn.Close()
	return r, again
}
