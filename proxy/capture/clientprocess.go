package capture

import (
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/flow"
)

const (
	maxAppName = 64 // bytes kept of Row.App
	maxWaiting = 64 // exchanges of one ClientProcess that wait to learn who it is; later ones stay without
)

// A ClientProcess is the program behind a client connection, of which it will be known
// later who it is. Whoever makes one must call Set once, and soon: exchanges
// begun with it do not end before. All methods are safe for concurrent use; a
// nil ClientProcess is one that nothing will be known of.
type ClientProcess struct {
	app     atomic.Pointer[flow.App]
	mu      sync.Mutex
	ready   chan struct{} // closed when it is known; nil while nobody waits
	waiting []*Record     // none of them is finished, nor in the pool
	name    string        // that it was given; "": none
	always  bool          // whatever becomes known
}

// Call says how the program is called: where nothing becomes known of it, or always.
// Calling it is for before the first exchange is begun.
func (p *ClientProcess) Call(name string, always bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.name, p.always = clip(name, maxAppName), always
	if app := p.app.Load(); app != nil {
		called := p.called(*app)
		p.app.Store(&called)
	}
}

// called is who it is, by the name that it was given. It needs p.mu.
func (p *ClientProcess) called(app flow.App) flow.App {
	switch {
	case p.name == "":
	case app.Name == "":
		return flow.App{Name: p.name}
	case p.always:
		app.Name = p.name
	}
	return app
}

// ending is what Finish was told.
type ending struct {
	failure flow.Failure
	why     flow.Reason
	status  int
	at      time.Time
}

// Set says who it is; a zero App says that it is not known. Only the first call counts.
func (p *ClientProcess) Set(app flow.App) {
	app.Name, app.Path = clip(app.Name, maxAppName), clip(app.Path, maxText)
	p.mu.Lock()
	if p.app.Load() != nil {
		p.mu.Unlock()
		return
	}
	app = p.called(app)
	p.app.Store(&app)
	waiting := p.waiting
	p.waiting = nil
	if p.ready != nil {
		close(p.ready)
	}
	p.mu.Unlock()
	for _, r := range waiting {
		r.identify(app)
	}
}

// known is who it is, if that is known.
func (p *ClientProcess) known() flow.App {
	if p == nil {
		return flow.App{}
	}
	if app := p.app.Load(); app != nil {
		return *app
	}
	return flow.App{}
}

// Await is who it is, once that is known, or what is known after a time; it may wait that long.
func (p *ClientProcess) Await(limit time.Duration) flow.App {
	if p == nil || limit <= 0 || p.app.Load() != nil {
		return p.known()
	}
	p.mu.Lock()
	if p.ready == nil && p.app.Load() == nil {
		p.ready = make(chan struct{})
	}
	ready := p.ready
	p.mu.Unlock()
	if ready != nil {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		select {
		case <-ready:
		case <-timer.C:
		}
	}
	return p.known()
}

// PID is the process, or 0 while it is not known, or will never be.
func (p *ClientProcess) PID() int32 {
	if p == nil {
		return 0
	}
	if app := p.app.Load(); app != nil {
		return app.PID
	}
	return 0
}

// join makes the record wait for who it is, if that is not known. It needs r.mu.
func (p *ClientProcess) join(r *Record) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch app := p.app.Load(); {
	case app == nil && len(p.waiting) < maxWaiting:
		p.waiting = append(p.waiting, r)
		r.process = p
	case app != nil && r.program != *app:
		r.program = *app
		r.changed()
	}
}

// identify tells a record that waits who asked, and ends it if it was finished meanwhile.
func (r *Record) identify(app flow.App) {
	r.mu.Lock()
	r.program, r.process = app, nil
	if e := r.ending; e != nil {
		r.ending = nil
		r.finish(e.failure, e.why, e.status, e.at)
		return
	}
	if app != (flow.App{}) {
		r.changed()
	}
	r.mu.Unlock()
	r.s.signal()
}
