package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/signal"
)

// The sweeper looks at all connections, ten times a second while any exchange
// is under way and twice a second otherwise: it naps. Who begins an exchange
// meanwhile wakes it. A stage that takes too long is interrupted; a client that
// left while its origin keeps silent is noticed, within a tenth of a second.
const (
	sweepBusy = 100 * time.Millisecond
	sweepIdle = 500 * time.Millisecond
	reapEvery = 5 * time.Second

	// A client that ended its sending side and is known to wait is asked about again after.
	askAgain = time.Second
)

// sweeper is the state of the goroutine that runs while there is anything to look at.
type sweeper struct {
	running bool        // under Server.mu
	napping atomic.Bool // it looks twice a second only
	stir    signal.Slot // wakes it
	network network     // its own
	workers workers     // of whom it ends those that rest for nothing
	wg      sync.WaitGroup
}

func (s *Server) sweep() {
	defer s.sweeper.wg.Done()
	tick := time.NewTicker(sweepBusy)
	defer tick.Stop()
	pace, lastReap := sweepBusy, time.Now()
	nap := napWatch{last: lastReap}
	s.noticeNetwork() // what changes from now on is a change
	for {
		var now time.Time
		select {
		case now = <-tick.C:
		case <-s.sweeper.stir:
			pace = sweepBusy
			tick.Reset(pace)
			continue
		case <-s.drained:
			return
		}
		if slept := nap.check(now, pace); slept > 0 {
			s.woke(slept)
		}
		if now.Sub(lastReap) > reapEvery {
			s.noticeNetwork()
			s.pool.Reap(now)
			s.dropBound(func(one *boundConn) bool { return !one.conn.Quiet() })
			s.sweeper.workers.trim()
			lastReap = now
		}
		s.sweeper.napping.Store(true) // before it looks: who begins then is seen, or wakes it
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
			s.sweeper.napping.Store(false)
		}
		if want != pace {
			pace = want
			tick.Reset(pace)
		}
	}
}

// wakeSweeper has the sweeper look ten times a second again. It never waits.
func (s *Server) wakeSweeper() {
	if s.sweeper.napping.Load() && s.sweeper.napping.CompareAndSwap(true, false) {
		s.sweeper.stir.Set()
	}
}

// stopSweeping ends the sweeper if there is still nothing to watch.
func (s *Server) stopSweeping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) > 0 {
		return false
	}
	s.sweeper.running = false
	s.sweeper.workers.endAll()
	return true
}

// sweepOnce reports whether any exchange is under way, and how many clients there are.
func (s *Server) sweepOnce(now int64) (busy bool, left int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		busy = busy || c.isBusy()
		c.sweep(now)
		c.sweepOrigin(now)
	}
	return busy, len(s.conns)
}

// isBusy reports whether an exchange is under way that may have to be interrupted.
func (c *conn) isBusy() bool {
	if h := c.http2.Load(); h != nil {
		return h.active()
	}
	return (c.watch.state.Load() == stateBusy || c.watch.eager.Load() != nil) && !c.tunneling.Load()
}

func (c *conn) sweep(now int64) {
	w := &c.watch
	if h := c.http2.Load(); h != nil {
		h.sweep(now)
	}
	if until := w.until.Load(); until != 0 && now > until {
		c.expire(until)
	}
	if until := w.bodyUntil.Load(); until != 0 && now > until {
		c.expireBody(until, now)
	}
	if until := w.sendUntil.Load(); until != 0 && now > until {
		c.expireSend(until, now)
	}
	if o := w.eager.Load(); o != nil && o.Look().Readable {
		c.originSpoke(o)
	}
	since := w.silentSince.Load()
	if w.uploading.Load() {
		since = w.sendSince.Load() // an upload that reads the connection notices by itself
	}
	if since == 0 || w.gone.Load() {
		return
	}
	if c.left(now) {
		c.leave()
	}
	c.watch.rouse()
}

// rouse has an exchange hear of its origin's end, if that came just before it was asked.
func (w *supervision) rouse() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.origin != nil {
		w.origin.Rouse()
	}
}

// left reports whether the client is gone for good. A FIN alone does not say
// so: the client may have ended its sending side only (RFC 9112 section 9.6)
// and still wait for the answer.
func (c *conn) left(now int64) bool {
	c.watch.mu.Lock()
	conn := c.socket // the owner puts TLS above it when a tunnel is opened
	c.watch.mu.Unlock()
	look := conn.Look()
	if look.Broken || !look.Ended {
		return look.Broken
	}
	if last := c.watch.lastAsked; last != 0 && now-last < int64(askAgain) {
		return false
	}
	c.watch.lastAsked = now
	gone, known := conn.PeerGone()
	return known && gone
}
