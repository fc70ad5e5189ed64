package proxy

import (
	"errors"

	"posthouse/proxy/flow"
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
		return errorReply(502, flow.FailureInternal, err.Error())
	}
	r := dialWords(d)
	r.sent = d.Sent
	return r
}

// dialWords are those for a step that failed.
func dialWords(d *upstream.DialError) *reply {
	switch {
	case socket.IsExhausted(d):
		return errorReply(503, flow.FailureLimit,
			"Posthouse has no descriptors left to connect to "+d.Host+". Close some connections or raise the limit on open files.")
	case d.Proxy != "":
		return proxyReply(d)
	case d.Stage == upstream.StageLoop:
		return loopReply()
	case d.Stage == upstream.StageDenied:
		return deniedReply(d.Host)
	case d.Stage == upstream.StageResolve && d.Timeout():
		return errorReply(504, flow.FailureResolve,
			"The name of "+d.Host+" was not resolved in time. Check the network and the name server.")
	case d.Stage == upstream.StageResolve:
		return errorReply(502, flow.FailureResolve,
			"The host "+d.Host+" was not found: "+d.Err.Error()+". Check the spelling and the name server.")
	case d.Timeout():
		return errorReply(504, flow.FailureConnectTimeout, "The origin "+d.Host+" did not accept the connection in time.")
	case socket.IsRefused(d):
		return errorReply(502, flow.FailureRefused, "The origin "+d.Host+" refused the connection. Is its server running?")
	}
	return errorReply(502, flow.FailureUnreachable, "The origin "+d.Host+" cannot be reached: "+rootCause(d.Err)+".")
}

// rootCause is the innermost text of an error.
func rootCause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
