package proxy

import (
	"strconv"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// ruling is what a person's rules do to one exchange.
type ruling struct {
	set      *rules.Set
	matched  []*rules.Compiled // in order; of some the response decides
	row      flow.Row          // what conditions look at
	answered *rules.Compiled   // the rule that answers
	blocked  *rules.Compiled   // the rule that blocks
	before   time.Duration     // how long the request waits
	said     flow.Annotation   // what they say of the row
	breaks   breaks            // where it waits for a person
	body     *http2Body        // the body that is changed over HTTP/2, of the message whose head has come
	final    []*rules.Compiled // those that apply once the head of the response is known

	srv     *Server
	id      flow.ID // of the row
	effects flow.Effects
	did     []flow.Reason
}

// tell keeps what is to be told of the rules; told tells it.
func (r *ruling) tell(effects flow.Effects, did ...flow.Reason) {
	r.effects |= effects
	r.did = append(r.did, did...)
}

func (r *ruling) told(rec *capture.Record) {
	rec.Ruled(r.effects, r.did...)
	r.did = r.did[:0]
}

// judge finds the rules for a request that was routed; nil where none applies. It is called
// once the request has its row. What waits for nothing is done: requests that a rule blocks
// are counted, marks and notes are made.
func (x *exchange) judge(p *plan) *ruling {
	set, queue := x.config.Rules, x.config.Breakpoints
	if set == nil && !queue.Armed() || p.reply != nil || p.kind != flow.KindHTTP || !x.sender.ruled() {
		return nil
	}
	r := &ruling{set: set, srv: x.srv, id: x.rec.ID()}
	r.row.ID = r.id
	x.ruleRow(&r.row)
	r.matched = set.Request(&r.row)
	r.breaks = breaks{queue: queue}
	next := queue.Fits(&r.row)
	if r.matched == nil && next == nil {
		return nil
	}
	r.breaks.next(next)
	now := time.Now()
	for _, c := range r.matched {
		if !c.Early() {
			continue
		}
		r.applied(c, now)
		r.breaks.requestBy(c)
		if d := c.Delay; d != nil {
			r.before += time.Duration(d.Request)
		}
		switch {
		case r.answered != nil || r.blocked != nil:
			if c.Answer != nil || c.Block != "" {
				r.tell(flow.EffectFailed, reason.RuleOver.With(c.Label()))
			}
		case c.Answer != nil:
			r.answered = c
		case c.Block != "":
			r.blocked = c
		}
	}
	if r.ends() {
		r.breaksOver()
	}
	return r
}

// applied notes that a rule applies, with what it says of the row alone.
func (r *ruling) applied(c *rules.Compiled, now time.Time) {
	c.Hit(now)
	r.tell(flow.EffectApplied)
	if c.Says(&r.said) && r.id != 0 && !r.srv.store.Annotate(r.id, r.said) {
		r.tell(flow.EffectFailed, reason.RuleFailed.With(c.Label(), reason.RuleMarksFull.With()))
	}
}

// ruleRow is what the conditions of rules look at.
func (x *exchange) ruleRow(r *flow.Row) {
	req := &x.req
	r.Kind, r.Start, r.Client = flow.KindHTTP, x.start, x.conn.addr
	if r.Own = x.sender != nil; r.Own {
		r.From = x.sender.m.From
	}
	r.Method, r.Proto, r.Scheme = string(req.Method), string(req.Version), "http"
	r.Host, r.Path = string(x.target.Text), string(x.target.Path)
	if in := x.inside; in != nil {
		r.Host = string(in.authority.Text)
		r.Path = string(req.Target)
		if !in.plain {
			r.Scheme, r.TLS = "https", in.tls
			r.TLS.Outcome = in.secure.Outcome
		}
	} else if x.target.WebSocket {
		r.Scheme = "ws"
	}
	if r.Path == "" || r.Path[0] == '?' {
		r.Path = "/" + r.Path
	}
	if program := x.program(); program != (flow.App{}) {
		r.App, r.AppPath, r.AppPID = program.Name, program.Path, program.PID
	}
	if via := x.viaProxy(); via != nil {
		r.Upstream = via.String()
	}
}

// appWait bounds how long a condition that asks for the app waits for it to be found.
const appWait = 100 * time.Millisecond

// program is who asks, as far as a condition needs it.
func (x *exchange) program() flow.App {
	wait := time.Duration(0)
	if x.config.Rules.AsksApp() || x.config.Breakpoints.AsksApp() {
		wait = appWait
	}
	return x.conn.process.Await(wait)
}

// waits reports whether what the rules do takes time.
func (r *ruling) waits() bool {
	return r.before > 0 || r.blocked != nil && r.blocked.Block == rules.BlockHang || r.answered != nil && r.answered.Answer.File != ""
}

// hangs reports whether the client gets no answer at all.
func (r *ruling) hangs() bool { return r.blocked != nil && r.blocked.Block == rules.BlockHang }

// ends reports whether the exchange goes no further than here.
func (r *ruling) ends() bool { return r.answered != nil || r.blocked != nil }

// reply is the answer of the rules, once their time has passed. It may wait for the disk.
func (r *ruling) reply() *reply {
	if r.before > 0 {
		r.tell(flow.EffectDelayed, reason.RuleDelayed.With(r.before))
	}
	if c := r.blocked; c != nil {
		r.tell(flow.EffectBlocked, reason.RuleBlocked.With(c.Label()))
		switch why := reason.RuleBlocked.With(c.Label()); c.Block {
		case rules.BlockForbid:
			return errorReply(403, flow.FailureNone, why)
		case rules.BlockReset:
			return &reply{why: why, closes: true, resets: true, code: http2.InternalError}
		default:
			return &reply{why: why, closes: true, code: http2.Cancel}
		}
	}
	c := r.answered
	a, problem := r.set.Answer(c)
	if !problem.IsZero() {
		r.tell(flow.EffectAnswered|flow.EffectFailed, reason.RuleFailed.With(c.Label(), problem))
		return errorReply(500, flow.FailureNone, reason.RuleFailed.With(c.Label(), problem))
	}
	fields := append([]rules.Field{{Name: "Content-Type", Value: a.Type, At: -1}}, a.Fields...)
	r.tell(flow.EffectAnswered, reason.RuleAnswered.With(c.Label()))
	r.row.Status, r.row.ContentType = a.Status, a.Type
	for _, rule := range r.applyLate() {
		if !rule.ChangesResponse() {
			continue
		}
		if !rule.Early() {
			r.applied(rule, time.Now())
		}
		edited, status, changed, why := rule.EditResponse(fields)
		if status != 0 && bodiless(status) != bodiless(a.Status) {
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
	r.answerBody(&a)
	out := &reply{status: a.Status, body: a.Text, why: reason.RuleAnswered.With(c.Label()), ruled: true}
	if a.File != nil {
		out.file = &replyFile{file: a.File, left: a.Size, name: c.Rule.Answer.File}
	}
	for _, f := range fields {
		out.fields = append(out.fields, ownField{f.Name, f.Value})
		if f.Name == "Content-Type" {
			out.kind = f.Value
		}
	}
	return out
}

// applyLate finds the rules that apply now that the head of the response is known.
func (r *ruling) applyLate() []*rules.Compiled {
	r.final = rules.Response(r.matched, &r.row)
	return r.final
}

// editRequest has the rules change the fields of a request; nil where none does.
func (r *ruling) editRequest(fields []rules.Field) []rules.Field {
	changed := false
	for _, c := range r.matched {
		if !c.Early() || !c.ChangesRequest() {
			continue
		}
		edited, did, why := c.EditRequest(fields)
		if !why.IsZero() {
			r.tell(flow.EffectFailed, reason.RuleFailed.With(c.Label(), why))
		}
		if did {
			fields, changed = edited, true
			r.tell(flow.EffectRequest, reason.RuleRequest.With(c.Label()))
		}
	}
	if !changed {
		return nil
	}
	return fields
}

// editResponse has the rules change the fields of a response, and says how long it waits;
// nil fields where none is changed.
func (r *ruling) editResponse(status int, kind []byte, fields []rules.Field) (out []rules.Field, newStatus int, wait time.Duration) {
	r.row.Status, r.row.ContentType = status, string(kind)
	newStatus, changed := status, false
	for _, c := range r.applyLate() {
		if !c.Early() {
			r.applied(c, time.Now())
		}
		if d := c.Delay; d != nil && d.Response > 0 {
			wait += time.Duration(d.Response)
		}
		r.breaks.responseBy(c)
		if !c.ChangesResponse() {
			continue
		}
		edited, to, did, why := c.EditResponse(fields)
		if to != 0 && bodiless(to) != bodiless(status) {
			why = reason.RuleBodiless.With(strconv.Itoa(status), strconv.Itoa(to))
		}
		if !why.IsZero() {
			r.tell(flow.EffectFailed, reason.RuleFailed.With(c.Label(), why))
			continue
		}
		if did {
			fields, changed = edited, true
			if to != 0 {
				newStatus = to
			}
			r.tell(flow.EffectResponse, reason.RuleResponse.With(c.Label()))
		}
	}
	if !changed {
		return nil, status, wait
	}
	return fields, newStatus, wait
}

// bodiless reports whether a response of a status never has content (RFC 9110 section 6.4.1).
func bodiless(status int) bool { return status < 200 || status == 204 || status == 304 }
