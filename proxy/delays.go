package proxy

import (
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// delays are what rules have a message wait, one behind the other.
type delays []delay

type delay struct {
	label string // of the rule
	wait  time.Duration
}

func (d *delays) add(c *rules.Compiled, wait time.Duration) {
	if wait > 0 {
		*d = append(*d, delay{c.Label(), wait})
	}
}

// total is how long the message waits.
func (d delays) total() (wait time.Duration) {
	for _, one := range d {
		wait += one.wait
	}
	return wait
}

// told says how long each rule had the message wait that has waited for a time.
func (d delays) told(waited time.Duration) (did []flow.Reason) {
	for _, one := range d {
		wait := min(one.wait, waited)
		waited -= wait
		did = append(did, reason.RuleDelayed.With(one.label, wait))
	}
	return did
}

// delayAnswer has what rules answer wait as long as they have a response wait, so far as their conditions
// do not ask for that.
func (r *ruling) delayAnswer() {
	if r.answered == nil && (r.blocked == nil || r.blocked.Block != rules.BlockForbid) {
		return
	}
	for _, c := range rules.AnswerDelays(r.matched) {
		r.before.add(c, time.Duration(c.Delay.Response))
	}
}
