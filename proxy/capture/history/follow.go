package history

import (
	"slices"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

const (
	readEvery  = 20 * time.Millisecond
	tailEvery  = time.Second
	endedBatch = 256 // exchanges that are read from the store together
	maxSpare   = 2   // written blocks whose memory waits for the next
)

// follower is the goroutine that reads the store.
type follower struct {
	h     *History
	s     *capture.Store
	from  *capture.Ended
	ended uint64 // exchanges of the store that were read or missed
	first bool   // nothing was read yet
	old   flow.ID
	seen  idSet // that were read
	shed  Shedding
	young time.Duration // a block that is younger is not written to the tail
}

// Follow begins to write behind what the store records. It may be called once.
func (h *History) Follow(s *capture.Store) {
	h.mu.Lock()
	h.store = s
	old := h.openID
	h.mu.Unlock()
	h.follows.Add(1)
	go (&follower{h: h, s: s, from: capture.ReadEnded(s), first: true, old: old, seen: idSet{}, young: tailEvery / 4}).run()
}

// run reads every so often while exchanges end: few and large batches cost less, and the list does not wait for these.
// It watches the store only when none do: who records signals nothing where nobody watches.
func (f *follower) run() {
	defer f.h.follows.Done()
	tick, next := time.NewTicker(tailEvery), time.NewTimer(readEvery)
	defer tick.Stop()
	defer next.Stop()
	var changes *capture.Watcher // nil while it does not watch
	var changed <-chan struct{}
	for {
		select {
		case <-changed:
			changes.Close()
			changes, changed = nil, nil
			next.Reset(readEvery)
		case <-next.C:
			if f.read() {
				next.Reset(readEvery)
				continue
			}
			changes = f.s.Watch()
			changed = changes.C
			<-changed // it is set from the beginning: what there is already is read now
			f.read()
		case <-tick.C:
			f.tail()
		case <-f.h.stop:
			f.read()
			if changes != nil {
				changes.Close()
			}
			return
		}
	}
}

// read takes in all that has ended, and reports whether there was any.
func (f *follower) read() bool {
	before := f.ended
	for more := true; more; {
		b := f.from.Read(endedBatch, f.keep)
		more = b.More
		f.miss(b.Missed)
		for i := range b.Said {
			f.taken(&b.Said[i])
		}
		f.shedding(&b.Stats)
	}
	f.h.changed.Set()
	return f.ended > before
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
func (f *follower) shedding(s *flow.Stats) {
	lag := 0.
	// Active counts exchanges without a row too, so this may say a little less than there is.
	if unread := int64(s.Captured-f.ended) - int64(s.Active); unread > endedBatch && s.Rows > 0 && s.MemoryBudget > 0 {
		lag = min(1, float64(unread)/float64(s.Rows)) * float64(s.MemoryUsed) / float64(s.MemoryBudget)
	}
	f.shed = sheddingAt(lag)
	h := f.h
	h.mu.Lock()
	h.state.Lag, h.state.Shedding = lag, f.shed
	h.mu.Unlock()
}

// keep takes in an exchange that has ended.
func (f *follower) keep(x *flow.Exchange) {
	if f.taken(&x.Row) {
		return
	}
	f.ended++
	f.record(x)
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
	seen := f.seen.add(row.ID)
	if !seen && row.ID > f.old {
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

// record adds an exchange, with what may be written of it.
func (f *follower) record(x *flow.Exchange) {
	h := f.h
	missing := shedBodies(x, f.shed)
	h.mu.Lock()
	if h.private.holds(x.ID) {
		h.state.NotOnDisk.Private++
		h.mu.Unlock()
		return
	}
	if missing {
		h.state.NotOnDisk.Bodies++
	}
	full := gather(h, x, f.shed)
	h.mu.Unlock()
	if full {
		h.seal()
	}
}

// add puts an exchange into the block that grows.
func (h *History) add(x *flow.Exchange, shed Shedding) {
	h.mu.Lock()
	full := gather(h, x, shed)
	h.mu.Unlock()
	if full {
		h.seal()
	}
}

// gather adds an exchange to the block that grows, and reports whether that is full. It needs mu.
func gather(h *History, x *flow.Exchange, shed Shedding) (full bool) {
	if h.writer.noted.isDeleted(x.ID) { // while it was on its way
		return false
	}
	k := h.growing()
	if shed >= ShedCompression {
		k.effort = effortLeast
	}
	if !k.add(x) {
		h.state.NotOnDisk.Failed++
		return false
	}
	h.lastID = max(h.lastID, x.ID)
	return k.full()
}

// find finds what is not yet written. It needs mu.
func (g *gathering) find(id flow.ID) (k *block, nth int) {
	for _, k := range slices.Backward(g.pending) {
		if nth, ok := k.find(id); ok {
			return k, nth
		}
	}
	return nil, 0
}

// growing is the block that grows. It needs mu.
func (h *History) growing() *block {
	if n := len(h.pending); n > 0 && !h.pending[n-1].sealed {
		return h.pending[n-1]
	}
	var k *block
	if n := len(h.spare); n > 0 {
		k, h.spare = h.spare[n-1], h.spare[:n-1]
	} else {
		k = newBlockIn(nil, &h.contexts)
	}
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
	if took := time.Since(k.begun); k.full() && took < h.hurry {
		k.effort, k.later = max(k.effort, effortHurried), took < h.hurry/hastePart
	}
	h.mu.Unlock()
	h.waiting.Add(1)
	h.send(func() { h.writer.writeBlock(k) })
}

// forget takes a block that was written off the list. It needs mu.
func (h *History) forget(k *block) {
	for i := range h.pending {
		if h.pending[i] == k {
			h.pending = append(h.pending[:i:i], h.pending[i+1:]...)
			break
		}
	}
}

// reuse keeps the memory of a block that was forgotten for the next one. It needs mu.
func (g *gathering) reuse(k *block) {
	if !k.lent && cap(k.b) <= 2*blockSize && len(g.spare) < maxSpare {
		k.reset()
		g.spare = append(g.spare, k)
	}
}

// tail has written what is in no block yet.
func (f *follower) tail() {
	h := f.h
	h.mu.Lock()
	n := len(h.pending)
	if n == 0 || time.Since(h.pending[n-1].begun) > 2*tailEvery {
		h.spare = nil // little comes
	}
	if n == 0 || h.pending[n-1].sealed || h.pending[n-1].tailed == len(h.pending[n-1].starts) {
		h.mu.Unlock()
		return
	}
	k := h.pending[n-1]
	if k.tailed == 0 && time.Since(k.begun) < f.young {
		h.mu.Unlock()
		return // perhaps it is full soon; else the next time is early enough
	}
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
