package proxy

import (
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// tellBody says in a row what rules did to a body.
func tellBody(record *capture.Record, b *bodyRun, request bool) {
	effects, did := bodyOutcome(b.work, request)
	if !b.work.Changed() {
		if record.Went(request).None(); b.changed {
			effects |= bodyEffect(request)
			did = append(did, reason.RuleBodyPassed.With())
		}
	}
	if effects != 0 {
		record.Ruled(effects, did...)
	}
}

// bodyOutcome is what rules did to a body.
func bodyOutcome(work *rules.Rewriting, request bool) (effects flow.Effects, did []flow.Reason) {
	effect, changed := bodyEffect(request), reason.RuleResponseBody
	if request {
		changed = reason.RuleRequestBody
	}
	for _, part := range work.Parts() {
		if part.Changed {
			effects |= effect
			did = append(did, changed.With(part.Label))
		}
		if !part.Why.IsZero() {
			effects |= flow.EffectFailed
			did = append(did, reason.RuleFailed.With(part.Label, part.Why))
		}
	}
	return effects, did
}

func bodyEffect(request bool) flow.Effects {
	if request {
		return flow.EffectRequest
	}
	return flow.EffectResponse
}

// answerBody has rules change the body of what a rule answers.
func (r *ruling) answerBody(a *rules.Answered) {
	work := r.set.Rewriting(r.final, false)
	if work == nil {
		return
	}
	if http1.Bodiless(a.Status) {
		work.Fail(reason.RuleBodyNone.With())
	}
	body, placed := work.Placed()
	switch {
	case placed:
		a.Replace(body)
	case !work.Idle():
		body, ok := a.Content()
		if !ok {
			work.Fail(reason.RuleBodyLong.With(rules.MaxBody))
		} else if out := work.Apply(body); out != nil {
			a.Replace(out)
		}
	}
	effects, did := bodyOutcome(work, false)
	r.tell(effects, did...)
}
