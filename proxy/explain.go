package proxy

import (
	"errors"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

var errAnswerLate = errors.New("the origin did not answer in time")

// explain finds the words for an exchange that got no usable final response head,
// whatever version of HTTP it came in. err is what reading the origin said, and peer whom
// the connection leads to.
func (x *exchange) explain(err error, peer flow.Reason) *reply {
	var ended *originError
	switch {
	case errors.Is(err, errOriginDead):
		return errorReply(504, flow.FailureResponseTimeout, reason.Vanished.With(peer))
	case errors.Is(err, errAnswerLate):
		return errorReply(504, flow.FailureResponseTimeout, reason.AnswerLate.With(peer))
	case socket.IsInterrupt(err):
		return x.conn.cutReply()
	case errors.Is(err, errHeadBudget):
		return longHeadReply()
	case errors.As(err, &ended):
		return x.onward.originReply(x.rec, ended)
	case errors.Is(err, errOriginSilent) && x.reused && x.told < toldInterim:
		return x.closedAlike(peer)
	case errors.Is(err, errOriginSilent):
		return errorReply(502, flow.FailureOriginClosed, reason.Silent.With(peer))
	}
	return errorReply(502, flow.FailureOriginClosed, reason.HeadBroke.With(peer))
}

// closedAlike ends a client's connection because the origin has closed its own: a
// client knows that this may happen to one that was used before, and what to do then.
// Only the client can know whether the request may be sent again.
func (x *exchange) closedAlike(peer flow.Reason) *reply {
	if x.login {
		return loginLost()
	}
	return &reply{failure: flow.FailureOriginClosed, closes: true, why: reason.ClosedAlike.With(peer)}
}
