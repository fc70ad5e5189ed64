package proxy

import (
	"errors"
	"hash/maphash"
	"net/netip"
	"sync/atomic"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// A request that an upstream proxy hands back to this server would go round
// until every connection is used up. CONNECT requests, which no origin sees,
// carry this server's mark in Via when they go to an upstream proxy. An
// ordinary request carries it only once its like is under way that often
// through the upstream proxy, since origins may change what they do for a
// request with Via. When the mark comes back the round ends with 508.
const loopRounds = 8

// roundSlots is how many counts of requests under way there are; targets that
// share one only get their mark earlier.
const roundSlots = 1024

type loopGuard struct {
	seed  maphash.Seed
	slots [roundSlots]atomic.Int32
}

// enterLoopGuard counts a request that will go through an upstream proxy.
func (s *Server) enterLoopGuard(x *exchange) {
	slot := int(maphash.Bytes(s.loops.seed, x.req.Target) % roundSlots)
	s.loops.slots[slot].Add(1)
	x.loopSlot = slot + 1
}

func (s *Server) leaveLoopGuard(x *exchange) {
	if x.loopSlot > 0 {
		s.loops.slots[x.loopSlot-1].Add(-1)
	}
}

// mayLoop reports whether the request's like is under way suspiciously often.
func (s *Server) mayLoop(x *exchange) bool {
	return x.loopSlot > 0 && s.loops.slots[x.loopSlot-1].Load() > loopRounds
}

// authError is what an upstream proxy's 407 asks for.
type authError struct{ wants flow.Reason }

func (e authError) Error() string { return reason.English(e.wants) }

// challenged turns a 407 of the upstream proxy into an error where the settings hold
// the user: the client could do nothing about it.
func (x *http1Exchange) challenged() error {
	if x.resp.Status != 407 || !x.via.Forwards() || x.via.LeavesLogin() {
		return nil
	}
	return authError{upstream.Challenged(x.via, &x.resp)}
}

// peer names whom the connection leads to.
func (x *exchange) peer(remote netip.AddrPort) flow.Reason {
	if x.via != nil && x.via.Forwards() {
		return reason.Proxy.With(x.via.String())
	}
	return reason.At.With(remote.String())
}

// proxyReply finds the words for a connection that did not come about because
// of the upstream proxy.
func proxyReply(d *upstream.DialError) *reply {
	status := 502
	if d.Timeout() {
		status = 504
	}
	say := func(code flow.ReasonCode, more ...any) *reply {
		return errorReply(status, flow.FailureUpstream, code.With(append([]any{d.Proxy}, more...)...))
	}
	switch d.Stage {
	case upstream.StageLoop:
		return errorReply(508, flow.FailureLoop, reason.ProxyLoop.With(d.Proxy))
	case upstream.StageResolve:
		if d.Timeout() {
			return say(reason.ProxyDNSLate)
		}
		return say(reason.ProxyNotFound, reason.Of(d.Err))
	case upstream.StageConnect:
		switch {
		case d.Timeout():
			return say(reason.ProxyConnectLate)
		case socket.IsRefused(d):
			return say(reason.ProxyRefused)
		}
		return say(reason.ProxyUnreachable, reason.Of(d.Err))
	case upstream.StageTLS:
		if d.Timeout() {
			return say(reason.ProxyTLSLate)
		}
		return say(reason.ProxyTLS, reason.Of(d.Err))
	case upstream.StageAuth:
		return errorReply(502, flow.FailureUpstreamAuth, reason.ProxyCredentials.With(d.Proxy, reason.Of(d.Err)))
	case upstream.StageTarget:
		return targetReply(d)
	}
	if d.Timeout() {
		return say(reason.ProxyLate, d.Host)
	}
	return say(reason.ProxyUnusable, reason.Of(d.Err))
}

// targetReply passes on why the upstream proxy opened no connection to the target.
func targetReply(d *upstream.DialError) *reply {
	status, failure := 502, flow.FailureUpstream
	var answer *upstream.StatusError
	var socks *upstream.SOCKSError
	switch {
	case errors.As(d.Err, &answer) && answer.Status == 504:
		status, failure = 504, flow.FailureConnectTimeout
	case errors.As(d.Err, &answer) && answer.Status == 508:
		status, failure = 508, flow.FailureLoop
	case errors.As(d.Err, &socks) && socks.Code == 5:
		failure = flow.FailureRefused
	case errors.As(d.Err, &socks) && (socks.Code == 3 || socks.Code == 4):
		failure = flow.FailureUnreachable
	}
	return errorReply(status, failure, reason.ProxyTarget.With(d.Proxy, d.Host, reason.Of(d.Err)))
}
