package proxy

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/upstream"
)

// epoch makes stage deadlines plain numbers that fit into an atomic.
var epoch = time.Now()

func clock() int64 { return int64(time.Since(epoch)) }

// moment is a clock as a time that others are held against. It costs half of what time.Now does,
// and is for nobody to read: it does not follow what this computer's clock is set to.
func moment(at int64) time.Time { return epoch.Add(time.Duration(at)) }

// lateAfter is when a stage that begins at the time at is too late; 0 means never.
func lateAfter(at int64, limit time.Duration) int64 {
	if limit <= 0 {
		return 0
	}
	return at + int64(limit)
}

// What a client connection is doing, as far as Shutdown minds.
const (
	stateBusy    int32 = iota // an exchange is under way
	stateIdle                 // the first byte of a request is waited for
	stateLeaving              // so it was, and it was told to end
)

// supervision is what the sweeper and Shutdown see of a client. The owner writes, they read.
type supervision struct {
	until       atomic.Int64 // when the stage under way is too late, by clock; 0: never
	bodyUntil   atomic.Int64 // the same for the upload's wait for the client
	sendUntil   atomic.Int64 // the same for the upload's wait for the origin to take bytes
	sendSince   atomic.Int64 // since when the upload waits for the origin; 0: it does not
	silentSince atomic.Int64 // since when the owner waits for the origin; 0: it does not
	state       atomic.Int32
	uploading   atomic.Bool
	expired     atomic.Bool                   // a stage took too long and was interrupted
	gone        atomic.Bool                   // the client left; the origin side was cut
	dead        atomic.Bool                   // the origin vanished; its connection was interrupted
	ended       atomic.Pointer[ended]         // why cut was called, if it is not the end of Posthouse
	eager       atomic.Pointer[upstream.Conn] // the origin may be who speaks first: its bytes wake the owner
	spoke       atomic.Bool                   // they did

	// mu is held over every interrupt and what tells of it, and over every
	// resume, so that neither undoes the other unseen.
	mu        sync.Mutex
	origin    *upstream.Conn     // borrowed connection, to interrupt it
	stopDial  context.CancelFunc // ends the dial under way
	wasCut    bool               // cut was called
	answering bool               // the final answer passes: the upload may pause
	bodyLate  bool               // the upload waited too long for the client
	sendLate  bool               // the upload waited too long for the origin
	lastAsked int64              // sweeper only
	lastProbe int64              // sweeper only: when the origin's connection was last looked at
}

// stage begins a stage that may take limit; not above zero means for ever.
func (w *supervision) stage(limit time.Duration) {
	if limit <= 0 {
		w.until.Store(0)
		return
	}
	w.until.Store(lateAfter(clock(), limit))
}

// hold tells the sweeper which origin connection is used. It reports false if
// the client was cut in the meantime.
func (w *supervision) hold(c *upstream.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.origin = c
	w.dead.Store(false)
	return !w.wasCut
}

// release ends hold. It reports whether the connection was left alone all the
// while: one that was interrupted must not be used again.
func (w *supervision) release() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.origin = nil
	return !w.interrupted() && !w.dead.Load()
}

// interrupted tells whether the exchange was ended from outside; mu is held.
func (w *supervision) interrupted() bool {
	return w.wasCut || w.expired.Load() || w.gone.Load()
}

// sound reports whether the connection may carry another exchange.
func (w *supervision) sound() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.interrupted()
}

func (w *supervision) dialing(stop context.CancelFunc) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopDial = stop
	return !w.wasCut
}

// wake ends the wait for a request, since its first byte came. staged is the
// stage it was in; if that ended, or Shutdown called, in the same moment, the
// request is served all the same.
func (c *conn) wake(staged int64) {
	w := &c.watch
	inTime := w.until.CompareAndSwap(staged, 0)
	quiet := w.state.CompareAndSwap(stateIdle, stateBusy)
	c.srv.wakeSweeper()
	if quiet && inTime {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Store(stateBusy)
	w.expired.Store(false)
	if !w.wasCut {
		c.socket.Resume()
	}
}

// expire interrupts the stage that until belongs to.
func (c *conn) expire(until int64) {
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.until.CompareAndSwap(until, 0) {
		return // it moved on meanwhile
	}
	w.expired.Store(true)
	c.interrupt()
}

// interrupt wakes whatever the exchange waits for; mu is held.
func (c *conn) interrupt() {
	c.socket.Interrupt()
	if c.watch.stopDial != nil {
		c.watch.stopDial()
	}
	if c.watch.origin != nil {
		c.watch.origin.Interrupt()
	}
}

// forgive lets the client have an answer after a stage has expired.
func (c *conn) forgive() {
	c.watch.expired.Store(false)
	c.resume(nil)
}

// resume undoes an interrupt, unless the client was cut.
func (c *conn) resume(origin *upstream.Conn) {
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	if c.watch.wasCut {
		return
	}
	c.socket.Resume()
	if origin != nil {
		origin.Resume()
	}
}

// leave interrupts the origin because the client left.
func (c *conn) leave() {
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone.Store(true)
	if w.stopDial != nil {
		w.stopDial()
	}
	if w.origin != nil {
		w.origin.Interrupt()
	}
}

// leaveIfIdle ends a client that waits between exchanges.
func (c *conn) leaveIfIdle() {
	if h := c.http2.Load(); h != nil {
		h.later(h.leave)
		return
	}
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	if c.watch.state.CompareAndSwap(stateIdle, stateLeaving) {
		c.socket.Interrupt()
	}
}

// cut ends the client whatever it does.
func (c *conn) cut() {
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	c.watch.wasCut = true
	c.interrupt()
}

// ended is why a client was cut.
type ended struct {
	failure flow.Failure
	why     flow.Reason
}

// end is cut with a reason.
func (c *conn) end(why *ended) {
	c.watch.ended.Store(why)
	c.cut()
}

// cutWhy is why an exchange of a client that was cut ended; stopped says so of the end
// of Posthouse.
func (c *conn) cutWhy(stopped flow.ReasonCode) (flow.Failure, flow.Reason) {
	if end := c.watch.ended.Load(); end != nil {
		return end.failure, end.why
	}
	return flow.FailureShutdown, stopped.With()
}

// cutReply is the answer to an exchange of a client that was cut.
func (c *conn) cutReply() *reply {
	failure, why := c.cutWhy(reason.Stopping)
	status := 503
	switch failure {
	case flow.FailureNotAllowed:
		status = 403
	case flow.FailureClientGone, flow.FailureNone: // it wants none
		return &reply{failure: failure, why: why, closes: true}
	case flow.FailureResponseTimeout:
		status = 504
	}
	return errorReply(status, failure, why)
}

func (c *conn) wasCut() bool {
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	return c.watch.wasCut
}
