package proxy

import (
	"bytes"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
)

// plan is what is to be done with a request; it follows from the head alone.
type plan struct {
	kind      flow.Kind
	refuse    *reply // an answer of our own, nil to go on
	local     bool   // for the proxy itself
	needsHead bool   // rewrite is to be called
	rewrite   func(w *work, s *Server) []byte
}

// route decides (RFC 9112 section 3.2 for the forms of a target).
func route(w *work, s *Server) plan {
	req := &w.req
	w.target = http1.Target{}
	if w.inside != nil {
		return w.inside.route(w, s)
	}
	if req.Is("CONNECT") {
		return routeConnect(w, s)
	}
	if req.Target[0] == '/' || string(req.Target) == "*" && req.Is("OPTIONS") {
		return plan{kind: flow.KindLocal, local: true}
	}
	if err := http1.ParseAbsolute(&w.target, req.Target); err != nil {
		w.target = http1.Target{} // half of one would be shown
		return plan{kind: flow.KindHTTP, refuse: refused(err)}
	}
	if isMagic(&w.target) || w.other && s.isOwnPage(&w.target) || w.config.checks(w.target.Host) {
		return plan{kind: flow.KindLocal, local: true}
	}
	if looped(w, s) {
		return plan{kind: flow.KindHTTP, refuse: loopReply()}
	}
	if r := lastHop(req); r != nil {
		return plan{kind: flow.KindHTTP, refuse: r}
	}
	if w.via = w.upstreamFor(w.target.Host, httpPort(w.target.Port)); w.via != nil {
		if r := w.denied(w.target.Host); r != nil {
			return plan{kind: flow.KindHTTP, refuse: r}
		}
		s.enterRound(w)
	}
	return plan{kind: flow.KindHTTP, needsHead: true, rewrite: rewriteRequest}
}

func routeConnect(w *work, s *Server) plan {
	p := plan{kind: flow.KindTunnel}
	if err := http1.ParseConnect(&w.auth, w.req.Target); err != nil {
		p.refuse = refused(err)
	} else if w.req.HasBody() {
		// A CONNECT request has no content (RFC 9110 section 9.3.6); framing says otherwise.
		p.refuse = refusal(400, flow.FailureBadRequest, "A CONNECT request cannot have a body.")
		p.refuse.closes = true
	} else if looped(w, s) {
		p.refuse = loopReply()
	} else if w.config.checks(w.auth.Host) {
		return p
	} else if w.via = w.upstreamFor(w.auth.Host, w.auth.Port); w.denied(w.auth.Host) != nil {
		p.refuse = w.denied(w.auth.Host)
	} else if w.via != nil && w.via.Forwards() {
		w.target.Authority = w.auth
		p.needsHead, p.rewrite = true, rewriteRequest
	}
	return p
}

// looped finds this server's own mark among the Via fields.
func looped(w *work, s *Server) bool {
	if !w.req.HasVia {
		return false
	}
	for i := range w.req.Fields {
		f := &w.req.Fields[i]
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
		return refused(err)
	case n != 0:
		return nil
	case trace:
		return traceReply(req)
	}
	return optionsReply()
}
