package capture

import (
	"math"
	"slices"
	"sync"

	"posthouse/proxy/flow"
)

// A Cursor is a reader's place in the event stream. Its zero value is the
// beginning.
type Cursor struct {
	rev     flow.Rev
	next    rowMark // the first finished row not read
	deleted uint64  // the rev up to which deletions were told
}

// Batch is what changed since a cursor.
type Batch struct {
	Rows      []flow.Row // the latest state of each changed row, in Rev order
	Next      Cursor     // where the next read goes on
	Stats     flow.Stats // the totals, taken together with the rows
	OldestRev flow.Rev   // the finished rows that ended with a Rev below this have left memory, and of the others just the deleted ones
	Deleted   []flow.ID  // finished rows deleted after the cursor, in that order; an unread one too
	Recheck   bool       // there were more of these than Deleted names: a reader looks for each row that it keeps (Store.Row)
	Missed    uint64     // finished rows changed after the cursor that left memory before this read
	More      bool       // there are more rows than max: call again
}

const (
	rowsAtOnce  = 64       // finished rows copied under one hold of Store.mu
	bytesAtOnce = 64 << 10 // and of their texts
)

// flightRef names a record that was in flight when the lock was held.
type flightRef struct {
	r    *Record
	id   flow.ID
	rev  uint64
	said flow.Annotation
}

// reading is the scratch memory and the state of one call of Changes.
type reading struct {
	flight   []flightRef // by rising rev
	marked   []markRef   // likewise
	finished []packedRow // the next finished rows
	places   []rowMark   // the place behind each of them
	scratch  []byte      // where their texts are gathered
	mark     rowMark     // the first finished row not yet in finished
	until    uint64      // the number of the first one that this batch leaves out
}

var readings = sync.Pool{New: func() any { return new(reading) }}

// maxScratch bounds what a pooled reading keeps, in elements or bytes.
const maxScratch = 1 << 16

func (v *reading) release() {
	clear(v.flight)
	clear(v.finished[:cap(v.finished)]) // their texts too
	if cap(v.flight) > maxScratch {
		v.flight = nil
	}
	if cap(v.scratch) > 4*bytesAtOnce {
		v.scratch = nil
	}
	readings.Put(v)
}

// Changes returns the rows that changed since the cursor, at most max of them
// (0 or less: all). It costs time by the rows that changed, not by those held,
// and holds up the writer for some microseconds at a time.
func (s *Store) Changes(c Cursor, max int) Batch {
	v := readings.Get().(*reading)
	defer v.release()
	b, high := s.view(v, c)
	total := len(v.flight) + len(v.marked) + int(v.until-v.mark.seq)
	if max <= 0 || max > total {
		max = total
	}
	if max > 0 {
		b.Rows = make([]flow.Row, 0, max)
	}
	b.Next.rev, b.Next.next = c.rev, v.mark
	told := uint64(0) // finished rows
	flight, marked, finished := v.flight, v.marked, v.finished[:0]
	for {
		if len(finished) == 0 && v.mark.seq < v.until {
			finished = s.load(v, false)
		}
		if len(finished) == 0 && v.mark.seq < v.until {
			continue // what was to be loaded has left memory
		}
		if len(finished) == 0 && len(flight) == 0 && len(marked) == 0 {
			b.Next.rev, b.Next.next = flow.Rev(high), v.mark
			break
		}
		if len(b.Rows) == max {
			b.More = true
			break
		}
		switch next := nextRev(flight, marked); {
		case len(finished) > 0 && finished[0].rev < next:
			b.Rows = append(b.Rows, finished[0].row())
			b.Next.rev, b.Next.next = flow.Rev(finished[0].rev), v.places[len(v.finished)-len(finished)]
			finished = finished[1:]
			told++
		case len(marked) > 0 && marked[0].rev == next:
			b.Rows = s.appendMarked(b.Rows, marked[0])
			b.Next.rev = flow.Rev(next)
			marked = marked[1:]
		default:
			if row, ok := flight[0].r.row(flight[0]); ok {
				b.Rows = append(b.Rows, row)
			}
			b.Next.rev = flow.Rev(next)
			flight = flight[1:]
		}
	}
	b.Missed = b.Next.next.seq - c.next.seq - told
	return b
}

// nextRev is the lowest Rev of the rows in flight and of those marked.
func nextRev(flight []flightRef, marked []markRef) uint64 {
	next := uint64(math.MaxUint64)
	if len(flight) > 0 {
		next = flight[0].rev
	}
	if len(marked) > 0 {
		next = min(next, marked[0].rev)
	}
	return next
}

// appendMarked tells a finished row again, for its mark, if it is still in memory.
func (s *Store) appendMarked(rows []flow.Row, m markRef) []flow.Row {
	row, ok := s.Row(m.id)
	if !ok {
		return rows
	}
	row.Rev = flow.Rev(m.rev)
	return append(rows, row)
}

// view notes what changed after c, without copying it, and begins the batch.
func (s *Store) view(v *reading, c Cursor) (b Batch, high uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	high = s.rev
	if high > s.readRev.Load() {
		s.readRev.Store(high)
	}
	v.flight = v.flight[:0]
	for r := s.active.last; r != nil && r.rev.Load() > uint64(c.rev); r = r.prev {
		v.flight = append(v.flight, flightRef{r, r.id, r.rev.Load(), s.marks.of(r.id)})
	}
	slices.Reverse(v.flight)
	v.finished, v.mark, v.until = v.finished[:0], c.next, s.rows.next.seq
	s.catchUp(v)
	v.marked = s.marks.since(v.marked[:0], uint64(c.rev), v.mark.pos, &s.index)
	b.Stats = s.stats()
	if c != (Cursor{}) { // else the reader knows no rows
		b.Deleted, b.Recheck = s.deletions.since(c.deleted)
	}
	b.Next.deleted = high
	b.OldestRev = flow.Rev(high + 1)
	if s.rows.first.seq < s.rows.next.seq {
		h := s.rows.header(s.rows.first.pos)
		b.OldestRev = flow.Rev(h.rev)
	}
	return b, high
}

// catchUp moves the reading past rows that have left memory.
func (s *Store) catchUp(v *reading) {
	first := s.rows.first
	if v.mark.seq > first.seq {
		return
	}
	// At the same number the place may have moved: an emptied log goes on elsewhere.
	if first.seq > v.until {
		first.seq = v.until // its pos is never used: the row has left memory
	}
	v.mark = first
}

// load copies the next finished rows out of the log, perhaps none where some were
// deleted. Their texts share one piece of memory, or have one each, so that who keeps a
// row keeps no others.
func (s *Store) load(v *reading, shared bool) []packedRow {
	v.finished, v.places, v.scratch = v.finished[:0], v.places[:0], v.scratch[:0]
	var ends [rowsAtOnce]int
	s.mu.Lock()
	s.catchUp(v)
	for range rowsAtOnce {
		if v.mark.seq >= v.until || len(v.scratch) >= bytesAtOnce {
			break
		}
		if size, id := s.rows.sizeAndID(v.mark.pos); id == 0 {
			v.mark = rowMark{v.mark.seq + 1, v.mark.pos + size}
			continue
		}
		var m packedRow
		m.rowHeader, v.scratch = s.rows.gather(v.mark.pos, v.scratch)
		m.said = s.marks.of(m.id)
		ends[len(v.finished)] = len(v.scratch)
		v.mark = rowMark{v.mark.seq + 1, v.mark.pos + m.size}
		v.finished, v.places = append(v.finished, m), append(v.places, v.mark)
	}
	s.mu.Unlock()
	start, all := 0, ""
	if shared {
		all = string(v.scratch)
	}
	for i := range v.finished {
		if shared {
			v.finished[i].text = all[start:ends[i]]
		} else {
			v.finished[i].text = string(v.scratch[start:ends[i]])
		}
		start = ends[i]
	}
	return v.finished
}
