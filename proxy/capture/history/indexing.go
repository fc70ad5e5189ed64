package history

import (
	"os"
	"path/filepath"
	"slices"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// indexer is the writer where it brings the index up to what the segments hold.
type indexer struct{ *writer }

// indexSome indexes the next block of the segments that lack it.
func (w indexer) indexSome() {
	h := w.h
	g := w.backlog[0]
	done, err := w.indexBlock(g)
	if err != nil {
		h.indexFailed(err)
		w.stuck = append(w.stuck, g)
	}
	if done || err != nil {
		w.backlog = w.backlog[1:]
	}
	h.mu.Lock()
	h.state.Indexing = len(w.backlog) > 0
	h.mu.Unlock()
	w.indexWorks(err)
	if err := w.dropLeaving(); err != nil {
		w.wrote(err)
	}
	if done || err != nil {
		w.count()
		h.changed.Set()
	}
}

// indexWorks takes back that the index cannot be used, when it has all again.
func (w indexer) indexWorks(err error) {
	if h := w.h; err == nil && len(w.backlog)+len(w.stuck) == 0 {
		h.mu.Lock()
		h.problems.index = flow.Reason{}
		h.mu.Unlock()
	}
}

// unstick tries those again that could not be indexed.
func (w indexer) unstick() {
	stuck := w.stuck
	w.stuck = nil
	for _, g := range stuck {
		w.later(g)
	}
}

// indexBlock indexes one more block of a segment; done says that there is none.
func (w indexer) indexBlock(g *segment) (done bool, err error) {
	h := w.h
	f, size, err := h.openSegment(g)
	if err != nil {
		return true, err
	}
	defer func() { _ = f.Close() }()
	if g.indexed < fileHeadSize && size >= fileHeadSize {
		if err := checkFileHead(f, g.name(), g.kind()); err != nil {
			h.damage(g.name(), 0, err)
		}
	}
	var found place
	_, err = framesOf(f, max(g.indexed, fileHeadSize), size, func(p place) bool {
		if p.kind == frameExchanges {
			found = p
		}
		return p.kind != frameExchanges
	}, func(at int64) {
		if !tornAt(f, at, size) {
			h.damage(g.name(), at, errGap)
		}
	})
	if err != nil {
		return true, err
	}
	end := size
	if found.at == 0 {
		end = cutTorn(f, g, h.folder, size)
	}
	var of blockRows
	if found.at != 0 {
		end = found.end()
		of.rows, of.nths = w.rowsOf(f, g, found)
	}
	h.mu.Lock()
	before := g.indexed
	g.indexed = end
	if found.at == 0 {
		g.size = end
	}
	if found.at != 0 {
		g.include(found.frameHead)
	}
	h.mu.Unlock()
	twice, err := h.index.addBlock(&of, placed{g.number, found}, g)
	if err != nil {
		h.mu.Lock()
		g.indexed = before // it is tried again
		h.mu.Unlock()
		return found.at == 0, err
	}
	w.foundTwice(g, twice)
	return found.at == 0, nil
}

// add has the index take in a block that was written, as it is said of it now.
func (w indexer) add(k *block, p placed, g *segment) error {
	of := &w.rows
	defer of.done()
	if err := of.read(k.b); err != nil {
		return err
	}
	for i := range of.rows {
		of.rows[i].Annotation = k.noted[i]
	}
	_, err := w.h.index.addBlock(&blockRows{rows: of.rows, nths: of.nths, packed: of.ith}, p, g)
	return err
}

// foundTwice notes which segments a kill has kept from leaving: what was marked in them is in
// a kept one already.
func (w indexer) foundTwice(in *segment, twice map[uint64]uint64) {
	for _, other := range w.h.segments {
		switch n := twice[other.number]; {
		case n == 0:
		case in.kept:
			other.rows -= min(n, other.rows)
			other.leaving = true
		case other.kept:
			in.leaving = in.leaving || in == w.oldest()
		}
	}
}

// dropLeaving removes these, when it is known of all segments what they have.
func (w indexer) dropLeaving() error {
	if len(w.backlog)+len(w.stuck) > 0 {
		return nil
	}
	for _, g := range slices.Clone(w.h.segments) {
		if g.leaving && !w.h.problems.hurt[g.name()] {
			if err := w.drop(g); err != nil {
				return err
			}
		}
	}
	return nil
}

// cutTorn cuts off what a kill left unfinished, so that the segment can grow on, and returns
// its size.
func cutTorn(f *os.File, g *segment, folder string, size int64) int64 {
	end, err := framesOf(f, max(g.indexed, fileHeadSize), size, func(place) bool { return true }, func(int64) {})
	if err != nil || end < fileHeadSize || !tornAt(f, end, size) || os.Truncate(filepath.Join(folder, g.name()), end) != nil {
		return size
	}
	return end
}

// rowsOf reads the rows of a block, as they are now; a damaged one has none.
func (w indexer) rowsOf(f *os.File, g *segment, p place) (rows []flow.Row, nths []int) {
	h := w.h
	b, err := readBlock(f, p, g.name())
	if err == nil {
		err = eachRow(b, func(nth int, row *flow.Row) {
			if row.ID == 0 || row.ID > 1<<62 || w.noted.isDeleted(row.ID) {
				return
			}
			if a, noted := w.noted.marks[row.ID]; noted {
				row.Annotation = a
			}
			row.Annotation = cleanAnnotation(row.Annotation)
			rows, nths = append(rows, *row), append(nths, nth)
		})
	}
	if err != nil {
		h.damage(g.name(), p.at, err)
	}
	return rows, nths
}

// indexFailed says that the index cannot be used. A damaged one is made anew.
func (h *History) indexFailed(err error) {
	h.log.Warn("the index of the history cannot be used", "error", err)
	h.mu.Lock()
	h.problems.index = reason.HistoryIndex.With(reason.Of(err))
	h.mu.Unlock()
	if isDamage(err) {
		h.renewal.Set()
	}
}

// renewIndex makes the index from the segments. It is the writer's.
func (w indexer) renewIndex() {
	h := w.h
	h.index.mu.Lock()
	err := h.index.renew()
	if err == nil {
		h.index.debt.all = nil // it lacks all that there is
	}
	h.index.mu.Unlock()
	if err != nil {
		h.log.Warn("the index of the history cannot be made", "error", err)
		return
	}
	h.mu.Lock()
	h.problems.index = flow.Reason{}
	w.backlog, w.stuck = nil, nil
	for i := len(h.segments) - 1; i >= 0; i-- {
		g := h.segments[i]
		g.indexed, g.rows = 0, 0
		w.backlog = append(w.backlog, g)
	}
	h.state.Indexing = len(h.segments) > 0
	h.mu.Unlock()
	h.pages.reset()
	w.count()
}

// later puts a segment on the list of those to index, once.
func (w indexer) later(g *segment) {
	h := w.h
	for _, known := range w.backlog {
		if known == g {
			return
		}
	}
	w.backlog = append(w.backlog, g)
	h.mu.Lock()
	h.state.Indexing = true
	h.mu.Unlock()
}

// indexAll indexes what is missing of a segment.
func (w indexer) indexAll(g *segment) error {
	for g.indexed < g.size {
		if done, err := w.indexBlock(g); err != nil {
			return err
		} else if done {
			break
		}
	}
	is := func(o *segment) bool { return o == g }
	w.backlog, w.stuck = slices.DeleteFunc(w.backlog, is), slices.DeleteFunc(w.stuck, is)
	return nil
}
