package history

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"
)

// filterer is the writer where it makes filters that were left out in haste. It makes one at a time,
// rests in between and within, and gives way to all else that the writer has to do. It takes no room
// from exchanges: where the budget has none for a filter, it waits until there is.
type filterer struct{ *writer }

const (
	quietAfter = 2 * time.Second       // without a block that was written in haste
	lateRest   = 10 * time.Millisecond // between two filters
)

// late is what the writer keeps to make filters later.
type late struct {
	timer   *time.Timer // when to go on
	of      *segment    // whose blocks are gone through; nil for none
	file    *growing    // its filters; nil before one is written
	known   *lateFilters
	scratch scratch
	through uint64 // all segments up to this number lack none, and do not grow
	skipped bool   // one could not be gone through in this run
}

// leave gives back what is kept of a segment.
func (l *late) leave() error {
	err := l.file.close()
	l.of, l.file, l.known, l.scratch = nil, nil, nil, scratch{}
	return err
}

var (
	errNoneLacks   = errors.New("no block lacks a filter")
	errInterrupted = errors.New("there is something else to do")
)

// recover finds out which segments may have blocks without filters, and removes filters that are of no segment.
func (w filterer) recover() error {
	h := w.h
	if err := removeOrphans(h.folder, h.segments); err != nil {
		return err
	}
	through, err := h.index.state(stateFiltered)
	if err != nil {
		return err
	}
	if last := int64(w.next - 1); through > last { // numbers are given again where no segment has them
		through = last
		if err := h.index.keepState(stateFiltered, through); err != nil {
			return err
		}
	}
	w.late.through = uint64(through)
	for _, g := range h.segments {
		if g.filtered = fileHeadSize; g.number <= w.late.through {
			g.filtered = g.size
		}
	}
	w.say(w.lacking() != nil)
	return nil
}

// wait puts it off: something was written in haste, and perhaps without a filter.
func (w filterer) wait(lacks bool) {
	w.late.timer.Reset(quietAfter)
	if lacks {
		w.say(true)
	}
}

// say tells whether blocks may lack filters.
func (w filterer) say(lack bool) {
	h := w.h
	h.mu.Lock()
	h.state.Filtering = lack
	h.mu.Unlock()
}

// goOn makes the next filter, with what the index owes of its block, and says when to go on.
func (w filterer) goOn() {
	err := w.makeNext()
	var full fullError
	switch {
	case err == nil || errors.Is(err, errInterrupted) || w.settled():
		w.late.timer.Reset(lateRest)
	case errors.Is(err, errNoneLacks): // until one is left out again
		_ = w.late.leave()
		w.say(false)
	default:
		if !errors.As(err, &full) {
			w.h.log.Warn("a filter of the history cannot be written", "error", err)
		}
		_ = w.late.leave()
		w.late.timer.Reset(cleanEvery)
	}
}

// settled has the index take in a block that it still owes, where there is no filter to make, and reports whether
// there was one.
func (w filterer) settled() bool {
	more, err := settler{w.h.index}.next(func(*owedBlock) bool { return true })
	if err != nil {
		w.h.indexFailed(err)
	}
	return more && err == nil
}

// makeNext makes the filter of the next block that lacks one.
func (w filterer) makeNext() error {
	g := w.lacking()
	if g == nil {
		return errNoneLacks
	}
	if g != w.late.of {
		if err := w.late.leave(); err != nil {
			return err
		}
		w.late.of = g
	}
	f, _, err := w.h.openSegment(g)
	if err == nil {
		defer func() { _ = f.Close() }()
		err = w.readKnown(g)
	}
	var p place
	found := false
	if err == nil {
		p, found, err = w.nextLacking(f, g)
	}
	switch {
	case err != nil:
		w.skip(g, err)
		return nil
	case !found:
		return w.passed(g)
	}
	filter, err := w.filterOf(f, p, g)
	switch {
	case errors.Is(err, errInterrupted):
		return err
	case err == nil:
		if err = w.store(g, lateFrame(filter, p)); err != nil {
			return err
		}
	} // what is damaged is said when it is indexed or read
	if g.filtered = p.end(); g.filtered >= g.size {
		return w.passed(g)
	}
	return nil
}

// lacking is the oldest segment that may have a block without a filter; nil for none.
func (w filterer) lacking() *segment {
	for _, g := range w.h.segments {
		if g.filtered < g.size {
			return g
		}
	}
	return nil
}

// skip leaves a segment as it is in this run.
func (w filterer) skip(g *segment, err error) {
	w.h.log.Warn("a part of the history gets no filters", "file", g.name(), "error", err)
	g.filtered, w.late.skipped = g.size, true
}

// readKnown reads which filters were made for a segment before. What is unfinished at the end of their
// file is cut off.
func (w filterer) readKnown(g *segment) error {
	if w.late.known != nil {
		return nil
	}
	path := filepath.Join(w.h.folder, g.filtersName())
	f, size, err := openRead(path, fileFilters)
	if os.IsNotExist(err) {
		w.late.known = &lateFilters{at: map[int64]lateFilter{}}
		return nil
	}
	if f != nil {
		defer func() { _ = f.Close() }()
	}
	if err != nil {
		return err
	}
	known, end, err := lateFiltersIn(f, size, g.filtersName())
	if err == nil && tornAt(f, end, size) {
		err = os.Truncate(path, end)
		w.sized(g, end)
	}
	if err != nil {
		return err
	}
	known.r = nil
	w.late.known = known
	return nil
}

// nextLacking finds the next block of a segment without a filter.
func (w filterer) nextLacking(f io.ReaderAt, g *segment) (lacks place, found bool, err error) {
	_, err = framesOf(f, max(g.filtered, fileHeadSize), g.size, func(p place) bool {
		switch {
		case found && p.kind == frameFilter && lacks.end() == p.at:
			found = false
		case found:
			return false
		case p.kind == frameExchanges:
			lacks, found = p, !w.late.known.has(p)
		}
		return true
	}, func(int64) {}) // what is damaged is said when it is indexed
	return lacks, found, err
}

// filterOf makes the filter of a block, and has the index take it in where that owes it.
func (w filterer) filterOf(f io.ReaderAt, p place, g *segment) (filter []byte, err error) {
	to := &w.late.scratch
	defer to.tidy()
	w.pause.begin()
	if to.stored, err = payloadIn(to.stored, f, p, g.name()); err != nil {
		return nil, err
	}
	b, err := decompress(to.raw, to.stored, p.codec, int(p.raw))
	if err != nil {
		return nil, err
	}
	if p.codec != codecStored {
		to.raw = b
	}
	if err := (settler{w.h.index}).at(placed{g.number, p}, b); err != nil {
		w.h.indexFailed(err)
	}
	w.trigrams.reset()
	for rest, nth := b, 0; len(rest) > 0; nth++ {
		if nth%16 == 0 {
			w.pause.rest()
		}
		if w.wanted() {
			return nil, errInterrupted
		}
		record, after, ok := cutRecord(rest)
		if !ok {
			return nil, errRecord
		}
		if err := w.trigrams.addRecord(record); err != nil {
			return nil, err
		}
		rest = after
	}
	return w.trigrams.filter(), nil
}

// wanted reports whether the writer has something else to do.
func (w filterer) wanted() bool {
	select {
	case <-w.h.stop:
		return true
	default:
		return len(w.h.work) > 0
	}
}

// store writes a filter behind those of its segment.
func (w filterer) store(g *segment, frame []byte) error {
	h := w.h
	h.mu.Lock()
	budget := h.limits.budget
	h.mu.Unlock()
	if w.bytes()+int64(owedIn(h.index))*rowCost+int64(len(frame))+fileHeadSize > budget {
		return fullError{}
	}
	if w.late.file == nil {
		var err error
		if w.late.file, err = openGrowing(h.folder, g.filtersName(), fileFilters, g.number); err != nil {
			return err
		}
	}
	err := w.late.file.append(frame)
	w.sized(g, w.late.file.size)
	return err
}

func (w filterer) sized(g *segment, late int64) {
	w.h.mu.Lock()
	g.late = late
	w.h.mu.Unlock()
}

// passed says that no block of a segment lacks a filter.
func (w filterer) passed(g *segment) error {
	if w.late.file != nil {
		if err := w.late.file.file.Sync(); err != nil {
			return err
		}
	}
	g.filtered = g.size
	if w.late.skipped || g.number <= w.late.through {
		return nil
	}
	for _, o := range w.h.segments {
		if grows := o == w.newest() || o == w.keptTo; o.number <= g.number && (grows || o.filtered < o.size) {
			return nil
		}
	}
	w.late.through = g.number
	return w.h.index.keepState(stateFiltered, int64(g.number))
}

// removeOrphans removes filters of segments that are not there.
func removeOrphans(folder string, segments []*segment) error {
	there := map[uint64]bool{}
	for _, g := range segments {
		there[g.number] = true
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if number, ok := filtersOf(e.Name()); ok && e.Type().IsRegular() && !there[number] {
			if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
