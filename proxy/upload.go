package proxy

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/socket"
)

// upload sends the part of a request body that had not arrived with the head,
// while the response may already come back. Its goroutine reads the client's
// connection, so the request head is not to be looked at any more.
type upload struct {
	done     chan struct{}
	expects  bool        // the client asked for a 100 and sent no body bytes with the head
	begun    atomic.Bool // body bytes came from the client
	told     bool        // a 100 was passed on; under watch.mu
	answered bool        // the final response head is there; under watch.mu
	stopped  bool        // stopUpload ends it: an interrupt is nobody's fault; under watch.mu
	fault    *reply      // why it ended early, nil if whole; read after done
}

// pending reports whether the upload has not ended.
func (u *upload) pending() bool {
	if u == nil {
		return false
	}
	select {
	case <-u.done:
		return false
	default:
		return true
	}
}

// failed reports whether the upload has ended early.
func (u *upload) failed() bool { return u != nil && !u.pending() && u.fault != nil }

// unasked reports whether the client still waits for a 100 that never came: it
// may now leave the body out, and what it sends next could be taken for that
// body. Neither connection is used again then (RFC 9110 section 10.1.1).
func (u *upload) unasked(w *work) bool {
	return u.pending() && u.expects && !u.begun.Load() && !w.continued
}

// takeInline moves body bytes that arrived with the head behind it into w.out.
func (c *client) takeInline(w *work) error {
	head := len(w.out)
	w.tookInline = true
	switch {
	case w.req.Chunked:
		w.chunks.MaxTrailer, w.chunks.MaxFields = w.limits.Head, w.limits.Fields
		w.chunks.Reset()
		w.req.Detach()
		b := c.conn.Buffered()
		piece, err := c.feedUpload(w, b)
		w.out = append(append(w.out, b[:piece.raw]...), piece.tail...)
		c.conn.Discard(piece.used)
		if err != nil {
			return err
		}
	case w.req.Length > 0:
		b := c.conn.Buffered()
		if int64(len(b)) > w.req.Length {
			b = b[:w.req.Length]
		}
		w.out = append(w.out, b...)
		w.rec.RequestBody(b)
		c.conn.Discard(len(b))
	}
	w.inline = len(w.out) - head
	return nil
}

// feedUpload follows chunked framing over b and records the payload.
func (c *client) feedUpload(w *work, b []byte) (p chunkPiece, err error) {
	section := 0
	for p.used < len(b) && !w.chunks.Done() && err == nil {
		chunks := !w.chunks.InTrailer()
		var n int
		var data []byte
		n, data, err = w.chunks.Next(b[p.used:])
		p.used += n
		if chunks {
			section = p.used
		}
		if len(data) > 0 {
			w.rec.RequestBody(data)
		}
	}
	w.endPiece(&p, section, &w.chunks, &w.req.Head)
	if w.chunks.Done() {
		w.rec.RequestTrailer(w.chunks.Trailer())
	}
	return p, err
}

// uploads reports whether body bytes are still to come from the client.
func (w *work) uploads() bool {
	if w.req.Chunked {
		return !w.chunks.Done()
	}
	return w.req.Length > int64(w.inline)
}

func (c *client) startUpload(w *work) {
	u := &upload{done: make(chan struct{})}
	// An HTTP/1.0 client's expectation is ignored (RFC 9110 section 10.1.1).
	u.expects = !w.oldClient && w.inline == 0 && w.req.Lists(http1.Expect, "100-continue")
	w.upload = u
	left := int64(-1)
	if !w.req.Chunked {
		left = w.req.Length - int64(w.inline)
	}
	c.watch.answeringEnds()
	c.watch.uploading.Store(true)
	go func() {
		defer close(u.done)
		u.fault = c.uploadBody(w, left)
		c.endUpload(w, u)
	}()
}

// endUpload says that the upload has ended: from here on no limit of its own
// interrupts a connection, and the answer has its usual time.
func (c *client) endUpload(w *work, u *upload) {
	now := time.Now()
	whole := u.fault == nil
	watch := &c.watch
	watch.mu.Lock()
	watch.uploading.Store(false)
	watch.bodyUntil.Store(0)
	watch.takeUntil.Store(0)
	watch.takeSince.Store(0)
	late := watch.bodyLate || watch.takeLate
	watch.bodyLate, watch.takeLate = false, false
	if late && whole && !u.stopped && !watch.interrupted() {
		c.conn.Resume() // it was late, and yet all has passed
		w.origin.Resume()
	}
	if whole && !u.answered {
		watch.until.CompareAndSwap(0, lateAfter(int64(now.Sub(epoch)), w.config.Timeouts.Response))
	}
	watch.mu.Unlock()
	switch {
	case whole:
		w.rec.Sent(now)
	case u.fault.failure != flow.FailureNone:
		_ = w.origin.Abort() // half a request must not look whole to the origin
	}
}

// uploadBody relays body bytes from the client to the origin. A fault without
// a failure means that the origin takes no more; its answer may still come.
func (c *client) uploadBody(w *work, left int64) *reply {
	c.conn.QuickAck()
	for left != 0 && !(left < 0 && w.chunks.Done()) {
		if len(c.conn.Buffered()) == 0 {
			if err := c.readBody(w, left < 0 || left > socket.SmallBuffer); err != nil {
				return c.uploadFault(w.upload, err)
			}
		}
		w.upload.begun.Store(true)
		b := c.conn.Buffered()
		var bad error
		var piece chunkPiece
		if left < 0 {
			piece, bad = c.feedUpload(w, b)
		} else {
			b = b[:min(int64(len(b)), left)]
			w.rec.RequestBody(b)
			left -= int64(len(b))
			piece.used, piece.raw = len(b), len(b)
		}
		err := c.passBody(w, b[:piece.raw])
		if err == nil {
			err = c.passBody(w, piece.tail)
		}
		c.conn.Discard(piece.used)
		switch {
		case bad != nil:
			return refused(bad)
		case socket.IsInterrupt(err):
			return c.uploadFault(w.upload, err)
		case err != nil:
			return &reply{}
		}
	}
	c.conn.SetBulk(false)
	return nil
}

// readBody waits for body bytes from the client, for no longer than ClientBody. A
// client that waits for a 100 is not late, its origin is: that one has the time
// it has for an answer.
func (c *client) readBody(w *work, bulk bool) error {
	if u := w.upload; u.expects && !u.begun.Load() {
		c.watch.mu.Lock()
		c.watch.bodyUntil.Store(lateAfter(clock(), u.patience(&w.config.Timeouts)))
		c.watch.mu.Unlock()
	} else {
		c.watch.bodyUntil.Store(lateAfter(clock(), w.config.Timeouts.ClientBody))
	}
	c.conn.SetBulk(bulk)
	err := c.conn.Fill()
	c.watch.bodyUntil.Store(0)
	return err
}

// awaitsOrigin reports whether the client holds its body back until the origin
// says something (RFC 9110 section 10.1.1). It needs watch.mu.
func (u *upload) awaitsOrigin() bool { return u.expects && !u.told && !u.begun.Load() }

// patience is how long the next body bytes may take. It needs watch.mu.
func (u *upload) patience(t *Timeouts) time.Duration {
	if u.awaitsOrigin() {
		return t.Response
	}
	return t.ClientBody
}

// passedContinue says that the client was told to send its body: from now on it
// is the client that may be late.
func (c *client) passedContinue(w *work) {
	u := w.upload
	if u == nil {
		return
	}
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	u.told = true
	if until := c.watch.bodyUntil.Load(); u.expects && until != 0 {
		c.watch.bodyUntil.CompareAndSwap(until, lateAfter(clock(), w.config.Timeouts.ClientBody))
	}
}

// passBody writes body bytes to the origin, which may take as long over each
// piece as it may take to answer.
func (c *client) passBody(w *work, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	now := clock()
	c.watch.takeSince.Store(now)
	c.watch.takeUntil.Store(lateAfter(now, w.config.Timeouts.Response))
	_, err := w.origin.Write(b)
	c.watch.takeUntil.Store(0)
	c.watch.takeSince.Store(0)
	return err
}

// uploadFault finds the words for an upload that broke off.
func (c *client) uploadFault(u *upload, err error) *reply {
	var bad *http1.Error
	switch {
	case socket.IsInterrupt(err):
		return c.uploadInterrupted(u)
	case errors.As(err, &bad):
		return refused(bad)
	case err == io.EOF, err == socket.ErrTruncated:
		return refusal(400, flow.FailureClientGone, "The request body ended early.").close()
	}
	return gone()
}

func (c *client) uploadInterrupted(u *upload) *reply {
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	switch {
	case c.watch.wasCut:
		return c.cutReply()
	case u.stopped || c.watch.interrupted():
		return &reply{}
	case c.watch.dead.Load():
		return refusal(504, flow.FailureResponseTimeout, "The origin vanished while it was sent the request body. Has the network changed? Try again.").close()
	case c.watch.takeLate:
		return refusal(504, flow.FailureResponseTimeout, "The origin stopped taking the request body.").close()
	case u.awaitsOrigin():
		return refusal(504, flow.FailureResponseTimeout, "The client asked whether to send the request body, and the origin did not say so in time.").close()
	}
	return refusal(408, flow.FailureClientTimeout, "The request body did not arrive in time.").close()
}

// stopUpload ends the upload under way, if any, waits for it, and returns it.
func (c *client) stopUpload(w *work) *upload {
	u := w.upload
	if u == nil {
		return nil
	}
	if u.pending() {
		w.keep = false
		c.watch.mu.Lock()
		u.stopped = true
		c.interrupt()
		c.watch.mu.Unlock()
		<-u.done
	}
	if u.fault != nil {
		w.keep = false
	}
	c.resume(w.origin)
	return u
}

// settleUpload waits for the upload after the response went out, or ends it if
// the origin will not read on. It reports whether the whole body was sent.
func (c *client) settleUpload(w *work, persistent bool) bool {
	u := w.upload
	if u == nil {
		return !w.unsent || !w.uploads()
	}
	if !persistent || !w.keep {
		c.stopUpload(w)
	}
	c.watch.answeringEnds()
	<-u.done
	if u.fault != nil {
		c.stopUpload(w) // undoes what interrupted it
	}
	return u.fault == nil
}

// answering says that the final answer begins to pass: while it does, the
// limits of an upload beside it rest, since both ends are at work.
func (c *client) answering(u *upload) {
	if u == nil {
		return
	}
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	u.answered, c.watch.answering = true, true
}

func (w *watched) answeringEnds() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answering = false
}

// expireBody ends an upload that waits too long for the client. Only reading
// ends: an answer to the client may be under way.
func (c *client) expireBody(until, now int64) {
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answering {
		w.bodyUntil.CompareAndSwap(until, lateAfter(now, c.srv.config.Load().Timeouts.ClientBody))
		return
	}
	if w.bodyUntil.CompareAndSwap(until, 0) {
		w.bodyLate = true
		_ = c.conn.SetReadDeadline(past)
	}
}

// expireTake ends an upload whose origin takes no more bytes.
func (c *client) expireTake(until, now int64) {
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answering {
		w.takeUntil.CompareAndSwap(until, lateAfter(now, c.srv.config.Load().Timeouts.Response))
		return
	}
	if w.takeUntil.CompareAndSwap(until, 0) && w.origin != nil {
		w.takeLate = true
		_ = w.origin.SetWriteDeadline(past)
	}
}

var past = time.Unix(1, 0)
