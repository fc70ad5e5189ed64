package proxy

import (
	"strconv"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// requests is what reads the client.
type requests struct{ *http2Pump }

// requestSection handles a field section of the client's: a request, or its trailer.
func (p requests) requestSection(h http2.Header, f *http2.Fragment) error {
	c := p.c
	if h.Stream%2 == 0 {
		return &http2.Error{Code: http2.ProtocolError, Why: reason.H2EvenNumber.With()}
	}
	c.mu.Lock()
	x := c.streams[h.Stream]
	fresh := h.Stream > c.numbers.last
	reset := x == nil && !fresh && c.closed.has(h.Stream)
	if fresh {
		c.numbers.last = h.Stream
	}
	c.mu.Unlock()
	switch {
	case x != nil:
		return p.requestTrailer(h, f)
	case reset:
		return nil
	case !fresh:
		return &http2.Error{Code: http2.StreamClosed, Why: reason.H2SectionClosed.With()}
	}
	p.request(h, f)
	return nil
}

// request handles the head of a request.
func (p requests) request(h http2.Header, f *http2.Fragment) {
	c := p.c
	x, r, bad := heads(p).newExchange(h.Stream)
	x.clientEnded = h.Has(http2.FlagEndStream)
	x.http2 = p.own(h, f)
	if bad == nil && x.clientEnded && r.Length > 0 {
		bad = http2.ErrLength
	}
	plan := plan{kind: flow.KindHTTP, target: c.in.targetOf(&x.req)}
	code := http2.NoError
	switch {
	case p.section.Over:
		plan.reply = badMessageReply(http1.ErrHeadTooLarge)
		x.follow(&plan)
	case bad != nil:
		plan.reply, code = malformedReply(bad), http2.ProtocolError
		x.follow(&plan)
	default:
		plan = x.decide()
	}
	ruling := x.judge(&plan)
	x.ruling = ruling
	looks := ruling.lookups(&x.exchange)
	c.mu.Lock()
	c.open(x, plan.kind)
	leaves := looks == nil && p.leaves(x, &plan)
	c.mu.Unlock()
	switch {
	case looks != nil:
		p.look(x, &plan, looks, h, f)
		return
	case leaves:
		p.detour(x, plan.detour)
		return
	}
	p.slow(ruling)
	if ruling != nil {
		p.slowStream(ruling, false)
		ruling.begin(&x.exchange)
		if plan.reply == nil {
			p.section.Fields = p.rule(x, ruling, p.section.Fields, x.clientEnded)
		} else {
			ruling.told(x.rec)
		}
	}
	forwards := x.forwards()
	heads(p).detach(x)
	switch {
	case ruling != nil && ruling.ends():
		ruledStreams{c}.answer(x, ruling)
		return
	case plan.reply != nil:
		c.answerNew(x, plan.reply, code)
		return
	}
	p.start(x, h, f, forwards, x.requestWait(p.http2Pump, p.section.Fields).before(c.own.origin.wait(x.stream)))
}

// leaves reports whether a request leaves its connection, or else may have the answer of the plan; mu is held.
func (p requests) leaves(x *http2Exchange, to *plan) bool {
	c := p.c
	if c.refused != nil {
		to.reply = c.in.originReply(x.rec, c.refused).close()
	}
	c.own.origin.detours(x, to)
	return to.detour != nil && (to.reply == nil || to.unreached && c.refused == nil)
}

// own is what is HTTP/2's own of a request.
func (p requests) own(h http2.Header, f *http2.Fragment) flow.HTTP2 {
	if p.openedWith == "" {
		p.openedWith = p.opening.Text(&p.section)
	}
	update, told := p.updates.take(h.Stream)
	priority := update.text
	p.hint = "" // of one that went no further
	if !told {
		priority = http2.PriorityText(f.Priority)
	} else if update.late {
		p.hint = priority
	}
	return flow.HTTP2{Stream: h.Stream, Opening: p.openedWith, Priority: priority, NeverIndexed: p.section.NeverIndexed()}
}

// reprioritize notes what a PRIORITY_UPDATE frame says of a request, which it may come
// before (RFC 9218 section 7.1). It reports whether it passes: not while the number of that
// request at the origin is not known, it goes with its head then.
func (p requests) reprioritize(payload []byte) (passes bool) {
	stream, value := http2.PriorityUpdated(payload)
	text := string(value[:min(len(value), maxPriority)])
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	if x := p.c.streams[stream]; x != nil {
		if !x.finished { // whose record is its own no longer
			x.rec.Prioritized(text)
		}
	} else if stream > p.c.numbers.last {
		late := numbering{p.c}.loose()
		p.updates.add(priorityUpdate{stream, text, late && len(text) == len(value)})
		return !late
	}
	return true
}

// maxPriority bounds what is kept of a PRIORITY_UPDATE frame, in bytes.
const maxPriority = 64

// priorityUpdates are the last that came for streams that are not open yet.
type priorityUpdates struct {
	of   [8]priorityUpdate
	next int
}

type priorityUpdate struct {
	stream uint32
	text   string
	late   bool // the origin was not told of it
}

func (u *priorityUpdates) add(one priorityUpdate) {
	for i := range u.of {
		if u.of[i].stream == one.stream {
			u.of[i] = one
			return
		}
	}
	u.of[u.next] = one
	u.next = (u.next + 1) % len(u.of)
}

func (u *priorityUpdates) take(stream uint32) (one priorityUpdate, ok bool) {
	for i := range u.of {
		if u.of[i].stream == stream {
			one, u.of[i] = u.of[i], priorityUpdate{}
			return one, true
		}
	}
	return one, false
}

// start passes a request on, or has it wait for w; forwards is as forwards has it.
func (p requests) start(x *http2Exchange, h http2.Header, f *http2.Fragment, forwards string, w *http2Wait) {
	c := p.c
	x.connected(c)
	addsVia := x.config.Via
	p.to.mu.Lock()
	c.mu.Lock()
	held := w != nil || x.passesBody() // then it is refused where the origin takes nothing new, as what waits already
	full := len(c.streams) >= http2Streams || c.leaving || c.ending != nil || held && c.away.sent
	if full {
		w.tell(waitAway) // it never begins, and holds its place in a queue
	}
	waits := !full && held && p.wait(x, h, f, forwards, w)
	if full = full || !waits && (c.own.origin.pending() || !(numbering{c}).assign(x)); !full {
		c.add(x)
		x.expect()
	}
	if h.Stream = x.number; !full && !waits && (numbering{c}).loose() {
		numbering{c}.redepend(f.Priority, x.number)
	}
	ending := c.ending
	c.mu.Unlock()
	if !full && !waits && !p.to.broken {
		p.sendHint(h.Stream)
		p.encodeRequest(forwards, addsVia)
		p.appendSection(h, f)
	}
	p.to.mu.Unlock()
	switch {
	case !full:
	case ending != nil && ending.origin: // and why is known
		c.answerNew(x, x.explainEnd(c, ending.err), http2.NoError)
	default:
		c.turnAway(x)
	}
}

// wait begins the line of a request, and reports whether there is room for it; the side's mu
// and mu are held.
func (p requests) wait(x *http2Exchange, h http2.Header, f *http2.Fragment, forwards string, w *http2Wait) bool {
	head := p.lines.section(h, f)
	head.fields = p.onward(x, head.fields, forwards)
	if !p.lines.wait(x, head, w) {
		return false
	}
	p.queueHint(x)
	return true
}

// onward are the fields of a head that waits as they are sent.
func (p requests) onward(x *http2Exchange, fields []hpack.HeaderField, forwards string) []hpack.HeaderField {
	for i := range fields {
		if forwards != "" && fields[i].Name == "max-forwards" {
			fields[i].Value = forwards
		}
	}
	if x.config.Via {
		fields = append(fields, p.viaField())
	}
	return fields
}

// queueHint has the PRIORITY_UPDATE that came before a request wait with it; mu is held.
func (p requests) queueHint(x *http2Exchange) {
	if p.hint != "" {
		p.lines.queueFrame(x, http2.AppendPriorityUpdate(nil, x.stream, p.hint))
		p.hint = ""
	}
}

// sendHint sends the PRIORITY_UPDATE that came before its request; the side's mu is held.
func (p requests) sendHint(number uint32) {
	if p.hint != "" {
		p.to.room()
		p.to.out = http2.AppendPriorityUpdate(p.to.out, number, p.hint)
		p.hint = ""
	}
}

// forwards is what Max-Forwards is passed on as, "" for as it came (RFC 9110 section 7.6.2).
func (x *http2Exchange) forwards() string {
	if !x.req.Is("TRACE") && !x.req.Is("OPTIONS") {
		return ""
	}
	n, err := x.req.MaxForwards()
	if err != nil || n <= 0 {
		return ""
	}
	return strconv.FormatInt(n-1, 10)
}

// endRequest notes that the whole request has passed; mu is held.
func (x *http2Exchange) endRequest() {
	if !x.finished {
		x.rec.Sent(time.Now())
	}
}

// encodeRequest gives the head to the origin's encoder, field by field as it came. mu
// of that side is held.
func (p requests) encodeRequest(forwards string, addsVia bool) {
	for i := range p.section.Fields {
		field := p.section.Fields[i]
		if forwards != "" && field.Name == "max-forwards" {
			field.Value = forwards
		}
		p.to.encoder.Field(field)
	}
	if addsVia {
		p.to.encoder.Field(p.viaField())
	}
}

// viaField is the field that a person has asked for (RFC 9110 section 7.6.3).
func (p *http2Pump) viaField() hpack.HeaderField {
	return hpack.HeaderField{Name: "via", Value: "2.0 " + p.c.srv.token}
}

// appendSection writes what the encoder was given; the side's mu is held.
func (p *http2Pump) appendSection(h http2.Header, f *http2.Fragment) {
	to := p.to
	to.room()
	to.out = to.encoder.Append(to.out, h, f, to.maxFrame.Load())
	if len(to.out) >= http2Batch {
		to.write()
	}
}

// malformedReply is the answer to a message that breaks the rules of HTTP/2.
func malformedReply(err error) *reply {
	return errorReply(400, flow.FailureBadRequest, reason.RequestRefused.With(reason.Of(err)))
}

// requestTrailer handles what follows a request's body.
func (p requests) requestTrailer(h http2.Header, f *http2.Fragment) error {
	bad, err := p.trailer(h, f)
	if bad != nil {
		return p.c.refuse(p.http2Pump, &http2.Error{Stream: h.Stream, Code: bad.Code, Why: bad.Why})
	}
	return err
}

// trailer passes a trailer section on. bad says what makes it malformed.
func (p requests) trailer(h http2.Header, f *http2.Fragment) (bad *http2.Error, err error) {
	c := p.c
	p.to.mu.Lock()
	defer p.to.mu.Unlock()
	c.mu.Lock()
	number, bad, err := p.endsRequest(h, f)
	c.mu.Unlock()
	if h.Stream = number; number != 0 {
		p.appendFields(h, f)
	}
	return bad, err
}

// endsRequest notes a request's trailer section, and returns the stream's number at the
// origin, 0 where it does not pass now; mu is held.
func (p requests) endsRequest(h http2.Header, f *http2.Fragment) (number uint32, bad *http2.Error, err error) {
	c := p.c
	x := c.streams[h.Stream]
	switch {
	case x == nil:
		return 0, nil, nil
	case x.clientEnded:
		return 0, nil, &http2.Error{Code: http2.StreamClosed, Why: reason.H2SectionBehind.With()}
	case !h.Has(http2.FlagEndStream):
		return 0, &http2.Error{Code: http2.ProtocolError, Why: reason.H2SecondHead.With()}, nil
	case x.up == nil && (x.own || !x.passed):
		x.clientEnded = true
		c.settle(x)
		return 0, nil, nil
	case x.sentMost >= 0 && x.sent != x.sentMost:
		return 0, http2.ErrLength, nil
	case p.section.Over:
		return 0, &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2TrailerLong.With()}, nil
	}
	if err := p.section.CheckTrailer(); err != nil {
		return 0, err.(*http2.Error), nil
	}
	if !x.finished {
		x.rec.RequestTrailer(p.section.Text)
	}
	x.clientEnded = true
	if x.up != nil {
		if !p.lines.queueTrailer(x, h, f) {
			return 0, &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2HeldMany.With()}, nil
		}
		return 0, nil, nil
	}
	number = x.number
	x.endRequest()
	x.expect()
	c.settle(x)
	return number, nil, nil
}

// appendFields writes the section as it came; the side's mu is held.
func (p *http2Pump) appendFields(h http2.Header, f *http2.Fragment) {
	if p.to.broken || p.to.sock == nil {
		return
	}
	for i := range p.section.Fields {
		p.to.encoder.Field(p.section.Fields[i])
	}
	p.appendSection(h, f)
}
