package rules

import (
	"slices"
	"strconv"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// idle tells of rules that apply and change nothing.
func (t *Trial) idle(applied []*Compiled) {
	told := map[any]bool{}
	for _, r := range t.Did {
		if args := r.Args(); len(args) > 0 {
			told[args[0]] = true
		}
	}
	for _, c := range applied {
		if !told[c.Label()] {
			told[c.Label()] = true
			t.Did = append(t.Did, reason.RuleIdle.With(c.Label()))
		}
	}
}

// delay has the response wait for a rule.
func (t *Trial) delay(c *Compiled) {
	wait := time.Duration(c.Delay.Response)
	t.Waits[1] += wait
	t.Did = append(t.Did, reason.RuleDelayed.With(c.Label(), wait))
}

// late does what is done once the response is known, and returns the rules that apply then.
func (t *Trial) late(matched []*Compiled, row *flow.Row, fields []Field) (apply []*Compiled) {
	before := fields
	t.Open = t.Open && row.Status == 0
	apply = Response(matched, row)
	if row.Status == 101 && t.Answered == nil {
		t.switches(apply)
		t.Response = compared(fields, fields)
		return apply
	}
	for _, c := range apply {
		if c.BreaksResponse() && t.Answered == nil && t.Breaks[1] == nil {
			t.Breaks[1] = c
		}
		if c.Delay != nil && c.Delay.Response > 0 {
			if t.Answered == nil {
				t.delay(c)
			} else if !c.Early() {
				t.fail(reason.RuleFailed.With(c.Label(), reason.RuleAnswerLate.With()))
			}
		}
		if c.CORS && !t.cors.Preflight() {
			if allowed, did := t.cors.Allow(fields); did {
				fields = allowed
				t.Did = append(t.Did, reason.RuleCORS.With(c.Label()))
			}
		}
		if !c.ChangesResponse() {
			continue
		}
		edited, status, did, why := c.EditResponse(fields)
		if was := row.Status; status != 0 && was != 0 && !http1.Exchangeable(was, status) {
			why = reason.RuleBodiless.With(strconv.Itoa(was), strconv.Itoa(status))
		}
		if !why.IsZero() {
			t.fail(reason.RuleFailed.With(c.Label(), why))
			continue
		}
		if did {
			fields = edited
			t.Did = append(t.Did, reason.RuleResponse.With(c.Label()))
		}
		if status != 0 {
			t.Status = status
		}
	}
	t.Response = compared(before, fields)
	return apply
}

// switches tells what rules do not do to a response behind which another protocol is spoken.
func (t *Trial) switches(apply []*Compiled) {
	for _, c := range apply {
		if c.ActsOnResponse() {
			t.fail(reason.RuleFailed.With(c.Label(), reason.RuleSwitches.With()))
		}
	}
	if i := slices.IndexFunc(apply, (*Compiled).BreaksResponse); i >= 0 {
		t.fail(reason.BreakPassed.With(apply[i].Label(), reason.BreakTheResponse.With(), reason.BreakStream.With()))
	}
}
