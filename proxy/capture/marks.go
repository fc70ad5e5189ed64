package capture

import (
	"container/list"

	"posthouse/proxy/flow"
)

// Bounds of the marks that are kept. A smaller budget than that of a thirty-second
// part for all of them has room for fewer.
const (
	maxMarks  = 4096
	markCost  = 128 // bytes of the budget: the entry and its place in the map
	marksPart = 32  // of the budget all marks together are at most this part
)

// marks holds the colours that a person gave rows, beside the log, in which a
// finished row cannot change. A row whose mark was taken off stays here without a
// colour, so that readers hear of it. Where there is no room for another mark such
// entries leave: a reader that has not read since does not hear of those.
type marks struct {
	by    map[flow.ID]*list.Element
	order list.List // of *mark, by rising rev
}

type mark struct {
	id    flow.ID
	rev   uint64 // when it was last set
	color flow.Mark
}

// markAt is an entry of the order.
func markAt(e *list.Element) *mark { return e.Value.(*mark) }

func (k *marks) of(id flow.ID) flow.Mark {
	if len(k.by) == 0 {
		return flow.MarkNone
	}
	if e := k.by[id]; e != nil {
		return markAt(e).color
	}
	return flow.MarkNone
}

// SetMark gives a row a colour, or takes it off with flow.MarkNone. Readers hear of
// it as of any change; the row leaves memory when it would have left without. False
// if the row is not in memory, or as many rows are marked as may be: 4096, fewer in a
// budget under 16 MiB.
func (s *Store) SetMark(id flow.ID, color flow.Mark) bool {
	s.mu.Lock()
	done := s.setMark(id, color)
	s.mu.Unlock()
	if done {
		s.signal()
	}
	return done
}

func (s *Store) setMark(id flow.ID, color flow.Mark) bool {
	r := s.inFlight(id)
	if _, finished := s.index.get(id); r == nil && !finished {
		return false
	}
	k := &s.marks
	if k.of(id) == color {
		return true
	}
	e := k.by[id]
	if e == nil {
		if !k.makeRoom(&s.memory) || !s.lend(markCost) {
			return false
		}
		// Making room may have evicted the very row.
		if _, finished := s.index.get(id); r == nil && !finished {
			return false
		}
		if k.by == nil {
			k.by = make(map[flow.ID]*list.Element)
		}
		e = k.order.PushBack(&mark{id: id})
		k.by[id] = e
		s.memory.pages += markCost
	}
	s.rev++
	m := markAt(e)
	m.color, m.rev = color, s.rev
	k.order.MoveToBack(e)
	if r != nil {
		r.rev.Store(s.rev)
		s.active.remove(r)
		s.active.append(r)
	}
	return true
}

// makeRoom makes room for one more entry within the bound, false where there is none.
func (k *marks) makeRoom(memory *memory) bool {
	most := min(maxMarks, memory.budget/marksPart/markCost)
	for e := k.order.Front(); e != nil && int64(len(k.by)) >= most; {
		m := markAt(e)
		e = e.Next()
		if m.color == flow.MarkNone {
			k.remove(memory, m.id)
		}
	}
	return int64(len(k.by)) < most
}

// remove forgets a row that leaves memory.
func (k *marks) remove(m *memory, id flow.ID) {
	if len(k.by) == 0 {
		return
	}
	if gone := k.by[id]; gone != nil {
		k.order.Remove(gone)
		delete(k.by, id)
		m.pages -= markCost
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

// markRef names a finished row whose mark was set.
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
