package proxy

import (
	"time"

	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
	"posthouse/proxy/socket"
)

// What rules do to tunnels: those whose condition asks for nothing that only the requests
// inside tell. Of one that is opened it is where it leads, and that it is opened; all else
// is done to its requests.

// judgeTunnel finds the rules for a tunnel; nil where none applies.
func (x *exchange) judgeTunnel(p *plan) *ruling {
	r := &ruling{set: x.config.Rules, srv: x.srv}
	r.row = x.tunnelRow(&p.auth)
	if r.matched = r.set.Tunnel(&r.row); r.matched == nil {
		return nil
	}
	r.tunnel = true
	x.direct(p, r)
	return r
}

// tunnelRow is what conditions look at of a tunnel.
func (x *exchange) tunnelRow(to *http1.Authority) flow.Row {
	row := flow.Row{Kind: flow.KindTunnel, Start: x.start, Client: x.conn.addr, Host: string(to.Text)}
	x.ruleClient(&row)
	return row
}

// dialIntercepted dials for a tunnel that is to be opened. Where rules answer whatever is asked
// nothing is dialled; where they may answer, that is left to the first request that needs it; where
// they may lead elsewhere, the tunnel is opened although its host is not reached. An upstream proxy that
// may want the client to log in is asked before the client is told that the tunnel is open.
func (x opening) dialIntercepted(in *interception) *reply {
	set := x.config.Rules
	if set == nil {
		return x.dialTunnel()
	}
	row := x.tunnelRow(&x.auth)
	answersAll := set.AnswersAll(&row, x.passes())
	if !x.conn.watch.sound() { // its client has left while a disk was waited for
		return ruledExchange(x).pauseEnded()
	}
	if answersAll {
		in.fail = &reply{failure: flow.FailureOriginClosed, why: reason.RuleUndialled.With(), closes: true, code: http2.RefusedStream}
		x.rec.Ruled(0, reason.RuleUndialled.With())
		return nil
	}
	answers := set.MayAnswer(&row)
	if in.late = answers && !x.via.LeavesLogin(); in.late {
		return nil
	}
	r := x.dialTunnel()
	if r != nil && !r.relayed && r.status != 0 && x.conn.watch.sound() && (answers || set.MayLead(&row)) {
		in.fail, r = r.close(), nil
		x.conn.resume(nil)
	}
	return r
}

// passes reports whether a rule has nothing to answer with, whatever is asked; it is taken to where the disk does not
// say in time. Once it has not, it is not asked again, nor where the client has left.
func (x opening) passes() func(*rules.Compiled) bool {
	set, given := x.config.Rules, false
	return func(c *rules.Compiled) bool {
		look := func() bool {
			why, _ := set.Passes(c, &rules.Asked{})
			return !why.IsZero()
		}
		switch {
		case !c.Looks(&rules.Asked{}):
			return look()
		case given:
			return true
		}
		passes, late, ok := onDisk(&x.srv.disk, look, func(bool) {}, ruledExchange(x).await)
		given = !late.IsZero() || !ok
		return passes || given
	}
}

// lateWait is how long the client of a tunnel is waited for whose origin is left to the first request: where it
// says nothing, the origin may be who speaks first.
const lateWait = time.Second

// awaitFirst dials for a client that is told that its tunnel is open, and says nothing. A reply says that it
// has left.
func (x opening) awaitFirst(in *interception) *reply {
	if len(x.conn.socket.Buffered()) > 0 {
		return nil
	}
	x.conn.watch.stage(lateWait)
	err := x.conn.socket.Fill()
	x.endWait()
	if !socket.IsInterrupt(err) || !x.conn.watch.sound() {
		return nil
	}
	r := x.dialLate(in)
	if r == nil || r.status == 0 {
		in.late = false
		return r
	}
	x.conn.resume(nil) // a request may need no origin, or find it there
	return nil
}

// dialLate is dialTunnel once the head of CONNECT may be no more.
func (x opening) dialLate(in *interception) *reply {
	x.fresh = true
	return x.dial(string(in.authority.Host), in.authority.Port, true)
}

// awaitClient waits for the first bytes inside of a client with which no protocol was agreed on, for lateWait.
func (in *interception) awaitClient(c *conn) bool {
	c.watch.stage(lateWait)
	staged := c.watch.until.Load()
	if err := c.socket.Fill(); err != nil {
		if !socket.IsInterrupt(err) || !c.watch.expired.Load() || c.watch.state.Load() != stateIdle || c.wasCut() {
			return false
		}
		in.silent = true
	}
	c.wake(staged)
	return true
}

// dialSilent dials for a client that says nothing inside its TLS.
func (x opening) dialSilent() bool {
	in := x.conn.inside
	in.silent, in.late = false, false
	x.rec = in.rec
	r := x.dial(in.target.Host, in.target.Port, true)
	o := x.origin
	x.rec, x.origin = nil, nil
	switch {
	case r == nil && x.conn.watch.release():
		in.first = o
	case r == nil:
		_ = o.Close()
		return false
	case r.status == 0:
		return false
	default:
		in.fail, in.undecided = r.close(), false
	}
	return true
}

// opens reports whether rules have a tunnel opened or not. Where they say nothing the settings do.
func (x opening) opens(p *decrypt.Policy) bool {
	settings := p != nil && x.conn.program.decrypts(p, x.auth.Host)
	if x.ruling != nil {
		defer x.ruling.told(x.rec)
	}
	for _, c := range x.ruling.all() {
		switch {
		case c.Decrypt == nil:
		case !*c.Decrypt:
			x.ruling.applied(c, time.Now())
			x.ruling.tell(0, reason.RulePassed.With(c.Label()))
			return false
		case p.Mints():
			x.ruling.applied(c, time.Now())
			if !settings {
				x.ruling.tell(0, reason.RuleOpened.With(c.Label()))
			}
			return true
		default:
			x.ruling.tell(flow.EffectFailed, reason.RuleFailed.With(c.Label(), reason.RuleNoMinter.With()))
			return settings
		}
	}
	return settings
}

// beginTunnel is begin for a tunnel, of which it is not known yet whether it is opened.
func (r *ruling) beginTunnel(w *way, now time.Time) {
	for _, c := range r.matched {
		if w != nil && (c == w.sent || c == w.resolved) {
			r.applied(c, now)
		}
		if c.Unkept() {
			r.tell(flow.EffectApplied, reason.RuleUnkept.With(c.Label()))
		}
	}
}

// all are the rules that apply; r may be nil.
func (r *ruling) all() []*rules.Compiled {
	if r == nil {
		return nil
	}
	return r.matched
}

// closed has rules do to a tunnel that is not opened what they do to requests. It reports
// whether the exchange has ended with that, and if so whether the connection may carry another.
func (x opening) closed() (ended, again bool) {
	r := x.ruling
	if r == nil {
		return false, false
	}
	now := time.Now()
	for _, c := range r.matched {
		if x.way == nil || c != x.way.sent && c != x.way.resolved {
			r.applied(c, now)
		}
		r.before.add(c, c.Wait())
		if c.Sends() && !c.MovesTunnel() {
			r.tell(flow.EffectFailed, reason.RuleFailed.With(c.Label(), reason.RuleClosedTunnel.With()))
		}
		if c.Block != "" && r.blocked == nil && c.Draws() {
			r.blocked = c
		}
	}
	r.told(x.rec)
	if x.told < toldOpen {
		return ruledExchange(x).late()
	}
	return x.closedInside(), false
}

// closedInside is closed for a tunnel that was to be opened and is none of HTTP: the client
// takes it for open. It reports whether it has ended.
func (x opening) closedInside() bool {
	c := x.ruling.blocked
	if c == nil {
		return false
	}
	why := reason.RuleBlocked.With(c.Label())
	x.ruling.tell(flow.EffectBlocked, why)
	x.ruling.told(x.rec)
	if c.Block == rules.BlockHang {
		ruledExchange(x).pause(0)
		end := ruledExchange(x).pauseEnded()
		x.endOpening(end.failure, end.why)
		return true
	}
	x.endOpening(flow.FailureNone, why)
	if c.Block == rules.BlockReset {
		_ = x.conn.socket.Abort()
	}
	return true
}

// passOpened makes a tunnel of one that was to be opened: what is in it is none of HTTP.
func (x opening) passOpened(in *interception) bool {
	if ended, again := x.closed(); ended {
		return again
	}
	r := in.fail
	if in.late {
		r = x.dialLate(in)
	}
	if r != nil { // it could be passed to none
		x.rec.Unusable(r.sent)
		return x.endOpening(r.failure, r.why)
	}
	x.startTunnel(true)
	return false
}
