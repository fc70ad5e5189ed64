package proxy

import (
	"slices"
	"sync"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// Whether a rule that answers has something to answer a request with stands on a disk. It is looked up, beside who
// serves the connection (disk), before it is said what becomes of the request: begin, answers and what follows them
// find it known.

// lookup is what is known of the answer of one rule.
type lookup struct {
	rule   *rules.Compiled
	asked  rules.Asked
	known  bool
	why    flow.Reason // why the request passes, and failed, as rules.Set.Passes has them
	failed bool
}

// lookups are those of one request, in the order of the rules, up to the one that answers whatever stands on a disk.
type lookups struct {
	set *rules.Set

	mu   sync.Mutex // for what follows
	of   []lookup
	left bool // nobody waits for it any longer
}

// lookups are what is to be looked up for a request; nil where nothing is, or was. r may be nil.
func (r *ruling) lookups(x *exchange) *lookups {
	if r == nil || r.tunnel || r.found != nil {
		return nil
	}
	l, looks := &lookups{set: r.set}, false
	for _, c := range r.matched {
		if !r.endedBy(c) {
			continue
		}
		if c.Answer == nil || c.CORS && r.cors.Preflight() {
			break
		}
		one := lookup{rule: c, asked: x.asked(c.Answer)}
		if c.Looks(&one.asked) {
			looks = true
		} else {
			one.known = true
			one.why, one.failed = r.set.Passes(c, &one.asked)
		}
		if l.of = append(l.of, one); one.known && one.why.IsZero() {
			break
		}
	}
	if !looks {
		return nil
	}
	return l
}

// run looks, up to the first rule that has something to answer with. It waits for the disk.
func (l *lookups) run() {
	for i := range l.of {
		l.mu.Lock()
		one, left := l.of[i], l.left
		l.mu.Unlock()
		if left {
			return
		}
		if !one.known {
			one.known = true
			one.why, one.failed = l.set.Passes(one.rule, &one.asked)
			l.mu.Lock()
			l.of[i] = one
			l.mu.Unlock()
		}
		if one.why.IsZero() {
			return
		}
	}
}

// found is what was found. late is why not all of it was, zero where it was.
func (l *lookups) found(late flow.Reason) []lookup {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = true
	found := slices.Clone(l.of)
	for i := range found {
		if one := &found[i]; !one.known && !late.IsZero() {
			one.why, one.failed = failedOnDisk(one.rule, late), true
		}
	}
	return found
}

// failedOnDisk says that a disk kept a rule that answers from its work.
func failedOnDisk(c *rules.Compiled, why flow.Reason) flow.Reason {
	if name := c.Answer.Name(); name != "" {
		why = reason.RuleFile.With(name, why)
	}
	return reason.RuleFailed.With(c.Label(), why)
}

// lookup is what is known of the answer of a rule.
func (r *ruling) lookup(x *exchange, c *rules.Compiled) lookup {
	if i := slices.IndexFunc(r.found, func(one lookup) bool { return one.rule == c }); i >= 0 {
		return r.found[i]
	}
	one := lookup{rule: c, asked: x.asked(c.Answer)}
	one.why, one.failed = r.set.Passes(c, &one.asked) // for which no disk is needed
	return one
}

// readsDisk reports whether reply waits for a disk.
func (r *ruling) readsDisk() bool {
	return r.opensFile() || r.answered != nil && rules.PlacesFile(r.matched, false)
}

// opensFile reports whether what reply answers may be a file.
func (r *ruling) opensFile() bool {
	c := r.answered
	return c != nil && c.Answer.ReadsDisk() && !(c.CORS && r.cors.Preflight())
}

// lookUp finds out which rules have something to answer an exchange of HTTP/1 with, and reports whether it goes on.
func (x ruledExchange) lookUp() bool {
	l := x.ruling.lookups(&x.exchange)
	if l == nil {
		return true
	}
	_, late, ok := onDisk(&x.srv.disk, l.looked, func(*lookups) {}, x.await)
	x.ruling.found = l.found(late)
	return ok
}

// looked is run, for who waits for it.
func (l *lookups) looked() *lookups {
	l.run()
	return l
}

// placed has a file that takes the place of a body be read, while wait waits for it.
func (d *disk) placed(set *rules.Set, wait func(found, late <-chan struct{}) bool) func(string) ([]byte, flow.Reason) {
	type text struct {
		body []byte
		why  flow.Reason
	}
	ok := true
	return func(name string) ([]byte, flow.Reason) {
		if !ok { // of several files
			return nil, reason.RuleFile.With(name, reason.ClientLeft.With())
		}
		var one text
		var late flow.Reason
		one, late, ok = onDisk(d, func() (one text) {
			one.body, one.why = set.Read(name)
			return one
		}, func(text) {}, wait)
		switch {
		case !ok:
			return nil, reason.RuleFile.With(name, reason.ClientLeft.With())
		case !late.IsZero():
			return nil, reason.RuleFile.With(name, late)
		}
		return one.body, one.why
	}
}
