package ui

import (
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

const (
	refreshEvery = 200 * time.Millisecond // at most five refreshes a second; the first after a pause comes at once
	rowsAtOnce   = 4096                   // rows read from the store at once
	dropEvery    = 10 * time.Second       // how often every row is asked whether it is still there
	hiddenEvery  = time.Second            // the pace while the window is hidden
)

// update is what one refresh of the window needs to know.
type update struct {
	stats   flow.Stats
	total   int       // rows there are, shown or not
	fresh   int       // rows that came to what is shown
	changed []flow.ID // the rows that changed, at most maxChanged; more is nil with many set
	many    bool
	at      time.Time
}

const maxChanged = 1000

// feed follows the store in a goroutine of its own and changes the model; it
// calls refresh with what the window needs, from that goroutine, and not again
// before taken was called.
type feed struct {
	store   *capture.Store
	model   *model
	refresh func(update)

	asks    chan func() // filter, sort: run by the goroutine
	taken   chan struct{}
	hidden  atomic.Bool
	wake    chan struct{}
	quit    chan struct{}
	done    sync.WaitGroup
	stopped sync.Once
}

func newFeed(store *capture.Store, m *model, refresh func(update)) *feed {
	f := &feed{store: store, model: m, refresh: refresh,
		asks: make(chan func(), 16), taken: make(chan struct{}, 1), wake: make(chan struct{}, 1), quit: make(chan struct{})}
	f.taken <- struct{}{}
	return f
}

func (f *feed) start() {
	f.done.Go(f.run)
}

// stop ends the goroutine and waits for it.
func (f *feed) stop() {
	f.stopped.Do(func() { close(f.quit) })
	f.done.Wait()
}

// setFilter and setSort change the list as soon as the goroutine can. If
// several wait the last one wins, and none waits for another.
func (f *feed) setFilter(q *query.Query) { f.ask(func() { f.model.setFilter(q) }) }
func (f *feed) setSort(s sorting)        { f.ask(func() { f.model.setSort(s) }) }

// cleared says that rows were removed from the store.
func (f *feed) cleared() { f.ask(f.model.clear) }

func (f *feed) ask(change func()) {
	select {
	case f.asks <- change:
	case <-f.quit:
	}
}

// setHidden slows the feed down while nobody looks.
func (f *feed) setHidden(hidden bool) {
	if f.hidden.Swap(hidden) && !hidden {
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

func (f *feed) run() {
	watch := f.store.Watch()
	defer watch.Close()
	tick := time.NewTimer(0)
	defer tick.Stop()
	var cursor capture.Cursor
	var last flow.Stats
	lastDrop := time.Now()
	var u update
	dirty := true
	for {
		select { // something to do
		case <-watch.C:
			dirty = true
		case change := <-f.asks:
			change()
			dirty = true
		case <-tick.C:
		case <-f.wake:
			dirty = true
		case <-f.quit:
			return
		}
		if dirty {
			cursor = f.read(cursor, &u)
			if u.stats.Evicted != last.Evicted || u.stats.Cleared != last.Cleared {
				whole := u.stats.Cleared != last.Cleared || time.Since(lastDrop) > dropEvery
				if whole {
					lastDrop = time.Now()
				}
				f.model.drop(whole)
			}
			last = u.stats
		}
		resorted := f.model.settle(time.Now())
		if dirty || resorted || u.stats.Active > 0 {
			select {
			case <-f.taken:
				u.total, u.at = f.model.total(), time.Now()
				f.refresh(u)
				u = update{stats: u.stats}
			case <-f.quit:
				return
			}
		}
		var ok bool
		if dirty, ok = f.pause(tick); !ok {
			return
		}
	}
}

// pause waits until the next refresh may be; a change of filter or order ends
// it at once. ok is false when the feed is to end.
func (f *feed) pause(tick *time.Timer) (dirty, ok bool) {
	wait := refreshEvery
	if f.hidden.Load() {
		wait = hiddenEvery
	}
	sleep := time.NewTimer(wait)
	defer sleep.Stop()
	select {
	case change := <-f.asks:
		change()
		return true, true
	case <-f.wake:
		return true, true
	case <-sleep.C:
		tick.Reset(time.Second) // rows under way show their time
		return false, true
	case <-f.quit:
		return false, false
	}
}

// read takes all changes into the model.
func (f *feed) read(cursor capture.Cursor, u *update) capture.Cursor {
	for {
		b := f.store.Changes(cursor, rowsAtOnce)
		u.fresh += f.model.apply(b.Rows)
		u.stats = b.Stats
		for i := range b.Rows {
			if len(u.changed) == maxChanged {
				u.many = true
				break
			}
			u.changed = append(u.changed, b.Rows[i].ID)
		}
		if !b.More {
			return b.Next
		}
		cursor = b.Next
	}
}

// done tells the feed that the window has taken the last update.
func (f *feed) took() {
	select {
	case f.taken <- struct{}{}:
	default:
	}
}
