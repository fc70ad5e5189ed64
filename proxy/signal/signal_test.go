package signal_test

import (
	"sync"
	"testing"

	"posthouse/proxy/signal"
)

func full(w *signal.Watcher) bool {
	select {
	case <-w.C:
		return true
	default:
		return false
	}
}

func TestOneSignalStandsForAll(t *testing.T) {
	var h signal.Hub
	h.Set() // no one watches
	if h.Watched() {
		t.Error("watched by no one")
	}
	a, b := h.Watch(), h.Watch()
	if !full(a) || full(a) || !h.Watched() {
		t.Fatal("a new watcher has exactly one signal")
	}
	for range 3 {
		h.Set()
	}
	if !full(a) || full(a) || !full(b) || full(b) {
		t.Error("three signals are not one")
	}
	a.Close()
	a.Close()
	h.Set()
	if full(a) || !full(b) {
		t.Error("a closed watcher hears, or an open one does not")
	}
	b.Close()
	if h.Watched() {
		t.Error("closed watchers stay")
	}
}

func TestSetAllocatesNothing(t *testing.T) {
	var h signal.Hub
	w := h.Watch()
	defer w.Close()
	if n := testing.AllocsPerRun(100, h.Set); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Watchers come and go while others signal.
func TestWatchersComeAndGo(t *testing.T) {
	var h signal.Hub
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				w := h.Watch()
				h.Set()
				if !full(w) {
					t.Error("a signal was lost")
				}
				w.Close()
			}
		})
	}
	wg.Wait()
	if h.Watched() {
		t.Error("closed watchers stay")
	}
}
