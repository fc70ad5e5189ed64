package proxy

import (
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
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
	did, failed := work.Outcome()
	if work.Changed() {
		effects |= bodyEffect(request)
	}
	if failed {
		effects |= flow.EffectFailed
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
	work.AnswerBody(a)
	effects, did := bodyOutcome(work, false)
	r.tell(effects, did...)
}
