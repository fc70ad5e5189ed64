package proxy

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/upstream"
)

// The sweeper looks at all connections, ten times a second while any exchange
// is under way and once a second otherwise. A stage that takes too long is
// interrupted; a client that left while its origin keeps silent is noticed.
const (
	sweepBusy = 100 * time.Millisecond
	sweepIdle = time.Second
	reapEvery = 5 * time.Second

	// A client is looked at only after its origin has kept silent for so long.
	silence = 150 * time.Millisecond
	// A client that ended its sending side and is known to wait is asked about again after.
	askAgain = time.Second
)

// epoch makes stage deadlines plain numbers that fit into an atomic.
var epoch = time.Now()

func clock() int64 { return int64(time.Since(epoch)) }

// watched is what the sweeper sees of a client. The owner writes, the sweeper reads.
type watched struct {
	until       atomic.Int64 // when the stage under way is too late, by clock; 0: never
	uploadUntil atomic.Int64 // the same for the upload
	silentSince atomic.Int64 // since when the owner waits for the origin; 0: it does not
	idle        atomic.Bool  // waits for the first byte of a request
	expired     atomic.Bool  // a stage took too long and was interrupted
	gone        atomic.Bool  // the client left; the origin side was cut

	mu        sync.Mutex
	origin    *upstream.Conn     // borrowed connection, to interrupt it
	stopDial  context.CancelFunc // ends the dial under way
	wasCut    bool               // cut was called
	lastAsked int64              // sweeper only
}

// stage begins a stage that may take limit; not above zero means for ever.
func (w *watched) stage(limit time.Duration) {
	if limit <= 0 {
		w.until.Store(0)
		return
	}
	w.until.Store(clock() + int64(limit))
}

// hold tells the sweeper which origin connection is used; nil ends that. It
// reports false if the client was cut in the meantime.
func (w *watched) hold(c *upstream.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.origin = c
	return !w.wasCut
}

func (w *watched) dialing(stop context.CancelFunc) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopDial = stop
	return !w.wasCut
}

func (s *Server) sweep() {
	defer s.sweeper.Done()
	tick := time.NewTicker(sweepBusy)
	defer tick.Stop()
	pace, lastReap := sweepBusy, time.Now()
	for {
		var now time.Time
		select {
		case now = <-tick.C:
		case <-s.drained:
			return
		}
		if now.Sub(lastReap) > reapEvery {
			s.pool.Reap(now)
			lastReap = now
		}
		busy, left := s.sweepOnce(clock())
		if left == 0 {
			// Idle origin connections outlive the clients by little.
			s.pool.Reap(now)
			if s.pool.Len() == 0 && s.stopSweeping() {
				return
			}
		}
		want := sweepIdle
		if busy {
			want = sweepBusy
		}
		if want != pace {
			pace = want
			tick.Reset(pace)
		}
	}
}

// stopSweeping ends the sweeper if there is still nothing to watch.
func (s *Server) stopSweeping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.clients) > 0 {
		return false
	}
	s.sweeping = false
	return true
}

// sweepOnce reports whether any exchange is under way, and how many clients there are.
func (s *Server) sweepOnce(now int64) (busy bool, left int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.clients {
		if !c.watch.idle.Load() && !c.tunneling.Load() {
			busy = true
		}
		c.sweep(now)
	}
	return busy, len(s.clients)
}

func (c *client) sweep(now int64) {
	w := &c.watch
	if until := w.until.Load(); until != 0 && now > until {
		c.expire(until)
	}
	if until := w.uploadUntil.Load(); until != 0 && now > until {
		w.uploadUntil.CompareAndSwap(until, 0)
		c.conn.Interrupt()
	}
	since := w.silentSince.Load()
	if since == 0 || now-since < int64(silence) || w.gone.Load() {
		return
	}
	if c.left(now) {
		c.leave()
	}
}

// expire interrupts the stage that until belongs to.
func (c *client) expire(until int64) {
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.until.CompareAndSwap(until, 0) {
		return // it moved on meanwhile
	}
	w.expired.Store(true)
	if w.stopDial != nil {
		w.stopDial()
	}
	if w.origin != nil {
		w.origin.Interrupt()
	}
	c.conn.Interrupt()
}

// left reports whether the client is gone for good. A FIN alone does not say
// so: the client may have ended its sending side only (RFC 9112 section 9.6)
// and still wait for the answer.
func (c *client) left(now int64) bool {
	if c.uploading.Load() {
		return false // the upload reads the connection and will notice
	}
	look := c.conn.Look()
	if look.Broken || !look.Ended {
		return look.Broken
	}
	if now-c.watch.lastAsked < int64(askAgain) {
		return false
	}
	c.watch.lastAsked = now
	gone, known := c.conn.PeerGone()
	return known && gone
}

// leave lets the origin go because the client left.
func (c *client) leave() {
	w := &c.watch
	w.gone.Store(true)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopDial != nil {
		w.stopDial()
	}
	if w.origin != nil {
		w.origin.Interrupt()
	}
}

// leaveIfIdle ends a client that waits between exchanges.
func (c *client) leaveIfIdle() {
	if c.watch.idle.Load() {
		c.conn.Interrupt()
	}
}

// cut ends the client whatever it does.
func (c *client) cut() {
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wasCut = true
	if w.stopDial != nil {
		w.stopDial()
	}
	if w.origin != nil {
		w.origin.Interrupt()
	}
	c.conn.Interrupt()
}
