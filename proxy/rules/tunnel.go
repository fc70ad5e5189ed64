package rules

import (
	"slices"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// What rules do to a tunnel, before a request in it is seen.

// Unkept reports whether the rule has contents not recorded.
func (c *Compiled) Unkept() bool { return c.Record != nil && !*c.Record }

// MovesTunnel reports whether what the rule says of where requests go can be said of their tunnel.
func (c *Compiled) MovesTunnel() bool { return c.Resolve != "" || c.Sends() && c.Send.Scheme != "http" }

// actsOnTunnels reports whether the rule does anything to a tunnel.
func (c *Compiled) actsOnTunnels() bool {
	return c.Block != "" || c.Sends() || c.Resolve != "" || c.Decrypt != nil || c.Unkept() || c.Mark != "" || c.Note != "" ||
		c.Wait() > 0 || c.Throttle != nil
}

// WhateverIsAsked reports whether the condition holds for all requests of a client to the
// host of a row.
func (c *Compiled) WhateverIsAsked(r *flow.Row) bool { return c.when.Tunnel(r) == query.Matched }

// AnswersAll reports whether a rule answers or blocks whatever is asked in a tunnel. passes is asked of rules whose
// answer lies on a disk: whether that is not there (Passes, whatever is asked).
func (s *Set) AnswersAll(r *flow.Row, passes func(*Compiled) bool) bool {
	for _, c := range s.Rules {
		switch {
		case c.Off:
		case (c.Answer != nil || c.Block != "") && c.share.part == 0 && c.WhateverIsAsked(r) && answersAlways(c, passes):
			return true
		case c.Last && c.when.Tunnel(r) != query.NotMatched:
			return false
		}
	}
	return false
}

// answers reports whether the rule is on and answers or blocks requests, or some of them.
func (c *Compiled) answers() bool { return !c.Off && (c.Answer != nil || c.Block != "" || c.CORS) }

// MayAnswer reports whether a rule may answer or block what is asked in a tunnel.
func (s *Set) MayAnswer(r *flow.Row) bool {
	may := func(at int32) bool {
		c := s.Rules[at]
		return c.answers() && c.when.Tunnel(r) != query.NotMatched
	}
	if slices.ContainsFunc(s.inside, may) {
		return true
	}
	var space [64]int32
	return s.answers && slices.ContainsFunc(s.index.ordered(candidates(&s.index, r.Method, r.Host, r.Path, space[:0])), may)
}

// MayLead reports whether a rule may send elsewhere what is asked in a tunnel.
func (s *Set) MayLead(r *flow.Row) bool {
	return slices.ContainsFunc(s.Rules, func(c *Compiled) bool {
		return !c.Off && (c.Sends() || c.Resolve != "") && c.when.Tunnel(r) != query.NotMatched
	})
}

// noteAnswer notes a rule of the set for MayAnswer: the index finds those that need a host, or nothing,
// without a request.
func (s *Set) noteAnswer(c *Compiled, at int32) {
	if !c.answers() {
		return
	}
	s.answers = true
	switch c.when.Need().Of {
	case query.NeedPath, query.NeedURL, query.NeedMethod:
		s.inside = append(s.inside, at)
	}
}

// Tunnel finds the rules that apply to a tunnel, in their order: those that do something to
// one, and whose condition holds for whatever request is in it.
func (s *Set) Tunnel(r *flow.Row) (matched []*Compiled) {
	if s == nil || !s.tunnels {
		return nil
	}
	var space [64]int32
	for _, at := range s.index.ordered(candidates(&s.index, r.Method, r.Host, r.Path, space[:0])) {
		c := s.Rules[at]
		if !c.tunnels && !c.Last || c.when.Tunnel(r) != query.Matched {
			continue
		}
		if c.tunnels {
			matched = append(matched, c)
		}
		if c.Last {
			break
		}
	}
	return matched
}
