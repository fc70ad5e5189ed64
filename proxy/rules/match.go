package rules

import (
	"slices"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// Request finds the rules that apply to a request, in their order, and those of which the
// response decides. Where there are none it allocates nothing.
func (s *Set) Request(r *flow.Row) []*Compiled {
	if s == nil {
		return nil
	}
	var space [64]int32
	return s.judge(r, s.index.ordered(candidates(&s.index, r.Method, r.Host, r.Path, space[:0])))
}

// Misses reports whether no rule can match a request, as its method, host and path alone tell; s may be nil. It
// allocates nothing.
func (s *Set) Misses(method, host, path []byte) bool {
	if s == nil {
		return true
	}
	var space [64]int32
	return len(s.index.always) == 0 && len(candidates(&s.index, method, host, path, space[:0])) == 0
}

// judge asks rules, in order. One that is the last ends them only where it is known to apply.
func (s *Set) judge(r *flow.Row, rules []int32) (matched []*Compiled) {
	for _, at := range rules {
		c := s.Rules[at]
		result := c.when.Request(r)
		if result == query.NotMatched || !c.share.draws() {
			continue
		}
		matched = append(matched, c)
		if c.Last && result == query.Matched {
			break
		}
	}
	return matched
}

// Response are those of the rules that Request found which apply when the head of the
// response is known.
func Response(matched []*Compiled, r *flow.Row) (apply []*Compiled) {
	for _, c := range matched {
		if c.late && c.when.Row(r) != query.Matched {
			continue
		}
		apply = append(apply, c)
		if c.Last {
			break
		}
	}
	return apply
}

// Early reports whether the rule applies whatever the response is.
func (c *Compiled) Early() bool { return !c.late }

// Verdict is what becomes of one rule for a request.
type Verdict struct {
	Rule    *Compiled
	Applies bool
	Open    bool   // the response decides
	Off     bool   // it is switched off
	Behind  string // the rule before it that is the last one, "" for none
	Part    string // the part of its condition that does not hold; "" where it is the whole
	Closed  bool   // it is for what is in the tunnel, which is not opened
}

// Explain says of each rule whether it applies to a row, and if not, why.
func (s *Set) Explain(r *flow.Row) []Verdict {
	all := make([]Verdict, len(s.Rules))
	behind := ""
	if r.Kind == flow.KindTunnel {
		return s.explainTunnel(r, all)
	}
	for i, c := range s.Rules {
		v := Verdict{Rule: c, Off: c.Off, Behind: behind}
		result := judged(c.when, r)
		switch {
		case c.Off:
		case result == query.NotMatched:
			v.Part = failing(c.When, r)
		default:
			v.Open = result == query.Unknown
			v.Applies = !v.Open && behind == ""
			if c.Last && v.Applies {
				behind = c.Label()
			}
		}
		all[i] = v
	}
	return all
}

// explainTunnel is Explain for a tunnel that was not opened.
func (s *Set) explainTunnel(r *flow.Row, all []Verdict) []Verdict {
	apply := s.Tunnel(r)
	for i, c := range s.Rules {
		v := Verdict{Rule: c, Off: c.Off, Applies: slices.Contains(apply, c)}
		if !c.Off && !v.Applies {
			if c.when.Tunnel(r) == query.NotMatched {
				v.Part = failing(c.When, r)
			} else {
				v.Closed = true
			}
		}
		all[i] = v
	}
	return all
}

// judged asks a condition of a row. While there is no response, what asks for one is open.
func judged(q *query.Query, r *flow.Row) query.Result {
	switch {
	case r.Kind == flow.KindTunnel:
		return q.Tunnel(r)
	case r.Phase == flow.PhaseRequest:
		return q.Request(r)
	}
	return q.Row(r)
}

// failing is the first part of a condition that does not hold for a row.
func failing(when string, r *flow.Row) string {
	for _, part := range query.Words(when) {
		if q, err := query.Parse(part); err == nil && judged(q, r) == query.NotMatched {
			return part
		}
	}
	return ""
}
