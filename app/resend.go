package app

import (
	"context"

	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
)

// Send sends a message through the engine, whether the proxy runs or not. What is under way
// ends with ctx, and with Close.
func (c *Controller) Send(ctx context.Context, m outgoing.Message) (*outgoing.Sending, error) {
	return nil, reason.New(reason.SendHead)
}

// Editable is a message with the bytes that go to the origin, to be changed and sent as
// they stand: of one that was made from what a program sent to the proxy, what the engine
// makes of it. What it refuses is left as it is.
func (c *Controller) Editable(m outgoing.Message) outgoing.Message { return m }
