package rules

import (
	"strconv"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Trial is what rules would do to an exchange, found without one: nothing is sent or counted.
type Trial struct {
	Verdicts []Verdict     // of all rules
	Did      []flow.Reason // what would be told of the exchange, in order
	Request  []Line        // its fields, as they came and as they would go on
	Response []Line        // likewise, those of what a rule answers too
	Status   int           // that the client would get; 0 where that is not known
	Answered *Compiled     // the rule that answers in place of the origin, nil for none
	Blocked  *Compiled     // the rule that blocks, nil for none
	Body     []byte        // what is answered
	Failed   bool          // a part of a rule could not be done
	Open     bool          // some rules depend on a response that is not known
}

// Line is a field of a head beside what rules make of that.
type Line struct {
	Name, Value string
	How         Kept
}

// Kept says what becomes of a field.
type Kept byte

const (
	KeptSame Kept = ' ' // it goes on as it came
	KeptNot  Kept = '-' // it goes no further
	KeptNew  Kept = '+' // it did not come
)

// Try finds what the rules would do to an exchange. What its response is like the row says;
// one whose phase is flow.PhaseRequest has none yet. It reads the file of an answer, and so
// waits for the disk.
func (s *Set) Try(r *flow.Row, request, response []Field) *Trial {
	t := &Trial{Status: r.Status}
	if s == nil {
		return t
	}
	t.Verdicts = s.Explain(r)
	matched := s.Request(r)
	row := *r
	t.early(matched)
	if t.Answered == nil && t.Blocked == nil {
		t.Request = t.edit(matched, request)
	} else {
		t.Request = compared(request, request)
	}
	switch {
	case t.Blocked != nil:
		t.Status, t.Did = 0, append(t.Did, reason.RuleBlocked.With(t.Blocked.Label()))
		if t.Blocked.Block == BlockForbid {
			t.Status = 403
		}
		return t
	case t.Answered != nil:
		a, why := s.Answer(t.Answered)
		if !why.IsZero() {
			t.fail(reason.RuleFailed.With(t.Answered.Label(), why))
			t.Status = 500
			return t
		}
		t.Did = append(t.Did, reason.RuleAnswered.With(t.Answered.Label()))
		t.Body, t.Status, row.Status, row.ContentType = a.Body, a.Status, a.Status, a.Type
		response = append([]Field{{Name: "Content-Type", Value: a.Type}}, a.Fields...)
		for i := range response {
			response[i].At = i
		}
	}
	t.late(matched, &row, response)
	return t
}

func (t *Trial) fail(why flow.Reason) { t.Failed, t.Did = true, append(t.Did, why) }

// early does what depends on the request alone.
func (t *Trial) early(matched []*Compiled) {
	wait := time.Duration(0)
	for _, c := range matched {
		if !c.Early() {
			t.Open = true
			continue
		}
		if c.Delay != nil {
			wait += time.Duration(c.Delay.Request)
		}
		switch ends := c.Answer != nil || c.Block != ""; {
		case !ends:
		case t.Answered != nil || t.Blocked != nil:
			t.fail(reason.RuleOver.With(c.Label()))
		case c.Answer != nil:
			t.Answered = c
		default:
			t.Blocked = c
		}
	}
	if wait > 0 {
		t.Did = append(t.Did, reason.RuleDelayed.With(wait))
	}
}

// edit changes the fields of the request.
func (t *Trial) edit(matched []*Compiled, fields []Field) []Line {
	before := fields
	for _, c := range matched {
		if !c.Early() || !c.ChangesRequest() {
			continue
		}
		if edited, did := c.EditRequest(fields); did {
			fields = edited
			t.Did = append(t.Did, reason.RuleRequest.With(c.Label()))
		}
	}
	return compared(before, fields)
}

// late does what is done once the response is known.
func (t *Trial) late(matched []*Compiled, row *flow.Row, fields []Field) {
	before, wait := fields, time.Duration(0)
	apply := Response(matched, row)
	t.Open = t.Open && row.Status == 0
	for _, c := range apply {
		if c.Delay != nil && t.Answered == nil {
			wait += time.Duration(c.Delay.Response)
		}
		if !c.ChangesResponse() {
			continue
		}
		edited, status, did := c.EditResponse(fields)
		if was := row.Status; status != 0 && was != 0 && t.Answered == nil && bodiless(status) != bodiless(was) {
			t.fail(reason.RuleFailed.With(c.Label(), reason.RuleBodiless.With(strconv.Itoa(was), strconv.Itoa(status))))
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
	if wait > 0 {
		t.Did = append(t.Did, reason.RuleDelayed.With(wait))
	}
	t.Response = compared(before, fields)
}

// bodiless reports whether a response of a status never has content (RFC 9110 section 6.4.1).
func bodiless(status int) bool { return status < 200 || status == 204 || status == 304 }

// compared puts the fields that came and those that go on into one list. What goes on
// untouched has its place among those that came.
func compared(before, after []Field) (lines []Line) {
	kept := make(map[int]bool, len(before))
	for _, f := range after {
		kept[f.At] = true
	}
	next := 0
	gone := func(until func(Field) bool) { // those that go no further
		for ; next < len(before) && !until(before[next]); next++ {
			if f := before[next]; !kept[f.At] {
				lines = append(lines, Line{f.Name, f.Value, KeptNot})
			}
		}
	}
	for _, f := range after {
		if f.At < 0 {
			gone(func(b Field) bool { return kept[b.At] })
			lines = append(lines, Line{f.Name, f.Value, KeptNew})
			continue
		}
		gone(func(b Field) bool { return b.At == f.At })
		next++
		lines = append(lines, Line{f.Name, f.Value, KeptSame})
	}
	gone(func(Field) bool { return false })
	return lines
}
