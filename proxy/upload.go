package proxy

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// upload sends the part of a request body that had not arrived with the head,
// while the response may already come back. Its goroutine reads the client's
// connection, so the request head must no longer be looked at.
type upload struct {
	done     chan struct{}
	expects  bool        // the client asked for a 100 and sent no body bytes with the head
	begun    atomic.Bool // body bytes came from the client
	told     bool        // a 100 was passed on; under watch.mu
	answered bool        // the final response head is there; under watch.mu
	stopped  bool        // stopUpload ends it: an interrupt is no fault; under watch.mu
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
func (u *upload) unasked(x *http1Exchange) bool {
	return u.pending() && u.expects && !u.begun.Load() && x.told < toldContinue
}

// moveInline moves body bytes that arrived with the head behind it into x.out.
func (x *http1Exchange) moveInline() error {
	head := len(x.out)
	if x.tookInline { // by rules
		return nil
	}
	x.tookInline = true
	if x.edited.request != nil {
		breaking{x}.moveEdited()
		return nil
	}
	switch {
	case x.req.Chunked:
		x.chunks.MaxTrailer, x.chunks.MaxFields = x.limits.Head, x.limits.Fields
		x.chunks.Reset()
		x.req.Detach()
		b := x.conn.socket.Buffered()
		piece, err := uploading{x}.feedUpload(b)
		x.out = append(append(x.out, b[:piece.raw]...), piece.tail...)
		x.conn.socket.Discard(piece.used)
		if err != nil {
			return err
		}
	case x.req.Length > 0:
		b := x.conn.socket.Buffered()
		if int64(len(b)) > x.req.Length {
			b = b[:x.req.Length]
		}
		x.out = append(x.out, b...)
		x.rec.RequestBody(b)
		x.conn.socket.Discard(len(b))
	}
	x.inline = len(x.out) - head
	return nil
}

// feedUpload follows chunked framing over b and records the payload.
func (x uploading) feedUpload(b []byte) (p chunkPiece, err error) {
	section := 0
	for p.used < len(b) && !x.chunks.Done() && err == nil {
		chunks := !x.chunks.InTrailer()
		var n int
		var data []byte
		n, data, err = x.chunks.Next(b[p.used:])
		p.used += n
		if chunks {
			section = p.used
		}
		if len(data) > 0 {
			x.rec.RequestBody(data)
		}
	}
	x.endPiece(&p, section, &x.chunks, &x.req.Head)
	if x.chunks.Done() {
		x.rec.RequestTrailer(x.chunks.Trailer())
	}
	return p, err
}

// uploads reports whether body bytes are still to come from the client.
func (x *http1Exchange) uploads() bool {
	if x.edited.request != nil {
		return false
	}
	if x.req.Chunked {
		return !x.chunks.Done()
	}
	return x.req.Length > int64(x.inline)
}

func (x uploading) startUpload() {
	u := &upload{done: make(chan struct{})}
	// An HTTP/1.0 client's expectation is ignored (RFC 9110 section 10.1.1).
	u.expects = !x.oldClient && x.inline == 0 && x.req.Lists(http1.Expect, "100-continue")
	x.upload = u
	left := int64(-1)
	if !x.req.Chunked {
		left = x.req.Length - int64(x.inline)
	}
	x.conn.watch.answeringEnds()
	x.conn.watch.uploading.Store(true)
	go func() {
		defer close(u.done)
		u.fault = x.uploadBody(left)
		x.endUpload(u)
	}()
}

// endUpload says that the upload has ended: from here on it has no limit
// interrupts a connection, and the answer has its usual time.
func (x uploading) endUpload(u *upload) {
	now := time.Now()
	whole := u.fault == nil
	watch := &x.conn.watch
	watch.mu.Lock()
	watch.uploading.Store(false)
	watch.bodyUntil.Store(0)
	watch.sendUntil.Store(0)
	watch.sendSince.Store(0)
	late := watch.bodyLate || watch.sendLate
	watch.bodyLate, watch.sendLate = false, false
	if late && whole && !u.stopped && !watch.interrupted() {
		x.conn.socket.Resume() // it was late, and yet all has passed
		x.origin.Resume()
	}
	if whole && !u.answered {
		watch.until.CompareAndSwap(0, lateAfter(int64(now.Sub(epoch)), x.config.Timeouts.Response))
	}
	watch.mu.Unlock()
	switch {
	case whole:
		x.rec.Sent(now)
	case u.fault.failure != flow.FailureNone:
		_ = x.origin.Abort() // half a request must not look whole to the origin
	}
}

// uploadBody relays body bytes from the client to the origin. A fault without
// a failure means that the origin takes no more; its answer may still come.
func (x uploading) uploadBody(left int64) *reply {
	x.conn.socket.QuickAck()
	if x.run != nil {
		return x.uploadRun()
	}
	for left != 0 && !(left < 0 && x.chunks.Done()) {
		if len(x.conn.socket.Buffered()) == 0 {
			if err := x.readBody(left < 0 || left > socket.SmallBuffer); err != nil {
				return x.conn.uploadFault(x.upload, err)
			}
		}
		x.upload.begun.Store(true)
		b := x.conn.socket.Buffered()
		var bad error
		var piece chunkPiece
		if left < 0 {
			piece, bad = x.feedUpload(b)
		} else {
			b = b[:min(int64(len(b)), left)]
			x.rec.RequestBody(b)
			left -= int64(len(b))
			piece.used, piece.raw = len(b), len(b)
		}
		err := x.passBody(b[:piece.raw])
		if err == nil {
			err = x.passBody(piece.tail)
		}
		x.conn.socket.Discard(piece.used)
		switch {
		case bad != nil:
			return badMessageReply(bad)
		case socket.IsInterrupt(err):
			return x.conn.uploadFault(x.upload, err)
		case err != nil:
			return &reply{}
		}
	}
	x.conn.socket.SetBulk(false)
	return nil
}

// readBody waits for body bytes from the client, for no longer than ClientBody. A
// client that waits for a 100 is not late, its origin is: that one has the time
// it has for an answer.
func (x uploading) readBody(bulk bool) error {
	if u := x.upload; u.expects && !u.begun.Load() {
		x.conn.watch.mu.Lock()
		x.conn.watch.bodyUntil.Store(lateAfter(clock(), u.patience(&x.config.Timeouts)))
		x.conn.watch.mu.Unlock()
	} else {
		x.conn.watch.bodyUntil.Store(lateAfter(clock(), x.config.Timeouts.ClientBody))
	}
	x.conn.socket.SetBulk(bulk)
	err := x.conn.socket.Fill()
	x.conn.watch.bodyUntil.Store(0)
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
func (x *http1Exchange) passedContinue() {
	u := x.upload
	if u == nil {
		return
	}
	x.conn.watch.mu.Lock()
	defer x.conn.watch.mu.Unlock()
	u.told = true
	if until := x.conn.watch.bodyUntil.Load(); u.expects && until != 0 {
		x.conn.watch.bodyUntil.CompareAndSwap(until, lateAfter(clock(), x.config.Timeouts.ClientBody))
	}
}

// passBody writes body bytes to the origin, which may take as long over each
// piece as it may take to answer.
func (x uploading) passBody(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	now := clock()
	x.conn.watch.sendSince.Store(now)
	x.conn.watch.sendUntil.Store(lateAfter(now, x.config.Timeouts.Response))
	_, err := x.origin.Write(b)
	x.conn.watch.sendUntil.Store(0)
	x.conn.watch.sendSince.Store(0)
	return err
}

// uploadFault finds the words for an upload that broke off.
func (c *conn) uploadFault(u *upload, err error) *reply {
	var bad *http1.Error
	switch {
	case socket.IsInterrupt(err):
		return c.uploadInterrupted(u)
	case errors.As(err, &bad):
		return badMessageReply(bad)
	case err == io.EOF, err == socket.ErrTruncated:
		return errorReply(400, flow.FailureClientGone, reason.BodyCut.With()).close()
	}
	return gone()
}

func (c *conn) uploadInterrupted(u *upload) *reply {
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	switch {
	case c.watch.wasCut:
		return c.cutReply()
	case u.stopped || c.watch.interrupted():
		return &reply{}
	case c.watch.dead.Load():
		return errorReply(504, flow.FailureResponseTimeout, reason.UploadVanished.With()).close()
	case c.watch.sendLate:
		return errorReply(504, flow.FailureResponseTimeout, reason.UploadStuck.With()).close()
	case u.awaitsOrigin():
		return errorReply(504, flow.FailureResponseTimeout, reason.ContinueLate.With()).close()
	}
	return errorReply(408, flow.FailureClientTimeout, reason.BodyLate.With()).close()
}

// stopUpload ends the upload under way, if any, waits for it, and returns it.
func (x *http1Exchange) stopUpload() *upload {
	u := x.upload
	if u == nil {
		return nil
	}
	if u.pending() {
		x.keep = false
		x.conn.watch.mu.Lock()
		u.stopped = true
		x.conn.interrupt()
		x.conn.watch.mu.Unlock()
		<-u.done
	}
	if u.fault != nil {
		x.keep = false
	}
	x.conn.resume(x.origin)
	return u
}

// settleUpload waits for the upload after the response went out, or ends it if
// the origin will not read on. It reports whether the whole body was sent.
func (x *http1Exchange) settleUpload(persistent bool) bool {
	u := x.upload
	if u == nil {
		return !x.unsent || !x.uploads()
	}
	if !persistent || !x.keep {
		x.stopUpload()
	}
	x.conn.watch.answeringEnds()
	<-u.done
	if u.fault != nil {
		x.stopUpload() // undoes what interrupted it
	}
	return u.fault == nil
}

// answering says that the final answer begins to pass: while it does, the
// limits of an upload beside it rest, since both ends are at work.
func (c *conn) answering(u *upload) {
	if u == nil {
		return
	}
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	u.answered, c.watch.answering = true, true
}

func (w *supervision) answeringEnds() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answering = false
}

// expireBody ends an upload that waits too long for the client. Only reading
// ends: an answer to the client may be under way.
func (c *conn) expireBody(until, now int64) {
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answering {
		w.bodyUntil.CompareAndSwap(until, lateAfter(now, c.srv.config.Load().Timeouts.ClientBody))
		return
	}
	if w.bodyUntil.CompareAndSwap(until, 0) {
		w.bodyLate = true
		_ = c.socket.SetReadDeadline(past)
	}
}

// expireSend ends an upload whose origin takes no more bytes.
func (c *conn) expireSend(until, now int64) {
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answering {
		w.sendUntil.CompareAndSwap(until, lateAfter(now, c.srv.config.Load().Timeouts.Response))
		return
	}
	if w.sendUntil.CompareAndSwap(until, 0) && w.origin != nil {
		w.sendLate = true
		_ = w.origin.SetWriteDeadline(past)
	}
}

var past = time.Unix(1, 0)
