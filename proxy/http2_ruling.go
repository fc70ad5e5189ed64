package proxy

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// What rules do over HTTP/2: heads are changed on their way, and what rules answer or block is
// an own stream. A request cannot wait here: the numbers of streams only rise (RFC 9113
// section 5.1.1), so that those behind it would have to wait too.

// rule does to the head of a request what the rules say.
func (p requests) rule(x *http2Exchange, r *ruling) {
	if r.ends() {
		return
	}
	if r.before > 0 {
		r.tell(flow.EffectFailed, reason.RuleFailed.With(r.delaying(), reason.RuleStream.With()))
	}
	s := &p.section
	if fields := r.editRequest(sectionFields(s.Fields)); fields != nil {
		s.Fields = editedFields(s.Fields, fields)
		x.rec.RuledRequest(fieldsText(s.Fields))
	}
	r.told(x.rec)
}

// delaying is the first rule that has the request wait.
func (r *ruling) delaying() string {
	for _, c := range r.matched {
		if c.Early() && c.Delay != nil && c.Delay.Request > 0 {
			return c.Label()
		}
	}
	return ""
}

// ruleResponse does to the final head of a response what the rules say, and returns the
// status that the client gets; mu is held.
func (p responses) ruleResponse(x *http2Exchange, status int) int {
	r, s := x.ruling, &p.section
	if r == nil || x.finished {
		return status
	}
	kind := heads(p).kindOf()
	fields, to, wait := r.editResponse(status, s.Text[kind.Off:][:kind.Len], sectionFields(s.Fields))
	if wait > 0 {
		r.tell(flow.EffectFailed, reason.RuleFailed.With(rules.Response(r.matched, &r.row)[0].Label(), reason.RuleStream.With()))
	}
	if fields != nil {
		s.Fields = editedFields(s.Fields, fields)
		for i := range s.Fields {
			if s.Fields[i].Name == ":status" {
				s.Fields[i].Value = strconv.Itoa(to)
			}
		}
		x.rec.RuledResponse(fieldsText(s.Fields))
		status = to
	}
	r.told(x.rec)
	return status
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
		out = append(out, hpack.HeaderField{Name: strings.ToLower(f.Name), Value: f.Value})
	}
	return out
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
		x.own, x.ruling = true, r
		if r.hangs() {
			r.tell(flow.EffectBlocked, reason.RuleBlocked.With(r.blocked.Label()))
			r.told(x.rec)
		}
		c.add(x)
	}
	stream := x.stream
	c.mu.Unlock()
	switch {
	case full:
		c.turnAway(x)
	case !r.hangs():
		c.later(func() { c.answerLate(stream, r) })
	}
}

// answerLate answers a stream when its time has come, if its client is still there.
func (c ruledStreams) answerLate(stream uint32, r *ruling) {
	timer := time.NewTimer(r.before)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.quit:
		return
	}
	reply := r.reply().held()
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	c.mu.Lock()
	if x := c.streams[stream]; x != nil && x.ruling == r && !x.finished {
		r.told(x.rec)
		c.http2Conn.answer(x, reply, http2.NoError)
	}
	c.mu.Unlock()
	c.client.write()
}
