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
	has    Range    // of the IDs in it, zero for none
	of     []*block // that it has some of
	block  *block   // to write records with
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
	t.has, t.of = Range{}, nil
	if t.growing == nil || t.size <= fileHeadSize {
		return nil
	}
	return t.reset()
}

// maxTail is what the tail may have in bytes while no block can be written.
const maxTail = 4 * blockSize

// writeTail writes records of a block that is not written yet: all of them lie in b. What
// cannot be written now is tried again.
func (w *writer) writeTail(of *block, b []byte, starts []int) {
	err := w.storeTail(of, b, starts)
	if err != nil {
		w.h.mu.Lock()
		of.tailed = 0
		w.h.mu.Unlock()
	}
	w.wrote(err)
}

func (w *writer) storeTail(of *block, b []byte, starts []int) error {
	if t := &w.tail; t.block == nil {
		t.block = newBlock()
	}
	k := w.tail.block
	defer func() {
		if k.reset(); cap(k.b) > 2*blockSize {
			w.tail.block = nil
		}
	}()
	k.effort = effortLeast // it is replaced within the second, where there is much of it
	for _, at := range starts {
		record, _, ok := cutRecord(b[at:])
		var x flow.Exchange
		if !ok || readInPlace(record, b, &x) != nil {
			return errRecord
		}
		if !w.noted.isDeleted(x.ID) { // since this was asked for
			k.add(&x)
		}
	}
	if len(k.ids) == 0 {
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
	if !slices.Contains(w.tail.of, of) {
		w.tail.of = append(w.tail.of, of)
	}
	return w.tail.file.Sync()
}

// leaveTail takes a block that is in a segment, or never will be, out of the tail.
func (w *writer) leaveTail(k *block) error {
	if w.tail.growing == nil || w.tail.size <= fileHeadSize {
		return nil
	}
	if w.active != nil {
		if err := w.active.file.Sync(); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(w.tail.of, func(o *block) bool { return o != k }) {
		return w.renewTail(k)
	}
	return w.tail.empty()
}

// purgeTail writes the tail anew without what is no longer pending. Where that cannot be done,
// better nothing is in it than what is not to be there: the rest is written again.
func (w *writer) purgeTail() error {
	err := w.renewTail(nil)
	if err != nil {
		err = errors.Join(err, w.tail.empty())
		w.h.mu.Lock()
		for _, k := range w.h.pending {
			k.tailed = 0
		}
		w.h.mu.Unlock()
	}
	return err
}

// purge takes deleted exchanges out of the blocks that are not yet written, and out of the
// tail. Nothing of them is written later.
func (w *writer) purge(deleted []Range) error {
	h := w.h
	h.mu.Lock()
	for _, k := range h.pending {
		strip(h, k, &notes{deleted: deleted})
	}
	h.mu.Unlock()
	if !touches(deleted, w.tail.has) {
		return nil
	}
	return w.purgeTail()
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
func strip(h *History, k *block, gone *notes) {
	live, tailed := newBlockIn(nil, k.contexts), 0
	if !slices.ContainsFunc(k.ids, gone.isDeleted) {
		return
	}
	for i, id := range k.ids {
		x, err := k.exchange(i) // was written here: it can be read
		if err != nil || gone.isDeleted(id) {
			continue
		}
		x.Annotation = k.noted[i]
		live.add(&x)
		if i < k.tailed {
			tailed++
		}
	}
	live.tailed, live.sealed, live.effort, live.later, live.begun = tailed, k.sealed, k.effort, k.later, k.begun
	live.said = live.said || k.said
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
		if k.tailed = len(k.ids); k.tailed > 0 {
			frames = append(frames, w.compressor.frame(k))
			has.include(k.first, k.last)
			has.of = append(has.of, k)
		}
	}
	h.mu.Unlock()
	if len(frames) == 0 {
		return w.tail.empty()
	}
	err := w.tail.replace(frames)
	if err == nil {
		w.tail.has, w.tail.of = has.has, has.of
	}
	return err
}
