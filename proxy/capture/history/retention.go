package history

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// count takes the totals anew.
func (w *writer) count() {
	h := w.h
	t, err := h.index.totals()
	if err != nil {
		return // said by what asks for rows
	}
	bytes := w.bytes()
	h.mu.Lock()
	h.state.Rows, h.state.Marked, h.state.Bytes, h.state.Oldest = t.rows, t.marked, bytes, time.Time{}
	if t.oldest != 0 {
		h.state.Oldest = time.Unix(0, t.oldest)
	}
	h.mu.Unlock()
}

// bytes is what all files take.
func (w *writer) bytes() int64 {
	h := w.h
	n := h.index.size()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.segments {
		n += g.size + g.late
	}
	for _, f := range [...]*growing{w.tail.growing, w.notes} {
		if f != nil {
			n += f.size
		}
	}
	return n
}

// makeRoom makes room for need more bytes, or says that marked exchanges leave none.
func (w *writer) makeRoom(need int64) error {
	h := w.h
	for {
		h.mu.Lock()
		budget := h.limits.budget
		h.mu.Unlock()
		if need+w.bytes()+int64(owedIn(w.h.index))*rowCost <= budget {
			return nil
		}
		// SQLite's log is up to 4 MiB: of a small budget that is much.
		if h.index.logSize() > budget/segmentPart && h.index.checkpoint() == nil && h.index.logSize() == 0 {
			continue
		}
		g := w.loose(looseShare) // what is older than all in ordinary ones
		if g == nil {
			g = w.oldest()
		}
		if g == nil {
			g = w.loose(0)
		}
		if g == nil {
			// What the index holds unused may be enough.
			if before := h.index.size(); h.index.tidy() == nil && h.index.size() < before {
				continue
			}
			return fullError(reason.HistoryMarked.With())
		}
		if err := w.drop(g); err != nil {
			return err
		}
	}
}

// oldest is the segment that goes first; nil if only kept ones are left.
func (w *writer) oldest() *segment {
	h := w.h
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.segments {
		if !g.kept {
			return g
		}
	}
	return nil
}

// clean removes what is too old or too much. It is the writer's.
func (w *writer) clean() {
	h := w.h
	err := errors.Join(w.makeRoom(0), w.tidy())
	h.mu.Lock()
	maxAge, all := h.limits.maxAge, slices.Clone(h.segments)
	h.mu.Unlock()
	if !w.ageing.counts(time.Now(), maxAge) {
		maxAge = 0
	}
	for _, g := range all {
		if err == nil && maxAge > 0 && !g.kept && g.isOlder(h.folder, maxAge) {
			err = w.drop(g)
		}
	}
	// What is no longer marked has no reason to stay over its time.
	for g := w.loose(0); err == nil && maxAge > 0 && g != nil && g.isOlder(h.folder, maxAge); g = w.loose(0) {
		err = w.drop(g)
	}
	if err != nil {
		w.wrote(err)
	}
	w.tidyNotes()
}

// isOlder reports whether all of a segment is older than an age. Where it has nothing, or a
// wrong clock has made it, its file says when it was written.
func (g *segment) isOlder(folder string, age time.Duration) bool {
	newest := time.Unix(g.newest, 0)
	if g.newest == 0 || time.Until(newest) > time.Hour {
		name := filepath.Join(folder, g.name())
		info, err := os.Stat(name)
		if err != nil {
			return false
		}
		if newest = info.ModTime(); time.Until(newest) > time.Hour { // by the same clock: its time begins now
			_ = os.Chtimes(name, time.Now(), time.Now()) // else the budget bounds it
			return false
		}
	}
	return time.Since(newest) > age
}

// looseShare is from what share of them on (one of so many) exchanges that are no longer marked
// are worth writing those anew that are.
const looseShare = 4

// loose is a segment of marked exchanges of which some are no longer marked, one in share at
// least where that is not 0; nil for none.
func (w *writer) loose(share uint64) *segment {
	h := w.h
	if w.tight {
		return nil
	}
	marked, err := h.index.markedOf()
	if err != nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.segments {
		if !g.kept || g.indexed < g.size || h.problems.hurt[g.name()] {
			continue
		}
		if n := g.rows - min(g.rows, marked[g.number]); g.rows == 0 || n > 0 && n*share >= min(share, 1)*g.rows {
			return g
		}
	}
	w.tight = share == 0
	return nil
}

// drop removes a segment; what is marked in it moves to a kept one before.
func (w *writer) drop(g *segment) error {
	h := w.h
	if err := (indexer{w}).indexAll(g); err != nil { // what is not indexed may be marked
		return err
	}
	if g == w.segment {
		if err := w.active.close(); err != nil {
			return err
		}
		w.active, w.segment = nil, nil
	}
	if g == w.keptTo {
		_ = w.kept.close()
		w.kept, w.keptTo = nil, nil
	}
	if g == w.late.of {
		_ = w.late.leave()
	}
	ids, marked, err := h.index.idsOf(g.number, g.first, g.last)
	if err == nil && len(marked) > 0 {
		err = w.keep(g, marked)
	}
	if err == nil {
		err = h.index.dropSegment(g.number, g.first, g.last)
	}
	if err != nil {
		return err
	}
	return w.unlink(g, ids)
}

// unlink removes a segment's files, which nothing refers to.
func (w *writer) unlink(g *segment, ids []flow.ID) error {
	h := w.h
	h.files.Lock()
	for _, name := range [...]string{g.filtersName(), g.name()} { // a kill leaves no filters without blocks
		if err := os.Remove(filepath.Join(h.folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			h.files.Unlock()
			return err
		}
	}
	h.files.Unlock()
	h.cache.forget(g.number)
	h.pages.reset()
	h.mu.Lock()
	h.segments = slices.DeleteFunc(h.segments, func(o *segment) bool { return o == g })
	h.removed.add(rangesOf(ids))
	h.mu.Unlock()
	var err error
	if w.tidyAt++; w.tidyAt%16 == 0 {
		err = h.index.tidy()
	}
	w.count()
	h.changed.Set()
	return err
}

// keep moves marked exchanges of a segment to one that retention leaves alone.
func (w *writer) keep(g *segment, ids []flow.ID) error {
	h := w.h
	k, moved := newBlock(), []flow.ID(nil)
	flush := func() error {
		if len(moved) == 0 {
			return nil
		}
		err := w.storeKept(k, moved, g)
		k, moved = newBlock(), nil
		return err
	}
	for _, id := range ids {
		x, err := h.Get(id)
		var damaged *DamagedError
		if errors.As(err, &damaged) {
			continue // it cannot be read where it is
		}
		if err != nil {
			return err
		}
		if k.add(&x) {
			moved = append(moved, id)
		}
		if k.full() {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func (w *writer) storeKept(k *block, ids []flow.ID, from *segment) error {
	h := w.h
	h.mu.Lock()
	size := h.limits.segmentSize()
	h.mu.Unlock()
	if w.kept == nil || w.keptTo.size >= size {
		_ = w.kept.close()
		w.kept, w.keptTo = nil, nil
		g, file, err := w.newSegment(true)
		if err != nil {
			return err
		}
		w.kept, w.keptTo = file, g
	}
	head, at := k.head(), w.kept.size
	frame := w.compressor.frame(k)
	if err := w.kept.append(frame); err != nil {
		return err
	}
	if err := w.kept.file.Sync(); err != nil { // before the only other copy goes
		return err
	}
	h.mu.Lock()
	g := w.keptTo
	g.size, g.indexed = w.kept.size, w.kept.size
	g.include(head)
	h.mu.Unlock()
	filterer{w}.wait(true) // there is none behind it
	err := h.index.moveBlock(ids, from.number, placed{g.number, place{head, at}}, g)
	if err == nil {
		from.rows -= min(uint64(len(ids)), from.rows)
	}
	return err
}
