package proxy

import (
	"slices"

	"posthouse/proxy/flow"
	"posthouse/proxy/pace"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// Slow lines. What is written to a client, and to an origin, passes those of all rules that
// apply: over HTTP/1 for as long as the exchange lasts, in a tunnel as long as that does. Over
// HTTP/2 one connection carries all requests, so that it is slow for those rules that hold
// whatever is asked for.

// slow are the lines of an exchange.
type slow struct{ down, up []*pace.Line }

func (s *slow) add(c *rules.Compiled) {
	down, up := c.Lines()
	if down != nil {
		s.down = append(s.down, down)
	}
	if up != nil {
		s.up = append(s.up, up)
	}
}

func (s *slow) none() bool { return len(s.down)+len(s.up) == 0 }

// tellSlow says which line a rule has an exchange pass.
func (r *ruling) tellSlow(c *rules.Compiled) {
	if told := c.ToldSlow(); !told.IsZero() {
		r.tell(flow.EffectDelayed, told)
	}
}

// slow has the exchange pass the lines of its rules.
func (x ruledExchange) slow() {
	var s slow
	for _, c := range x.ruling.all() {
		if c.Early() {
			s.add(c)
			x.ruling.tellSlow(c)
		}
	}
	if s.none() {
		return
	}
	x.paced, x.slowUp = true, s.up
	x.conn.socket.Pace(s.down...)
}

// slow has the connection pass the lines of the rules of its newest request.
func (p requests) slow(r *ruling) {
	var s slow
	for _, one := range r.all() {
		down, up := one.Lines()
		switch {
		case !one.Early() || down == nil && up == nil:
		case one.WhateverIsAsked(&r.row):
			s.add(one)
			r.tellSlow(one)
		default:
			r.tell(flow.EffectFailed, reason.RuleFailed.With(one.Label(), reason.RuleThrottleStream.With()))
		}
	}
	if slices.Equal(s.down, p.slowed.down) && slices.Equal(s.up, p.slowed.up) {
		return
	}
	p.slowed = s
	p.c.conn.socket.Pace(s.down...)
	if p.c.under != nil {
		p.c.under.Pace(s.up...)
	}
}
