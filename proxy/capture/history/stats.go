package history

import (
	"errors"
	"syscall"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Shedding says how much is left out because the disk does not keep up.
type Shedding uint8

const (
	ShedNothing     Shedding = iota
	ShedCompression          // weaker compression, no filters for the search
	ShedLarge                // no bodies over 64 KiB
	ShedBodies               // rows and heads alone
)

// largeBody is what ShedLarge still keeps.
const largeBody = 64 << 10

// sheddingAt is what is shed at a lag.
func sheddingAt(lag float64) Shedding {
	switch {
	case lag > 3./4:
		return ShedBodies
	case lag > 1./2:
		return ShedLarge
	case lag > 1./4:
		return ShedCompression
	}
	return ShedNothing
}

// Stats are totals of a history.
type Stats struct {
	Rows      uint64      // that are here
	Marked    uint64      // of them, with a star, a colour or a note
	Bytes     int64       // of all files
	Budget    int64       // bytes
	Oldest    time.Time   // when the oldest began; zero for none
	Lag       float64     // what is not yet written, as a share of the store's budget
	Shedding  Shedding    // what is left out because of it
	NotOnDisk NotOnDisk   // since Open
	Private   bool        // what begins now is not written
	Unkept    flow.ID     // from which on CloseDiscarding removes; 0: nothing
	Filtering bool        // blocks may lack filters, which are made when it is quiet
	Indexing  bool        // the index is being made from the segments: rows appear as it goes
	Damaged   int         // places in files that could not be read, since Open
	Problem   flow.Reason // what is wrong; zero for nothing
}

// NotOnDisk counts exchanges that are not on the disk, by why.
type NotOnDisk struct {
	Private uint64 // began while private was on
	Early   uint64 // had left memory before Follow
	Late    uint64 // left memory before they could be written
	Failed  uint64 // writing failed, or was not possible
	Bodies  uint64 // are there, but bodies of theirs were shed or had left memory
}

// Stats returns the totals.
func (h *History) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state
	s.Budget = h.limits.budget
	s.Private = h.private.on
	s.Unkept = h.writer.noted.unkept
	for _, k := range h.pending {
		s.Rows += uint64(len(k.ids))
		s.Marked += uint64(len(k.noted))
		if len(k.ids) > 0 && s.Oldest.IsZero() {
			s.Oldest = k.started
		}
	}
	s.Problem = h.problems.worst()
	return s
}

// problems are what is wrong, by how long it lasts.
type problems struct {
	write   flow.Reason // the last write failed
	full    flow.Reason // marked exchanges fill the budget
	index   flow.Reason
	damaged flow.Reason     // a part of a file; stays until the next Open
	hurt    map[string]bool // the files
}

func (p *problems) worst() flow.Reason {
	for _, r := range [...]flow.Reason{p.write, p.full, p.index, p.damaged} {
		if !r.IsZero() {
			return r
		}
	}
	return flow.Reason{}
}

// problemOf is what is wrong where an error came of writing.
func problemOf(err error) flow.Reason {
	switch {
	case errors.Is(err, syscall.ENOSPC) || isDiskFull(err):
		return reason.HistoryDiskFull.With()
	case errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.EACCES):
		return reason.HistoryReadOnly.With()
	}
	return reason.HistoryWrite.With(reason.Of(err))
}

// damage tells of a part that could not be read.
func (h *History) damage(name string, at int64, err error) {
	h.log.Warn("a part of the history cannot be read", "file", name, "offset", at, "error", err)
	h.mu.Lock()
	h.state.Damaged++
	if h.problems.hurt == nil {
		h.problems.hurt = map[string]bool{}
	}
	h.problems.hurt[name] = true
	h.problems.damaged = reason.HistoryDamaged.With(name, int64(h.state.Damaged))
	h.mu.Unlock()
	h.changed.Set()
}

// Range is the IDs from First to Last, both included.
type Range struct{ First, Last flow.ID }

// maxRemovals bounds what is remembered of removals.
const maxRemovals = 1024

// removals are ranges of IDs that left, in order.
type removals struct {
	ranges []Range
	before uint64 // ranges that are forgotten
}

func (r *removals) add(more []Range) {
	r.ranges = append(r.ranges, more...)
	if over := len(r.ranges) - maxRemovals; over > 0 {
		r.ranges = append([]Range(nil), r.ranges[over:]...)
		r.before += uint64(over)
	}
}

// Removed lists what left the disk since the cursor, whose zero value is Open. All says
// that the cursor is too old to be told: read again what is listed.
func (h *History) Removed(cursor uint64) (ranges []Range, next uint64, all bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := &h.removed
	next = r.before + uint64(len(r.ranges))
	if cursor < r.before {
		return nil, next, true
	}
	if cursor > next {
		cursor = next
	}
	return append([]Range(nil), r.ranges[cursor-r.before:]...), next, false
}

// privacy is which exchanges began in private stretches.
type privacy struct {
	on     bool
	from   flow.ID // the first ID of the stretch that lasts
	ranges []Range
}

// maxStretches bounds the stretches that are remembered; beyond it the oldest two become one.
const maxStretches = 256

func (p *privacy) holds(id flow.ID) bool {
	if p.on && id >= p.from {
		return true
	}
	for _, r := range p.ranges {
		if r.First <= id && id <= r.Last {
			return true
		}
	}
	return false
}

// SetPrivate switches a stretch on or off of which nothing is written that begins in it.
func (h *History) SetPrivate(on bool) {
	h.mu.Lock()
	last := flow.ID(0)
	if h.store != nil {
		last = capture.LastID(h.store)
	}
	if p := &h.private; on != p.on {
		p.on = on
		if on {
			p.from = last + 1
		} else if last >= p.from {
			p.ranges = append(p.ranges, Range{p.from, last})
		}
		if len(p.ranges) > maxStretches {
			p.ranges[1].First = p.ranges[0].First
			p.ranges = p.ranges[1:]
		}
	}
	h.mu.Unlock()
	h.changed.Set()
}
