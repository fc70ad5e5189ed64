package proxy

import (
	"context"

	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
)

// Send has the engine send a message of Posthouse's own, through everything that a request
// of a client goes through, and with a row. It returns when the message is under way; the
// error says why it cannot be. What is under way ends with ctx, and with Shutdown.
func (s *Server) Send(ctx context.Context, m outgoing.Message) (*outgoing.Sending, error) {
	return nil, reason.New(reason.SendHead)
}
