package history

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"posthouse/proxy/flow"
)

// writer is what the goroutine that changes files has to itself.
type writer struct {
	h          *History
	active     *growing // the segment that grows; nil for none
	segment    *segment
	kept       *growing
	keptTo     *segment
	tail       tail
	notes      *growing
	noted      *notes // all that the notes say; it changes under History.mu
	notesLeast int64  // bytes of the notes when they were written anew

	compressor *compressor
	pause      breath
	late       late
	ageing     ageing
	trigrams   *trigrams
	buf        []byte
	rows       owedScratch          // of the block that the index takes in
	next       uint64               // number of the next segment
	backlog    []*segment           // to be indexed
	stuck      []*segment           // that could not be; they are tried again
	tidyAt     int                  // segments dropped since the index was tidied
	untidy     bool                 // rows were deleted since
	tight      bool                 // segments of marked exchanges have nothing else
	behind     bool                 // the index does not follow all of the notes
	lately     map[flow.ID]location // where rows were that the last deletions took, at most maxUndoRows; zero: in no segment
}

func (w *writer) close() {
	for _, g := range [...]*growing{w.active, w.kept, w.tail.growing, w.notes, w.late.file} {
		_ = g.close()
	}
}

const cleanEvery = time.Minute

// write is the goroutine.
func (w *writer) write() {
	h := w.h
	defer h.writes.Done()
	tick := time.NewTicker(cleanEvery)
	defer tick.Stop()
	for {
		if len(w.backlog) > 0 {
			select {
			case f, ok := <-h.work:
				if !ok {
					return
				}
				f()
			case <-h.renewal:
				indexer{w}.renewIndex()
			default:
				indexer{w}.indexSome()
			}
			continue
		}
		select {
		case f, ok := <-h.work:
			if !ok {
				return
			}
			f()
		case <-h.renewal:
			indexer{w}.renewIndex()
		case <-h.index.debt.grew:
			w.clean()
			w.count()
		case <-w.late.timer.C:
			filterer{w}.goOn()
		case <-tick.C:
			w.clean()
			indexer{w}.unstick()
			w.rows = owedScratch{}
		}
	}
}

// writeBlock writes a block, and its rows into the index.
func (w *writer) writeBlock(k *block) {
	h := w.h
	w.pause.begin()
	err := w.storeBlock(k)
	if k.effort != effortMost {
		filterer{w}.wait(k.unfiltered())
	}
	h.waiting.Add(-1)
	h.mu.Lock()
	if err != nil {
		h.state.NotOnDisk.Failed += uint64(len(k.ids))
	}
	h.forget(k)
	owed, rows := k.owed, len(k.ids)
	h.mu.Unlock()
	if err == nil {
		indexer{w}.unstick()
		err = w.leaveTail(k)
	} else if w.tail.growing != nil && w.tail.size > maxTail {
		err = errors.Join(err, w.purgeTail())
	}
	h.mu.Lock()
	h.reuse(k)
	h.mu.Unlock()
	if err == nil && owed && (indexer{w}).added(rows) {
		return
	}
	w.wrote(err)
	w.clean()
}

// added is wrote where many blocks come that the index owes: what they add is known without it. False where it is
// not. There was room for them.
func (w indexer) added(rows int) bool {
	h, bytes := w.h, w.bytes()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state.Oldest.IsZero() {
		return false
	}
	h.problems.write, h.problems.full = flow.Reason{}, flow.Reason{}
	h.state.Rows += uint64(rows)
	h.state.Bytes = bytes
	h.changed.Set()
	return true
}

// wrote says how a write went: the log does once of many in a row that fail alike.
func (w *writer) wrote(err error) {
	h := w.h
	var full fullError
	h.mu.Lock()
	write, none := h.problems.write, h.problems.full
	h.problems.write, h.problems.full = flow.Reason{}, flow.Reason{}
	switch {
	case errors.As(err, &full):
		h.problems.full = flow.Reason(full)
	case err != nil:
		h.problems.write = problemOf(err)
	}
	again := h.problems.write == write && h.problems.full == none
	h.mu.Unlock()
	if err != nil && !again {
		h.log.Warn("the history cannot be written", "error", err)
	}
	w.count()
	h.changed.Set()
}

// fullError says that there is no room within the budget.
type fullError flow.Reason

func (e fullError) Error() string { return "marked exchanges fill the budget" }

func (w *writer) storeBlock(k *block) error {
	if len(k.ids) == 0 {
		return nil // all of it was deleted since
	}
	head := k.head()
	var stored []byte
	stored, head.codec = w.compressor.compress(k.b, k.effort, &w.pause)
	head.size, head.sum = uint32(len(stored)), checksum(stored)
	w.buf = append(head.append(w.buf[:0]), stored...)
	if !k.unfiltered() {
		w.trigrams.reset()
		for nth := range k.starts {
			if nth%16 == 0 {
				w.pause.rest()
			}
			if err := w.trigrams.addRecord(k.record(nth)); err != nil {
				return err
			}
		}
		w.buf = appendFilter(w.buf, w.trigrams.filter(), head)
	}
	defer func() {
		if cap(w.buf) > 8*blockSize {
			w.buf = nil
		}
	}()
	if err := w.makeRoom(int64(len(w.buf)) + int64(len(k.ids))*rowCost); err != nil {
		return err
	}
	if err := w.openActive(); err != nil {
		return err
	}
	at := w.active.size
	if err := w.active.append(w.buf); err != nil {
		return err
	}
	w.blockStored(k, placed{w.segment.number, place{head, at}})
	return nil
}

// rowCost is what a row takes in the index, in bytes.
const rowCost = 140

// blockStored writes down what was written.
func (w *writer) blockStored(k *block, p placed) {
	h := w.h
	h.mu.Lock()
	g := w.segment
	ready := g.indexed == p.at
	if filtered := w.active.size > p.end(); filtered && g.filtered == p.at {
		g.filtered = w.active.size
	}
	g.size = w.active.size
	g.include(p.frameHead)
	if ready {
		g.indexed = g.size
	}
	h.mu.Unlock()
	if ready && k.unfiltered() && !k.said && (settler{h.index}).owe(k.ids, k.started, p, g) {
		k.owed = true
		h.pages.forget(k.ids)
	} else if ready {
		err := indexer{w}.add(k, p, g)
		if err != nil {
			h.mu.Lock()
			g.indexed = p.at
			h.mu.Unlock()
			h.indexFailed(err)
			indexer{w}.later(g)
		}
		indexer{w}.indexWorks(err)
		h.pages.forget(k.ids)
	} else {
		indexer{w}.later(g)
	}
}

// openActive opens a segment with room, a new one where the last is full or not indexed.
func (w *writer) openActive() error {
	h := w.h
	h.mu.Lock()
	size, maxAge := h.limits.segmentSize(), h.limits.maxAge
	h.mu.Unlock()
	if g := w.segment; g != nil && w.active != nil {
		old := maxAge > 0 && g.oldest != 0 && time.Since(time.Unix(g.oldest, 0)) > max(maxAge/8, time.Minute)
		if g.size < size && g.indexed == g.size && !old {
			return nil
		}
		err := w.active.file.Sync()
		err = errors.Join(err, w.active.close())
		w.active, w.segment = nil, nil
		if err != nil {
			return err
		}
	}
	g, file, err := w.newSegment(false)
	if err == nil {
		w.segment, w.active = g, file
	}
	return err
}

func (w *writer) newSegment(kept bool) (*segment, *growing, error) {
	h := w.h
	g := &segment{number: w.next, kept: kept, size: fileHeadSize, indexed: fileHeadSize, filtered: fileHeadSize}
	for isThere(filepath.Join(h.folder, g.name())) {
		g.number++ // a link, or a folder: files were listed
	}
	file, err := openGrowing(h.folder, g.name(), g.kind(), g.number)
	if err != nil {
		// What was made of it is no segment yet.
		_ = os.Remove(filepath.Join(h.folder, g.name()))
		return nil, nil, err
	}
	w.next = g.number + 1
	h.mu.Lock()
	h.segments = append(h.segments, g)
	h.mu.Unlock()
	return g, file, nil
}

// finish is the writer's last work.
func (w *writer) finish() error {
	h := w.h
	err := errors.Join(settler{h.index}.all(), h.index.keepState(stateLast, int64(h.LastID())), w.tidy())
	if w.notes != nil && err == nil && !w.behind {
		err = h.index.keepState(stateNoted, w.notes.size)
	}
	if w.active != nil {
		err = errors.Join(err, w.active.file.Sync())
	}
	return err
}
