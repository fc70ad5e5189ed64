package capture

import (
	"sync/atomic"

	"posthouse/proxy/flow"
)

// counts are the totals that Store.mu guards.
type counts struct {
	captured      uint64
	evicted       uint64
	evictedBodies uint64
	cleared       uint64
	failed        uint64
	active        int
}

const stripeCount = 16

// A stripe holds a part of the totals that change without the store's lock. A
// Record keeps to one stripe, and a pooled Record to one processor mostly, so
// the processors do not take the cache line from each other.
type stripe struct {
	up          atomic.Uint64
	down        atomic.Uint64
	notRecorded atomic.Uint64
	failed      atomic.Uint64 // of exchanges without a row
	active      atomic.Int64  // exchanges in flight without a row
	_           [88]byte      // two cache lines: some processors fetch pairs
}

// Stats returns the totals.
func (s *Store) Stats() flow.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats()
}

// stats needs Store.mu.
func (s *Store) stats() flow.Stats {
	st := flow.Stats{
		Captured:     s.count.captured,
		Evicted:      s.count.evicted,
		EvictedBody:  s.count.evictedBodies,
		Cleared:      s.count.cleared,
		Failed:       s.count.failed,
		Active:       s.count.active,
		Rows:         int(s.rows.live()) + s.count.active,
		MemoryUsed:   s.memory.used(),
		MemoryBudget: s.memory.budget,
		BodyLimit:    s.bodyLimit.Load(),
		Recording:    s.recording.Load(),
	}
	for i := range s.stripes {
		t := &s.stripes[i]
		st.BytesUp += t.up.Load()
		st.BytesDown += t.down.Load()
		st.NotRecorded += t.notRecorded.Load()
		st.Failed += t.failed.Load()
		st.Active += int(t.active.Load())
	}
	return st
}

// LastID is the ID of a store's exchange that began last; 0 for none.
func LastID(s *Store) flow.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastID
}
