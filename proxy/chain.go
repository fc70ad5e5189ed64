package proxy

import (
	"errors"
	"hash/maphash"
	"net/netip"
	"sync/atomic"

	"posthouse/proxy/flow"
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
type authError string

func (e authError) Error() string { return string(e) }

// challenged turns a 407 of the upstream proxy into an error where the settings hold
// the user: the client could do nothing about it.
func (x *http1Exchange) challenged() error {
	if x.resp.Status != 407 || !x.via.Forwards() || x.via.LeavesLogin() {
		return nil
	}
	return authError(upstream.Challenged(x.via, &x.resp))
}

// peer names, for people, whom the connection leads to.
func (x *exchange) peer(remote netip.AddrPort) string {
	if x.via != nil && x.via.Forwards() {
		return "upstream proxy " + x.via.String()
	}
	return "origin " + remote.String()
}

// proxyReply finds the words for a connection that did not come about because
// of the upstream proxy.
func proxyReply(d *upstream.DialError) *reply {
	name := "The upstream proxy " + d.Proxy
	status := 502
	if d.Timeout() {
		status = 504
	}
	say := func(text string) *reply { return errorReply(status, flow.FailureUpstream, name+text) }
	const check = " Check it in the settings (proxy.upstream)."
	switch d.Stage {
	case upstream.StageLoop:
		return errorReply(508, flow.FailureLoop, name+" is Posthouse itself. Name another one in the settings (proxy.upstream), or none.")
	case upstream.StageResolve:
		if d.Timeout() {
			return say(" was not resolved in time. Check the network and the name server.")
		}
		return say(" was not found: " + d.Err.Error() + "." + check)
	case upstream.StageConnect:
		switch {
		case d.Timeout():
			return say(" did not accept the connection in time.")
		case socket.IsRefused(d):
			return say(" refused the connection. Is it running?" + check)
		}
		return say(" cannot be reached: " + rootCause(d.Err) + ".")
	case upstream.StageTLS:
		if d.Timeout() {
			return say(" did not finish the TLS handshake in time.")
		}
		return say(": the TLS handshake failed: " + rootCause(d.Err) + ".")
	case upstream.StageAuth:
		return errorReply(502, flow.FailureUpstreamAuth, name+" wants other credentials: "+d.Err.Error()+".")
	case upstream.StageTarget:
		return targetReply(d, name)
	}
	if d.Timeout() {
		return say(" did not answer in time for " + d.Host + ".")
	}
	return say(" cannot be used: " + d.Err.Error() + "." + check)
}

// targetReply passes on why the upstream proxy opened no connection to the target.
func targetReply(d *upstream.DialError, name string) *reply {
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
	return errorReply(status, failure, name+" opened no connection to "+d.Host+": "+d.Err.Error()+".")
}
