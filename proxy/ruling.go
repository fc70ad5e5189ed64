package proxy

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// ruling is what a person's rules do to one exchange.
type ruling struct {
	set      *rules.Set
	matched  []*rules.Compiled // in order; of some the response decides
	row      flow.Row          // what conditions look at
	found    []lookup          // what is known of the rules that might answer, once it was looked up
	answered *rules.Compiled   // the rule that answers
	made     *reply            // HTTP/2: what it answers, once that was read from a disk; under http2Conn.mu
	asked    rules.Asked       // what the answer depends on
	cors     rules.CrossOrigin // what the request says of its page, where a rule lets pages of any origin read
	blocked  *rules.Compiled   // the rule that blocks
	before   delays            // of the request, and of what rules answer
	mark     flow.Mark         // the colour that they gave the row
	lost     []*rules.Compiled // send the request elsewhere, which cannot be done
	tunnel   bool              // it is of a tunnel
	breaks   breaks            // where it waits for a person
	slow     slow              // lines that bodies pass over HTTP/2, of this exchange alone
	body     *http2Body        // the body that is changed over HTTP/2, of the message whose head has come
	final    []*rules.Compiled // those that apply once the head of the response is known

	srv     *Server
	id      flow.ID // of the row
	effects flow.Effects
	did     []flow.Reason
	idle    []*rules.Compiled // that applied, which the row is to name
}

// tell keeps what is to be told of the rules; told tells it.
func (r *ruling) tell(effects flow.Effects, did ...flow.Reason) {
	r.effects |= effects
	r.did = append(r.did, did...)
}

func (r *ruling) told(rec *capture.Record) {
	for _, c := range r.idle {
		rec.Applied(reason.RuleIdle.With(c.Label()))
	}
	rec.Ruled(r.effects, r.did...)
	r.did, r.idle = r.did[:0], r.idle[:0]
}

// judge finds the rules for a request that was routed; nil where none applies. It is called
// before the request has its row, since they may say how much of it that holds, and where it
// goes.
func (x *exchange) judge(p *plan) *ruling {
	if h := x.handedOver(); h != nil {
		x.rec, x.start, x.dialled = h.x.rec, h.x.start, h.dialled
		x.lead(p, h.ruling, h.way)
		if h.way.sent != nil || h.way.resolved != nil { // else it leaves an origin that does not speak HTTP/2, which is told
			h.ruling.tell(0, reason.RuleDetour.With(x.spoken()))
		}
		return h.ruling
	}
	set, queue := x.config.Rules, x.config.Breakpoints
	moved := x.inside != nil && x.inside.way != nil // and the rules may be others by now
	if set == nil && !moved && !queue.Armed() || p.reply != nil && !p.unreached || !x.sender.ruled() {
		return nil
	}
	switch p.kind {
	case flow.KindTunnel:
		return x.judgeTunnel(p)
	case flow.KindHTTP:
	default:
		return nil
	}
	if !moved && !queue.Armed() && x.missedBy(set) {
		return nil
	}
	r := rulings.Get().(*ruling)
	r.set, r.srv, r.breaks.queue = set, x.srv, queue
	x.ruleRow(&r.row)
	r.matched = set.Request(&r.row)
	next := queue.Fits(&r.row)
	if r.matched == nil && !moved && next == nil {
		*r = ruling{}
		rulings.Put(r)
		return nil
	}
	r.breaks.next(next)
	if slices.ContainsFunc(r.matched, func(c *rules.Compiled) bool { return c.CORS }) {
		r.cors = rules.CrossOriginOf(string(x.req.Method), ruleFields(&x.req.Head))
	}
	x.direct(p, r)
	return r
}

// rulings are used again that came to nothing.
var rulings = sync.Pool{New: func() any { return new(ruling) }}

// begin is called once the request has its row. What waits for nothing is done: requests that
// a rule blocks are counted, marks and notes are made.
func (r *ruling) begin(x *exchange) {
	r.id = x.rec.ID()
	r.row.ID = r.id
	now := time.Now()
	if r.tunnel {
		r.beginTunnel(x.way, now)
		return
	}
	for _, c := range r.matched {
		if !c.Early() {
			continue
		}
		r.applied(c, now)
		r.before.add(c, c.Wait())
		r.breaks.requestBy(c)
		r.endBy(x, c)
		if c.Unkept() {
			r.tell(0, reason.RuleUnkept.With(c.Label()))
		}
	}
	if r.ends() {
		r.delayAnswer()
		r.breaksOver()
	}
}

// unkept reports whether a rule has the contents of the exchange not recorded; r may be nil.
func (r *ruling) unkept() bool {
	for _, c := range r.all() {
		if c.Early() && c.Unkept() {
			return true
		}
	}
	return false
}

// applied notes that a rule applies, with what it says of the row alone.
func (r *ruling) applied(c *rules.Compiled, now time.Time) {
	c.Hit(now)
	r.tell(flow.EffectApplied)
	r.idle = append(r.idle, c)
	if r.id == 0 || !c.SaysAnything() {
		return
	}
	if !capture.AnnotateWith(r.srv.store, r.id, func(said *flow.Annotation) { c.Say(said, &r.mark) }) {
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
	r.Method, r.Proto, r.Scheme = usual(req.Method), usual(req.Version), "http"
	host, path := x.ruleTarget()
	r.Host, r.Path = string(host), string(path)
	if in := x.inside; in != nil && !in.plain {
		r.Scheme, r.TLS = "https", in.tls
		r.TLS.Outcome = in.secure.Outcome
	} else if in == nil && x.target.WebSocket {
		r.Scheme = "ws"
	}
	if r.Path == "" || r.Path[0] == '?' {
		r.Path = "/" + r.Path
	}
	x.ruleClient(r)
}

// usual is a text that mostly is one of a few, which are not copied.
func usual(text []byte) string {
	switch string(text) {
	case "GET":
		return "GET"
	case "POST":
		return "POST"
	case "HTTP/1.1":
		return "HTTP/1.1"
	}
	return string(text)
}

// ruleTarget is where a request is for, to them.
func (x *exchange) ruleTarget() (host, path []byte) {
	if x.inside != nil {
		return x.inside.authority.Text, x.req.Target
	}
	return x.target.Text, x.target.Path
}

// missedBy reports whether no rule can match the request, before anything is made of it.
func (x *exchange) missedBy(set *rules.Set) bool {
	host, path := x.ruleTarget()
	return len(path) > 0 && path[0] != '?' && set.Misses(x.req.Method, host, path)
}

// ruleClient is what they look at of who asks.
func (x *exchange) ruleClient(r *flow.Row) {
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

// waits reports whether what the rules answer or block takes time.
func (r *ruling) waits() bool { return len(r.before) > 0 || r.hangs() || r.readsDisk() }

// hangs reports whether the client gets no answer at all.
func (r *ruling) hangs() bool { return r.blocked != nil && r.blocked.Block == rules.BlockHang }

// ends reports whether the exchange goes no further than here.
func (r *ruling) ends() bool { return r.answered != nil || r.blocked != nil }

// allow has a rule let the page read a response.
func (r *ruling) allow(c *rules.Compiled, fields []rules.Field) ([]rules.Field, bool) {
	if !c.CORS || r.cors.Preflight() {
		return fields, false
	}
	allowed, did := r.cors.Allow(fields)
	if did {
		r.tell(flow.EffectResponse, reason.RuleCORS.With(c.Label()))
	}
	return allowed, did
}

// answer is what a rule answers, a page that asks whether it may ask too.
func (r *ruling) answer(c *rules.Compiled) (rules.Answered, flow.Reason) {
	if c.CORS && r.cors.Preflight() {
		return r.cors.PreflightAnswer(), flow.Reason{}
	}
	return r.set.Answer(c, &r.asked)
}

// applyLate finds the rules that apply now that the head of the response is known.
func (r *ruling) applyLate() []*rules.Compiled {
	r.final = rules.Response(r.matched, &r.row)
	return r.final
}

// asking is what a request asks for, as far as its method says so, and as rules change it.
type asking struct {
	method  string
	body    bool // it has one
	upgrade bool // it asks for another protocol
	empty   bool // it has to say now that its length is 0
}

// edit has a rule change the method; it reports whether it has.
func (a *asking) edit(r *ruling, c *rules.Compiled) bool {
	to, empty, why := c.EditMethod(a.method, a.body, a.upgrade)
	if !why.IsZero() {
		r.tell(flow.EffectFailed, reason.RuleFailed.With(c.Label(), why))
	}
	if to == a.method {
		return false
	}
	a.method, a.empty = to, empty
	return true
}

// editRequest has the rules change method, path, query and fields of a request; nil where no field
// is changed. What a way says of Host is among it.
func (r *ruling) editRequest(a *asking, target string, fields []rules.Field, w *way) (string, []rules.Field) {
	changed := false
	for _, c := range r.matched {
		if !c.Early() || slices.Contains(r.lost, c) {
			continue
		}
		edited, did, why := fields, false, flow.Reason{}
		if c.ChangesRequest() {
			edited, did, why = c.EditRequest(fields)
		}
		if !why.IsZero() {
			r.tell(flow.EffectFailed, reason.RuleFailed.With(c.Label(), why))
		}
		if did {
			fields, changed = edited, true
		}
		if to := r.editTarget(c, target); to != target {
			target, did = to, true
		}
		did = a.edit(r, c) || did
		if did {
			r.tell(flow.EffectRequest, reason.RuleRequest.With(c.Label()))
		}
	}
	if host := w.rehost(); host != "" {
		for i := range fields {
			if strings.EqualFold(fields[i].Name, "Host") {
				fields[i].Value, fields[i].At, changed = host, -1, true
			}
		}
	}
	if !changed {
		return target, nil
	}
	return target, fields
}

// editTarget has a rule change path and query.
func (r *ruling) editTarget(c *rules.Compiled, target string) string {
	if !c.ChangesTarget() || target == "*" {
		return target
	}
	asked := target
	if asked == "" || asked[0] == '?' {
		asked = "/" + asked
	}
	to, ok := c.EditTarget(asked)
	switch {
	case !ok:
		r.tell(flow.EffectFailed, reason.RuleFailed.With(c.Label(), reason.RuleTarget.With()))
		return target
	case to == asked:
		return target
	}
	return to
}

// editResponse has the rules change the fields of a response, and says how long it waits;
// nil fields where none is changed.
func (r *ruling) editResponse(status int, kind []byte, fields []rules.Field) (out []rules.Field, newStatus int, wait delays) {
	r.row.Status, r.row.ContentType = status, string(kind)
	newStatus, changed := status, false
	for _, c := range r.applyLate() {
		if !c.Early() {
			r.applied(c, time.Now())
		}
		if d := c.Delay; d != nil && d.Response > 0 {
			wait.add(c, time.Duration(d.Response))
		}
		if allowed, did := r.allow(c, fields); did {
			fields, changed = allowed, true
		}
		r.breaks.responseBy(c)
		if !c.ChangesResponse() {
			continue
		}
		edited, to, did, why := c.EditResponse(fields)
		if to != 0 && !http1.Exchangeable(status, to) {
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
