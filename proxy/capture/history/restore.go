package history

import (
	"errors"
	"slices"

	"posthouse/proxy/flow"
)

// What a person deleted can be brought back for a while by who has kept copies of it. Nothing is kept
// for that on the disk: the deletion is done there, and a kill leaves it done.

// Bounds of what Tiers keeps of one deletion.
const (
	maxUndoRows  = 1000
	maxUndoBytes = 32 << 20 // heads and bodies
)

// Deleted is what was deleted, and can be brought back. Nil cannot.
type Deleted struct {
	disk restorer
	t    *Tiers
	era  uint64
	all  []flow.Exchange
}

// restorer is a disk that takes back what was deleted.
type restorer interface {
	Restore([]flow.Exchange) error
}

// DeleteUndoably is Delete that returns what brings the rows back, onto the disk: nil where some of them
// are not there, or where they are too many or too large to be kept. It may wait for the disk.
func (t *Tiers) DeleteUndoably(ids ...flow.ID) (deleted int, undo *Deleted) {
	undo = t.keep(ids)
	deleted = t.Delete(ids...)
	if undo != nil && deleted != len(undo.all) {
		undo = nil
	}
	return deleted, undo
}

// MayUndo reports whether DeleteUndoably most likely returns something. It may wait for the disk.
func (t *Tiers) MayUndo(ids []flow.ID) bool {
	a := t.disk.Load()
	if a == nil || len(ids) == 0 || len(ids) > maxUndoRows {
		return false
	}
	size := int64(0)
	for _, id := range ids {
		row, ok := t.Row(id)
		if size += row.RequestSize + row.ResponseSize; !ok || !t.OnDisk(id) || size > maxUndoBytes/2 {
			return false
		}
	}
	_, ok := a.Disk.(restorer)
	return ok
}

// keep copies rows that the disk has.
func (t *Tiers) keep(ids []flow.ID) *Deleted {
	a := t.disk.Load()
	if a == nil || len(ids) == 0 || len(ids) > maxUndoRows {
		return nil
	}
	disk, ok := a.Disk.(restorer)
	if !ok {
		return nil
	}
	d := &Deleted{disk: disk, t: t, era: a.era}
	size := 0
	for _, id := range ids {
		if !t.OnDisk(id) {
			return nil
		}
		x, ok := t.Get(id)
		if !ok {
			return nil
		}
		if size += sizeOf(&x); size > maxUndoBytes {
			return nil
		}
		d.all = append(d.all, x)
	}
	return d
}

// sizeOf is what an exchange takes in memory, near enough.
func sizeOf(x *flow.Exchange) int {
	n := 2<<10 + len(x.RequestHead) + len(x.ResponseHead) + len(x.Interim) + len(x.Unusable) + len(x.RequestTrailer) +
		len(x.ResponseTrailer) + len(x.Foreign) + len(x.Ruled.Request) + len(x.Ruled.Response)
	for _, b := range x.Bodies() {
		n += len(b.Bytes)
	}
	for _, der := range x.Secure.Chain {
		n += len(der)
	}
	return n
}

// Undo brings the rows back; false where that cannot be done any more. It may wait for the disk.
func (d *Deleted) Undo() bool {
	if d.t.Era() != d.era || d.disk.Restore(d.all) != nil {
		return false // Stats.Problem says what is wrong
	}
	ids := make([]flow.ID, len(d.all))
	for i := range d.all {
		ids[i] = d.all[i].ID
	}
	d.t.touch(ids...)
	return true
}

var errForgotten = errors.New("it is no longer known where the rows were")

// remember notes where rows were that a deletion took, together with those before as long as there is room.
func (w remover) remember(ids []flow.ID, was map[flow.ID]location) {
	if w.lately == nil || len(w.lately)+len(ids) > maxUndoRows {
		w.lately = map[flow.ID]location{}
	}
	for _, id := range ids[:min(len(ids), maxUndoRows)] {
		w.lately[id] = was[id]
	}
}

// Restore takes rows back that were deleted: where their bytes lie still those are theirs again, else they are
// written anew. What may lie somewhere, and it is not known where, stays deleted: it must not lie there twice, since
// of two copies one is taken for what a kill has left of a segment that was leaving.
func (h *History) Restore(all []flow.Exchange) error {
	var anew []*flow.Exchange
	err := h.do(func() (err error) {
		if anew, err = (remover{&h.writer}).restore(all); err != errForgotten {
			h.writer.wrote(err)
		}
		return err
	})
	for _, x := range anew {
		h.add(x, ShedNothing)
	}
	h.changed.Set()
	return err
}

// restore is the writer's. It returns those that are to be written anew.
func (w remover) restore(all []flow.Exchange) (anew []*flow.Exchange, err error) {
	h := w.h
	ids := make([]flow.ID, len(all))
	for i := range all {
		ids[i] = all[i].ID
		if _, known := w.lately[ids[i]]; !known {
			return nil, errForgotten
		}
	}
	h.mu.Lock()
	before := w.noted.deleted
	w.noted.deleted = without(before, rangesOf(ids))
	for i := range all {
		w.noted.marks[ids[i]] = cleanAnnotation(all[i].Annotation) // where they lie another may stand
	}
	h.mu.Unlock()
	w.notes, err = replaced(w.notes, h.folder, notesFile, fileNotes, w.noted.frames())
	if err != nil { // they stay deleted
		h.mu.Lock()
		w.noted.deleted = before
		for _, id := range ids {
			delete(w.noted.marks, id)
		}
		h.mu.Unlock()
		return nil, err
	}
	for i := range all {
		at := w.lately[ids[i]]
		delete(w.lately, ids[i])
		n := slices.IndexFunc(h.segments, func(g *segment) bool { return g.number == at.segment })
		if n < 0 {
			anew = append(anew, &all[i])
			continue
		}
		of := &blockRows{rows: []flow.Row{all[i].Row}, nths: []int{at.nth}}
		_, err2 := h.index.addBlock(of, placed{at.segment, place{at: at.offset}}, h.segments[n])
		err = errors.Join(err, err2)
	}
	w.behind = w.behind || err != nil
	h.pages.reset()
	return anew, err
}

// without are ranges but for what others have of them; both rise.
func without(all, others []Range) (left []Range) {
	for _, r := range all {
		for _, o := range others {
			if o.Last < r.First || o.First > r.Last {
				continue
			}
			if o.First > r.First {
				left = append(left, Range{r.First, o.First - 1})
			}
			r.First = o.Last + 1
		}
		if r.First <= r.Last {
			left = append(left, r)
		}
	}
	return left
}
