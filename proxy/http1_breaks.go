package proxy

import (
	"bytes"
	"time"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// breaking is an exchange of HTTP/1 that waits for a person: its request before its origin is
// connected to, its response before a byte of it is passed on.
type breaking struct{ *http1Exchange }

// edited is what a person made of the messages of an exchange.
type edited struct {
	waits    [2]*breakpoints.Message // request and response; what they hold is held until the exchange ends
	request  *replacement            // of the body, nil where it passes as it came
	response *replacement
	head     []byte // of the response, sent as it was typed; nil where it was not
	raw      bool   // a message was sent as it was typed: no connection can be trusted then
}

// release gives back what the messages held.
func (e *edited) release() {
	for _, m := range e.waits {
		if m != nil {
			m.Release()
		}
	}
}

// request has a request wait. It reports whether the exchange has ended with that, and if so
// whether the connection may carry another.
func (x breaking) request() (ended, again bool) {
	r := x.ruling
	m := r.enterBreak(breakpoints.Request, 3*len(x.req.Raw))
	if m == nil {
		r.told(x.rec)
		return false, false
	}
	x.edited.waits[0] = m
	if x.ownRequest() != nil {
		m.Release() // it was read once already: this cannot be
		return false, false
	}
	h := x.holdRequest(m)
	probe := x.exchange
	m.Show(breakpoints.Content{Row: r.row, Head: x.req.Raw, Body: h.payload, Behind: h.behind, CanRaw: true,
		Check: func(e *breakpoints.Edit) (why flow.Reason) {
			switch {
			case e.Answer:
				_, why = ownAnswer(&probe.limits, e)
			case e.Raw && e.NewBody && !h.behind.IsZero():
				why = reason.BreakFraming.With()
			case e.Raw:
				why = rawFault(probe.isHead, e.Head)
			default:
				_, _, _, why = editedRequest(probe, h, e)
			}
			return why
		}})
	state, e := x.await(m)
	why := r.broke(m, state, e)
	if state == breakpoints.Gone {
		x.applyRequest(h, e)
	}
	r.told(x.rec)
	switch {
	case state == breakpoints.Left || !x.conn.watch.sound():
		return true, x.answer(ruledExchange(x).pauseEnded())
	case state == breakpoints.Aborted:
		return true, x.answer(&reply{why: why, closes: true, resets: true, code: http2.InternalError})
	case state == breakpoints.Answered:
		own, _ := ownAnswer(&x.limits, e)
		own.why = why
		return true, x.answer(own)
	}
	return false, false
}

// ownRequest takes the head out of the connection's buffer, in which more may be read now.
func (x breaking) ownRequest() error {
	req, err := http1.WholeRequest(bytes.Clone(x.req.Raw), &x.limits)
	if err == nil {
		x.req = req
		p := x.route()
		x.target = p.target
	}
	return err
}

// await waits until a message is decided, its client leaves or Posthouse stops.
func (x breaking) await(m *breakpoints.Message) (breakpoints.State, *breakpoints.Edit) {
	as := breakpoints.Left
	if (ruledExchange(x)).await(m.Decided(), x.srv.stopping) {
		as = breakpoints.Stopped
	}
	return m.Settle(as)
}

// applyRequest has what a person made of a request go on.
func (x breaking) applyRequest(h *heldBody, e *breakpoints.Edit) {
	r := x.ruling
	if !e.NewBody && bytes.Equal(e.Head, x.req.Raw) && !e.Raw {
		return
	}
	if e.Raw {
		x.edited.raw = true
		x.out = append(x.out[:0], e.Head...)
		if e.NewBody {
			x.edited.request = &replacement{came: h.raw, wire: e.Body, payload: h.payload, content: e.Body}
		}
		x.rec.RuledRequest(e.Head)
		return
	}
	req, p, body, why := editedRequest(x.exchange, h, e)
	if !why.IsZero() { // it was checked when it was decided
		r.tell(flow.EffectFailed, reason.RuleRefused.With(why))
		return
	}
	if !bytes.Equal(req.Raw, e.Head) {
		at, what := r.breaks.label(breakpoints.Request)
		r.tell(0, reason.BreakLength.With(at, what))
	}
	x.edited.request = body
	x.req = req
	x.srv.leaveLoopGuard(&x.exchange)
	x.follow(&p)
	x.rehosted = p.needsHead && x.rehosts()
	x.login, x.proxyLogin = false, false
	x.out = x.rewriteRequest()
	x.detectLogin()
	x.rec.RuledRequest(req.Raw)
}

// response has a response wait, whose head as it came has so many bytes. It reports whether the
// exchange goes on.
func (x breaking) response(came []byte, kind capture.Span) bool {
	r := x.ruling
	m := r.enterBreak(breakpoints.Response, 3*len(x.resp.Raw))
	if m == nil {
		return true
	}
	x.edited.waits[1] = m
	if x.ownResponse() != nil {
		m.Release() // it was read once already: this cannot be
		return true
	}
	x.rec.ResponseHead(x.resp.Status, came, kind, time.Now()) // it stays also if the client leaves
	h := x.holdResponse(m, len(came))
	isHead, limits, head := x.isHead, x.limits, x.resp.Raw
	if x.resp.Mended != 0 {
		head = bytes.Clone(head)
	}
	m.Show(breakpoints.Content{Row: r.row, Head: head, Body: h.payload, Behind: h.behind, CanRaw: true,
		Check: func(e *breakpoints.Edit) (why flow.Reason) {
			if e.Raw && (!e.NewBody || h.behind.IsZero()) {
				return flow.Reason{}
			}
			_, _, why = editedResponse(h, isHead, &limits, e)
			return why
		}})
	state, e := x.await(m)
	why := r.broke(m, state, e)
	switch {
	case state == breakpoints.Aborted:
		r.breaks.aborted = why
		return false
	case state == breakpoints.Left || !x.conn.watch.sound():
		return false
	case state == breakpoints.Gone:
		x.applyResponse(h, e)
	}
	return true
}

// ownResponse takes the head out of the connection's buffer. One that was mended has its own memory.
func (x breaking) ownResponse() error {
	if x.resp.Mended != 0 {
		return nil
	}
	resp, err := http1.WholeResponse(bytes.Clone(x.resp.Raw), &x.limits)
	if err == nil {
		x.resp = resp
	}
	return err
}

// applyResponse has what a person made of a response go on.
func (x breaking) applyResponse(h *heldBody, e *breakpoints.Edit) {
	r := x.ruling
	if !e.NewBody && bytes.Equal(e.Head, x.resp.Raw) && !e.Raw {
		return
	}
	if e.Raw {
		x.edited.raw, x.edited.head = true, e.Head
		if e.NewBody {
			x.edited.response = &replacement{came: h.raw, wire: e.Body, payload: h.payload, content: e.Body}
		}
		x.rec.RuledResponse(e.Head)
		return
	}
	resp, body, why := editedResponse(h, x.isHead, &x.limits, e)
	if !why.IsZero() {
		r.tell(flow.EffectFailed, reason.RuleRefused.With(why))
		return
	}
	if !bytes.Equal(resp.Raw, e.Head) {
		at, what := r.breaks.label(breakpoints.Response)
		r.tell(0, reason.BreakLength.With(at, what))
	}
	x.edited.response = body
	x.resp = resp
	x.rec.RuledResponse(resp.Raw)
}

// endRuled ends an exchange that went no further while its response waited.
func (x relaying) endRuled() bool {
	why := x.ruling.breaks.aborted
	if why.IsZero() {
		return x.endRelay(pauseFailed(x.conn), false)
	}
	x.stopUpload()
	x.dropOrigin()
	x.conn.watch.silentSince.Store(0)
	x.rec.Finish(flow.FailureNone, why, 0, time.Now())
	_ = x.conn.socket.Abort()
	return false
}

// editedHead puts the head of a response into x.respOut, as it is rewritten or as it was typed.
func (x relaying) editedHead(dechunk bool) []byte {
	if x.edited.raw || x.edited.response != nil && dechunk {
		x.keep = false
	}
	if x.edited.head != nil {
		return append(x.respOut[:0], x.edited.head...)
	}
	return x.rewriteResponse(dechunk)
}

// writeEdited sends the body that a person gave, and drops that of the origin, which is there.
func (x relaying) writeEdited(dechunk bool) bodyEnd {
	body := x.edited.response
	wire := body.wire
	if dechunk {
		wire = body.content
	}
	x.respOut = append(x.respOut, wire...)
	x.rec.ResponseBody(body.payload)
	body.record(x.rec.Went(false))
	x.origin.Discard(body.came)
	return x.writeOut()
}

// moveEdited puts the request's body that a person gave behind its head.
func (x breaking) moveEdited() {
	body := x.edited.request
	x.conn.socket.Discard(body.came)
	x.out = append(x.out, body.wire...)
	x.inline = len(body.wire)
	x.rec.RequestBody(body.payload)
	body.record(x.rec.Went(true))
}
