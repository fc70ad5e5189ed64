package proxy

import (
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// responses is what reads the origin.
type responses struct{ *http2Pump }

// responseSection handles a field section of the origin's: an interim response, the
// final one, or its trailer.
func (p responses) responseSection(h http2.Header, f *http2.Fragment) error {
	bad, err := p.response(h, f)
	if bad != nil {
		_ = p.c.refuse(p.http2Pump, &http2.Error{Stream: h.Stream, Code: bad.Code, Why: bad.Why})
	}
	return err
}

// response passes a field section on. bad says what makes it malformed.
func (p responses) response(h http2.Header, f *http2.Fragment) (bad *http2.Error, err error) {
	c := p.c
	p.to.mu.Lock()
	defer p.to.mu.Unlock()
	c.mu.Lock()
	x := p.stream(h.Stream)
	if x == nil || x.own || x.calledOff || x.down.wasReset() {
		defer c.mu.Unlock()
		return nil, p.idleError(h) // or else the client has called it off
	}
	trailer := x.headed
	switch {
	case x.originEnded:
		bad = &http2.Error{Code: http2.StreamClosed, Why: reason.H2SectionBehind.With()}
	case p.section.Over:
		bad = &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2HeadLong.With()}
	case trailer:
		bad = p.responseTrailer(x, h, f)
	default:
		bad = p.responseHead(x, h, f)
	}
	addsVia := x.config.Via && !trailer
	queued := bad == nil && (x.down != nil || x.continued && !x.headed && p.section.Fields[0].Value == "100") // which it has been told
	h.Stream = x.stream
	c.mu.Unlock()
	if bad != nil || p.to.broken || queued {
		return bad, nil
	}
	for i := range p.section.Fields {
		p.to.encoder.Field(p.section.Fields[i])
	}
	if addsVia {
		p.to.encoder.Field(p.viaField())
	}
	p.appendSection(h, f)
	if h.Has(http2.FlagEndStream) {
		c.endOrigin(h.Stream)
	}
	return nil, nil
}

// responseHead notes an interim or final head; mu is held.
func (p responses) responseHead(x *http2Exchange, h http2.Header, f *http2.Fragment) *http2.Error {
	status, length, err := p.section.ParseResponse()
	if err != nil {
		return err.(*http2.Error)
	}
	p.section.Text = append(p.section.Text, "\r\n"...)
	ends := h.Has(http2.FlagEndStream)
	if status < 200 {
		if x.interims++; x.interims > maxInterim {
			return &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2Interims.With()}
		}
		if ends {
			return &http2.Error{Code: http2.ProtocolError, Why: reason.H2InterimEnds.With()}
		}
		x.told = max(x.told, toldInterim)
		if !x.finished {
			x.rec.Interim(p.section.Text)
		}
		return nil
	}
	x.headed, x.receivedMost = true, length
	bodiless := x.isHead || http1.Bodiless(status)
	if bodiless {
		x.receivedMost = -1 // Content-Length tells of what is not here (RFC 9110 section 8.6)
	} else if ends && length > 0 {
		return http2.ErrLength
	}
	x.upgraded = x.protocol != "" && status < 300
	status, delay := p.ruleResponse(x, status)
	if !x.finished {
		x.rec.ResponseHead(status, p.section.Text, heads(p).kindOf(), time.Now())
		if x.upgraded {
			x.rec.Upgraded()
		}
	}
	w := x.responseWait(p.http2Pump, delay)
	if w == nil && !x.passesBody() || !p.wait(x, h, f, w) {
		x.told = toldHead
	}
	x.expect()
	return nil
}

// wait begins the line of a response, and reports whether there is room for it; the side's mu
// and mu are held.
func (p responses) wait(x *http2Exchange, h http2.Header, f *http2.Fragment, w *http2Wait) bool {
	head := p.lines.section(h, f)
	if x.config.Via {
		head.fields = append(head.fields, p.viaField())
	}
	if !p.lines.wait(x, head, w) {
		return false
	}
	x.originEnded = h.Has(http2.FlagEndStream)
	heldStreams{p.c}.checkWhole(x)
	return true
}

// responseTrailer notes what follows a response's body; mu is held.
func (p responses) responseTrailer(x *http2Exchange, h http2.Header, f *http2.Fragment) *http2.Error {
	if err := p.section.CheckTrailer(); err != nil {
		return err.(*http2.Error)
	}
	if !h.Has(http2.FlagEndStream) {
		return &http2.Error{Code: http2.ProtocolError, Why: reason.H2SecondHead.With()}
	}
	if x.receivedMost >= 0 && x.received != x.receivedMost {
		return http2.ErrLength
	}
	if !x.finished {
		x.rec.ResponseTrailer(p.section.Text)
	}
	if x.down != nil {
		x.originEnded = true
		if !p.lines.queueTrailer(x, h, f) {
			return &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2HeldMany.With()}
		}
	}
	return nil
}

// endOrigin notes the end of a response, which has been passed on.
func (c *http2Conn) endOrigin(stream uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.streams[stream]; x != nil && !x.own {
		x.originEnded = true
		x.expect()
		c.settle(x)
	}
}

// promise handles PUSH_PROMISE (RFC 9113 section 8.4): the row of a request that the
// origin made up.
func (p responses) promise(h http2.Header, f *http2.Fragment) error {
	c := p.c
	x, _, bad := heads(p).newExchange(f.Promised)
	x.clientEnded, x.passed, x.sentMost, x.http2.Stream, x.number = true, true, -1, f.Promised, f.Promised
	x.target = c.in.targetOf(&x.req)
	p.to.mu.Lock()
	defer p.to.mu.Unlock()
	c.mu.Lock()
	c.open(x, flow.KindHTTP)
	heads(p).detach(x)
	x.connected(c)
	allowed := bad == nil && !p.section.Over && f.Promised%2 == 0 && f.Promised > c.promised && len(c.streams) < http2Streams &&
		p.idleError(h) == nil
	if !allowed {
		c.finish(x, flow.FailureBadResponse, reason.H2Promise.With())
		c.mu.Unlock()
		return &http2.Error{Code: http2.ProtocolError, Why: reason.H2Push.With()}
	}
	c.promised = f.Promised
	c.add(x)
	x.expect()
	if h.Stream = c.numbers.client(h.Stream); h.Stream == 0 { // the client has called off what it belongs to
		c.finish(x, flow.FailureClientGone, reason.StreamLeft.With())
		c.remove(x)
	}
	c.mu.Unlock()
	if h.Stream == 0 {
		c.later(func() {
			c.origin.send(func(b []byte) []byte { return http2.AppendReset(b, f.Promised, http2.Cancel) })
		})
		return nil
	}
	p.appendFields(h, f)
	return nil
}
