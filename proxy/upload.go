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
// while the response may already come back.
type upload struct {
	done     chan struct{}
	answered atomic.Bool // the final response head is there
	begun    atomic.Bool // body bytes came from the client
	stopped  atomic.Bool // stopUpload ends it: an interrupt is not the client's fault
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

// unasked reports whether the client still waits for a 100 that never came: it
// may now leave the body out, and what it sends next could be taken for that
// body. Neither connection is used again then (RFC 9110 section 10.1.1).
func (u *upload) unasked(w *work) bool {
	return u.pending() && !u.begun.Load() && !w.continued && w.inline == 0 && w.req.Lists(http1.Expect, "100-continue")
}

// takeInline moves body bytes that arrived with the head behind it into w.out.
func (c *client) takeInline(w *work) error {
	head := len(w.out)
	w.tookInline = true
	switch {
	case w.req.Chunked:
		w.chunks.MaxTrailer, w.chunks.MaxFields = w.limits.Head, w.limits.Fields
		w.chunks.Reset()
		b := c.conn.Buffered()
		used, err := c.feedUpload(w, b)
		w.out = append(w.out, b[:used]...)
		c.conn.Discard(used)
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
func (c *client) feedUpload(w *work, b []byte) (used int, err error) {
	for used < len(b) && !w.chunks.Done() {
		n, data, err := w.chunks.Next(b[used:])
		used += n
		if len(data) > 0 {
			w.rec.RequestBody(data)
		}
		if err != nil {
			return used, err
		}
	}
	if w.chunks.Done() {
		w.rec.RequestTrailer(w.chunks.Trailer())
	}
	return used, nil
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
	w.upload = u
	c.uploading.Store(true)
	go func() {
		defer close(u.done)
		defer c.uploading.Store(false)
		left := int64(-1)
		if !w.req.Chunked {
			left = w.req.Length - int64(w.inline)
		}
		u.fault = c.uploadBody(w, left)
		c.watch.uploadUntil.Store(0)
		if u.fault != nil {
			if u.fault.failure != flow.FailureNone {
				_ = w.origin.Abort() // half a request must not look whole to the origin
			}
			return
		}
		now := time.Now()
		w.rec.Sent(now)
		if limit := w.config.Timeouts.Response; limit > 0 && !u.answered.Load() {
			c.watch.until.CompareAndSwap(0, int64(now.Sub(epoch)+limit))
		}
	}()
}

// uploadBody relays body bytes from the client to the origin. A fault without
// a failure means that the origin takes no more; its answer may still come.
func (c *client) uploadBody(w *work, left int64) *reply {
	for left != 0 && !(left < 0 && w.chunks.Done()) {
		if limit := w.config.Timeouts.ClientBody; limit > 0 {
			c.watch.uploadUntil.Store(clock() + int64(limit))
		}
		if len(c.conn.Buffered()) == 0 {
			c.conn.SetBulk(left < 0 || left > socket.SmallBuffer)
			if err := c.conn.Fill(); err != nil {
				return c.uploadFault(w.upload, err)
			}
		}
		w.upload.begun.Store(true)
		b := c.conn.Buffered()
		var bad error
		if left < 0 {
			var used int
			used, bad = c.feedUpload(w, b)
			b = b[:used]
		} else {
			b = b[:min(int64(len(b)), left)]
			w.rec.RequestBody(b)
			left -= int64(len(b))
		}
		_, err := w.origin.Write(b)
		c.conn.Discard(len(b))
		if bad != nil {
			return refused(bad)
		}
		if err != nil {
			return &reply{}
		}
	}
	c.conn.SetBulk(false)
	return nil
}

// uploadFault finds the words for a client that did not send its whole body.
func (c *client) uploadFault(u *upload, err error) *reply {
	var bad *http1.Error
	switch {
	case socket.IsInterrupt(err) && c.wasCut():
		return refusal(503, flow.FailureShutdown, "Posthouse is being stopped.")
	case socket.IsInterrupt(err) && u.stopped.Load():
		return &reply{}
	case socket.IsInterrupt(err):
		return refusal(408, flow.FailureClientTimeout, "The request body did not arrive in time.").close()
	case errors.As(err, &bad):
		return refused(bad)
	case err == io.EOF:
		return refusal(400, flow.FailureClientGone, "The request body ended early.").close()
	}
	return gone()
}

// stopUpload ends the upload under way, if any, waits for it, and returns it.
func (c *client) stopUpload(w *work) *upload {
	u := w.upload
	if u == nil {
		return nil
	}
	if u.pending() {
		w.keep = false
		u.stopped.Store(true)
		c.conn.Interrupt()
		if w.origin != nil {
			w.origin.Interrupt()
		}
		<-u.done
	}
	if u.fault != nil {
		w.keep = false
	}
	if !c.wasCut() {
		c.conn.Resume()
		if w.origin != nil {
			w.origin.Resume()
		}
	}
	return u
}

// settleUpload waits for the upload after the response went out, or ends it if
// the origin will not read on. It reports whether the whole body was sent.
func (c *client) settleUpload(w *work, persistent bool) bool {
	u := w.upload
	if u == nil {
		return true
	}
	if !persistent || !w.keep {
		c.stopUpload(w)
	}
	<-u.done
	return u.fault == nil
}
