package proxy

import (
	"strings"
	"time"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// breaks are the breakpoints at which an exchange waits for a person, whatever carries it.
type breaks struct {
	queue    *breakpoints.Queue // nil where breakpoints are off
	parts    breakpoints.Part   // that wait
	request  string             // the label of the breakpoint of each; "" is one that breaks once
	response string
	aborted  flow.Reason // of a response that a person aborted
}

// next has the exchange wait at a breakpoint that breaks once.
func (b *breaks) next(n *breakpoints.Next) {
	if n != nil {
		b.parts |= n.Part
	}
}

// requestBy has the request wait by a rule, and responseBy the response. The first one that
// says so gives its name.
func (b *breaks) requestBy(c *rules.Compiled) {
	if c.BreaksRequest() && b.queue.On() && !b.parts.Has(breakpoints.Request) {
		b.parts |= breakpoints.Request
		b.request = c.Label()
	}
}

func (b *breaks) responseBy(c *rules.Compiled) {
	if c.BreaksResponse() && b.queue.On() && !b.parts.Has(breakpoints.Response) {
		b.parts |= breakpoints.Response
		b.response = c.Label()
	}
}

// label is the breakpoint of a part, as a reason has it, and what waits there.
func (b *breaks) label(part breakpoints.Part) (at, what any) {
	name, message := b.request, reason.BreakTheRequest
	if part == breakpoints.Response {
		name, message = b.response, reason.BreakTheResponse
	}
	if name == "" {
		return reason.BreakNext.With(), message.With()
	}
	return name, message.With()
}

// breakPassed tells that a message does not wait, and why.
func (r *ruling) breakPassed(part breakpoints.Part, why flow.Reason) {
	at, what := r.breaks.label(part)
	r.tell(flow.EffectFailed, reason.BreakPassed.With(at, what, why))
}

// breaksOver tells that nothing waits of an exchange that a rule answers or blocks.
func (r *ruling) breaksOver() {
	for _, c := range r.matched {
		if c.Early() {
			r.breaks.responseBy(c)
		}
	}
	for _, part := range [...]breakpoints.Part{breakpoints.Request, breakpoints.Response} {
		if r.breaks.parts.Has(part) {
			r.breakPassed(part, reason.BreakOver.With())
		}
	}
}

// enterBreak takes a message into the queue; nil where it is to pass, which is told.
func (r *ruling) enterBreak(part breakpoints.Part, size int) *breakpoints.Message {
	name := r.breaks.request
	if part == breakpoints.Response {
		name = r.breaks.response
	}
	m, why := r.breaks.queue.Enter(name, part, size)
	if m == nil && !why.IsZero() {
		r.breakPassed(part, why)
	}
	return m
}

// stateReasons say what became of a message that waited.
var stateReasons = map[breakpoints.State]flow.ReasonCode{
	breakpoints.Gone: reason.BreakEdited, breakpoints.Unchanged: reason.BreakUnchanged, breakpoints.Answered: reason.BreakAnswered,
	breakpoints.Aborted: reason.BreakAborted, breakpoints.Late: reason.BreakLate, breakpoints.Left: reason.BreakLeft,
	breakpoints.Stopped: reason.BreakStopped,
}

// broke tells what became of a message that waited, and returns it as a reason.
func (r *ruling) broke(m *breakpoints.Message, state breakpoints.State, e *breakpoints.Edit) flow.Reason {
	code, effects := stateReasons[state], flow.EffectApplied|flow.EffectDelayed
	switch {
	case state == breakpoints.Answered:
		effects |= flow.EffectAnswered
	case state == breakpoints.Aborted:
		effects |= flow.EffectBlocked
	case state == breakpoints.Late:
		effects |= flow.EffectFailed
	case state != breakpoints.Gone:
	case !e.NewBody && string(e.Head) == string(m.Head):
		code = reason.BreakUnchanged
	default:
		if effects |= flow.EffectRequest; m.Part == breakpoints.Response {
			effects ^= flow.EffectRequest | flow.EffectResponse
		}
		if e.Raw {
			code = reason.BreakRaw
		}
	}
	at, what := r.breaks.label(m.Part)
	why := code.With(at, what, m.Waited().Round(time.Millisecond))
	r.tell(effects, why)
	if state == breakpoints.Answered {
		fields, phrase := dropped(e)
		if len(fields) > 0 {
			r.tell(0, reason.BreakDropped.With(at, strings.Join(fields, ", ")))
		}
		if phrase != "" {
			r.tell(0, reason.BreakPhrase.With(at, phrase))
		}
	}
	if !m.Behind.IsZero() {
		r.tell(0, reason.BreakBehind.With(at, what, m.Behind))
	}
	return why
}
