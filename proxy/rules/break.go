package rules

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Breaks are the messages that wait for a person.
const (
	BreakRequest  = "request"
	BreakResponse = "response"
	BreakBoth     = "both"
)

// BreaksRequest and BreaksResponse report whether a message is to wait for a person.
func (c *Compiled) BreaksRequest() bool  { return c.Break == BreakRequest || c.Break == BreakBoth }
func (c *Compiled) BreaksResponse() bool { return c.Break == BreakResponse || c.Break == BreakBoth }

func (c *Compiled) checkBreak() flow.Reason {
	switch c.Break {
	case "", BreakRequest, BreakResponse, BreakBoth:
		return flow.Reason{}
	}
	return reason.BreakKind.With(c.Break)
}
