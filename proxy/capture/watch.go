package capture

import (
	"time"

	"posthouse/proxy/signal"
)

// A Watcher says that there is something to read. A reader that wants few and large
// batches waits a while before it reads.
type Watcher = signal.Watcher

// Watch returns a Watcher whose slot is set: there may be something to read
// already. Close it after use.
func (s *Store) Watch() *Watcher { return s.watchers.Watch() }

// signal sets every watcher's slot.
func (s *Store) signal() { s.watchers.Set() }

// lateness is how long bytes may pass before readers hear of it.
const lateness = 50 * time.Millisecond

// signalLate signals within lateness, so that a reader that reads immediately is not
// woken for each piece of a body.
func (s *Store) signalLate() {
	if s.armed.Load() || !s.watchers.Watched() || !s.armed.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(lateness, func() {
		s.armed.Store(false)
		s.signal()
	})
}
