package proxy

import (
	"slices"
	"strconv"
	"time"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// What rules answer in place of the origin.

// waited tells how long rules had wait what is answered now.
func (r *ruling) waited() {
	if wait := r.before.total(); wait > 0 {
		r.tell(flow.EffectDelayed, r.before.told(wait)...)
	}
}

// reply is the answer of the rules, once their time has passed. It waits for the disk where readsDisk says so.
func (r *ruling) reply() *reply {
	if r.blocked != nil {
		return r.block()
	}
	c := r.answered
	a, problem := r.answer(c)
	if !problem.IsZero() {
		r.tell(flow.EffectAnswered|flow.EffectFailed, reason.RuleFailed.With(c.Label(), problem))
		return errorReply(500, flow.FailureNone, reason.RuleFailed.With(c.Label(), problem))
	}
	fields := a.Fields
	if i := slices.IndexFunc(fields, rules.Field.IsType); i >= 0 {
		a.Type = fields[i].Value
	} else if a.Type != "" {
		fields = append([]rules.Field{{Name: "Content-Type", Value: a.Type, At: -1}}, fields...)
	}
	why := reason.RuleAnswered.With(c.Label())
	if a.Absent != "" {
		why = reason.RuleMissing.With(c.Label(), a.Absent)
	}
	r.tell(flow.EffectAnswered, why)
	r.row.Status, r.row.ContentType = a.Status, a.Type
	fields = r.editAnswer(&a, fields)
	r.answerBody(&a)
	out := &reply{status: a.Status, body: a.Text, why: why, ruled: true}
	if a.File != nil {
		out.file = &replyFile{file: a.File, disk: &r.srv.disk, left: a.Size, name: a.Name}
	}
	for _, f := range fields {
		out.fields = append(out.fields, ownField{f.Name, f.Value})
		if f.IsType() {
			out.kind = f.Value
		}
	}
	return out
}

// endBy has a rule end the exchange, if it answers or blocks, and no rule before it does.
func (r *ruling) endBy(x *exchange, c *rules.Compiled) {
	switch {
	case c.CORS && r.cors.Preflight() && r.blocked == nil && (r.answered == nil || !r.answered.CORS):
		if r.answered != nil {
			r.tell(flow.EffectFailed, reason.RuleOver.With(r.answered.Label()))
		}
		r.answered = c // whatever the page is answered then, it asks first whether it may ask
	case c.Answer == nil && c.Block == "":
	case r.ends():
		r.tell(flow.EffectFailed, reason.RuleOver.With(c.Label()))
	case c.Answer == nil:
		r.blocked = c
	default:
		if one := r.lookup(x, c); one.why.IsZero() {
			r.answered, r.asked = c, one.asked
		} else if r.tell(0, one.why); one.failed {
			r.tell(flow.EffectFailed)
		}
	}
}

// endedBy reports whether a rule that applies ends the exchange here, if there is something to answer it with.
func (r *ruling) endedBy(c *rules.Compiled) bool {
	return c.Early() && (c.Answer != nil || c.Block != "" || c.CORS && r.cors.Preflight())
}

// answers reports whether the exchange will go no further than here, before begin: a rule that has nothing to
// answer with lets it go on. r may be nil. What lies on a disk was looked up.
func (r *ruling) answers(x *exchange) bool {
	return slices.ContainsFunc(r.all(), func(c *rules.Compiled) bool {
		if !r.endedBy(c) || c.Answer == nil || c.CORS && r.cors.Preflight() {
			return r.endedBy(c)
		}
		return r.lookup(x, c).why.IsZero()
	})
}

// replyLate is the answer where that of the rules was not found in time: another goroutine makes it still.
func replyLate(rec *capture.Record, c *rules.Compiled, late flow.Reason) *reply {
	why := failedOnDisk(c, late)
	rec.Ruled(flow.EffectAnswered|flow.EffectFailed, why)
	return errorReply(500, flow.FailureNone, why)
}

// asked is what of a request an answer depends on.
func (x *exchange) asked(a *rules.Answer) (asked rules.Asked) {
	if a.Folder != "" {
		_, path := splitTarget(string(x.req.Target))
		asked = rules.Asked{Method: string(x.req.Method), Path: path, Fields: ruleFields(&x.req.Head)}
	}
	return asked
}

// switches tells what rules do not do to a response behind which another protocol is spoken.
func (r *ruling) switches(status int, kind []byte) {
	r.row.Status, r.row.ContentType = status, string(kind)
	for _, c := range r.applyLate() {
		if !c.Early() {
			r.applied(c, time.Now())
		}
		r.breaks.responseBy(c)
		if c.ActsOnResponse() {
			r.tell(flow.EffectFailed, reason.RuleFailed.With(c.Label(), reason.RuleSwitches.With()))
		}
	}
	if r.breaks.parts.Has(breakpoints.Response) {
		r.breakPassed(breakpoints.Response, reason.BreakStream.With())
	}
}

// block is what becomes of a request that a rule blocks.
func (r *ruling) block() *reply {
	why := reason.RuleBlocked.With(r.blocked.Label())
	r.tell(flow.EffectBlocked, why)
	switch r.blocked.Block {
	case rules.BlockForbid:
		return errorReply(403, flow.FailureNone, why)
	case rules.BlockReset:
		return &reply{why: why, closes: true, resets: true, code: http2.InternalError}
	}
	return &reply{why: why, closes: true, code: http2.Cancel}
}

// editAnswer has the rules change what one of them answers.
func (r *ruling) editAnswer(a *rules.Answered, fields []rules.Field) []rules.Field {
	for _, rule := range r.applyLate() {
		fields, _ = r.allow(rule, fields)
		if !rule.Early() {
			r.applied(rule, time.Now())
			if rule.Delay != nil && rule.Delay.Response > 0 {
				r.tell(flow.EffectFailed, reason.RuleFailed.With(rule.Label(), reason.RuleAnswerLate.With()))
			}
		}
		if !rule.ChangesResponse() {
			continue
		}
		edited, status, changed, why := rule.EditResponse(fields)
		if status != 0 && !http1.Exchangeable(a.Status, status) {
			why = reason.RuleBodiless.With(strconv.Itoa(a.Status), strconv.Itoa(status))
		}
		if !why.IsZero() {
			r.tell(flow.EffectFailed, reason.RuleFailed.With(rule.Label(), why))
			continue
		}
		if status != 0 {
			a.Status = status
		}
		if changed {
			fields = edited
			r.tell(flow.EffectResponse, reason.RuleResponse.With(rule.Label()))
		}
	}
	return fields
}
