package history

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/filelock"
	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// Options says where a history lies and how much it may hold.
type Options struct {
	Folder string        // made with 0700 where it is missing
	Budget int64         // bytes of all files; 0 is 1 GiB, the least 1 MiB
	MaxAge time.Duration // of what is kept; 0 is no limit
	Log    *slog.Logger  // nil for none
}

const (
	defaultBudget = 1 << 30
	minBudget     = 1 << 20
	minSegment    = 64 << 10
	maxSegment    = 64 << 20
	segmentPart   = 16 // of the budget a segment is at most this part
	hastePart     = 4  // see gathering.hurry
)

// History is the disk tier.
type History struct {
	folder  string
	log     *slog.Logger
	lock    *filelock.Lock
	index   *index
	changed signal.Hub

	work    chan func()  // done by the writer, in order
	waiting atomic.Int32 // sealed blocks that are not written
	renewal signal.Slot  // the index is to be made anew
	stop    chan struct{}
	follows sync.WaitGroup
	writes  sync.WaitGroup
	closing sync.Once
	closed  error
	ends    sync.RWMutex // held for reading while something is sent to work
	ended   bool

	files sync.RWMutex // held for reading while segments are read, for writing while one is removed
	cache blockCache
	pages pageCache

	writer writer // of its goroutine alone

	mu       sync.Mutex
	segments []*segment
	gathering
	lastID   flow.ID
	openID   flow.ID // the highest ID when it was opened
	limits   limits
	store    *capture.Store
	private  privacy
	removed  removals
	state    Stats
	problems problems
}

// gathering is what is not yet written.
type gathering struct {
	pending  []*block // the last one grows
	spare    []*block // empty, at most maxSpare
	contexts contextPacker
	hurry    time.Duration // a block that was filled in less is compressed with less effort; in a quarter, has no filter yet
}

type limits struct {
	budget int64
	maxAge time.Duration
}

func limitsOf(budget int64, maxAge time.Duration) limits {
	if budget <= 0 {
		budget = defaultBudget
	}
	return limits{max(budget, minBudget), max(maxAge, 0)}
}

func (l limits) segmentSize() int64 {
	return min(max(l.budget/segmentPart, minSegment), maxSegment)
}

// Open opens a history or begins one. Its errors are a LockedError, a LaterError or an
// UnusableError.
func Open(o Options) (*History, error) {
	h := &History{folder: o.Folder, log: o.Log, work: make(chan func(), 2), stop: make(chan struct{}), renewal: signal.NewSlot(),
		gathering: gathering{hurry: time.Second}, limits: limitsOf(o.Budget, o.MaxAge)}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	h.writer.h, h.writer.tail.folder = h, h.folder
	h.writer.compressor, h.writer.trigrams, h.writer.late.timer = &compressor{}, newTrigrams(), time.NewTimer(quietAfter)
	h.writer.pause = breath{waiting: &h.waiting, stop: h.stop}
	err := h.open()
	if err != nil {
		h.release()
		var later *LaterError
		var locked *LockedError
		if !errors.As(err, &later) && !errors.As(err, &locked) {
			err = &UnusableError{o.Folder, err}
		}
		return nil, err
	}
	h.writes.Add(1)
	go h.writer.write()
	return h, nil
}

func (h *History) open() error {
	if err := makeFolder(h.folder); err != nil {
		return err
	}
	err := checkFiles(h.folder)
	if err != nil {
		return err
	}
	if h.lock, err = filelock.Try(filepath.Join(h.folder, lockFile)); err != nil {
		if errors.Is(err, filelock.ErrHeld) {
			return &LockedError{h.folder}
		}
		return err
	}
	if err := os.Chmod(h.folder, 0o700); err != nil {
		return err
	}
	if err := h.checkVersions(); err != nil {
		return err
	}
	if h.index, err = openIndex(h.folder); err != nil {
		return err
	}
	h.index.debt.read = func(p placed, to *owedScratch) error { return readOwed(h, p, to) }
	return h.writer.recover()
}

// release gives back what open took.
func (h *History) release() {
	h.writer.close()
	if h.index != nil {
		h.index.close()
	}
	h.lock.Release()
}

// checkVersions looks at the heads of all files before anything is written.
func (h *History) checkVersions() error {
	all, err := listSegments(h.folder)
	if err != nil {
		return err
	}
	check := func(name string, kind uint8) error {
		f, _, err := openRead(filepath.Join(h.folder, name), kind)
		if f != nil {
			return f.Close() // frames are found without the head
		}
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	for _, g := range all {
		if err := check(g.name(), g.kind()); err != nil {
			return err
		}
	}
	if err := check(tailFile, fileTail); err != nil {
		return err
	}
	if err := check(notesFile, fileNotes); err != nil {
		return err
	}
	h.segments = all
	return checkIndexVersion(h.folder)
}

// Close writes what is pending and ends all goroutines.
func (h *History) Close() error { return h.close(false) }

// CloseDiscarding is Close, and removes what SetUnkept says, but for what is marked.
func (h *History) CloseDiscarding() error { return h.close(true) }

func (h *History) close(discard bool) error {
	h.closing.Do(func() {
		close(h.stop)
		h.follows.Wait()
		if discard {
			h.closed = h.do(remover{&h.writer}.discardUnkept)
		}
		h.seal()
		_ = h.do(func() error {
			h.closed = errors.Join(h.closed, h.writer.finish())
			return nil
		})
		h.ends.Lock()
		h.ended = true
		close(h.work)
		h.ends.Unlock()
		h.writes.Wait()
		h.release()
	})
	return h.closed
}

// do has the writer do something and waits for it.
func (h *History) do(f func() error) (err error) {
	done := make(chan struct{})
	if !h.send(func() {
		defer close(done)
		err = f()
	}) {
		return errClosed
	}
	<-done
	return err
}

// send has the writer do something later.
func (h *History) send(f func()) bool {
	h.ends.RLock()
	defer h.ends.RUnlock()
	if h.ended {
		return false
	}
	h.work <- f
	return true
}

// SetLimits changes what Options said.
func (h *History) SetLimits(budget int64, maxAge time.Duration) {
	h.mu.Lock()
	h.limits = limitsOf(budget, maxAge)
	h.mu.Unlock()
	h.send(h.writer.clean)
}

// LastID is the highest ID that was ever given to what lies here.
func (h *History) LastID() flow.ID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lastID
}

// Watch tells when Stats, rows or Removed may have changed.
func (h *History) Watch() *signal.Watcher { return h.changed.Watch() }
