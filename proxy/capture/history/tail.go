package history

import (
	"errors"
	"slices"

	"posthouse/proxy/flow"
)

// tail is the file of what is in no block yet.
type tail struct {
	*growing
	folder string
	has    Range // of the IDs in it, zero for none
	more   bool  // it has some of several blocks
}

// open opens the file, where it is not.
func (t *tail) open() (err error) {
	if t.growing == nil {
		t.growing, err = openGrowing(t.folder, tailFile, fileTail, 0)
	}
	return err
}

func (t *tail) include(first, last flow.ID) {
	if t.has.First == 0 || first < t.has.First {
		t.has.First = first
	}
	t.has.Last = max(t.has.Last, last)
}

func (t *tail) replace(frames [][]byte) (err error) {
	t.growing, err = replaced(t.growing, t.folder, tailFile, fileTail, frames)
	return err
}

// empty empties the file but for its head.
func (t *tail) empty() error {
	t.has, t.more = Range{}, false
	if t.growing == nil || t.size <= fileHeadSize {
		return nil
	}
	return t.reset()
}

// writeTail writes records that no block has yet: all of them lie in b.
func (w *writer) writeTail(b []byte, starts []int) {
	w.wrote(w.storeTail(b, starts))
}

func (w *writer) storeTail(b []byte, starts []int) error {
	k := newBlock()
	k.effort = effortLeast // it is replaced within the second, where there is much of it
	for _, at := range starts {
		record, _, ok := cutRecord(b[at:])
		var x flow.Exchange
		if !ok || readWhole(record, b, &x) != nil {
			return errRecord
		}
		if !w.noted.isDeleted(x.ID) { // since this was asked for
			k.add(&x)
		}
	}
	if len(k.rows) == 0 {
		return nil
	}
	if err := w.tail.open(); err != nil {
		return err
	}
	frame := w.compressor.frame(k)
	if err := w.makeRoom(int64(len(frame))); err != nil {
		return err
	}
	if err := w.tail.append(frame); err != nil {
		return err
	}
	w.tail.include(k.first, k.last)
	return w.tail.file.Sync()
}

// purge takes deleted exchanges out of the blocks that are not yet written, and out of the
// tail. Nothing of them is written later.
func (w *writer) purge(deleted []Range) error {
	h := w.h
	h.mu.Lock()
	for _, k := range h.pending {
		h.strip(k, &notes{deleted: deleted})
	}
	h.mu.Unlock()
	if !touches(deleted, w.tail.has) {
		return nil
	}
	err := w.renewTail(nil)
	if err != nil {
		// Better nothing in the tail than what is not to be there: it is written again.
		err = errors.Join(err, w.tail.empty())
		h.mu.Lock()
		for _, k := range h.pending {
			k.tailed = 0
		}
		h.mu.Unlock()
	}
	return err
}

func touches(all []Range, r Range) bool {
	for _, o := range all {
		if o.First <= r.Last && o.Last >= r.First {
			return true
		}
	}
	return false
}

// strip makes a block anew without what was deleted of it; whoever reads the old one has it
// to the end. It needs mu.
func (h *History) strip(k *block, gone *notes) {
	live, tailed := newBlock(), 0
	if !slices.ContainsFunc(k.rows, func(r flow.Row) bool { return gone.isDeleted(r.ID) }) {
		return
	}
	for i := range k.rows {
		id := k.rows[i].ID
		x, err := k.exchange(i) // was written here: it can be read
		if err != nil || gone.isDeleted(id) {
			delete(h.where, id)
			continue
		}
		x.Row = k.rows[i]
		live.add(&x)
		if i < k.tailed {
			tailed++
		}
	}
	for nth := range live.rows {
		h.where[live.rows[nth].ID] = pendingAt{k, nth}
	}
	live.tailed, live.sealed, live.effort, live.begun = tailed, k.sealed, k.effort, k.begun
	*k = *live
}

// renewTail writes the tail anew, with all that is pending but for a block. The new one takes
// the place of the old one as a whole: a kill leaves one of them.
func (w *writer) renewTail(but *block) error {
	h := w.h
	h.mu.Lock()
	var frames [][]byte
	var has tail
	for _, k := range h.pending {
		if k == but {
			continue
		}
		if k.tailed = len(k.rows); k.tailed > 0 {
			frames = append(frames, w.compressor.frame(k))
			has.include(k.first, k.last)
		}
	}
	h.mu.Unlock()
	if len(frames) == 0 {
		return w.tail.empty()
	}
	err := w.tail.replace(frames)
	if err == nil {
		w.tail.has, w.tail.more = has.has, len(frames) > 1
	}
	return err
}
