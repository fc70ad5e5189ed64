package proxy

import (
	"context"
	"errors"
	"time"

	"posthouse/proxy/reason"
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
func (x *exchange) passesLogin() bool { return x.inside == nil && x.via.LeavesLogin() }

// through opens a way through the upstream proxy for a tunnel, over the connection
// on which the client is logging in, if there is one.
func (x *http1Exchange) through(ctx context.Context, host string, port uint16) (upstream.Result, error) {
	if x.passesLogin() {
		x.want.Hop(x.via)
		o, lost := x.conn.bound.lend(&x.want)
		if o != nil {
			result, err := x.srv.dialer.Over(ctx, o, x.via, host, port, x.out)
			if !upstream.Ended(err) {
				return result, err
			}
			lost = true
		}
		if lost && x.login {
			return upstream.Result{}, errLoginLost
		}
	}
	return x.srv.dialer.Through(ctx, x.via, host, port, x.out)
}

// challengedTunnel holds on to the connection of an upstream proxy that wants the
// client to log in before it opens a tunnel. Once the client was told that the
// tunnel is open, nothing more can be passed on to it.
func (x *http1Exchange) challengedTunnel(result upstream.Result, err error) *reply {
	if x.told == toldOpen {
		upstream.KeepSent(err, result.Conn)
		_ = result.Conn.Close()
		return nil
	}
	x.origin = result.Conn
	x.rec.Connected(x.origin.Remote, result.Resolved, time.Now(), x.origin.Used)
	if r := x.holdOrigin(); r != nil {
		return r
	}
	return &reply{relayed: true}
}

// answerTunnel answers a CONNECT that opened nothing: with what the upstream proxy
// wants of the client, or with words of our own.
func (x opening) answerTunnel(r *reply) bool {
	if !r.relayed {
		return x.answer(r)
	}
	if err := x.readResponseHead(); err != nil { // it is in the buffer already
		return x.failResponse(err)
	}
	if x.spokeEarly() {
		x.keep = false
	}
	x.conn.watch.silentSince.Store(clock()) // the sweeper looks after both ends while the body comes
	return relaying(x).relay()
}

// remarkChallenge says in the row what a 407 of the upstream proxy asks for.
func (x *http1Exchange) remarkChallenge() {
	if x.resp.Status == 407 && x.passesLogin() {
		x.remark = reason.ProxyWantsLogin.With(x.via.String(), upstream.Challenged(x.via, &x.resp))
	}
}
