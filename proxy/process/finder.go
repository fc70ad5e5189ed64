// Package process tells which program on this machine is at the other end of a
// client connection. It is asked once for each connection, from where
// connections are accepted, and answers later (capture.ClientProcess): one worker looks
// connections up in batches, from a bounded queue, for at most a tenth of its
// time, a twentieth where many come together. A program that had ended, or closed its
// connection, is told as that (flow.AppEnded). What it cannot know for sure stays
// unknown: a connection from elsewhere, a process of another user that may not be looked
// into, and whatever the queue has no room for.
//
// Linux is asked by sock_diag(7) and /proc, Windows by GetExtendedTcpTable,
// macOS by lsof. All methods of Finder are safe for concurrent use.
package process

import (
	"net/netip"
	"sync"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

const (
	maxQueue = 256 // connections that wait to be looked up

	// The worker looks for a tenth of its time (processor time on Linux, where a busy
	// machine makes a look long), so that a storm of connections costs
	// a tenth of a core at most, but may be ahead of that by credit: a program that
	// runs for a few milliseconds is gone after a rest. Who asks while it rests waits
	// for its end, but no longer than maxWait: what a slower system (lsof takes tenths
	// of a second) has no time for stays unknown.
	share   = 10
	credit  = 50 * time.Millisecond
	maxWait = 300 * time.Millisecond

	// A crowd is this many connections within crowdTime: no person starts programs that
	// fast. They come from programs that stay, so that they are gathered for a while and
	// looked up together, and a look costs a twentieth of a core at most.
	crowd     = 80
	crowdTime = 200 * time.Millisecond
	gather    = 20 * time.Millisecond

	// lookLimit is how long a batch may take. The system cannot be told to stop: when
	// it takes longer, what was asked stays unknown, and nothing is taken until it
	// has answered. Close does not wait longer either.
	lookLimit = 3 * time.Second
)

// question is a connection to be looked up.
type question struct {
	client, own netip.AddrPort
	process     *capture.ClientProcess
}

// Finder looks up who is behind client connections. Close it after use.
type Finder struct {
	find  func([]question) []flow.App
	timed func(do func()) time.Duration // what do costs

	mu      sync.Mutex // for what follows; held over sending to queue
	closed  bool
	resting bool // nothing is taken

	queue chan question
	stop  chan struct{}
	done  chan struct{}
}

// New starts a Finder.
func New() *Finder {
	s := new(system)
	return startTimed(s.find, processorTime)
}

func startTimed(find func([]question) []flow.App, timed func(func()) time.Duration) *Finder {
	f := &Finder{find: find, timed: timed, queue: make(chan question, maxQueue), stop: make(chan struct{}), done: make(chan struct{})}
	go f.run()
	return f
}

// Find begins to look up who is behind the connection from client to own. It
// does not wait. The result is nil where nothing will be known.
func (f *Finder) Find(client, own netip.AddrPort) *capture.ClientProcess {
	if !local(client, own) {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.resting || len(f.queue) == cap(f.queue) {
		return nil
	}
	a := new(capture.ClientProcess)
	f.queue <- question{client, own, a}
	return a
}

// local reports whether the connection comes from this machine.
func local(client, own netip.AddrPort) bool {
	return client.IsValid() && own.IsValid() && (client.Addr().IsLoopback() || client.Addr() == own.Addr())
}

// Close ends the Finder; what was asked and not found stays unknown. A look-up that
// the system does not end within seconds goes on behind its back.
func (f *Finder) Close() {
	f.mu.Lock()
	closed := f.closed
	f.closed = true
	f.mu.Unlock()
	if !closed {
		close(f.stop)
	}
	<-f.done
}

func (f *Finder) run() {
	defer close(f.done)
	defer f.giveUp()
	batch := make([]question, 0, maxQueue)
	var paid time.Time // until when what was looked has had its time
	var pace pace
	for {
		select {
		case q := <-f.queue:
			batch = append(batch[:0], q)
		case <-f.stop:
			return
		}
		for more := true; more && len(batch) < maxQueue; {
			select {
			case q := <-f.queue:
				batch = append(batch, q)
			default:
				more = false
			}
		}
		began := time.Now()
		cost, ok := f.look(batch)
		if !ok {
			return
		}
		if paid.Before(began) {
			paid = began
		}
		paid = paid.Add(share * cost)
		crowded := pace.crowded(len(batch), began)
		if crowded {
			paid = paid.Add(share * cost)
		}
		rest := time.Until(paid) - share*credit
		if crowded {
			rest = max(rest, gather)
		}
		clear(batch)
		if !f.rest(rest) {
			return
		}
	}
}

// pace tells a crowd from single connections.
type pace struct {
	since time.Time // crowdTime begins anew
	count int       // connections since
	was   bool      // it was a crowd in the time before
}

func (p *pace) crowded(n int, now time.Time) bool {
	if now.Sub(p.since) >= crowdTime {
		p.was = p.count >= crowd && now.Sub(p.since) < 2*crowdTime
		p.since, p.count = now, 0
	}
	p.count += n
	return p.was || p.count >= crowd
}

// look has a batch looked up, and says what that cost; false if Close was called and
// it has no end.
func (f *Finder) look(batch []question) (time.Duration, bool) {
	type result struct {
		apps []flow.App
		cost time.Duration
	}
	found := make(chan result, 1)
	go func() {
		var r result
		r.cost = f.timed(func() { r.apps = f.find(batch) })
		found <- r
	}()
	late := time.NewTimer(lookLimit)
	defer late.Stop()
	var stop <-chan struct{} // until it is late, its end is waited for
	for {
		select {
		case r := <-found:
			for i, app := range r.apps {
				batch[i].process.Set(app) // the first answer counts
			}
			if stop != nil {
				f.setAccepting(true)
			}
			return r.cost, true
		case <-late.C:
			stop = f.stop
			f.setAccepting(false)
			f.giveUp()
			for _, q := range batch {
				q.process.Set(flow.App{})
			}
		case <-stop:
			return 0, false
		}
	}
}

// rest waits for d; false if Close was called.
func (f *Finder) rest(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	if !f.sleep(min(d, maxWait)) {
		return false
	}
	if d <= maxWait {
		return true
	}
	f.setAccepting(false)
	defer f.setAccepting(true)
	f.giveUp()
	return f.sleep(d - maxWait)
}

func (f *Finder) setAccepting(on bool) {
	f.mu.Lock()
	f.resting = !on
	f.mu.Unlock()
}

func (f *Finder) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-f.stop:
		return false
	}
}

// giveUp answers all that was asked; nothing more is taken meanwhile.
func (f *Finder) giveUp() {
	for {
		select {
		case q := <-f.queue:
			q.process.Set(flow.App{})
		default:
			return
		}
	}
}
