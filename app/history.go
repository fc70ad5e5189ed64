package app

import (
	"context"
	"sync"
	"time"

	"posthouse/app/settings"
	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// historyPatience bounds what the start of the proxy waits for the history to be opened:
// IDs of exchanges go on from those that are there.
const historyPatience = 5 * time.Second

// What the end waits for the history: while it is being opened nothing of this run can be
// lost; once it is open it has to write what it holds, and to remove what is not to stay.
const (
	openingPatience = 10 * time.Second
	closingPatience = time.Minute
)

// History is the life of the disk tier: opened beside the start, followed, limited by the
// settings, closed at the end. Without it everything works in memory alone. One goroutine
// opens and closes; all methods are safe for concurrent use.
type History struct {
	c     *Controller
	dir   string // where it lies unless the settings say otherwise; "": there is none
	tiers *history.Tiers
	wake  signal.Slot
	quit  chan struct{}
	done  chan struct{}
	ready chan struct{} // closed when it was first opened, or is known not to be
	once  sync.Once
	waits [2]time.Duration // openingPatience and closingPatience, but in tests

	mu   sync.Mutex
	disk *history.History
	left history.Range // exchanges of a run that did not end by itself
	now  HistoryStatus
}

// HistoryStatus is where the history stands.
type HistoryStatus struct {
	On      bool          // it is open
	Keep    string        // history.keep, as it is in force
	Folder  string        // where it lies, or would
	Err     error         // why it could not be opened: the errors of history.Open
	Private bool          // what begins now does not come to the disk
	Left    uint64        // exchanges of a run that did not end by itself: nobody has said what becomes of them
	Before  flow.ID       // the highest ID of earlier runs
	Stats   history.Stats // zero while it is not open
}

func newHistory(c *Controller, dir string) *History {
	return &History{c: c, dir: dir, tiers: history.NewTiers(c.store), wake: signal.NewSlot(), quit: make(chan struct{}),
		done: make(chan struct{}), ready: make(chan struct{}), waits: [2]time.Duration{openingPatience, closingPatience}}
}

// recorded is what the controller has to show of what was recorded.
type recorded struct {
	history    *History
	endHistory sync.Once // after the last exchange
}

// Exchanges is the one list of what is in memory and on the disk.
func (r *recorded) Exchanges() *history.Tiers { return r.history.tiers }

// History is what stays on the disk.
func (r *recorded) History() *History { return r.history }

// Status is where it stands now.
func (h *History) Status() HistoryStatus {
	h.mu.Lock()
	s, disk := h.now, h.disk
	h.mu.Unlock()
	if disk != nil {
		s.Stats = disk.Stats()
	}
	return s
}

// SetPrivate begins or ends a stretch that leaves nothing on the disk. It is not saved: the
// next run begins without.
func (h *History) SetPrivate(on bool) {
	h.mu.Lock()
	h.now.Private = on
	if h.disk != nil {
		h.disk.SetPrivate(on)
	}
	h.mu.Unlock()
	h.c.watchers.signal()
}

// ShowLeft has the exchanges of a run that did not end by itself listed with the others.
func (h *History) ShowLeft() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.showAll()
}

func (h *History) showAll() {
	if h.disk != nil && h.now.Left > 0 {
		h.now.Left = 0
		h.tiers.Attach(h.disk, history.Range{})
		h.c.watchers.signal()
	}
}

// DiscardLeft removes them, but for those that are marked. It waits for the disk.
func (h *History) DiscardLeft() error {
	h.mu.Lock()
	disk, r, left := h.disk, h.left, h.now.Left
	h.mu.Unlock()
	if disk == nil || left == 0 {
		return nil
	}
	var err error
	for first := r.First; first <= r.Last && err == nil; {
		rows := disk.Rows(first, leftAtOnce)
		if len(rows) == 0 {
			break
		}
		var gone []flow.ID
		for i := range rows {
			if rows[i].ID <= r.Last && !rows[i].Annotated() {
				gone = append(gone, rows[i].ID)
			}
		}
		if len(gone) > 0 {
			err = disk.Delete(gone...)
		}
		first = rows[len(rows)-1].ID + 1
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.showAll()
	return err
}

const leftAtOnce = 4096

// wanted is the folder that the settings ask for, "" for none.
func (h *History) wanted(s *settings.History) string {
	switch {
	case s.Keep == settings.KeepNever:
		return ""
	case s.Folder != "":
		return s.Folder
	}
	return h.dir
}

// run opens, limits and closes the history as the settings say, until close.
func (h *History) run() {
	defer close(h.done)
	var watch *signal.Watcher
	var tried, keep string
	var limits settings.History
	var trouble flow.Reason
	for {
		s := h.c.settings.Load().History
		switch folder := h.wanted(&s); {
		case folder == "":
			h.leave(keep == settings.KeepUntilQuit && s.Keep == settings.KeepNever)
			watch, tried = closed(watch), ""
		case h.current() != nil:
			if s == limits {
				break
			}
			h.current().SetLimits(int64(s.Budget), s.MaxAge())
			if keep != s.Keep {
				h.unkept(h.current(), &s, capture.LastID(h.c.store)+1)
			}
		case tried != folder:
			tried = folder
			if h.open(folder, &s) {
				watch = h.current().Watch()
			}
		}
		limits = s
		if keep != s.Keep {
			h.mu.Lock()
			keep, h.now.Keep = s.Keep, s.Keep
			h.mu.Unlock()
		}
		h.once.Do(func() { close(h.ready) })
		var changes <-chan struct{}
		if watch != nil {
			changes = watch.C
		}
		select {
		case <-changes:
			h.tiers.Changed()
			h.offer()
			if now := h.Status().Stats.Problem; now != trouble {
				trouble = now
				h.c.watchers.signal()
			}
		case <-h.wake:
		case <-h.quit:
			closed(watch)
			h.leave(keep == settings.KeepUntilQuit)
			return
		}
	}
}

// closed ends a watcher.
func closed(w *signal.Watcher) *signal.Watcher {
	if w != nil {
		w.Close()
	}
	return nil
}

func (h *History) current() *history.History {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.disk
}

// open opens it; false if it cannot be.
func (h *History) open(folder string, s *settings.History) bool {
	disk, err := history.Open(history.Options{Folder: folder, Budget: int64(s.Budget), MaxAge: s.MaxAge(), Log: h.c.log})
	var before flow.ID
	var left history.Range
	if err == nil {
		before = disk.LastID()
		if from := disk.Stats().Unkept; s.Days() == 0 && from > 0 && from <= before {
			left = history.Range{First: from, Last: before}
		} else {
			h.unkept(disk, s, before+1)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.c.watchers.signal()
	h.now.Folder, h.now.Err, h.now.On = folder, err, err == nil
	if err != nil {
		h.c.log.Warn("what is recorded does not stay on the disk", "error", err)
		return false
	}
	store := h.c.store
	h.now.Before, h.left = before, left
	hidden := left // a person is to be asked
	begun := capture.LastID(store)
	if begun > 0 && begun <= h.now.Before {
		hidden = history.Range{First: 1, Last: h.now.Before} // IDs of this run may be those of exchanges there
	}
	capture.BeginAbove(store, h.now.Before)
	h.disk = disk
	disk.SetPrivate(h.now.Private)
	disk.Follow(store)
	h.tiers.Attach(disk, hidden)
	h.ask(left.First > 0 && capture.LastID(store) <= h.now.Before)
	return true
}

// unkept says what is removed at the end: what begins from now on, if the settings keep
// nothing over it. What was recorded while they keep days stays.
func (h *History) unkept(disk *history.History, s *settings.History, from flow.ID) {
	if s.Days() > 0 {
		from = 0
	} else if had := disk.Stats().Unkept; had > 0 {
		from = min(from, had)
	}
	if err := disk.SetUnkept(from); err != nil {
		h.c.log.Warn("it cannot be noted what of the history stays", "error", err)
	}
}

// ask finds out whether there is something to be asked about: exchanges that a run which
// keeps nothing over its end has left, because it did not end by itself. It needs mu.
func (h *History) ask(unkept bool) {
	if !unkept {
		return
	}
	h.now.Left = 1 // until it is known how many
	h.count()
}

// count counts what was left. It needs mu.
func (h *History) count() (changed bool) {
	s := h.disk.Stats()
	if h.now.Left == 0 || s.Indexing {
		return false
	}
	if left, err := h.disk.Unmarked(h.left); err == nil && left != h.now.Left {
		if h.now.Left = left; left == 0 {
			h.now.Left = 1
			h.showAll()
		}
		return true
	}
	return false
}

// offer follows the count of what was left while the index is being made.
func (h *History) offer() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.disk != nil && h.now.Left == 1 && h.count() {
		h.c.watchers.signal()
	}
}

// leave closes it; with discard what was to be kept until then goes, but for what is marked.
func (h *History) leave(discard bool) {
	h.mu.Lock()
	disk := h.disk
	h.disk, h.now.Err, h.now.Left = nil, nil, 0
	h.mu.Unlock()
	if disk == nil {
		return
	}
	h.tiers.Attach(nil, history.Range{})
	end := disk.Close
	if discard {
		end = disk.CloseDiscarding
	}
	if err := end(); err != nil {
		h.c.log.Warn("the history was not closed as it should be", "error", err)
	}
	s := disk.Stats()
	h.c.log.Info("the history is closed", "kept", s.Rows, "private", s.NotOnDisk.Private, "early", s.NotOnDisk.Early,
		"late", s.NotOnDisk.Late, "failed", s.NotOnDisk.Failed, "bodies", s.NotOnDisk.Bodies)
	h.mu.Lock()
	h.now.On = false
	h.mu.Unlock()
	h.c.watchers.signal()
}

// await waits until it is known which IDs are taken, though not for long.
func (h *History) await(ctx context.Context) {
	late := time.NewTimer(historyPatience)
	defer late.Stop()
	select {
	case <-h.ready:
	case <-late.C:
		h.c.log.Warn("the history is still being opened; what is recorded meanwhile does not come to it")
	case <-ctx.Done():
	}
}

// close ends it, after the last exchange. It does not wait for its goroutine without end, as
// whoever starts one does elsewhere: a disk that does not answer (a network's, or one that is
// broken) cannot be interrupted, and would keep the system proxy's restoring and the end of the
// process from coming. Cut off there, the history is as after a kill, which costs nothing.
func (h *History) close() {
	close(h.quit)
	wait := h.waits[0]
	select {
	case <-h.ready:
		wait = h.waits[1]
	default:
	}
	late := time.NewTimer(wait)
	defer late.Stop()
	select {
	case <-h.done:
	case <-late.C:
		h.c.log.Warn("the disk with the history does not answer; the history is left as it is", "waited", wait)
	}
}
