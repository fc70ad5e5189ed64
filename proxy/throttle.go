package proxy

import (
	"slices"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/pace"
	"posthouse/proxy/rules"
)

// Slow lines. What is written to a client, and to an origin, passes those of all rules that
// apply: over HTTP/1 for as long as the exchange lasts, in a tunnel as long as that does. Over
// HTTP/2 one connection carries all requests: all of it is slow for those rules that hold whatever
// is asked for, and for others the bodies of their streams (http2Body, http2Own).

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

// slowWait is how long n bytes wait for their place on slow lines.
func slowWait(lines []*pace.Line, n int) (d time.Duration) {
	now := time.Now()
	for _, l := range lines {
		d = max(d, l.Reserve(n, now))
	}
	return d
}

// slowPiece is how many bytes pass slow lines at one time.
func slowPiece(lines []*pace.Line) int {
	piece := lines[0].Piece()
	for _, l := range lines {
		piece = min(piece, l.Piece())
	}
	return piece
}

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

// slowStream has a stream pass the lines that its connection does not pass for it, all of them where that passes none,
// and tells of both.
func (p requests) slowStream(r *ruling, all bool) {
	for _, one := range r.matched {
		down, up := one.Lines()
		if !one.Early() || down == nil && up == nil {
			continue
		}
		if all || !one.WhateverIsAsked(&r.row) {
			r.slow.add(one)
		}
		r.tellSlow(one)
	}
}

// slow has the connection pass the lines of those rules of its newest request that hold whatever
// is asked for. The others have its stream pass theirs (slowStream).
func (p requests) slow(r *ruling) {
	var s slow
	for _, one := range r.all() {
		if down, up := one.Lines(); one.Early() && (down != nil || up != nil) && one.WhateverIsAsked(&r.row) {
			s.add(one)
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
