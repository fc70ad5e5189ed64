package proxy

import "time"

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
