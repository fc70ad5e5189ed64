package capture

import (
	"container/list"

	"posthouse/proxy/flow"
)

// Bounds of what is kept of what a person said about rows. A smaller budget than that of
// a thirty-second part for all of it has room for less.
const (
	maxMarks  = 4096
	markCost  = 128 // bytes of the budget: the entry and its place in the map; its note comes to that
	marksPart = 32  // of the budget all marks with their notes are at most this part
)

// marks holds what a person said about rows, beside the log, in which a finished row
// cannot change. A row of which all was taken back stays here with nothing said, so that
// readers hear of it. Where there is no room for more such entries leave: a reader that
// has not read since does not hear of those.
type marks struct {
	by    map[flow.ID]*list.Element
	order list.List // of *mark, by rising rev
	bytes int64     // of the budget
}

type mark struct {
	id   flow.ID
	rev  uint64 // when it was last set
	said flow.Annotation
}

func (m *mark) cost() int64 { return markCost + int64(len(m.said.Note)) }

// markAt is an entry of the order.
func markAt(e *list.Element) *mark { return e.Value.(*mark) }

func (k *marks) of(id flow.ID) flow.Annotation {
	if len(k.by) == 0 {
		return flow.Annotation{}
	}
	if e := k.by[id]; e != nil {
		return markAt(e).said
	}
	return flow.Annotation{}
}

// Annotate keeps what a person says about a row, in place of what they said before; the
// zero Annotation takes it back. A note is kept as flow.NoteOf has it. Readers hear of it
// as of any change; the row leaves memory when it would have left without. False if the
// row is not in memory, or as much is said as may be: of 4096 rows, with their notes in a
// thirty-second of the budget.
func (s *Store) Annotate(id flow.ID, said flow.Annotation) bool {
	return AnnotateWith(s, id, func(now *flow.Annotation) { *now = said })
}

// AnnotateWith is Annotate where what is said depends on what was said before, which say is given. It is called
// under a lock, once at most, and must not call the store.
func AnnotateWith(s *Store, id flow.ID, say func(*flow.Annotation)) bool {
	s.mu.Lock()
	said := s.marks.of(id)
	say(&said)
	said.Note = flow.NoteOf(said.Note)
	done := s.marks.set(s, id, said)
	s.mu.Unlock()
	if done {
		s.signal()
	}
	return done
}

func (k *marks) set(s *Store, id flow.ID, said flow.Annotation) bool {
	if !holds(s, id) {
		return false
	}
	if k.of(id) == said {
		return true
	}
	now := mark{id, s.rev + 1, said}
	more := now.cost()
	if e := k.by[id]; e != nil {
		more -= markAt(e).cost()
	}
	// Making room may evict the very row.
	if more > 0 && (!k.makeRoom(&s.memory, id, more) || !s.lend(more) || !holds(s, id)) {
		return false
	}
	s.rev++
	k.put(now)
	k.bytes += more
	s.memory.pages += more
	if _, finished := s.index.get(id); !finished {
		r := s.inFlight(id)
		r.rev.Store(s.rev)
		s.active.remove(r)
		s.active.append(r)
	}
	return true
}

// holds reports whether a row is in memory, in flight or finished.
func holds(s *Store, id flow.ID) bool {
	_, finished := s.index.get(id)
	return finished || s.inFlight(id) != nil
}

// put is the newest change.
func (k *marks) put(m mark) {
	if e := k.by[m.id]; e != nil {
		*markAt(e) = m
		k.order.MoveToBack(e)
		return
	}
	if k.by == nil {
		k.by = make(map[flow.ID]*list.Element)
	}
	k.by[m.id] = k.order.PushBack(&m)
}

// makeRoom makes room for n more bytes of a row within the bound, false where there is none.
func (k *marks) makeRoom(memory *memory, id flow.ID, n int64) bool {
	full := func() bool {
		return k.bytes+n > memory.budget/marksPart || k.by[id] == nil && len(k.by) >= maxMarks
	}
	for e := k.order.Front(); e != nil && full(); {
		m := markAt(e)
		e = e.Next()
		if !m.said.Annotated() && m.id != id {
			k.remove(memory, m.id)
		}
	}
	return !full()
}

// remove forgets a row that leaves memory.
func (k *marks) remove(m *memory, id flow.ID) {
	if len(k.by) == 0 {
		return
	}
	if gone := k.by[id]; gone != nil {
		k.order.Remove(gone)
		delete(k.by, id)
		k.bytes -= markAt(gone).cost()
		m.pages -= markAt(gone).cost()
	}
}

// retain forgets all rows but those in flight.
func (k *marks) retain(m *memory, active *recordList) {
	if len(k.by) == 0 {
		return
	}
	open := make(map[flow.ID]bool)
	for r := active.first; r != nil; r = r.next {
		open[r.id] = true
	}
	for id := range k.by {
		if !open[id] {
			k.remove(m, id)
		}
	}
}

// markRef names a finished row about which something was said.
type markRef struct {
	id  flow.ID
	rev uint64
}

// since lists the finished rows that a reader has read, up to pos in the log, and that
// were marked after rev, by rising rev. Those it has not read come with their marks.
func (k *marks) since(to []markRef, rev, pos uint64, x *index) []markRef {
	from := k.order.Back()
	for from != nil && markAt(from).rev > rev {
		from = from.Prev()
	}
	next := k.order.Front()
	if from != nil {
		next = from.Next()
	}
	for ; next != nil; next = next.Next() {
		m := markAt(next)
		if at, ok := x.get(m.id); ok && at < pos {
			to = append(to, markRef{m.id, m.rev})
		}
	}
	return to
}
