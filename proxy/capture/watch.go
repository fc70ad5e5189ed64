package capture

import (
	"slices"
	"time"
)

// A Watcher says that there is something to read. Its slot holds one signal;
// signals while it is full are dropped, because one read finds all changes. A
// reader that wants few and large batches waits a while before it reads.
type Watcher struct {
	C <-chan struct{} // never closed

	c chan struct{}
	s *Store
}

// Watch returns a Watcher whose slot is set: there may be something to read
// already. Close it after use.
func (s *Store) Watch() *Watcher {
	w := &Watcher{c: make(chan struct{}, 1), s: s}
	w.C = w.c
	w.c <- struct{}{}
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	all := append(slices.Clone(*s.watchers.Load()), w)
	s.watchers.Store(&all)
	return w
}

// Close ends the signals. It may be called more than once.
func (w *Watcher) Close() {
	s := w.s
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	all := slices.DeleteFunc(slices.Clone(*s.watchers.Load()), func(o *Watcher) bool { return o == w })
	s.watchers.Store(&all)
}

// signal sets every watcher's slot.
func (s *Store) signal() {
	for _, w := range *s.watchers.Load() {
		select {
		case w.c <- struct{}{}:
		default:
		}
	}
}

// lateness is how long bytes may pass before readers hear of it.
const lateness = 50 * time.Millisecond

// signalLate signals within lateness, so that a reader that reads at once is not
// woken for each piece of a body.
func (s *Store) signalLate() {
	if s.armed.Load() || len(*s.watchers.Load()) == 0 || !s.armed.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(lateness, func() {
		s.armed.Store(false)
		s.signal()
	})
}
