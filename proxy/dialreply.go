package proxy

import (
	"errors"
	"net"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// dialReply finds the words for a connection that did not come about.
func (c *conn) dialReply(err error) *reply {
	if c.watch.gone.Load() {
		return gone()
	}
	if c.srv.base.Err() != nil {
		return c.cutReply()
	}
	if err == errLoginLost {
		return loginLost()
	}
	var d *upstream.DialError
	if !errors.As(err, &d) {
		return errorReply(502, flow.FailureInternal, reason.Internal.With(reason.Of(err)))
	}
	r := dialWords(d)
	r.sent = d.Sent
	return r
}

// nameOf is the name that was looked up; the port has no part in it.
func nameOf(address string) string {
	if name, _, err := net.SplitHostPort(address); err == nil {
		return name
	}
	return address
}

// dialWords are those for a step that failed.
func dialWords(d *upstream.DialError) *reply {
	switch {
	case socket.IsExhausted(d):
		return errorReply(503, flow.FailureLimit, reason.DescriptorLimit.With(d.Host))
	case d.Proxy != "":
		return proxyReply(d)
	case d.Stage == upstream.StageLoop:
		return loopReply()
	case d.Stage == upstream.StageDenied:
		return deniedReply(d.Host)
	case d.Stage == upstream.StageResolve && d.Timeout():
		return errorReply(504, flow.FailureResolve, reason.DNSLate.With(nameOf(d.Host)))
	case d.Stage == upstream.StageResolve:
		return errorReply(502, flow.FailureResolve, reason.DNSNotFound.With(nameOf(d.Host), reason.Of(d.Err)))
	case d.Timeout():
		return errorReply(504, flow.FailureConnectTimeout, reason.ConnectLate.With(d.Host))
	case socket.IsRefused(d):
		return errorReply(502, flow.FailureRefused, reason.OriginRefused.With(d.Host))
	}
	return errorReply(502, flow.FailureUnreachable, reason.OriginUnreachable.With(d.Host, reason.Of(d.Err)))
}
