package proxy

import (
	"net"
	"time"
)

// SetResolver has names looked up by r. It is for before the first connection.
func (s *Server) SetResolver(r *net.Resolver) { s.dialer.Resolver, s.outward.Resolver = r, r }

// LateWait is how long a client that says nothing is waited for before its origin is dialled.
const LateWait = lateWait

// SetDeadAfter shortens the patience with an origin that acknowledges nothing.
// It is for before the first connection.
func (s *Server) SetDeadAfter(d time.Duration) {
	s.mu.Lock() // under which the sweeper is started
	defer s.mu.Unlock()
	s.deadAfter = d
}

// SetMaxHandshakes bounds the TLS handshakes under way. It is for before the first.
func (s *Server) SetMaxHandshakes(most int, patience time.Duration) {
	s.handshakes.most, s.handshakes.patience = most, patience
}

// Handshakes is how many are under way.
func (s *Server) Handshakes() int {
	s.handshakes.mu.Lock()
	defer s.handshakes.mu.Unlock()
	return len(s.handshakes.places)
}

// Slept is what the sweeper does when the clock has jumped.
func (s *Server) Slept(d time.Duration) { s.woke(d) }
