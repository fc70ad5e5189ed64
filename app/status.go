package app

import (
	"time"

	"posthouse/proxy/signal"
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
type Watcher = signal.Watcher

type watchers struct{ hub signal.Hub }

// watch returns a watcher whose slot is set.
func (a *watchers) watch() *Watcher { return a.hub.Watch() }

func (a *watchers) signal() { a.hub.Set() }
