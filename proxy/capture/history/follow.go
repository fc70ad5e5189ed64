package history

import (
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

const (
	tailEvery    = time.Second
	changesBatch = 256 // rows that are read from the store together
)

// pendingAt is where a row that is not yet written stands.
type pendingAt struct {
	block *block
	nth   int
}

// follower is the goroutine that reads the store.
type follower struct {
	h      *History
	s      *capture.Store
	cursor capture.Cursor
	ended  uint64 // exchanges of the store that were read or missed
	first  bool   // nothing was read yet
	seen   idSet  // that were read
}

// Follow begins to write behind what the store records. It may be called once.
func (h *History) Follow(s *capture.Store) {
	h.mu.Lock()
	h.store = s
	h.mu.Unlock()
	h.follows.Add(1)
	go (&follower{h: h, s: s, first: true, seen: idSet{}}).run()
}

func (f *follower) run() {
	defer f.h.follows.Done()
	changes := f.s.Watch()
	defer changes.Close()
	tick := time.NewTicker(tailEvery)
	defer tick.Stop()
	for {
		select {
		case <-changes.C:
			// Few and large batches cost less, and the list does not wait for these.
			select {
			case <-time.After(20 * time.Millisecond):
			case <-f.h.stop:
			}
			f.read()
		case <-tick.C:
			f.tail()
		case <-f.h.stop:
			f.read()
			return
		}
	}
}

// read takes in all that has changed.
func (f *follower) read() {
	for more := true; more; {
		b := f.s.Changes(f.cursor, changesBatch)
		f.cursor, more = b.Next, b.More
		f.miss(b.Missed)
		shed := f.shedding(&b.Stats)
		for i := range b.Rows {
			if b.Rows[i].Phase.Final() {
				f.keep(&b.Rows[i], shed)
			}
		}
	}
	f.h.changed.Set()
}

func (f *follower) miss(n uint64) {
	f.ended += n
	h := f.h
	h.mu.Lock()
	if f.first {
		h.state.NotOnDisk.Early += n
	} else {
		h.state.NotOnDisk.Late += n
	}
	h.mu.Unlock()
	f.first = false
}

// shedding measures the lag: the share of its budget that the store keeps for what was not read.
func (f *follower) shedding(s *flow.Stats) Shedding {
	lag := 0.
	// Active counts exchanges without a row too, so this may say a little less than there is.
	if unread := int64(s.Captured-f.ended) - int64(s.Active); unread > changesBatch && s.Rows > 0 && s.MemoryBudget > 0 {
		lag = min(1, float64(unread)/float64(s.Rows)) * float64(s.MemoryUsed) / float64(s.MemoryBudget)
	}
	shed := sheddingAt(lag)
	h := f.h
	h.mu.Lock()
	h.state.Lag, h.state.Shedding = lag, shed
	h.mu.Unlock()
	return shed
}

// keep takes in an exchange that has ended, or what was said of one since.
func (f *follower) keep(row *flow.Row, shed Shedding) {
	h := f.h
	if f.taken(row) {
		return
	}
	f.ended++
	h.mu.Lock()
	private := h.private.holds(row.ID)
	if private {
		h.state.NotOnDisk.Private++
	}
	h.mu.Unlock()
	if private {
		return
	}
	x, ok := f.s.Get(row.ID)
	if !ok {
		x = flow.Exchange{Row: *row}
		x.RequestBody = flow.Body{State: evictedIf(row.RequestSize), Size: row.RequestSize}
		x.ResponseBody = flow.Body{State: evictedIf(row.ResponseSize), Size: row.ResponseSize}
	}
	if shedBodies(&x, shed) || !ok {
		h.mu.Lock()
		h.state.NotOnDisk.Bodies++
		h.mu.Unlock()
	}
	h.add(&x, shed)
}

func evictedIf(size int64) flow.BodyState {
	if size > 0 {
		return flow.BodyEvicted
	}
	return flow.BodyNone
}

// shedBodies leaves bodies out, and reports whether one is missing.
func shedBodies(x *flow.Exchange, shed Shedding) (missing bool) {
	for _, b := range x.Bodies() {
		limit := maxBody
		switch shed {
		case ShedLarge:
			limit = largeBody
		case ShedBodies:
			limit = 0
		}
		if len(b.Bytes) > limit {
			b.Bytes, b.State = nil, flow.BodyNotRecorded
			missing = true
		}
		missing = missing || b.State == flow.BodyEvicted
	}
	return missing
}

// taken reports whether an exchange was taken in before, and keeps what was said of it since.
func (f *follower) taken(row *flow.Row) bool {
	h := f.h
	h.mu.Lock()
	old := h.openID
	h.mu.Unlock()
	seen := f.seen.add(row.ID)
	if !seen && row.ID > old {
		return false
	}
	known, here := h.Row(row.ID)
	switch {
	case here && !known.Start.Equal(row.Start):
		// The ID was given before this run, too.
		if !seen {
			f.ended++
			h.mu.Lock()
			h.state.NotOnDisk.Failed++
			h.mu.Unlock()
		}
		return true
	case here && known.Annotation != row.Annotation:
		a, id := row.Annotation, row.ID
		h.send(func() { h.writer.wrote(h.writer.annotate(id, a)) })
	}
	if here && !seen {
		f.ended++
	}
	return seen || here
}

// idSet holds IDs, a bit for each that was given since its first.
type idSet map[flow.ID]*[64]uint64

// add reports whether it was there.
func (s idSet) add(id flow.ID) bool {
	chunk := s[id>>12]
	if chunk == nil {
		chunk = new([64]uint64)
		s[id>>12] = chunk
	}
	word, bit := &chunk[id>>6&63], uint64(1)<<(id&63)
	was := *word&bit != 0
	*word |= bit
	return was
}

// add puts an exchange into the block that grows.
func (h *History) add(x *flow.Exchange, shed Shedding) {
	h.mu.Lock()
	if h.writer.noted.isDeleted(x.ID) { // while it was on its way
		h.mu.Unlock()
		return
	}
	k := h.growing()
	if shed >= ShedCompression {
		k.effort = effortLeast
	}
	if !k.add(x) {
		h.state.NotOnDisk.Failed++
		h.mu.Unlock()
		return
	}
	h.where[x.ID] = pendingAt{k, len(k.rows) - 1}
	h.lastID = max(h.lastID, x.ID)
	full := k.full()
	h.mu.Unlock()
	if full {
		h.seal()
	}
}

// growing is the block that grows. It needs mu.
func (h *History) growing() *block {
	if n := len(h.pending); n > 0 && !h.pending[n-1].sealed {
		return h.pending[n-1]
	}
	k := h.room.block()
	k.begun = time.Now()
	h.pending = append(h.pending, k)
	return k
}

// seal has the block that grows written. It waits while two others are.
func (h *History) seal() {
	h.mu.Lock()
	n := len(h.pending)
	if n == 0 || h.pending[n-1].sealed || len(h.pending[n-1].starts) == 0 {
		h.mu.Unlock()
		return
	}
	k := h.pending[n-1]
	k.sealed = true
	h.room = k.room()
	if k.full() && time.Since(k.begun) < h.hurry {
		k.effort = max(k.effort, effortHurried)
	}
	h.mu.Unlock()
	h.send(func() { h.writer.writeBlock(k) })
}

// forget takes a block that was written off the list. It needs mu.
func (h *History) forget(k *block) {
	for i := range k.rows {
		if id := k.rows[i].ID; h.where[id].block == k {
			delete(h.where, id)
		}
	}
	for i := range h.pending {
		if h.pending[i] == k {
			h.pending = append(h.pending[:i:i], h.pending[i+1:]...)
			return
		}
	}
}

// tail has written what is in no block yet.
func (f *follower) tail() {
	h := f.h
	h.mu.Lock()
	n := len(h.pending)
	if n == 0 || h.pending[n-1].sealed || h.pending[n-1].tailed == len(h.pending[n-1].starts) {
		h.mu.Unlock()
		return
	}
	k := h.pending[n-1]
	b, starts := k.b[:len(k.b):len(k.b)], k.starts[k.tailed:len(k.starts):len(k.starts)]
	k.tailed = len(k.starts)
	age := h.limits.maxAge
	old := age > 0 && time.Since(time.Unix(k.oldest, 0)) > max(age/8, time.Minute)
	h.mu.Unlock()
	h.send(func() { h.writer.writeTail(k, b, starts) })
	if old {
		h.seal()
	}
}
