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

// sends has an engine that sends what a person resends and composes. It listens nowhere,
// follows the same settings, and goes on while the proxy is stopped.
type sends struct {
	c      *Controller
	hellos clienthello.Kept // that clients have sent

	sender *proxy.Server // nil until something is sent; the controller's goroutine's

	sendMu sync.Mutex
	usable *proxy.Server // the same, for others
	shut   bool
}

// Send sends a message through the engine, whether the proxy runs or not. What is under way
// ends with ctx, and with Close. The error, often a reason, says why it cannot be sent.
func (s *sends) Send(ctx context.Context, m outgoing.Message) (*outgoing.Sending, error) {
	server, err := s.sending()
	if err != nil {
		return nil, err
	}
	return server.Send(ctx, m)
}

// Editable is a message with the bytes that go to the origin, to be changed and sent as
// they stand: of one that was made from what a program sent to the proxy, what the engine
// makes of it. What it refuses is left as it is.
func (s *sends) Editable(m outgoing.Message) outgoing.Message {
	if server, err := s.sending(); err == nil {
		return server.Editable(m)
	}
	return m
}

// sending is the engine, which is made when it is first asked for.
func (s *sends) sending() (*proxy.Server, error) {
	s.sendMu.Lock()
	server, closed := s.usable, s.shut
	s.sendMu.Unlock()
	switch {
	case closed:
		return nil, ErrClosed
	case server != nil:
		return server, nil
	}
	s.c.ask(s.startSender)
	s.sendMu.Lock()
	defer s.sendMu.Unlock()
	if s.usable == nil {
		return nil, ErrClosed
	}
	return s.usable, nil
}

func (s *sends) startSender() {
	s.sendMu.Lock()
	defer s.sendMu.Unlock()
	if s.shut || s.sender != nil {
		return
	}
	s.sender = proxy.New(s.senderEngine(s.c.settings.Load()), s.c.store, s.c.log)
	s.usable = s.sender
}

// senderEngine is the engine's configuration. Where nothing is decrypted the rules for
// origins' certificates hold all the same: what they trust, and what they are shown.
func (s *sends) senderEngine(now *settings.Settings) proxy.Config {
	config := s.c.engine(now)
	d := now.Decrypt.Clone()
	config.OwnTLS = sync.OnceValue(func() *decrypt.Policy {
		p, err := compileOrigins(&d)
		if err != nil {
			s.c.log.Warn("what is sent follows no settings for certificates of origins", "error", err)
		}
		return p
	})
	return config
}

// configure has the proxy, and what sends requests of our own, follow the settings. Only
// the controller's goroutine calls it.
func (s *sends) configure(now *settings.Settings) {
	if run := s.c.run; run != nil {
		run.server.Configure(s.c.engine(now))
	}
	if s.sender != nil {
		s.sender.Configure(s.senderEngine(now))
	}
}

// endSends cuts what is under way, and waits for it.
func (s *sends) endSends() {
	s.sendMu.Lock()
	server := s.usable
	s.shut, s.usable = true, nil
	s.sendMu.Unlock()
	if server == nil {
		return
	}
	now, cancel := context.WithCancel(context.Background())
	cancel()
	_ = server.Shutdown(now)
}
