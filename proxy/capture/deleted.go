package capture

import (
	"encoding/binary"
	"sort"

	"posthouse/proxy/flow"
)

// Bounds of the deletions that readers are told one by one. A small budget has room for
// fewer: as many as fit into a 128th of it.
const (
	maxDeletions  = 4096
	deletionCost  = 16 // bytes of the budget
	deletionsPart = 128
)

// deletions says which rows were deleted lately, so that readers hear of it. Of those that
// left the list for lack of room only the newest Rev is kept.
type deletions struct {
	lately    []deletion // by rising rev
	forgotten uint64     // the rev of the newest that is not among them
}

type deletion struct {
	rev uint64
	id  flow.ID
}

// add keeps one more, in place of the older half where there is no room.
func (d *deletions) add(s *Store, one deletion) {
	m := &s.memory
	if most := int(min(maxDeletions, m.budget/deletionsPart/deletionCost)); len(d.lately) >= most {
		old := max(1, len(d.lately)-most/2)
		d.forgotten = d.lately[old-1].rev
		d.lately = append(d.lately[:0], d.lately[old:]...)
		m.pages -= int64(old) * deletionCost
	}
	if !m.lend(deletionCost) { // nothing is evicted for it
		d.forget(m, one.rev)
		return
	}
	d.lately = append(d.lately, one)
	m.pages += deletionCost
}

// forget keeps no more than that there were some up to a rev.
func (d *deletions) forget(m *memory, rev uint64) {
	m.pages -= int64(len(d.lately)) * deletionCost
	d.lately, d.forgotten = nil, rev
}

// clear is for when all finished rows have left memory: OldestRev says so.
func (d *deletions) clear(m *memory) { d.forget(m, d.forgotten) }

// since are those after a rev, and whether there were more.
func (d *deletions) since(rev uint64) (ids []flow.ID, more bool) {
	from := sort.Search(len(d.lately), func(i int) bool { return d.lately[i].rev > rev })
	for _, one := range d.lately[from:] {
		ids = append(ids, one.id)
	}
	return ids, rev < d.forgotten
}

// Delete removes finished rows, marked or not, and says how many. Those in flight stay, and
// so do those that are not in memory. Readers are told (Batch.Deleted). The memory of a row
// comes back with that of the rows around it, in the order in which rows leave; that of
// all comes back if no finished row is left.
func (s *Store) Delete(ids ...flow.ID) (deleted int) {
	for len(ids) > 0 {
		some := ids[:min(len(ids), rowsAtOnce)]
		ids = ids[len(some):]
		s.mu.Lock()
		for _, id := range some {
			if s.rows.delete(s, id) {
				deleted++
			}
		}
		s.mu.Unlock()
	}
	if deleted == 0 {
		return 0
	}
	s.mu.Lock()
	s.rows.dropDeleted(&s.memory)
	if s.rows.live() == 0 {
		s.chains.reset(&s.memory)
		s.bodies.retain(&s.memory, &s.active)
	}
	let := s.memory.emptyFree()
	s.mu.Unlock()
	s.memory.mapping.release(let)
	s.signal()
	return deleted
}

// delete leaves a gap where a finished row lies.
func (l *rowLog) delete(s *Store, id flow.ID) bool {
	pos, ok := s.index.get(id)
	if !ok {
		return false
	}
	h := l.header(pos)
	for _, b := range h.bodies {
		if b.ref.first != 0 && !s.bodies.gone(b.ref) {
			s.bodies.at(b.ref.first-1).begun--
		}
	}
	s.index.remove(&s.memory, id)
	s.marks.remove(&s.memory, id)
	l.makeGap(pos)
	s.count.cleared++
	s.rev++
	s.deletions.add(s, deletion{s.rev, id})
	return true
}

// makeGap has a record say that it is no row: its ID is 0.
func (l *rowLog) makeGap(pos uint64) {
	binary.NativeEndian.PutUint64(l.at(pos).mem[pos%l.size+8:], 0)
	l.gaps++
}

// live is how many rows there are.
func (l *rowLog) live() uint64 { return l.next.seq - l.first.seq - l.gaps }

// dropDeleted frees the segments at the start that hold deleted rows alone.
func (l *rowLog) dropDeleted(m *memory) {
	for l.first.seq < l.next.seq {
		size, id := l.sizeAndID(l.first.pos)
		if id != 0 {
			break
		}
		l.pass(size)
		l.gaps--
	}
	for l.canDrop() && (l.base+1)*l.size <= l.first.pos {
		m.freeSegment(l.dropFirst())
	}
}

// pass has the log begin behind its first record.
func (l *rowLog) pass(size uint64) {
	l.first.pos += size
	l.first.seq++
}
