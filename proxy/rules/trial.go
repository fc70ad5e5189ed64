package rules

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/pace"
	"posthouse/proxy/reason"
)

// Trial is what rules would do to an exchange, found without one: nothing is sent, counted or
// drawn by lot.
type Trial struct {
	Verdicts []Verdict     // of all rules
	Did      []flow.Reason // what would be told of the exchange, in order
	Target   [2]string     // path and query as they came, and as they would go on
	Method   [2]string     // likewise
	Request  []Line        // its fields, as they came and as they would go on
	Response []Line        // likewise, those of what a rule answers too
	Status   int           // that the client would get; 0 where that is not known
	Answered *Compiled     // the rule that answers in place of the origin, nil for none
	Blocked  *Compiled     // the rule that blocks, nil for none
	Body     []byte        // the beginning of what is answered
	Length   int64         // bytes of what is answered
	Failed   bool          // a part of a rule could not be done
	Open     bool          // some rules depend on a response that is not known

	Bodies [2]*TriedBody    // what becomes of the body of the request, and of the response; nil where no rule is for it
	Shares []*Compiled      // rules of Did that do what they do to a share of requests alone
	Breaks [2]*Compiled     // at which the request waits for a person, and the response; nil: it does not
	Waits  [2]time.Duration // what rules have the request wait, and the response
	Slow   [2]*pace.Line    // the slowest line to the origin, and to the client; nil: as it comes

	set  *Set
	cors CrossOrigin
}

// maxTrialBody bounds Trial.Body, in bytes.
const maxTrialBody = 4 << 10

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
	return s.TryWhole(context.Background(), r, request, response, [2]TrialBody{})
}

// TryWhole is Try with the bodies of the exchange: what rules make of them is found by what does
// it to those that pass. It looks at ctx now and then, and is nothing worth when that has ended.
func (s *Set) TryWhole(ctx context.Context, r *flow.Row, request, response []Field, bodies [2]TrialBody) *Trial {
	t := &Trial{set: s, Status: r.Status, Target: [2]string{r.Path, r.Path}, Method: [2]string{r.Method, r.Method}}
	if s == nil {
		return t
	}
	t.Verdicts = s.Explain(r)
	if r.Kind == flow.KindTunnel {
		t.tell(s.Tunnel(r), r, nil)
		return t
	}
	matched, row := s.would(r), *r
	t.cors = CrossOriginOf(r.Method, request)
	applied := early(matched)
	defer func() { t.idle(applied) }()
	asked := &Asked{Method: r.Method, Path: r.Path, Fields: request}
	t.tell(matched, r, asked)
	if t.Answered == nil && t.Blocked == nil {
		t.Request = t.edit(r, matched, request)
		t.requestBody(ctx, early(matched), &bodies[0])
	} else {
		t.Request = compared(request, request)
		t.over(matched)
		if t.Answered != nil || t.Blocked.Block == BlockForbid {
			for _, c := range AnswerDelays(matched) {
				t.delay(c)
			}
		}
	}
	switch {
	case t.Blocked != nil:
		t.Status, t.Did = 0, append(t.Did, reason.RuleBlocked.With(t.Blocked.Label()))
		if t.Blocked.Block == BlockForbid {
			t.Status = 403
		}
		return t
	case t.Answered != nil:
		a, ok := t.answer(s, asked)
		if !ok {
			return t
		}
		row.Status, row.ContentType = a.Status, a.Type
		applied = t.late(matched, &row, a.Fields)
		t.answerBody(ctx, &a, applied)
		applied = append(early(matched), applied...)
		return t
	}
	late := t.late(matched, &row, response)
	if row.Status != 101 {
		t.responseBody(ctx, late, &bodies[1], r.Method)
	}
	if applied = append(applied, late...); row.Status == 0 { // what is not known yet may be changed
		applied = nil
	}
	return t
}

// would is Request without drawing lots: rules that apply to a share of requests apply.
func (s *Set) would(r *flow.Row) (matched []*Compiled) {
	for _, c := range s.Rules {
		if c.Off {
			continue
		}
		result := c.when.Request(r)
		if result == query.NotMatched {
			continue
		}
		matched = append(matched, c)
		if c.Last && result == query.Matched {
			break
		}
	}
	return matched
}

func (t *Trial) fail(why flow.Reason) { t.Failed, t.Did = true, append(t.Did, why) }

// tell tells what depends on the request alone, but for edits. asked is nil for a tunnel.
func (t *Trial) tell(matched []*Compiled, r *flow.Row, asked *Asked) {
	wait := time.Duration(0)
	from := originOf(r)
	var sent, resolved *Compiled
	var delayed []flow.Reason
	for _, c := range matched {
		if !c.Early() {
			t.Open = true
			continue
		}
		if c.share.part != 0 {
			t.Shares = append(t.Shares, c)
		}
		if d := c.Wait(); d > 0 {
			wait += d
			delayed = append(delayed, reason.RuleDelayed.With(c.Label(), d))
		}
		t.slow(c)
		if c.BreaksRequest() && t.Breaks[0] == nil {
			t.Breaks[0] = c
		}
		if c.Sends() && sent == nil {
			sent = c
			t.Did = append(t.Did, reason.RuleSent.With(c.Label(), c.Target(from).String()))
		}
		if c.Resolve != "" && resolved == nil {
			resolved = c
			t.Did = append(t.Did, reason.RuleResolved.With(c.Label(), c.Resolve))
		}
		if c.Unkept() {
			t.Did = append(t.Did, reason.RuleUnkept.With(c.Label()))
		}
		t.end(c, asked)
	}
	t.Waits[0], t.Did = wait, append(t.Did, delayed...)
}

// slow has the exchange pass the lines of a rule.
func (t *Trial) slow(c *Compiled) {
	if told := c.ToldSlow(); !told.IsZero() {
		t.Did = append(t.Did, told)
	}
	down, up := c.Lines()
	for i, line := range [...]*pace.Line{up, down} {
		if line != nil && (t.Slow[i] == nil || line.Rate() < t.Slow[i].Rate()) {
			t.Slow[i] = line
		}
	}
}

// over says that nothing waits for a person of what a rule answers or blocks.
func (t *Trial) over(matched []*Compiled) {
	for _, c := range matched {
		if c.Early() && c.BreaksResponse() && t.Breaks[1] == nil {
			t.Breaks[1] = c
		}
	}
	for i, what := range [...]flow.ReasonCode{reason.BreakTheRequest, reason.BreakTheResponse} {
		if c := t.Breaks[i]; c != nil {
			t.fail(reason.BreakPassed.With(c.Label(), what.With(), reason.BreakOver.With()))
			t.Breaks[i] = nil
		}
	}
}

// end notes a rule that answers or blocks.
func (t *Trial) end(c *Compiled, asked *Asked) {
	switch ends := c.Answer != nil || c.Block != ""; {
	case c.CORS && t.cors.Preflight() && t.Blocked == nil && (t.Answered == nil || !t.Answered.CORS):
		t.Answered = c
	case !ends:
	case t.Answered != nil || t.Blocked != nil:
		t.fail(reason.RuleOver.With(c.Label()))
	case c.Answer != nil && asked != nil && t.passes(c, asked):
	case c.Answer != nil:
		t.Answered = c
	default:
		t.Blocked = c
	}
}

// passes reports whether a request goes on that a rule would answer, and tells why.
func (t *Trial) passes(c *Compiled, asked *Asked) bool {
	why, failed := t.set.Passes(c, asked)
	switch {
	case why.IsZero():
		return false
	case failed:
		t.fail(why)
	default:
		t.Did = append(t.Did, why)
	}
	return true
}

// originOf is where a request, or a tunnel, is for.
func originOf(r *flow.Row) Origin {
	o := Origin{Scheme: "http", Host: r.Host, Port: 80}
	if r.Scheme == "https" || r.Scheme == "wss" || r.Kind == flow.KindTunnel {
		o.Scheme, o.Port = "https", 443
	}
	if host, port, err := net.SplitHostPort(r.Host); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			o.Host, o.Port = host, uint16(n)
		}
	}
	o.Host = strings.Trim(o.Host, "[]")
	return o
}

// answer is what a rule answers, with its place for each field; ok is false where it cannot. Its
// file is open then.
func (t *Trial) answer(s *Set, asked *Asked) (a Answered, ok bool) {
	c := t.Answered
	var why flow.Reason
	if c.CORS && t.cors.Preflight() {
		a = t.cors.PreflightAnswer()
	} else {
		a, why = s.Answer(c, asked)
	}
	if !why.IsZero() {
		t.fail(reason.RuleFailed.With(c.Label(), why))
		t.Status = 500
		return a, false
	}
	if a.Type != "" && !slices.ContainsFunc(a.Fields, Field.IsType) {
		a.Fields = append([]Field{{Name: "Content-Type", Value: a.Type}}, a.Fields...)
	}
	for i := range a.Fields {
		a.Fields[i].At = i
	}
	did := reason.RuleAnswered.With(c.Label())
	if a.Absent != "" {
		did = reason.RuleMissing.With(c.Label(), a.Absent)
	}
	t.Status, t.Did = a.Status, append(t.Did, did)
	return a, true
}

// edit changes method, path and fields of the request.
func (t *Trial) edit(r *flow.Row, matched []*Compiled, fields []Field) []Line {
	before := fields
	upgrade := slices.ContainsFunc(fields, func(f Field) bool { return strings.EqualFold(f.Name, "Upgrade") })
	for _, c := range matched {
		if !c.Early() {
			continue
		}
		did := false
		if c.ChangesRequest() {
			edited, changed, why := c.EditRequest(fields)
			if !why.IsZero() {
				t.fail(reason.RuleFailed.With(c.Label(), why))
			}
			if did = changed; did {
				fields = edited
			}
		}
		if c.ChangesTarget() && t.Target[1] != "*" {
			to, ok := c.EditTarget(t.Target[1])
			if !ok {
				t.fail(reason.RuleFailed.With(c.Label(), reason.RuleTarget.With()))
			}
			did = did || to != t.Target[1]
			t.Target[1] = to
		}
		to, _, why := c.EditMethod(t.Method[1], r.RequestSize > 0, upgrade)
		if !why.IsZero() {
			t.fail(reason.RuleFailed.With(c.Label(), why))
		}
		if did = did || to != t.Method[1]; did {
			t.Did = append(t.Did, reason.RuleRequest.With(c.Label()))
		}
		t.Method[1] = to
	}
	return compared(before, fields)
}

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
