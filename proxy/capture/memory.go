package capture

import "math/bits"

const (
	minSegment = 4 << 10
	maxSegment = 64 << 10
	budgetUnit = 64 // a segment is at most this part of the first budget
	minUnits   = 16 // the least budget, in segments
)

// memory is the arithmetic of the budget. Always, but for exchanges in flight
// that a smaller budget met:
//
//	held <= mapped,  flight+pages <= lent,  mapped + lent <= budget
//
// What is lent moves in grains, so that traffic at the edge of the budget does
// not map and unmap a segment with every exchange.
type memory struct {
	mapping     *mapping
	segmentSize int64
	budget      int64
	mapped      int64      // bytes of all segments, in use or free
	held        int64      // bytes of the segments in use
	free        []*segment // mapped, not in use
	flight      int64      // bytes that exchanges in flight hold beside the logs
	pages       int64      // bytes of the index, of certificate chains and of marks
	lent        int64      // bytes set apart for flight and pages
	grain       int64
}

// init chooses the segment size for the life of the store.
func (m *memory) init(budget int64) {
	if budget == 0 {
		budget = defaultBudget
	}
	size := int64(1) << (bits.Len64(uint64(max(budget, 1)/budgetUnit)|1) - 1)
	m.segmentSize = min(max(size, minSegment), maxSegment)
	m.mapping = newMapping()
}

func (m *memory) setBudget(budget int64) {
	m.budget = max(budget, minUnits*m.segmentSize)
	m.grain = m.budget / budgetUnit
}

func (m *memory) used() int64 { return m.held + m.flight + m.pages }

// newSegment takes a free segment, or maps one if the budget has room.
func (m *memory) newSegment() *segment {
	if n := len(m.free); n > 0 {
		g := m.free[n-1]
		m.free = m.free[:n-1]
		m.held += m.segmentSize
		return g
	}
	if m.lent > m.flight+m.pages+2*m.grain {
		m.lent -= m.grain
	}
	if m.mapped+m.segmentSize+m.lent > m.budget {
		return nil
	}
	mem := m.mapping.allocate(int(m.segmentSize))
	if mem == nil {
		return nil // the system has no memory left: evict instead
	}
	m.mapped += m.segmentSize
	m.held += m.segmentSize
	return &segment{mem: mem}
}

func (m *memory) freeSegment(g *segment) {
	g.begun, g.ended = 0, 0
	m.held -= m.segmentSize
	m.free = append(m.free, g)
}

// emptyFree empties the free list; the caller releases its segments, best
// without the lock.
func (m *memory) emptyFree() []*segment {
	free := m.free
	m.free = nil
	m.mapped -= int64(len(free)) * m.segmentSize
	return free
}

// lend makes n more bytes of lent room if the budget has them.
func (m *memory) lend(n int64) bool {
	short := m.flight + m.pages + n - m.lent
	if short <= 0 {
		return true
	}
	short = (short + m.grain - 1) / m.grain * m.grain
	for m.mapped+m.lent+short > m.budget && len(m.free) > 0 {
		last := len(m.free) - 1
		m.mapping.release(m.free[last:])
		m.free = m.free[:last]
		m.mapped -= m.segmentSize
	}
	if m.mapped+m.lent+short > m.budget {
		return false
	}
	m.lent += short
	return true
}

// keepsNone stands for no body in flight, in calls that evict.
const keepsNone = ^uint64(0)

// evict lets the oldest segment go that may go: a body segment, but for the
// quarter of the budget that the newest bodies have to themselves, else a row
// segment. A body segment at or above the position own stays. False if nothing
// could go.
func (s *Store) evict(own uint64) bool {
	rows, bodies := s.rows.canDrop(), s.bodies.canDrop()
	if bodies && rows {
		if s.bodies.bytes() <= s.memory.budget/4 && s.bodies.segs[0].ended > s.rows.first.seq {
			bodies = false
		} else {
			rows = false
		}
	}
	switch {
	case bodies && s.bodies.start()+s.bodies.size <= own:
		s.count.evictedBodies += s.bodies.segs[0].begun
		s.bodies.dropOldest(&s.memory)
	case rows:
		s.count.evicted += s.rows.dropOldest(&s.memory, &s.index, &s.marks)
	default:
		return false
	}
	return true
}

// addSegments makes room for n more bytes at the end of a log.
func (s *Store) addSegments(l *segmentLog, n int, own uint64) bool {
	for l.wants(n) > 0 {
		g := s.memory.newSegment()
		if g == nil {
			if !s.evict(own) {
				return false
			}
			continue
		}
		if last := l.last(); last != nil {
			last.ended = s.rows.next.seq
		}
		l.segs = append(l.segs, g)
	}
	return true
}

// lend sets n bytes apart for something beside the logs, evicting for it.
func (s *Store) lend(n int64) bool {
	for !s.memory.lend(n) {
		if !s.evict(keepsNone) {
			return false
		}
	}
	return true
}

// hold lends n bytes to an exchange in flight.
func (s *Store) hold(n int64) bool {
	if s.memory.flight+n > s.memory.budget/2 || !s.lend(n) {
		return false
	}
	s.memory.flight += n
	return true
}

// shrink evicts until what is held fits a smaller budget.
func (s *Store) shrink() {
	m := &s.memory
	m.lent = m.flight + m.pages
	for m.held+m.lent > m.budget && s.evict(keepsNone) {
	}
}
