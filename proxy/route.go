package proxy

import (
	"bytes"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
)

// plan is what is to be done with a request; it follows from the head alone.
type plan struct {
	kind      flow.Kind
	reply     *reply // an answer of our own, nil to go on
	local     bool   // for the proxy itself
	needsHead bool   // rewrite is to be called
	rewrite   func(x *exchange, s *Server) []byte
}

// route decides (RFC 9112 section 3.2 for the forms of a target).
func route(x *exchange, s *Server) plan {
	req := &x.req
	x.target = http1.Target{}
	if x.inside != nil {
		return x.inside.route(x, s)
	}
	if req.Is("CONNECT") {
		return routeConnect(x, s)
	}
	if req.Target[0] == '/' || string(req.Target) == "*" && req.Is("OPTIONS") {
		return plan{kind: flow.KindLocal, local: true}
	}
	if err := http1.ParseAbsolute(&x.target, req.Target); err != nil {
		x.target = http1.Target{} // half of one would be shown
		return plan{kind: flow.KindHTTP, reply: badMessageReply(err)}
	}
	if isMagic(&x.target) || x.fromLAN && s.isOwnPage(&x.target) || x.config.checks(x.target.Host) {
		return plan{kind: flow.KindLocal, local: true}
	}
	if looped(x, s) {
		return plan{kind: flow.KindHTTP, reply: loopReply()}
	}
	if r := lastHop(req); r != nil {
		return plan{kind: flow.KindHTTP, reply: r}
	}
	if x.via = x.upstreamFor(x.target.Host, httpPort(x.target.Port)); x.via != nil {
		if r := x.denied(x.target.Host); r != nil {
			return plan{kind: flow.KindHTTP, reply: r}
		}
		s.enterLoopGuard(x)
	}
	return plan{kind: flow.KindHTTP, needsHead: true, rewrite: rewriteRequest}
}

func routeConnect(x *exchange, s *Server) plan {
	p := plan{kind: flow.KindTunnel}
	if err := http1.ParseConnect(&x.auth, x.req.Target); err != nil {
		p.reply = badMessageReply(err)
	} else if x.req.HasBody() {
		// A CONNECT request has no content (RFC 9110 section 9.3.6); framing says otherwise.
		p.reply = errorReply(400, flow.FailureBadRequest, "A CONNECT request cannot have a body.")
		p.reply.closes = true
	} else if looped(x, s) {
		p.reply = loopReply()
	} else if x.config.answersTunnel(&x.auth) {
		return p
	} else if x.via = x.upstreamFor(x.auth.Host, x.auth.Port); x.denied(x.auth.Host) != nil {
		p.reply = x.denied(x.auth.Host)
	} else if x.via != nil && x.via.Forwards() {
		x.target.Authority = x.auth
		p.needsHead, p.rewrite = true, rewriteRequest
	}
	return p
}

// looped finds this server's own mark among the Via fields.
func looped(x *exchange, s *Server) bool {
	if !x.req.HasVia {
		return false
	}
	for i := range x.req.Fields {
		f := &x.req.Fields[i]
		if f.Known == http1.Via && bytes.Contains(f.Value, []byte(s.token)) {
			return true
		}
	}
	return false
}

// lastHop answers TRACE and OPTIONS whose Max-Forwards is used up (RFC 9110 section 7.6.2).
func lastHop(req *http1.Request) *reply {
	trace := req.Is("TRACE")
	if !trace && !req.Is("OPTIONS") {
		return nil
	}
	n, err := req.MaxForwards()
	switch {
	case err != nil:
		return badMessageReply(err)
	case n != 0:
		return nil
	case trace:
		return traceReply(req)
	}
	return optionsReply()
}
