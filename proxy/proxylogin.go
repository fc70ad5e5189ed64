package proxy

import (
	"context"
	"errors"
	"time"

	"posthouse/proxy/upstream"
)

// Where the settings hold no user for an upstream proxy, logging in at it is the
// client's affair: its Proxy-Authorization goes on, and the proxy's 407 comes back,
// for CONNECT as for plain requests. With NTLM or Negotiate that logs in the
// connection to the proxy, which then is the client's alone (login.go): its next
// CONNECT goes over it, and becomes the tunnel.

// errLoginLost says that the next step of a login has lost its connection.
var errLoginLost = errors.New("the connection that was being logged in on has ended")

// passesLogin reports whether the client logs in at the upstream proxy by itself.
func (w *work) passesLogin() bool { return w.inside == nil && w.via.LeavesLogin() }

// through opens a way through the upstream proxy for a tunnel, over the connection
// on which the client is logging in, if there is one.
func (c *client) through(ctx context.Context, w *work, host string, port uint16) (upstream.Result, error) {
	if w.passesLogin() {
		w.want.Hop(w.via)
		o, lost := c.bound.take(&w.want)
		if o != nil {
			result, err := c.srv.dialer.Over(ctx, o, w.via, host, port, w.out)
			if !upstream.Ended(err) {
				return result, err
			}
			lost = true
		}
		if lost && w.login {
			return upstream.Result{}, errLoginLost
		}
	}
	return c.srv.dialer.Through(ctx, w.via, host, port, w.out)
}

// challengedTunnel holds on to the connection of an upstream proxy that wants the
// client to log in before it opens a tunnel. Once the client was told that the
// tunnel is open, nothing can be passed on to it any more.
func (c *client) challengedTunnel(w *work, result upstream.Result, err error) *reply {
	c.srv.wantsLogin(w.via)
	if w.opened {
		upstream.KeepSent(err, result.Conn)
		_ = result.Conn.Close()
		return nil
	}
	w.origin = result.Conn
	w.rec.Connected(w.origin.Remote, result.Resolved, time.Now(), w.origin.Used)
	if r := c.holdOrigin(w); r != nil {
		return r
	}
	return &reply{relayed: true}
}

// refuseTunnel answers a CONNECT that opened nothing: with what the upstream proxy
// wants of the client, or with words of our own.
func (c *client) refuseTunnel(w *work, r *reply) bool {
	if !r.relayed {
		return c.answer(w, r)
	}
	if err := c.readResponseHead(w); err != nil { // it is in the buffer already
		return c.failResponse(w, err)
	}
	if c.spokeEarly(w) {
		w.keep = false
	}
	c.watch.silentSince.Store(clock()) // the sweeper looks after both ends while the body comes
	return c.relay(w)
}

// wantsLogin remembers that an upstream proxy wanted a client to log in.
func (s *Server) wantsLogin(p *upstream.Proxy) {
	id := p.ID()
	s.asksLogin.Store(&id)
}

// asksAhead reports whether the upstream proxy may want the client to log in, so
// that it is to be asked before the client is told that a tunnel is open.
func (c *client) asksAhead(w *work) bool {
	if !w.passesLogin() {
		return false
	}
	asks := c.srv.asksLogin.Load()
	return w.proxyLogin || asks != nil && *asks == w.via.ID()
}

// remarkChallenge says in the row what a 407 of the upstream proxy asks for.
func (c *client) remarkChallenge(w *work) {
	if w.resp.Status == 407 && w.passesLogin() {
		c.srv.wantsLogin(w.via)
		w.remark = "The upstream proxy " + w.via.String() + " wants the client to log in: " + upstream.Challenged(w.via, &w.resp) + "."
	}
}
