package history

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"posthouse/proxy/flow"
)

// indexNow is how much an index may lack to be brought up to date before Open returns, in
// bytes of segments.
const indexNow = 8 << 20

// recover brings the index up to what the files hold and opens those that are written.
func (w *writer) recover() (err error) {
	h := w.h
	if err := errors.Join(removeNew(h.folder, tailFile), removeNew(h.folder, notesFile)); err != nil {
		return err
	}
	if w.noted, err = readNotes(h.folder, h.damage); err != nil {
		return err
	}
	if err := w.recoverSegments(); err != nil {
		return err
	}
	if err := w.recoverTail(); err != nil {
		return err
	}
	if err = w.tail.open(); err != nil {
		return err
	}
	if w.notes, err = openGrowing(h.folder, notesFile, fileNotes, 0); err != nil {
		return err
	}
	t, err := h.index.totals()
	if err != nil {
		return err
	}
	for id := range w.noted.marks {
		h.lastID = max(h.lastID, id)
	}
	for _, r := range w.noted.deleted {
		h.lastID = max(h.lastID, r.Last)
	}
	h.lastID = max(h.lastID, t.last, t.lastKept)
	h.openID = h.lastID
	w.ageing.open(time.Now(), h.segments)
	w.count()
	return nil
}

func (w *writer) recoverSegments() error {
	h := w.h
	w.next = 1
	if err := w.followNotes(); err != nil {
		return err
	}
	known, err := h.index.segments()
	if err != nil {
		return err
	}
	leaving, err := h.index.state(stateLeaving)
	if err != nil {
		return err
	}
	missing := int64(0)
	for _, g := range h.segments {
		w.next = max(w.next, g.number+1)
		if k, ok := known[g.number]; ok && k.indexed <= g.size {
			size, kept, late := g.size, g.kept, g.late
			*g = k
			g.size, g.kept, g.late, g.leaving = size, kept, late, g.number == uint64(leaving)
		} else if ok {
			h.damage(g.name(), g.size, errCut) // it has lost its end
			g.indexed, g.rows, g.first, g.last = k.indexed, k.rows, k.first, k.last
			g.oldest, g.newest = k.oldest, k.newest
		}
		delete(known, g.number)
		if g.indexed < g.size {
			missing += g.size - g.indexed
			w.backlog = append(w.backlog, g)
		}
		h.lastID = max(h.lastID, g.last)
	}
	for number, g := range known { // files that are gone
		if err := h.index.dropSegment(number, g.first, g.last); err != nil {
			return err
		}
	}
	if err := (filterer{w}).recover(); err != nil {
		return err
	}
	// The newest ones are what is looked at first.
	for i, j := 0, len(w.backlog)-1; i < j; i, j = i+1, j-1 {
		w.backlog[i], w.backlog[j] = w.backlog[j], w.backlog[i]
	}
	h.state.Indexing = len(w.backlog) > 0
	for missing <= indexNow && len(w.backlog) > 0 {
		indexer{w}.indexSome()
	}
	if err := errors.Join(indexer{w}.dropLeaving(), w.lastOf(w.backlog)); err != nil {
		return err
	}
	return w.resume()
}

// followNotes has the index follow the notes, if it may not have to their end.
func (w *writer) followNotes() error {
	at, err := w.h.index.takeState(stateNoted)
	if err != nil {
		return err
	}
	if info, err := os.Stat(filepath.Join(w.h.folder, notesFile)); err != nil || info.Size() == at {
		return nil
	}
	return w.h.index.follow(w.noted)
}

// newest is the segment that was written last; nil for none.
func (w *writer) newest() (g *segment) {
	for _, o := range w.h.segments {
		if !o.kept {
			g = o
		}
	}
	return g
}

// resume opens the last segment again, if there is room in it and nothing is wrong with it.
func (w *writer) resume() error {
	h, g := w.h, w.newest()
	if g == nil || g.indexed < g.size || g.size < fileHeadSize || g.size >= h.limits.segmentSize() || h.problems.hurt[g.name()] {
		return nil
	}
	file, err := openGrowing(h.folder, g.name(), g.kind(), g.number)
	if err != nil {
		return err
	}
	w.active, w.segment = file, g
	return nil
}

// tornAt reports whether what stands from at on is a frame that was not written to its end,
// which is what a kill leaves, and no damage.
func tornAt(f io.ReaderAt, at, size int64) bool {
	if at >= size || size-at < frameHeadSize {
		return at < size
	}
	head := make([]byte, frameHeadSize)
	if _, err := f.ReadAt(head, at); err != nil {
		return false
	}
	p, ok := parseFrame(head)
	return ok && at+frameHeadSize+int64(p.size) > size
}

// lastOf finds the highest ID of segments that are not indexed, by the heads of their frames.
func (w *writer) lastOf(backlog []*segment) error {
	h := w.h
	for _, g := range backlog {
		f, size, err := h.openSegment(g)
		if err != nil {
			continue // said when it is indexed
		}
		_, err = framesOf(f, max(g.indexed, fileHeadSize), size, func(p place) bool {
			g.include(p.frameHead)
			return true
		}, func(int64) {})
		_ = f.Close()
		if err != nil {
			return err
		}
		h.lastID = max(h.lastID, g.last)
	}
	return nil
}

func (h *History) openSegment(g *segment) (*os.File, int64, error) {
	f, err := openRegular(filepath.Join(h.folder, g.name()))
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// recoverTail takes in what had been written but was in no block.
func (w *writer) recoverTail() error {
	h := w.h
	path := filepath.Join(h.folder, tailFile)
	f, size, err := openRead(path, fileTail)
	if os.IsNotExist(err) {
		return nil
	}
	if f == nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err != nil {
		h.damage(tailFile, 0, err)
	}
	// A kill may have come when its block was written, and before it was emptied.
	if g := w.newest(); g != nil && size > fileHeadSize {
		if err := (indexer{w}).indexAll(g); err != nil {
			return err
		}
		h.state.Indexing = len(w.backlog) > 0
	}
	end, err := framesOf(f, fileHeadSize, size, func(p place) bool {
		w.tail.include(p.first, p.last)
		b, err := readBlock(f, p, tailFile)
		if err == nil {
			err = eachRecord(b, func(_ int, x *flow.Exchange) bool {
				w.recoverExchange(x)
				return true
			})
		}
		if err != nil {
			h.damage(tailFile, p.at, err)
		}
		return true
	}, func(at int64) {
		if !tornAt(f, at, size) {
			h.damage(tailFile, at, errGap)
		}
	})
	if err == nil && tornAt(f, end, size) {
		err = os.Truncate(path, end)
	}
	for _, k := range h.pending {
		k.tailed = len(k.starts)
	}
	w.tail.of = slices.Clone(h.pending)
	return err
}

func (w *writer) recoverExchange(x *flow.Exchange) {
	h := w.h
	if x.ID == 0 || x.ID > 1<<62 || w.noted.isDeleted(x.ID) {
		return
	}
	if _, here, err := h.index.locate(x.ID); err != nil || here {
		return // its block was written
	}
	if a, noted := w.noted.marks[x.ID]; noted {
		x.Annotation = a
	}
	x.Annotation = cleanAnnotation(x.Annotation)
	if twice, _ := h.find(x.ID); twice != nil {
		return
	}
	k := h.growing()
	if k.add(x) {
		h.lastID = max(h.lastID, x.ID)
	}
}
