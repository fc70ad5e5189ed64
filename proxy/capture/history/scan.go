package history

import (
	"context"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"posthouse/proxy/flow"
)

// Scanned says what a scan looked at.
type Scanned struct {
	Blocks     int   // in all
	Skipped    int   // that the filter ruled out
	Unreadable int   // that are damaged or gone
	Exchanges  int   // that were looked at
	Visited    int   // of them; in the others is nothing of what was looked for
	NoBody     int   // of those visited, with a body that is not here, or not whole
	Bytes      int64 // of raw text that was looked at
	Done       bool  // all was looked at; else it was stopped
}

// scanWorkers is how many goroutines decompress and visit.
const scanWorkers = 2

// scan is one run over blocks.
type scan struct {
	ctx     context.Context
	cancel  context.CancelFunc
	sets    [][]string
	sought  *sought
	now     func(*flow.Exchange) bool // what is now of it; false: it was deleted
	visit   func(*flow.Exchange) bool
	work    chan func(*scratch)
	workers sync.WaitGroup
	stopped atomic.Bool

	mu  sync.Mutex
	all Scanned
}

// scratch is what a worker reads into; what one block needs more is not kept.
type scratch struct{ stored, raw []byte }

// tidy gives back what a large block took.
func (k *scratch) tidy() {
	if cap(k.stored) > 4*blockSize {
		k.stored = nil
	}
	if cap(k.raw) > 4*blockSize {
		k.raw = nil
	}
}

func newScan(ctx context.Context, sets [][]string, now, visit func(*flow.Exchange) bool) *scan {
	s := &scan{sets: sets, sought: newSought(sets), now: now, visit: visit, work: make(chan func(*scratch))}
	s.ctx, s.cancel = context.WithCancel(ctx)
	for range scanWorkers {
		s.workers.Go(func() {
			var k scratch
			for f := range s.work {
				f(&k)
				k.tidy()
				// Who waits for a processor, such as the window, has it before the next block.
				runtime.Gosched()
			}
		})
	}
	return s
}

// end waits for what runs, and says what was looked at.
func (s *scan) end() (Scanned, error) {
	close(s.work)
	s.workers.Wait()
	err := s.ctx.Err()
	s.cancel()
	if s.stopped.Load() {
		err = nil
	}
	s.all.Done = err == nil && !s.stopped.Load()
	return s.all, err
}

func (s *scan) add(change func(*Scanned)) {
	s.mu.Lock()
	change(&s.all)
	s.mu.Unlock()
}

// found is a block and the filter behind it.
type found struct {
	block  place
	filter place // at 0: none
}

// blocksOf lists the blocks of a file, with their filters.
func blocksOf(r io.ReaderAt, size int64, damaged func(int64)) (all []found, err error) {
	_, err = framesOf(r, fileHeadSize, size, func(p place) bool {
		switch n := len(all); {
		case p.kind == frameExchanges:
			all = append(all, found{block: p})
		case p.kind == frameFilter && n > 0 && all[n-1].block.end() == p.at:
			all[n-1].filter = p
		}
		return true
	}, damaged)
	return all, err
}

// file visits the blocks of a file, newest first, and waits for them: r stays open. Blocks without a
// filter behind them may have a late one.
func (s *scan) file(r io.ReaderAt, size int64, name string, late *lateFilters) error {
	blocks, err := blocksOf(r, size, func(int64) { s.add(func(a *Scanned) { a.Unreadable++ }) })
	var running sync.WaitGroup
	defer running.Wait()
	s.add(func(a *Scanned) { a.Blocks += len(blocks) })
	for i := len(blocks) - 1; i >= 0 && s.ctx.Err() == nil; i-- {
		k := blocks[i]
		running.Add(1)
		s.work <- func(to *scratch) {
			defer running.Done()
			s.block(r, k, name, late, to)
		}
		if s.ctx.Err() != nil {
			break
		}
	}
	return err
}

// block visits one, if it may hold what is looked for.
func (s *scan) block(r io.ReaderAt, k found, name string, late *lateFilters, to *scratch) {
	if s.ctx.Err() != nil {
		return
	}
	if len(s.sets) > 0 && s.skips(to.filter(r, k, name, late)) {
		s.add(func(a *Scanned) { a.Skipped++ })
		return
	}
	var err error
	if to.stored, err = payloadIn(to.stored, r, k.block, name); err == nil {
		var b []byte
		if b, err = decompress(to.raw, to.stored, k.block.codec, int(k.block.raw)); err == nil {
			if k.block.codec != codecStored {
				to.raw = b
			}
			err = s.records(b)
		}
	}
	if err != nil {
		s.add(func(a *Scanned) { a.Unreadable++ })
	}
}

// filter reads the filter of a block; nil where there is none that can be read.
func (k *scratch) filter(r io.ReaderAt, of found, name string, late *lateFilters) []byte {
	if of.filter.at == 0 {
		return late.read(k, of.block)
	}
	b, err := payloadIn(k.stored, r, of.filter, name)
	if err != nil {
		return nil
	}
	k.stored = b
	return b
}

// skips reports whether a filter says that nothing in its block need be looked at.
func (s *scan) skips(filter []byte) bool {
	if mayLack(filter) {
		return false
	}
	for _, set := range s.sets {
		if !slices.ContainsFunc(set, func(text string) bool { return mayHold(filter, text) }) {
			return true
		}
	}
	return false
}

// records visits all exchanges of a block that may have what is looked for.
func (s *scan) records(b []byte) error {
	var looked, visited, noBody int
	var err error
	for rest := b; len(rest) > 0 && s.ctx.Err() == nil; {
		record, after, ok := cutRecord(rest)
		if !ok {
			err = errRecord
			break
		}
		rest = after
		looked++
		if len(s.sets) > 0 && s.sought.rulesOut(record) {
			continue
		}
		var x flow.Exchange
		if err = readInPlace(record, b, &x); err != nil {
			break
		}
		if !s.now(&x) {
			continue
		}
		visited++
		if slices.ContainsFunc(x.Bodies(), lacks) {
			noBody++
		}
		if !s.visit(&x) {
			s.stopped.Store(true)
			s.cancel()
		}
		runtime.Gosched()
	}
	s.add(func(a *Scanned) {
		a.Exchanges, a.Visited, a.NoBody, a.Bytes = a.Exchanges+looked, a.Visited+visited, a.NoBody+noBody, a.Bytes+int64(len(b))
	})
	return err
}

func lacks(b *flow.Body) bool { return b.State != flow.BodyNone && b.State != flow.BodyWhole }

// ScanBlocks visits exchanges, newest blocks first, that may have one text of each set in a head or
// a decoded body, or of which not all is here; letters of ASCII in the texts are small.
// Visit runs on up to two goroutines at the same time; heads and bodies of what it gets are
// valid until it returns. It ends when visit returns false or ctx ends.
func (h *History) ScanBlocks(ctx context.Context, sets [][]string, visit func(*flow.Exchange) bool) (Scanned, error) {
	s := newScan(ctx, sets, func(x *flow.Exchange) bool { return nowIn(h, x) }, visit)
	h.mu.Lock()
	segments := append([]*segment(nil), h.segments...)
	var open [][]byte
	for i := len(h.pending) - 1; i >= 0; i-- {
		h.pending[i].lent = true
		open = append(open, h.pending[i].b)
	}
	h.mu.Unlock()
	for _, b := range open {
		s.add(func(a *Scanned) { a.Blocks++ })
		s.work <- func(*scratch) { _ = s.records(b) } // was written here
	}
	for i := len(segments) - 1; i >= 0 && s.ctx.Err() == nil; i-- {
		s.segment(h, segments[i])
	}
	return s.end()
}

// segment visits the blocks of a segment.
func (s *scan) segment(h *History, g *segment) {
	h.files.RLock()
	defer h.files.RUnlock()
	f, size, err := h.openSegment(g)
	if err != nil {
		h.mu.Lock()
		gone := true
		for _, o := range h.segments {
			gone = gone && o != g
		}
		h.mu.Unlock()
		if !gone {
			s.add(func(a *Scanned) { a.Unreadable++ })
		}
		return // retention has removed it
	}
	defer func() { _ = f.Close() }()
	late, filters := openFilters(h, g)
	if late != nil {
		defer func() { _ = late.Close() }()
	}
	if s.file(f, size, g.name(), filters) != nil {
		s.add(func(a *Scanned) { a.Unreadable++ })
	}
}

// nowIn gives an exchange what was said of it since it was written; false if it was deleted.
func nowIn(h *History, x *flow.Exchange) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	noted := h.writer.noted
	if a, said := noted.marks[x.ID]; said {
		x.Annotation = a
	}
	return !noted.isDeleted(x.ID)
}
