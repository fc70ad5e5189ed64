package history

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"posthouse/proxy/flow"
)

// Scanned says what a scan looked at.
type Scanned struct {
	Blocks     int   // in all
	Skipped    int   // that the filter ruled out
	Unreadable int   // that are damaged or gone
	Exchanges  int   // that were visited
	NoBody     int   // of them, with a body that is not here, or not whole
	Bytes      int64 // of raw text that was visited
	Done       bool  // all was looked at; else it was stopped
}

// scanWorkers is how many goroutines decompress and visit.
const scanWorkers = 2

// scan is one run over blocks.
type scan struct {
	ctx      context.Context
	cancel   context.CancelFunc
	literals []string
	now      func(*flow.Exchange) bool // what is now of it; false: it was deleted
	visit    func(*flow.Exchange) bool
	work     chan func()
	workers  sync.WaitGroup
	stopped  atomic.Bool

	mu  sync.Mutex
	all Scanned
}

func newScan(ctx context.Context, literals []string, now, visit func(*flow.Exchange) bool) *scan {
	s := &scan{literals: literals, now: now, visit: visit, work: make(chan func())}
	s.ctx, s.cancel = context.WithCancel(ctx)
	for range scanWorkers {
		s.workers.Go(func() {
			for f := range s.work {
				f()
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

// file visits the blocks of a file, newest first, and waits for them: r stays open.
func (s *scan) file(r io.ReaderAt, size int64, name string) error {
	blocks, err := blocksOf(r, size, func(int64) { s.add(func(a *Scanned) { a.Unreadable++ }) })
	var running sync.WaitGroup
	defer running.Wait()
	s.add(func(a *Scanned) { a.Blocks += len(blocks) })
	for i := len(blocks) - 1; i >= 0 && s.ctx.Err() == nil; i-- {
		k := blocks[i]
		running.Add(1)
		s.work <- func() {
			defer running.Done()
			s.block(r, k, name)
		}
		if s.ctx.Err() != nil {
			break
		}
	}
	return err
}

// block visits one, if it may hold what is looked for.
func (s *scan) block(r io.ReaderAt, k found, name string) {
	if s.ctx.Err() != nil {
		return
	}
	if k.filter.at != 0 && len(s.literals) > 0 {
		if filter, err := payload(r, k.filter, name); err == nil {
			for _, l := range s.literals {
				if !mayHold(filter, l) {
					s.add(func(a *Scanned) { a.Skipped++ })
					return
				}
			}
		}
	}
	b, err := readBlock(r, k.block, name)
	if err == nil {
		err = s.records(b)
	}
	if err != nil {
		s.add(func(a *Scanned) { a.Unreadable++ })
	}
}

// records visits all exchanges of a block.
func (s *scan) records(b []byte) error {
	var visited, noBody int
	err := eachRecord(b, func(_ int, x *flow.Exchange) bool {
		if s.ctx.Err() != nil {
			return false
		}
		if !s.now(x) {
			return true
		}
		visited++
		if lacks(x.RequestBody) || lacks(x.ResponseBody) {
			noBody++
		}
		if !s.visit(x) {
			s.stopped.Store(true)
			s.cancel()
		}
		return true
	})
	s.add(func(a *Scanned) {
		a.Exchanges, a.NoBody, a.Bytes = a.Exchanges+visited, a.NoBody+noBody, a.Bytes+int64(len(b))
	})
	return err
}

func lacks(b flow.Body) bool { return b.State != flow.BodyNone && b.State != flow.BodyWhole }

// ScanBlocks visits exchanges, newest blocks first, in all blocks that may hold every one of
// the literals, whose letters of ASCII are small. Visit runs on up to two goroutines at the
// same time; what it gets is its own. It ends when visit returns false or ctx ends.
func (h *History) ScanBlocks(ctx context.Context, literals []string, visit func(*flow.Exchange) bool) (Scanned, error) {
	s := newScan(ctx, literals, h.nowOf, visit)
	h.mu.Lock()
	segments := append([]*segment(nil), h.segments...)
	var open [][]byte
	for i := len(h.pending) - 1; i >= 0; i-- {
		open = append(open, h.pending[i].b)
	}
	h.mu.Unlock()
	for _, b := range open {
		s.add(func(a *Scanned) { a.Blocks++ })
		s.work <- func() { _ = s.records(b) } // was written here
	}
	for i := len(segments) - 1; i >= 0 && s.ctx.Err() == nil; i-- {
		h.scanSegment(s, segments[i])
	}
	return s.end()
}

func (h *History) scanSegment(s *scan, g *segment) {
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
	if s.file(f, size, g.name()) != nil {
		s.add(func(a *Scanned) { a.Unreadable++ })
	}
}

// nowOf gives an exchange what was said of it since it was written; false if it was deleted.
func (h *History) nowOf(x *flow.Exchange) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	noted := h.writer.noted
	if a, said := noted.marks[x.ID]; said {
		x.Annotation = a
	}
	return !noted.isDeleted(x.ID)
}
