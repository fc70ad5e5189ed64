package proxy

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// What rules do over HTTP/2: heads are changed on their way, or wait (http2Wait), and what rules
// answer or block is an own stream.

// rule is the head of a request as the rules have it; bare says that there is no body.
func (p requests) rule(x *http2Exchange, r *ruling, head []hpack.HeaderField, bare bool) []hpack.HeaderField {
	if r.ends() {
		return head
	}
	path, host := *pseudo(head, ":path"), x.way.rehost()
	method := *pseudo(head, ":method")
	a := asking{method: method, body: !bare}
	scheme := x.way.rescheme()
	to, fields := r.editRequest(&a, path, sectionFields(head), x.way)
	if fields != nil || to != path || host != "" || scheme != "" || a.method != method {
		if fields == nil {
			fields = sectionFields(head)
		}
		edited := editedFields(head, fields)
		*pseudo(edited, ":path"), *pseudo(edited, ":method") = to, a.method
		if host != "" {
			*pseudo(edited, ":authority") = host
		}
		if scheme != "" {
			*pseudo(edited, ":scheme") = scheme
		}
		if p.sends(r, edited) {
			head = edited
			x.idempotent = (&http1.Request{Method: []byte(a.method)}).Idempotent()
			x.rec.RuledRequest(fieldsText(head))
		}
	}
	r.body = p.bodyWork(x, r.early(), head, bare)
	r.told(x.rec)
	return head
}

// pseudo is the value of a pseudo-header field; that of none can be written to, and is lost.
func pseudo(fields []hpack.HeaderField, name string) *string {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i].Value
		}
	}
	return new(string)
}

// sends reports whether what rules made of a head can be sent.
func (p *http2Pump) sends(r *ruling, fields []hpack.HeaderField) bool {
	if _, err := p.checkEdited(fields); err != nil {
		r.tell(flow.EffectFailed, reason.RuleRefused.With(reason.Of(err)))
		return false
	}
	return true
}

// requestWait is what a request waits for before it goes to the origin, nil for nothing.
func (x *http2Exchange) requestWait(p *http2Pump, head []hpack.HeaderField) *http2Wait {
	if x.ruling == nil {
		return nil
	}
	return x.ruling.delay(x, x.ruling.before).before(x.breakWait(p, breakpoints.Request, head))
}

// responseWait is what the final head of a response waits for, nil for nothing; mu is held.
func (x *http2Exchange) responseWait(p *http2Pump, delay delays) *http2Wait {
	if x.ruling == nil {
		return nil
	}
	return x.ruling.delay(x, delay).before(x.breakWait(p, breakpoints.Response, p.section.Fields))
}

// passesBody reports whether rules change, or have wait, the body of the message whose head has come.
func (x *http2Exchange) passesBody() bool { return x.ruling != nil && x.ruling.body != nil }

// takeBody is the body of the message whose head has come, once; nil where it passes as it comes.
func (r *ruling) takeBody() *http2Body {
	if r == nil {
		return nil
	}
	b := r.body
	r.body = nil
	return b
}

// delay is the wait that a rule's delay makes, nil for none. The row says how it ended.
func (r *ruling) delay(x *http2Exchange, d delays) *http2Wait {
	if len(d) == 0 {
		return nil
	}
	now := clock()
	w := &http2Wait{until: lateAfter(now, d.total()), began: now}
	w.ended = func(end http2WaitEnd) {
		took := time.Duration(clock() - w.began).Round(time.Millisecond)
		switch end {
		case waitTimeUp:
			if r.ends() {
				return // what it answers tells
			}
			r.tell(flow.EffectDelayed, d.told(d.total())...)
		case waitFull:
			r.tell(flow.EffectDelayed|flow.EffectFailed, append(d.told(took), reason.RuleWaitFull.With(took))...)
		case waitAway:
			r.tell(flow.EffectDelayed|flow.EffectFailed, append(d.told(took), reason.RuleWaitAway.With(took))...)
		case waitTold, waitAnswered, waitLeft:
			r.tell(flow.EffectDelayed, d.told(took)...)
		}
		r.told(x.rec)
	}
	return w
}

// ruleResponse does to the final head of a response what the rules say. It returns the status
// that the client gets, and how long the response waits; mu is held.
func (p responses) ruleResponse(x *http2Exchange, status int) (to int, wait delays) {
	r, s := x.ruling, &p.section
	if r == nil || x.finished {
		return status, nil
	}
	kind := heads(p).kindOf()
	fields, to, wait := r.editResponse(status, s.Text[kind.Off:][:kind.Len], sectionFields(s.Fields))
	if fields != nil {
		fields := editedFields(s.Fields, fields)
		for i := range fields {
			if fields[i].Name == ":status" {
				fields[i].Value = strconv.Itoa(to)
			}
		}
		if p.sends(r, fields) {
			s.Fields = fields
			x.rec.RuledResponse(fieldsText(s.Fields))
			status = to
		}
	}
	r.body = nil
	if !x.upgraded {
		r.body = p.bodyWork(x, r.final, s.Fields, x.isHead || http1.Bodiless(status))
	}
	r.told(x.rec)
	return status, wait
}

// sectionFields are the fields of a section without those that begin with a colon.
func sectionFields(from []hpack.HeaderField) (fields []rules.Field) {
	for i, f := range from {
		if !strings.HasPrefix(f.Name, ":") {
			fields = append(fields, rules.Field{Name: f.Name, Value: f.Value, At: i})
		}
	}
	return fields
}

// editedFields are those of a section after rules. What was not touched stays as it came.
func editedFields(from []hpack.HeaderField, fields []rules.Field) (out []hpack.HeaderField) {
	for _, f := range from {
		if strings.HasPrefix(f.Name, ":") {
			out = append(out, f)
		}
	}
	for _, f := range fields {
		if f.At >= 0 {
			out = append(out, from[f.At])
			continue
		}
		out = append(out, writtenField(from, strings.ToLower(f.Name), f.Value))
	}
	return out
}

// writtenField is a field that a rule or a person wrote into a section. One whose name came as never to be
// indexed stays that: its new value is as much a secret (RFC 7541 section 7.1.3).
func writtenField(from []hpack.HeaderField, name, value string) hpack.HeaderField {
	secret := slices.ContainsFunc(from, func(f hpack.HeaderField) bool { return f.Sensitive && f.Name == name })
	return hpack.HeaderField{Name: name, Value: strings.Trim(value, " \t"), Sensitive: secret}
}

// fieldsText is how a section is shown.
func fieldsText(fields []hpack.HeaderField) (text []byte) {
	for _, f := range fields {
		text = append(append(append(append(text, f.Name...), ": "...), f.Value...), "\r\n"...)
	}
	return append(text, "\r\n"...)
}

// ruledStreams are streams that rules answer or block.
type ruledStreams struct{ *http2Conn }

// answer answers a stream that was not passed on as the rules say, or lets its client wait.
func (c ruledStreams) answer(x *http2Exchange, r *ruling) {
	if !r.waits() {
		reply := r.reply()
		r.told(x.rec)
		c.answerNew(x, reply, http2.NoError)
		return
	}
	c.mu.Lock()
	full := len(c.streams) >= http2Streams
	if !full {
		c.add(x)
		c.begin(x)
	}
	c.mu.Unlock()
	if full {
		c.turnAway(x)
	}
}

// begin has rules answer or block a stream that is in the table, once it has waited for what it waits for: a delay,
// or only to be made by who may take time for that. mu is held.
func (c ruledStreams) begin(x *http2Exchange) {
	r := x.ruling
	x.own = true
	if r.hangs() {
		r.tell(flow.EffectBlocked, reason.RuleBlocked.With(r.blocked.Label()))
	}
	r.told(x.rec)
	if r.hangs() {
		return
	}
	if w := r.delay(x, r.before); w != nil {
		heldStreams(c).begin(x, w)
		return
	}
	c.own.late = append(c.own.late, x.stream)
	c.make()
}

// make starts what makes the answers whose time has come; mu is held.
func (c ruledStreams) make() {
	if o := &c.own; !o.making && len(o.late) > 0 && c.ending == nil {
		o.making = true
		c.ended.Go(c.answerLate)
	}
}

// answerLate makes answers, and gives them to the streams whose clients are still there. What needs a disk for
// that is made beside it.
func (c ruledStreams) answerLate() {
	for {
		c.mu.Lock()
		x := c.nextLate()
		if x == nil {
			c.own.making = false
			c.mu.Unlock()
			return
		}
		stream, r := x.stream, x.ruling
		reply := r.made
		if reply == nil && r.readsDisk() {
			c.read(x)
			c.mu.Unlock()
			continue
		}
		c.mu.Unlock()
		if reply == nil {
			r.waited()
			reply = r.reply()
		}
		c.client.mu.Lock()
		c.mu.Lock()
		if x := c.streams[stream]; x != nil && x.ruling == r && !x.finished {
			r.told(x.rec)
			c.http2Conn.answer(x, reply, http2.NoError)
		} else {
			reply.file.close()
		}
		c.mu.Unlock()
		c.client.write()
		c.client.mu.Unlock()
	}
}

// nextLate is the next stream whose answer is to be made, nil for none: one that needs a file
// waits while many are open. mu is held.
func (c ruledStreams) nextLate() *http2Exchange {
	o := &c.own
	for i, stream := range o.late {
		x := c.streams[stream]
		if r := x.ruling; r.made == nil && o.files+o.opening >= http2Files && r.opensFile() {
			continue
		}
		if c.ending != nil {
			return nil
		}
		o.late = slices.Delete(o.late, i, i+1)
		return x
	}
	return nil
}
