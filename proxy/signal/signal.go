// Package signal tells readers that there is something new, and nothing else: what
// is new they read where it is kept. A slot holds one signal, and signals while it
// is full are dropped, because one read finds all changes. So who signals never
// waits and allocates nothing, and a slow reader costs nothing. All methods are safe
// for concurrent use. Imports nothing of ours.
package signal

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Slot holds one signal.
type Slot chan struct{}

// NewSlot returns an empty slot.
func NewSlot() Slot { return make(Slot, 1) }

// Set fills the slot.
func (s Slot) Set() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// Hub signals to all that watch it. Its zero value is ready.
type Hub struct {
	watchers atomic.Pointer[[]*Watcher] // replaced as a whole; nil for none
	mu       sync.Mutex                 // guards replacing
}

// Watcher is one reader's slot of a Hub.
type Watcher struct {
	C <-chan struct{} // never closed

	slot Slot
	hub  *Hub
}

// Watch returns a Watcher whose slot is set: there may be something to read
// already. Close it after use.
func (h *Hub) Watch() *Watcher {
	w := &Watcher{slot: NewSlot(), hub: h}
	w.C = w.slot
	w.slot.Set()
	h.replace(func(all []*Watcher) []*Watcher { return append(all, w) })
	return w
}

// Close ends the signals. It may be called more than once.
func (w *Watcher) Close() {
	w.hub.replace(func(all []*Watcher) []*Watcher {
		return slices.DeleteFunc(all, func(o *Watcher) bool { return o == w })
	})
}

func (h *Hub) replace(change func([]*Watcher) []*Watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []*Watcher
	if old := h.watchers.Load(); old != nil {
		all = slices.Clone(*old)
	}
	all = change(all)
	h.watchers.Store(&all)
}

// Set fills every watcher's slot.
func (h *Hub) Set() {
	if all := h.watchers.Load(); all != nil {
		for _, w := range *all {
			w.slot.Set()
		}
	}
}

// Watched reports whether anyone watches.
func (h *Hub) Watched() bool {
	all := h.watchers.Load()
	return all != nil && len(*all) > 0
}
