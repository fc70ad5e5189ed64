package ui

import "sync"

// subscription calls a function after each change of something, from a goroutine.
type subscription struct {
	quit chan struct{}
	done sync.WaitGroup
	once sync.Once
}

// subscribe calls changed whenever there is something in a channel; release is called
// in the end.
func subscribe(changes <-chan struct{}, release func(), changed func()) *subscription {
	s := &subscription{quit: make(chan struct{})}
	s.done.Go(func() {
		defer release()
		for {
			select {
			case <-changes:
				changed()
			case <-s.quit:
				return
			}
		}
	})
	return s
}

// stop ends it and waits.
func (s *subscription) stop() {
	s.once.Do(func() { close(s.quit) })
	s.done.Wait()
}
