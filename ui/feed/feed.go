package feed

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

const (
	RefreshEvery = 350 * time.Millisecond // at most three refreshes a second; the first after a pause comes at once
	BusyEvery    = 750 * time.Millisecond // while so many rows change that each refresh draws most rows in sight anew
	busyRate     = 25                     // rows changed a second, from which on that is so
	rowsAtOnce   = 4096                   // rows read from the store at once
	hiddenEvery  = time.Second            // the pace while the window is hidden
	clockEvery   = time.Second            // how often rows under way show their time, and the rate falls
	groupsEvery  = time.Second            // how often the sidebar counts anew: drawing it costs
	groupsAtOnce = 200                    // rows up to which it counts with each refresh, for each is looked at
)

// Update is what one refresh of the window needs to know.
type Update struct {
	Stats   flow.Stats
	Total   int       // rows there are, shown or not
	Fresh   int       // rows that came to what is shown
	rows    int       // rows that changed, shown or not
	Changed []flow.ID // the rows that changed, at most maxChanged; more is nil with many set
	Many    bool
	Rebuilt bool // filtered or sorted anew
	Looks   Looks
	Sorted  bool        // in another order than before
	Groups  *GroupsView // nil: as before, or not wanted
	At      time.Time
}

const maxChanged = 1000

// changed names a row that changed.
func (u *Update) changed(id flow.ID) {
	if u.Many = u.Many || len(u.Changed) == maxChanged; !u.Many {
		u.Changed = append(u.Changed, id)
	}
}

// Feed follows the store on its own goroutine and changes the model. It calls refresh
// there with what the window needs, and again only after Ack was called.
type Feed struct {
	store   *capture.Store
	model   *Model
	refresh func(Update)

	mu       sync.Mutex
	requests requests      // what was asked for since the goroutine last looked
	groups   GroupsRequest // the goroutine's own
	grouped  time.Time     // when the counts were last taken; its own too
	wake     signal.Slot   // there are requests
	acked    signal.Slot   // the window has taken the last update
	looker   *looker
	hidden   atomic.Bool
	rated    atomic.Bool // hidden, with its rate in sight
	held     atomic.Bool
	Watched  atomic.Uint64 // the row whose progress a person looks at, 0: none
	quit     chan struct{}
	done     sync.WaitGroup
	stopped  sync.Once
}

// requests are what the window asks for. Of several the last one wins: however fast a
// filter is typed, none waits behind another.
type requests struct {
	filter  *query.Query // nil: as it is
	sort    *Sorting     // nil: as it is
	cleared bool
	look    bool           // somebody looks again
	groups  *GroupsRequest // nil: as it is
}

// GroupsRequest is how the sidebar wants its counts.
type GroupsRequest struct{ On, ByCount bool }

// New makes a feed of a store for a model; refresh is called on the feed's goroutine,
// again once Ack was called.
func New(store *capture.Store, m *Model, refresh func(Update)) *Feed {
	f := &Feed{store: store, model: m, refresh: refresh,
		acked: signal.NewSlot(), wake: signal.NewSlot(), quit: make(chan struct{})}
	get := store.Get
	if all, ok := m.Rows.(interface {
		Get(flow.ID) (flow.Exchange, bool)
	}); ok { // the disk behind memory too
		get = all.Get
	}
	f.looker = newLooker(get, f.wake.Set)
	f.acked.Set()
	return f
}

// Start begins to follow the store; Stop ends it.
func (f *Feed) Start() {
	f.done.Go(f.run)
	f.done.Go(f.looker.run)
}

// Stop ends the goroutines and waits for them.
func (f *Feed) Stop() {
	f.stopped.Do(func() {
		close(f.quit)
		f.looker.stop()
	})
	f.done.Wait()
}

// SetFilter has the list filtered as soon as the goroutine can.
func (f *Feed) SetFilter(q *query.Query) { f.request(func(w *requests) { w.filter = q }) }

// SetSort has it put in another order.
func (f *Feed) SetSort(s Sorting) { f.request(func(w *requests) { w.sort = &s }) }

// SetGroups says whether counts are wanted, and in which order.
func (f *Feed) SetGroups(g GroupsRequest) { f.request(func(w *requests) { w.groups = &g }) }

// Cleared says that rows were removed from the store.
func (f *Feed) Cleared() { f.request(func(w *requests) { w.cleared = true }) }

func (f *Feed) request(change func(*requests)) {
	f.mu.Lock()
	change(&f.requests)
	f.mu.Unlock()
	f.wake.Set()
}

// apply does what was asked for, and tells whether anything was.
func (f *Feed) apply(u *Update) (asked bool) {
	f.mu.Lock()
	w := f.requests
	f.requests = requests{}
	f.mu.Unlock()
	if w.cleared {
		f.grouped = time.Time{}
	}
	if w.sort != nil {
		f.model.SetSort(*w.sort)
	}
	if w.filter != nil {
		f.model.SetFilter(w.filter)
		f.looker.begin(w.filter)
	}
	if w.groups != nil {
		f.groups = *w.groups
		f.model.Counts.Changed, f.grouped = true, time.Time{}
	}
	u.Rebuilt = u.Rebuilt || w.sort != nil || w.filter != nil
	u.Sorted = u.Sorted || w.sort != nil
	return w != requests{}
}

// SetRated has a hidden feed tell until the rate is at rest: the rate stays in sight while another tab covers the rows.
func (f *Feed) SetRated(rated bool) {
	if !f.rated.Swap(rated) && rated {
		f.request(func(w *requests) { w.look = true })
	}
}

// SetHidden slows the feed down while nobody looks.
func (f *Feed) SetHidden(hidden bool) {
	if f.hidden.Swap(hidden) && !hidden {
		f.request(func(w *requests) { w.look = true })
	}
}

// Hold has rows of the disk wait that are not listed yet, until release is called: the window is about to be seen,
// and has use for the processors.
func (f *Feed) Hold() (release func()) {
	f.held.Store(true)
	return func() {
		f.held.Store(false)
		f.wake.Set()
	}
}

// listing reports whether there are rows of the disk to be listed now.
func (f *Feed) listing() bool { return f.model.older.pending() && !f.held.Load() }

func (f *Feed) run() {
	watch := f.store.Watch()
	defer watch.Close()
	disk := f.model.older.watch()
	defer disk.Close()
	r := &reading{}
	var wait time.Duration
	var before time.Time
	for dirty := true; ; {
		if !dirty && !f.await(watch, disk, r) {
			return
		}
		asked := f.apply(&r.next)
		f.follow(r)
		asked = f.followDisk(&r.next) || asked
		if before.IsZero() && f.model.older.pending() {
			f.model.step() // the first picture has rows
		}
		asked = f.look(&r.next) || asked
		sorted := f.model.Settle(time.Now())
		var ok bool
		if !asked && !sorted && f.onlyProgress(r) && time.Since(before) < clockEvery {
			if dirty, ok = f.pause(RefreshEvery); !ok {
				return
			}
			continue
		}
		select {
		case <-f.acked:
			r.next.Total, r.next.At = f.model.total(), time.Now()
			if f.groups.On && (r.next.Total <= groupsAtOnce || r.next.At.Sub(f.grouped) >= groupsEvery) {
				r.next.Groups, f.grouped = f.model.Counts.Snapshot(f.groups.ByCount), r.next.At
			}
			f.refresh(r.next)
			wait = f.pace(&r.next, before)
			before, r.steps = r.next.At, f.model.steps
			r.next = Update{Stats: r.next.Stats, Looks: r.next.Looks}
		case <-f.quit:
			return
		}
		if dirty, ok = f.pause(wait); !ok {
			return
		}
	}
}

// reading is how far the goroutine has come.
type reading struct {
	cursor capture.Cursor
	next   Update // what the window gets next
	last   flow.Stats
	moved  time.Time // when the totals last changed
	steps  uint64    // the model's, at the last update
}

// rateMoves reports whether the rate is in sight and has not come to rest.
func (f *Feed) rateMoves(r *reading) bool {
	return time.Since(r.moved) < SparkTime && (!f.hidden.Load() || f.rated.Load())
}

// await waits until there is something to show; false means the end. While
// rows are under way, or wait to be sorted, or the rate has not come to rest,
// that is soon.
func (f *Feed) await(watch, disk *signal.Watcher, r *reading) bool {
	if f.listing() {
		f.model.step()
		return true
	}
	var soon <-chan time.Time
	if len(f.model.older.limbo) > 0 || r.next.Stats.Active > 0 || f.model.stale || f.rateMoves(r) {
		timer := time.NewTimer(clockEvery)
		defer timer.Stop()
		soon = timer.C
	}
	select {
	case <-watch.C:
	case <-disk.C:
	case <-f.wake:
	case <-soon:
	case <-f.quit:
		return false
	}
	return true
}

// follow takes all changes into the model.
func (f *Feed) follow(r *reading) {
	r.cursor = f.read(r.cursor, &r.next)
	st := r.next.Stats
	if st != r.last {
		r.moved = time.Now()
	}
	r.last = st
}

// followDisk takes what the disk told into the model.
func (f *Feed) followDisk(u *Update) (changed bool) {
	changed = f.model.followDisk(time.Now())
	for _, id := range f.model.older.told {
		u.changed(id)
	}
	u.Many = u.Many || f.model.older.many
	f.model.older.told, f.model.older.many = nil, false
	return changed
}

// onlyProgress reports whether nothing changed but how many bytes rows under way have,
// and nobody looks at one of these.
func (f *Feed) onlyProgress(r *reading) bool {
	u := &r.next
	return u.rows > 0 && !u.Rebuilt && !u.Many && r.steps == f.model.steps && !slices.Contains(u.Changed, flow.ID(f.Watched.Load()))
}

// pace is how soon after an update there may be another. Painting the window is
// what costs: it is painted whole for whatever changes.
func (f *Feed) pace(u *Update, before time.Time) time.Duration {
	switch {
	case f.hidden.Load():
		return hiddenEvery
	case float64(u.rows) >= busyRate*max(RefreshEvery, u.At.Sub(before)).Seconds():
		return BusyEvery
	}
	return RefreshEvery
}

// pause waits until the next refresh may be. A request ends it at once. dirty says that there
// is something to show: a request, or rows of the disk. ok is false when the feed is to end.
func (f *Feed) pause(wait time.Duration) (dirty, ok bool) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for f.listing() { // the disk is read meanwhile
		select {
		case <-f.wake:
			return true, true
		case <-timer.C:
			return true, true
		case <-f.quit:
			return false, false
		default:
			f.model.step()
			dirty = true
		}
	}
	select {
	case <-f.wake:
		return true, true
	case <-timer.C:
		return dirty, true
	case <-f.quit:
		return false, false
	}
}

// read takes all changes into the model.
func (f *Feed) read(cursor capture.Cursor, u *Update) capture.Cursor {
	for {
		lowest := unread(f.model)
		b := f.store.Changes(cursor, rowsAtOnce)
		u.Fresh += f.model.Apply(b.Rows)
		if b.Missed > 0 {
			f.model.older.missed(lowest)
		}
		f.model.older.note(b.Stats.Cleared)
		f.model.evict(b.OldestRev, b.Missed > 0)
		f.model.deleted(b.Deleted, b.Recheck)
		u.Stats, u.rows = b.Stats, u.rows+len(b.Rows)
		for i := range b.Rows {
			u.changed(b.Rows[i].ID)
		}
		if !b.More {
			return b.Next
		}
		cursor = b.Next
	}
}

// Ack tells the feed that the window has taken the last update.
func (f *Feed) Ack() { f.acked.Set() }

// RateSeconds is how far back the rate is shown.
const RateSeconds = 30

// SparkTime is how long the rate goes on after the last traffic.
const SparkTime = (RateSeconds + 2) * time.Second // after which it is at rest
