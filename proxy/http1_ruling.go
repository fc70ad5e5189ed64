package proxy

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// What rules do over HTTP/1.

// ruledExchange is an exchange that rules apply to.
type ruledExchange struct{ *http1Exchange }

// ruleFields are the fields of a head of HTTP/1.
func ruleFields(h *http1.Head) []rules.Field {
	fields := make([]rules.Field, len(h.Fields))
	for i := range h.Fields {
		fields[i] = rules.Field{Name: string(h.Fields[i].Name), Value: string(h.Fields[i].Value), At: i}
	}
	return fields
}

// ruledHead is a head with other fields: what was not touched stands there as it came.
func ruledHead(h *http1.Head, line []byte, fields []rules.Field) []byte {
	out := append(make([]byte, 0, len(h.Raw)+256), line...)
	out = append(out, "\r\n"...)
	for _, f := range fields {
		if f.At >= 0 {
			out = append(out, h.Fields[f.At].Line...)
			continue
		}
		out = append(append(append(append(out, f.Name...), ": "...), f.Value...), "\r\n"...)
	}
	return append(out, "\r\n"...)
}

// request changes the head of a request as the rules say.
func (x ruledExchange) request(p *plan) {
	r := x.ruling
	if r.ends() {
		p.reply = nil // whatever became of the origin
		return
	}
	if !r.tunnel && p.reply == nil {
		before, path := splitTarget(string(x.req.Target))
		a := asking{method: string(x.req.Method), body: x.req.HasBody(), upgrade: x.req.HasUpgrade}
		to, fields := r.editRequest(&a, path, ruleFields(&x.req.Head), x.way)
		if before != "" && x.way != nil && x.way.sent != nil {
			before = x.way.to.String()
		}
		if target := before + to; fields != nil || target != string(x.req.Target) || a.method != string(x.req.Method) {
			x.replaceRequest(r, &a, target, fields)
		}
		x.aim()
	}
	r.told(x.rec)
}

// splitTarget is what stands before the path of a request target, and path and query.
func splitTarget(target string) (before, path string) {
	if i := strings.Index(target, "://"); i >= 0 && target[0] != '/' {
		end := strings.IndexAny(target[i+3:], "/?#")
		if end < 0 {
			return target, ""
		}
		return target[:i+3+end], target[i+3+end:]
	}
	return "", target
}

// aim has the exchange's target be that of the request as it is now, and of its way.
func (x ruledExchange) aim() {
	if x.inside != nil {
		x.target = x.inside.targetOf(&x.req)
	} else {
		_, path := splitTarget(string(x.req.Target))
		path, _, _ = strings.Cut(path, "#")
		x.target.Path = []byte(path)
	}
	w := x.way
	if w == nil || w.sent == nil || x.onward == x.inside && x.inside != nil {
		return
	}
	text := w.rehost()
	x.target.Host, x.target.Port = []byte(w.to.Host), w.to.Port
	if x.via != nil && x.via.Forwards() {
		text = w.to.Authority() // which such a proxy goes by
	}
	if text != "" {
		x.target.Text, x.target.Literal = []byte(text), text[0] == '['
	}
	if x.inside != nil { // its path may be whole
		_, path := splitTarget(string(x.req.Target))
		x.target.Path = []byte(path)
	}
	x.keep = x.keep && (!x.oldClient || x.paired())
}

// replaceRequest has another head go on. It is read as any that comes, so that no rule makes
// a message that can be read in two ways.
func (x ruledExchange) replaceRequest(r *ruling, a *asking, target string, fields []rules.Field) {
	line, _, _ := cutLine(x.req.Raw)
	if target != string(x.req.Target) || a.method != string(x.req.Method) {
		line = []byte(a.method + " " + target + " " + string(x.req.Version))
	}
	if fields == nil {
		fields = ruleFields(&x.req.Head)
	}
	isLength := func(f rules.Field) bool { return strings.EqualFold(f.Name, "Content-Length") }
	if a.empty && !slices.ContainsFunc(fields, isLength) {
		fields = append(fields, rules.Field{Name: "Content-Length", Value: "0", At: -1})
	}
	head := ruledHead(&x.req.Head, line, fields)
	edited, err := http1.WholeRequest(head, &x.limits)
	if err != nil {
		r.tell(flow.EffectFailed, reason.RuleRefused.With(reason.Of(err)))
		return
	}
	x.req = edited
	x.rec.RuledRequest(head)
}

func cutLine(raw []byte) (line, rest []byte, ok bool) {
	for i := range raw {
		if raw[i] == '\r' {
			return raw[:i], raw[min(i+2, len(raw)):], true
		}
	}
	return raw, nil, false
}

// pause waits for a rule; 0 is for ever. It reports whether the exchange goes on: not where
// the client has left, or Posthouse ends.
func (x ruledExchange) pause(d time.Duration) bool {
	if d == 0 {
		return x.await(nil, nil)
	}
	ctx, stop := context.WithTimeout(context.Background(), d)
	defer stop()
	return x.await(ctx.Done(), nil)
}

// await waits for one of two channels to be closed, nil being never, while both connections are
// watched. It reports whether the exchange goes on, as pause does.
func (x ruledExchange) await(over, other <-chan struct{}) bool {
	ctx, stop := context.WithCancel(x.srv.base)
	defer stop()
	if !x.conn.watch.dialing(stop) || !x.conn.watch.sound() { // what ended it before has ended nothing that waits now
		x.conn.watch.dialing(nil)
		return false
	}
	x.conn.watch.until.Store(0)
	x.conn.watch.silentSince.Store(clock())
	x.srv.wakeSweeper()
	select {
	case <-over:
	case <-other:
	case <-ctx.Done():
	}
	if x.origin == nil {
		x.conn.watch.silentSince.Store(0)
	} else {
		x.conn.watch.silentSince.Store(clock()) // its body is waited for now
	}
	x.conn.watch.dialing(nil)
	return ctx.Err() == nil && x.conn.watch.sound()
}

// late does what rules wait for, and what they do in place of the origin. It reports whether
// the exchange has ended with that, and if so whether the connection may carry another.
func (x ruledExchange) late() (ended, again bool) {
	r := x.ruling
	switch {
	case r.hangs():
		r.tell(flow.EffectBlocked, reason.RuleBlocked.With(r.blocked.Label()))
		r.told(x.rec)
		x.pause(0)
		return true, x.answer(x.pauseEnded())
	case len(r.before) > 0 && !x.pause(r.before.total()):
		return true, x.answer(x.pauseEnded())
	case r.ends():
		return true, x.reply()
	case len(r.before) > 0:
		r.tell(flow.EffectDelayed, r.before.told(r.before.total())...)
		r.told(x.rec)
	}
	if r.breaks.parts.Has(breakpoints.Request) {
		return breaking(x).request()
	}
	return false, false
}

// reply gives the answer of the rules. What they did is told before the row ends.
func (x ruledExchange) reply() bool {
	r := x.ruling
	r.waited()
	if !r.readsDisk() {
		reply := r.reply()
		r.told(x.rec)
		return x.answer(reply)
	}
	r.told(x.rec)
	x.ruling = nil // until it is made it belongs to who makes it
	reply, late, ok := onDisk(&x.srv.disk, r.reply, func(one *reply) { one.file.close() }, x.await)
	switch {
	case !ok:
		return x.answer(x.pauseEnded())
	case !late.IsZero():
		return x.answer(replyLate(x.rec, r.answered, late))
	}
	x.ruling = r
	r.told(x.rec)
	return x.answer(reply)
}

// pauseEnded is why a pause did not end by itself.
func (x ruledExchange) pauseEnded() *reply {
	if x.conn.wasCut() || x.srv.base.Err() != nil {
		return x.conn.cutReply()
	}
	return gone()
}

// response does to the final response of HTTP/1 what the rules say, before it is passed
// on. It reports whether the exchange goes on, and returns the head as it came.
func (x ruledExchange) response(kind capture.Span) (came []byte, on bool) {
	r, resp := x.ruling, &x.resp
	came = resp.Sent
	if r == nil {
		return came, true
	}
	defer func() { r.told(x.rec) }()
	if resp.Status == 101 {
		r.switches(resp.Status, resp.ContentType)
		return came, true
	}
	fields, status, wait := r.editResponse(resp.Status, resp.ContentType, ruleFields(&resp.Head))
	if len(wait) > 0 {
		r.tell(flow.EffectDelayed, wait.told(wait.total())...)
		if !x.pause(wait.total()) {
			return came, false
		}
	}
	if fields != nil {
		x.replaceResponse(r, fields, status)
	}
	if r.breaks.parts.Has(breakpoints.Response) {
		came = bytes.Clone(came) // its buffer may become another
		return came, breaking(x).response(came, kind)
	}
	return came, true
}

func (x ruledExchange) replaceResponse(r *ruling, fields []rules.Field, status int) {
	resp := &x.resp
	line := resp.Line
	if status != resp.Status {
		line = strconv.AppendInt(append([]byte(nil), resp.Line[:9]...), int64(status), 10)
		line = append(line, ' ')
	}
	head := ruledHead(&resp.Head, line, fields)
	edited, err := http1.WholeResponse(head, &x.limits)
	if err != nil {
		r.tell(flow.EffectFailed, reason.RuleRefused.With(reason.Of(err)))
		return
	}
	x.resp = edited
	x.rec.RuledResponse(head)
}

// pauseFailed is how an exchange ends that was left while its response waited for a rule.
func pauseFailed(c *conn) bodyEnd {
	if c.wasCut() {
		failure, why := c.cutWhy(reason.StoppedMidway)
		return bodyEnd{failure: failure, why: why, reset: true}
	}
	return bodyEnd{failure: flow.FailureClientGone, why: reason.ClientLeft.With(), reset: true}
}
