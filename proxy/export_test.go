package proxy

import (
	"net"
	"sync"
	"testing"
	"time"
)

// SleepingDisk is a disk that answers when a test has it answer.
type SleepingDisk struct {
	tb    testing.TB
	begun chan struct{} // gets one for each look that has begun
	one   chan struct{} // has one look go on
	awake chan struct{} // closed: all do
	wake  sync.Once
}

// SleepDisk has the disk sleep until the test wakes it, or ends. Who waits for it does so for patience. It is for before
// the first request.
func (s *Server) SleepDisk(tb testing.TB, patience time.Duration) *SleepingDisk {
	d := &SleepingDisk{tb: tb, begun: make(chan struct{}, 1<<13), one: make(chan struct{}), awake: make(chan struct{})}
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	s.disk.patience = patience
	s.disk.slow = func() {
		d.begun <- struct{}{}
		select {
		case <-d.one:
		case <-d.awake:
		}
	}
	tb.Cleanup(d.Wake)
	return d
}

// SlowDisk has slow be called before each look at the disk. It is for before the first request.
func (s *Server) SlowDisk(slow func()) {
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	s.disk.slow = slow
}

// Begun waits until so many more looks have begun.
func (d *SleepingDisk) Begun(n int) {
	d.tb.Helper()
	for range n {
		select {
		case <-d.begun:
		case <-time.After(10 * time.Second):
			d.tb.Fatal("nothing looks at the disk")
		}
	}
}

// Answer has so many looks go on, one after the other as they begin.
func (d *SleepingDisk) Answer(n int) {
	d.tb.Helper()
	for range n {
		d.Begun(1)
		d.one <- struct{}{}
	}
}

// Wake has all looks go on, from now on too.
func (d *SleepingDisk) Wake() { d.wake.Do(func() { close(d.awake) }) }

// Looks are how many looks have begun and not ended, and how many wait for their turn.
func (s *Server) Looks() (busy, turns int) {
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	return s.disk.busy, len(s.disk.turns)
}

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
