package proxy

import "time"

// SetDeadAfter shortens the patience with an origin that acknowledges nothing.
// It is for before the first connection.
func (s *Server) SetDeadAfter(d time.Duration) {
	s.mu.Lock() // under which the sweeper is started
	defer s.mu.Unlock()
	s.deadAfter = d
}

// Slept is what the sweeper does when the clock has jumped.
func (s *Server) Slept(d time.Duration) { s.woke(d) }
