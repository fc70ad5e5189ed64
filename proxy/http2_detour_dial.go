package proxy

import (
	"time"

	"posthouse/proxy/decrypt"
	"posthouse/proxy/http1"
)

// How the connection to where streams are sent comes about: at the engine's end of the pipe, before
// anything is read there, for what is agreed on in TLS says how the streams are said.

// enter connects, and has HTTP/2 served where that is spoken; else HTTP/1.1, over the same
// connection.
func (l *detourConn) enter(c *conn) {
	c.watch.state.Store(stateBusy)
	x := c.newHTTP1Exchange()
	defer x.leave()
	x.start, x.rec = l.first.start, l.first.rec
	in, failed := l.intercept(x)
	secure := l.way.to.Scheme == "https"
	switch {
	case c.overLimit:
		failed = overLimitReply()
	case failed == nil:
		failed = x.reach(l.way.to.Host, l.way.to.Port, true)
	}
	if failed == nil && secure {
		failed = opening{x}.secureOrigin(in)
		in.recordTLS(x.rec, x.origin)
	}
	o := x.origin
	x.origin, x.rec = nil, nil
	if o != nil && !c.watch.release() {
		_ = o.Close()
		failed = c.cutReply()
	}
	c.served = true
	switch {
	case failed != nil:
		l.settle(false, failed)
	case !secure || o.TLS.Origin.ALPN == decrypt.HTTP2:
		in.protocol = decrypt.HTTP2
		c.watch.mu.Lock()
		c.inside = in
		c.watch.mu.Unlock()
		c.opened = newHTTP2Conn(c, in, o, x.limits)
		l.settle(true, nil)
	default:
		o.Agreed(l.target(in, decrypt.Offer{H1: true}).ID(), o.TLS) // as those are found by that are asked in HTTP/1.1
		c.giveBack(o, false, time.Now())
		l.settle(false, nil)
	}
}

// intercept is what the connection is to the engine: the client's own tunnel, which leads where the way does. A
// reply says that it is not for this client.
func (l *detourConn) intercept(x *http1Exchange) (*interception, *reply) {
	w := l.way
	in := *x.inside
	in.way, in.fail, in.check, in.connect, in.own, in.once = w, nil, nil, nil, false, false
	in.rights, in.protocol, in.mirror, in.how = x.rights, "", nil, decrypt.How{}
	if in.policy = x.config.Decrypt; in.policy == nil {
		in.policy = x.config.originTLS()
	}
	via, refused := x.throughOn(w)
	if in.via = via; via != nil && via.Forwards() {
		in.connect = connectHead(w, via)
	}
	in.asks = l.target(&in, decrypt.Offer{H1: true, H2: true})
	x.onward, x.via, x.way = &in, nil, w
	x.target = http1.Target{}
	return &in, refused
}

// target is whom TLS is spoken with where an offer is made.
func (l *detourConn) target(in *interception, offer decrypt.Offer) *decrypt.Target {
	offer.SNI, offer.Withhold = l.key.sni, !in.rights.Credentials
	return in.policy.Target(l.way.to.Host, l.way.to.Port, offer)
}
