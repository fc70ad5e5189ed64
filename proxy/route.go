package proxy

import (
	"bytes"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/upstream"
)

// plan is what is to be done with a request.
type plan struct {
	kind      flow.Kind
	target    http1.Target    // of all but CONNECT; zero where it cannot be told
	auth      http1.Authority // of CONNECT
	via       *upstream.Proxy // the upstream proxy to go through, nil for none
	reply     *reply          // an answer of our own, nil to go on
	local     bool            // for the proxy itself
	needsHead bool            // the head is passed on
	guarded   bool            // it may lead back here: see loopGuard
	detour    *way            // over HTTP/2: it leaves its connection
	unreached bool            // reply is that the origin of the tunnel failed: rules may do without it
}

// refuse is a plan to answer.
func (p plan) refuse(r *reply) plan {
	p.reply = r
	return p
}

// route decides what becomes of a request, from its head and the configuration alone
// (RFC 9112 section 3.2 for the forms of a target). It changes nothing.
func (x *exchange) route() plan {
	req := &x.req
	if x.sender.raw() {
		return x.sender.route(x)
	}
	if x.inside != nil {
		return x.inside.route(x)
	}
	if req.Is("CONNECT") {
		return x.routeConnect()
	}
	if req.Target[0] == '/' || string(req.Target) == "*" && req.Is("OPTIONS") {
		return plan{kind: flow.KindLocal, local: true}
	}
	p := plan{kind: flow.KindHTTP}
	if err := http1.ParseAbsolute(&p.target, req.Target); err != nil {
		p.target = http1.Target{} // half of one would be shown
		return p.refuse(badMessageReply(err))
	}
	if isMagic(&p.target) || x.fromLAN && x.srv.isOwnPage(&p.target) || x.config.checks(p.target.Host) {
		p.kind, p.local = flow.KindLocal, true
		return p
	}
	if x.looped() {
		return p.refuse(loopReply())
	}
	if r := lastHop(req); r != nil {
		return p.refuse(r)
	}
	if p.via = x.upstreamFor(p.target.Host, httpPort(p.target.Port)); p.via != nil {
		if r := x.denied(p.via, p.target.Host); r != nil {
			return p.refuse(r)
		}
		p.guarded = true
	}
	p.needsHead = true
	return p
}

func (x *exchange) routeConnect() plan {
	p := plan{kind: flow.KindTunnel}
	if err := http1.ParseConnect(&p.auth, x.req.Target); err != nil {
		return p.refuse(badMessageReply(err))
	}
	if x.req.HasBody() {
		// A CONNECT request has no content (RFC 9110 section 9.3.6); framing says otherwise.
		return p.refuse(errorReply(400, flow.FailureBadRequest, reason.ConnectBody.With()).close())
	}
	if x.looped() {
		return p.refuse(loopReply())
	}
	if x.config.answersTunnel(&p.auth) {
		return p
	}
	p.via = x.upstreamFor(p.auth.Host, p.auth.Port)
	if r := x.denied(p.via, p.auth.Host); r != nil {
		return p.refuse(r)
	}
	if p.via != nil && p.via.Forwards() {
		p.target.Authority = p.auth
		p.needsHead = true
	}
	return p
}

// decide routes a request, whatever version of HTTP it came in, and makes what is answered
// here. Rules, breakpoints and requests that are sent again change the plan in this place.
func (x *exchange) decide() plan {
	p := x.route()
	x.follow(&p)
	x.remark = x.sender.said()
	if p.local {
		p.reply = x.localReply(x.conn.addr, x.conn.socket.LocalAddr())
	}
	return p
}

// follow takes over what route found out.
func (x *exchange) follow(p *plan) {
	x.target, x.auth, x.via = p.target, p.auth, p.via
	if p.guarded {
		x.srv.enterLoopGuard(x)
	}
}

// looped finds this server's own mark among the Via fields.
func (x *exchange) looped() bool {
	if !x.req.HasVia {
		return false
	}
	for i := range x.req.Fields {
		f := &x.req.Fields[i]
		if f.Known == http1.Via && bytes.Contains(f.Value, []byte(x.srv.token)) {
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
