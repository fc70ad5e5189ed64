package capture

import (
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/flow"
)

const (
	maxAppName = 64 // bytes kept of Row.App
	maxWaiting = 64 // exchanges of one Asker that wait to learn who it is; later ones stay without
)

// An Asker is the program behind a client connection, of which it will be known
// later who it is. Whoever makes one must call Set once, and soon: exchanges
// begun with it do not end before. All methods are safe for concurrent use; a
// nil Asker is one that nothing will be known of.
type Asker struct {
	app     atomic.Pointer[flow.App]
	mu      sync.Mutex
	waiting []*Record // none of them is finished, nor in the pool
}

// ending is what Finish was told.
type ending struct {
	failure flow.Failure
	detail  string
	status  int
	at      time.Time
}

// Set says who it is; a zero App says that it is not known. Only the first call counts.
func (a *Asker) Set(app flow.App) {
	app.Name, app.Path = clip(app.Name, maxAppName), clip(app.Path, maxDetail)
	a.mu.Lock()
	if a.app.Load() != nil {
		a.mu.Unlock()
		return
	}
	a.app.Store(&app)
	waiting := a.waiting
	a.waiting = nil
	a.mu.Unlock()
	for _, r := range waiting {
		r.identify(app)
	}
}

// known is who it is, if that is known.
func (a *Asker) known() flow.App {
	if a == nil {
		return flow.App{}
	}
	if app := a.app.Load(); app != nil {
		return *app
	}
	return flow.App{}
}

// PID is the process, or 0 while it is not known, or will never be.
func (a *Asker) PID() int32 {
	if a == nil {
		return 0
	}
	if app := a.app.Load(); app != nil {
		return app.PID
	}
	return 0
}

// join makes the record wait for who it is, if that is not known. It needs r.mu.
func (a *Asker) join(r *Record) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch app := a.app.Load(); {
	case app == nil && len(a.waiting) < maxWaiting:
		a.waiting = append(a.waiting, r)
		r.asker = a
	case app != nil && r.program != *app:
		r.program = *app
		r.changed()
	}
}

// identify tells a record that waits who asked, and ends it if it was finished meanwhile.
func (r *Record) identify(app flow.App) {
	r.mu.Lock()
	r.program, r.asker = app, nil
	if e := r.ending; e != nil {
		r.ending = nil
		r.finish(e.failure, e.detail, e.status, e.at)
		return
	}
	if app != (flow.App{}) {
		r.changed()
	}
	r.mu.Unlock()
	r.s.signal()
}
