package app

import (
	"slices"
	"sync"
	"time"
)

// State is where the proxy is in its life.
type State uint8

const (
	Stopped  State = iota
	Starting       // addresses are being bound
	Running
	Stopping // exchanges under way may end
	Failed   // could not start, or stopped by itself; Status.Err says why
)

var stateNames = [...]string{"stopped", "starting", "running", "stopping", "failed"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// Status is a snapshot; it is not changed once it was handed out.
type Status struct {
	State State
	Addrs []string // bound addresses, host:port, while Running
	LAN   []string // those that chosen other devices may use, beside Addrs
	// LANErr, often a *BindError, says why an address of lan.listen is not
	// listened on; it is tried again every few seconds.
	LANErr error
	Err    error     // why State is Failed; a *BindError when an address could not be bound
	Since  time.Time // when State was entered
}

// Watcher says that status, settings or the settings' problem may have changed.
// Its slot holds one signal; one read finds all changes.
type Watcher struct {
	C <-chan struct{} // never closed

	c   chan struct{}
	all *watchers
}

// Close ends the signals. It may be called more than once.
func (w *Watcher) Close() {
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	w.all.list = slices.DeleteFunc(w.all.list, func(o *Watcher) bool { return o == w })
}

type watchers struct {
	mu   sync.Mutex
	list []*Watcher
}

// watch returns a watcher whose slot is set.
func (a *watchers) watch() *Watcher {
	w := &Watcher{c: make(chan struct{}, 1), all: a}
	w.C = w.c
	w.c <- struct{}{}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, w)
	return w
}

func (a *watchers) signal() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range a.list {
		select {
		case w.c <- struct{}{}:
		default:
		}
	}
}
