package rules

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/bounded"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// Trial is what rules would do to an exchange, found without one: nothing is sent, counted or
// drawn by lot.
type Trial struct {
	Verdicts []Verdict     // of all rules
	Did      []flow.Reason // what would be told of the exchange, in order
	Target   [2]string     // path and query as they came, and as they would go on
	Request  []Line        // its fields, as they came and as they would go on
	Response []Line        // likewise, those of what a rule answers too
	Status   int           // that the client would get; 0 where that is not known
	Answered *Compiled     // the rule that answers in place of the origin, nil for none
	Blocked  *Compiled     // the rule that blocks, nil for none
	Body     []byte        // the beginning of what is answered
	Failed   bool          // a part of a rule could not be done
	Open     bool          // some rules depend on a response that is not known

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
	t := &Trial{Status: r.Status, Target: [2]string{r.Path, r.Path}}
	if s == nil {
		return t
	}
	t.Verdicts = s.Explain(r)
	if r.Kind == flow.KindTunnel {
		t.tell(s.Tunnel(r), r)
		return t
	}
	matched, row := s.would(r), *r
	t.cors = CrossOriginOf(r.Method, request)
	t.tell(matched, r)
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
		a, ok := t.answer(s, &Asked{Method: r.Method, Path: r.Path, Fields: request})
		if !ok {
			return t
		}
		row.Status, row.ContentType, response = a.Status, a.Type, a.Fields
	}
	t.late(matched, &row, response)
	return t
}

// would is Request without drawing lots: rules that apply to a share of requests apply.
func (s *Set) would(r *flow.Row) (matched []*Compiled) {
	open := false
	for _, c := range s.Rules {
		if c.Off {
			continue
		}
		result := c.when.Request(r)
		if result == query.NotMatched {
			continue
		}
		matched = append(matched, c)
		open = open || result == query.Unknown
		if c.Last && result == query.Matched && !open {
			break
		}
	}
	return matched
}

func (t *Trial) fail(why flow.Reason) { t.Failed, t.Did = true, append(t.Did, why) }

// tell tells what depends on the request alone, but for edits.
func (t *Trial) tell(matched []*Compiled, r *flow.Row) {
	wait := time.Duration(0)
	from := originOf(r)
	var sent, resolved *Compiled
	for _, c := range matched {
		if !c.Early() {
			t.Open = true
			continue
		}
		if c.Delay != nil {
			wait += time.Duration(c.Delay.Request)
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
		t.end(c)
	}
	if wait > 0 {
		t.Did = append(t.Did, reason.RuleDelayed.With(wait))
	}
}

// end notes a rule that answers or blocks.
func (t *Trial) end(c *Compiled) {
	switch ends := c.Answer != nil || c.Block != ""; {
	case c.CORS && t.cors.Preflight() && t.Blocked == nil && (t.Answered == nil || !t.Answered.CORS):
		t.Answered = c
	case !ends:
	case t.Answered != nil || t.Blocked != nil:
		t.fail(reason.RuleOver.With(c.Label()))
	case c.Answer != nil:
		t.Answered = c
	default:
		t.Blocked = c
	}
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

// answer is what a rule answers, with its place for each field; ok is false where it cannot.
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
	if a.File != nil {
		t.Body, _ = bounded.ReadHead(a.File, min(maxTrialBody, a.Size)) // what could not be read is not shown
		_ = a.File.Close()                                              // read only
	} else {
		t.Body = []byte(a.Text[:min(len(a.Text), maxTrialBody)])
	}
	if a.Type != "" && !slices.ContainsFunc(a.Fields, Field.IsType) {
		a.Fields = append([]Field{{Name: "Content-Type", Value: a.Type}}, a.Fields...)
	}
	for i := range a.Fields {
		a.Fields[i].At = i
	}
	did := reason.RuleAnswered.With(c.Label())
	if a.Missing != "" {
		did = reason.RuleMissing.With(c.Label(), a.Missing)
	}
	t.Status, t.Did = a.Status, append(t.Did, did)
	return a, true
}

// edit changes path and fields of the request.
func (t *Trial) edit(matched []*Compiled, fields []Field) []Line {
	before := fields
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
		if did {
			t.Did = append(t.Did, reason.RuleRequest.With(c.Label()))
		}
	}
	t.bodies(matched, true)
	return compared(before, fields)
}

// bodies tells which rules are for the body, which a trial does not have.
func (t *Trial) bodies(apply []*Compiled, request bool) {
	does, waits := reason.RuleResponseBody, reason.RulePiecesResponse
	if request {
		does, waits = reason.RuleRequestBody, reason.RulePiecesRequest
	}
	for _, c := range apply {
		if c.bodyOf(request) != nil && (c.Early() || !request) {
			t.Did = append(t.Did, does.With(c.Label()))
		}
	}
	if wait := Piece(apply, request); wait > 0 && t.Answered == nil {
		t.Did = append(t.Did, waits.With(wait))
	}
}

// late does what is done once the response is known.
func (t *Trial) late(matched []*Compiled, row *flow.Row, fields []Field) {
	before, wait := fields, time.Duration(0)
	t.Open = t.Open && row.Status == 0
	for _, c := range Response(matched, row) {
		if c.Delay != nil && t.Answered == nil {
			wait += time.Duration(c.Delay.Response)
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
		if was := row.Status; status != 0 && was != 0 && http1.Bodiless(status) != http1.Bodiless(was) {
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
	if wait > 0 {
		t.Did = append(t.Did, reason.RuleDelayed.With(wait))
	}
	t.bodies(Response(matched, row), false)
	t.Response = compared(before, fields)
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
