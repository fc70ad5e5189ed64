package breakpoints

import (
	"slices"
	"strings"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Next breaks once: on the next request that its condition fits.
type Next struct {
	When string // a filter; "" is every request
	Part Part

	query *query.Query
}

// BreakNext has the next request wait that a filter fits, or its response. The error is an
// *Unsendable: only what a request tells can be asked for.
func (q *Queue) BreakNext(when string, part Part) error {
	parsed, err := query.Parse(when)
	switch {
	case err != nil:
		return &Unsendable{reason.RuleCondition.With(reason.Of(err))}
	case parsed.NeedsContents():
		return &Unsendable{reason.RuleContents.With(when)}
	case parsed.AsksOutcome():
		return &Unsendable{reason.RuleOutcome.With(when)}
	case parsed.Sides()&(query.SideResponse|query.SideOutcome) != 0:
		return &Unsendable{reason.BreakEarly.With(when)}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.next) >= MaxNext {
		return &Unsendable{reason.BreakNexts.With(MaxNext)}
	}
	q.next = append(q.next, &Next{when, part & Both, parsed})
	q.arm()
	return nil
}

// Nexts are the breaks that wait for their request.
func (q *Queue) Nexts() []*Next {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.next)
}

// Forget takes out breaks that wait for their request; without any named, all of them.
func (q *Queue) Forget(which ...*Next) {
	q.mu.Lock()
	if len(which) == 0 {
		q.next = nil
	}
	q.next = slices.DeleteFunc(q.next, func(n *Next) bool { return slices.Contains(which, n) })
	q.arm()
	q.mu.Unlock()
	q.hub.Set()
}

// arm notes what Fits has to look at; mu is held.
func (q *Queue) arm() {
	q.armed.Store(len(q.next) > 0)
	q.asks.Store(slices.ContainsFunc(q.next, func(n *Next) bool { return strings.Contains(strings.ToLower(n.When), "app:") }))
	q.hub.Set()
}

// Armed reports whether the next request may break; it costs nothing.
func (q *Queue) Armed() bool { return q.On() && q.armed.Load() }

// AsksApp reports whether that depends on which app it is of.
func (q *Queue) AsksApp() bool { return q.Armed() && q.asks.Load() }

// Fits takes out the first break that fits a request; nil where none does.
func (q *Queue) Fits(r *flow.Row) *Next {
	if !q.Armed() {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, n := range q.next {
		if n.query.Request(r) == query.Matched {
			q.next = slices.Delete(q.next, i, i+1)
			q.arm()
			return n
		}
	}
	return nil
}
