package app

import (
	"context"
	"sync"

	"posthouse/app/settings"
	"posthouse/proxy"
	"posthouse/proxy/clienthello"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/outgoing"
)

// sender is the engine that sends what a person resends and composes. It listens nowhere,
// follows the same settings, and goes on while the proxy is stopped.
type sender struct {
	hellos clienthello.Kept // that clients have sent

	server *proxy.Server // nil until something is sent; the controller's goroutine's

	mu     sync.Mutex
	sends  *proxy.Server // the same, for others
	closed bool
}

// Send sends a message through the engine, whether the proxy runs or not. What is under way
// ends with ctx, and with Close. The error, often a reason, says why it cannot be sent.
func (c *Controller) Send(ctx context.Context, m outgoing.Message) (*outgoing.Sending, error) {
	server, err := c.sending()
	if err != nil {
		return nil, err
	}
	return server.Send(ctx, m)
}

// Editable is a message with the bytes that go to the origin, to be changed and sent as
// they stand: of one that was made from what a program sent to the proxy, what the engine
// makes of it. What it refuses is left as it is.
func (c *Controller) Editable(m outgoing.Message) outgoing.Message {
	if server, err := c.sending(); err == nil {
		return server.Editable(m)
	}
	return m
}

// sending is the engine, which is made when it is first asked for.
func (c *Controller) sending() (*proxy.Server, error) {
	s := &c.sender
	s.mu.Lock()
	server, closed := s.sends, s.closed
	s.mu.Unlock()
	switch {
	case closed:
		return nil, ErrClosed
	case server != nil:
		return server, nil
	}
	c.ask(c.startSender)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sends == nil {
		return nil, ErrClosed
	}
	return s.sends, nil
}

func (c *Controller) startSender() {
	s := &c.sender
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.server != nil {
		return
	}
	s.server = proxy.New(c.senderEngine(c.settings.Load()), c.store, c.log)
	s.sends = s.server
}

// senderEngine is the engine's configuration. Where nothing is decrypted the rules for
// origins' certificates hold all the same: what they trust, and what they are shown.
func (c *Controller) senderEngine(s *settings.Settings) proxy.Config {
	config := c.engine(s)
	d := s.Decrypt.Clone()
	config.OwnTLS = sync.OnceValue(func() *decrypt.Policy {
		p, err := compileOrigins(&d)
		if err != nil {
			c.log.Warn("what is sent follows no settings for certificates of origins", "error", err)
		}
		return p
	})
	return config
}

// close cuts what is under way, and waits for it.
func (s *sender) close() {
	s.mu.Lock()
	server := s.sends
	s.closed, s.sends = true, nil
	s.mu.Unlock()
	if server == nil {
		return
	}
	now, cancel := context.WithCancel(context.Background())
	cancel()
	_ = server.Shutdown(now)
}
