package proxy

import (
	"errors"
	"io"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/socket"
)

// spliceFrom is how much of a length-delimited body must be left for the move
// inside the kernel to pay, in bytes.
const spliceFrom = 128 << 10

// bodyEnd says how relaying a body ended: all nil and zero when it is whole.
type bodyEnd struct {
	failure flow.Failure
	detail  string
	reset   bool // the client must see a reset, since an end would look clean
	bare    bool // TLS: the client must see an end without a close_notify, as the origin's was
}

// relay sends the final response, whose head stands in w.resp, to the client.
// It reports whether the connection may carry another exchange.
func (c *client) relay(w *work) bool {
	resp := &w.resp
	framing := resp.Framing(w.isHead)
	if resp.Status == 101 {
		return c.switchProtocols(w)
	}
	persistent := resp.Persistent() && framing != http1.UntilClose && !w.unsent && !w.upload.unasked(w)
	w.noteChallenge()
	c.remarkChallenge(w)
	if w.origin.Bound && !persistent {
		w.keep = false // the client is told, or it would take itself for logged in
	}
	if w.mended != 0 || framing == http1.UntilClose || c.srv.closing.Load() || w.upload.pending() && !persistent || w.upload.failed() {
		w.keep = false
	}
	c.answering(w.upload)
	dechunk := resp.Chunked && w.oldClient
	w.respOut = rewriteResponse(w, c.srv, dechunk)
	now := time.Now()
	w.rec.ResponseHead(resp.Status, resp.Sent, typeSpan(resp), now)
	length := resp.Length
	w.origin.Discard(len(resp.Sent))
	c.stageBody(w, now)

	var end bodyEnd
	w.headPassed = true
	switch framing {
	case http1.NoBody:
		end = c.writeOut(w)
	case http1.Length:
		end = c.relayLength(w, length)
	case http1.Chunked:
		end = c.relayChunked(w, dechunk)
	case http1.UntilClose:
		end = c.relayUntilClose(w)
	}
	return c.endRelay(w, end, persistent)
}

func (c *client) stageBody(w *work, now time.Time) {
	limit := w.config.Timeouts.OriginBody
	if limit <= 0 {
		c.watch.until.Store(0)
		return
	}
	c.watch.until.Store(lateAfter(int64(now.Sub(epoch)), limit))
}

// endRelay settles both connections and the record.
func (c *client) endRelay(w *work, end bodyEnd, persistent bool) bool {
	c.watch.silentSince.Store(0)
	c.watch.until.Store(0)
	if w.mended != 0 { // whatever it was, nothing behind it is taken for another message
		persistent, w.keep = false, false
	}
	if end.failure != flow.FailureNone {
		if up := c.stopUpload(w); up.failed() && up.fault.failure != flow.FailureNone {
			end.failure, end.detail = up.fault.failure, up.fault.detail
		}
		c.dropOrigin(w)
		w.rec.Finish(end.failure, end.detail, 0, time.Now())
		switch {
		case end.bare && c.inside != nil:
			_ = c.conn.Drop()
		case end.reset:
			_ = c.conn.Abort()
		}
		return false
	}
	uploaded := c.settleUpload(w, persistent)
	now := time.Now()
	if persistent && uploaded && len(w.origin.Buffered()) == 0 && c.watch.release() {
		w.origin.Used = true
		c.giveBack(w.origin, w.loginStep, now)
		w.origin = nil
	} else {
		if w.loginStep {
			c.bound.lose(w.origin.Leads())
		}
		c.dropOrigin(w)
	}
	w.rec.Finish(flow.FailureNone, w.remark, 0, now)
	if !uploaded || !w.keep && c.hasUnread() {
		c.linger()
		return false
	}
	return w.keep
}

// hasUnread reports whether closing now would send a reset after the answer.
func (c *client) hasUnread() bool {
	if len(c.conn.Buffered()) > 0 {
		return true
	}
	look := c.conn.Look()
	return look.Readable && !look.Ended
}

// writeOut sends what stands in w.respOut.
func (c *client) writeOut(w *work) bodyEnd {
	if _, err := c.conn.Write(w.respOut); err != nil {
		return c.writeFailed(w)
	}
	return bodyEnd{}
}

func (c *client) writeFailed(w *work) bodyEnd {
	if c.watch.expired.Load() {
		return bodyEnd{failure: flow.FailureClientGone, detail: "The client did not take the answer in time.", reset: true}
	}
	if c.wasCut() {
		failure, detail := c.cutWhy("Posthouse was stopped before the answer was complete.")
		return bodyEnd{failure: failure, detail: detail, reset: true}
	}
	return bodyEnd{failure: flow.FailureClientGone, detail: "The client closed the connection before the answer was complete."}
}

// readFailed finds the words for a body that broke off. unclean asks for a
// reset because the framing alone would not show the client that bytes lack.
func (c *client) readFailed(err error, unclean bool) bodyEnd {
	end := bodyEnd{failure: flow.FailureTruncated, reset: unclean}
	var bad *http1.Error
	switch {
	case c.watch.gone.Load():
		end.failure, end.detail = flow.FailureClientGone, "The client closed the connection before the answer was complete."
	case c.watch.expired.Load():
		end.detail = "The origin stopped sending before the end of the body."
	case c.watch.dead.Load() || socket.IsTimedOut(err):
		end.detail = "The origin vanished before the end of the body: it acknowledges nothing any more. Has the network changed?"
	case c.wasCut():
		end.failure, end.detail = c.cutWhy("Posthouse was stopped before the answer was complete.")
	case errors.As(err, &bad):
		end.failure, end.detail = flow.FailureBadResponse, "The response body is broken: "+bad.Text+"."
	case err == io.EOF:
		end.detail = "The origin closed the connection before the end of the body."
	case err == socket.ErrTruncated:
		end.bare = true
		end.detail = "The origin ended the connection without a TLS close_notify, so the body may lack its end."
	case socket.IsReset(err):
		end.detail = "The origin reset the connection before the end of the body."
	default:
		end.detail = "The connection to the origin broke before the end of the body: " + rootCause(err) + "."
	}
	return end
}

func (c *client) relayLength(w *work, left int64) bodyEnd {
	o := w.origin
	b := o.Buffered()
	if int64(len(b)) > left {
		b = b[:left]
	}
	w.respOut = append(w.respOut, b...)
	if end := c.writeOut(w); end.failure != flow.FailureNone {
		return end
	}
	w.rec.ResponseBody(b)
	o.Discard(len(b))
	left -= int64(len(b))
	if left > 0 {
		o.QuickAck()
	}
	for left > 0 {
		if left >= spliceFrom && !w.rec.KeepsResponse() {
			moved, end, spliced := c.spliceBody(w, left)
			if spliced {
				if end.failure != flow.FailureNone {
					return end
				}
				left -= moved
				continue
			}
		}
		o.SetBulk(left > socket.SmallBuffer)
		if err := o.Fill(); err != nil {
			return c.readFailed(err, false)
		}
		b := o.Buffered()
		if int64(len(b)) > left {
			b = b[:left]
		}
		if _, err := c.conn.Write(b); err != nil {
			return c.writeFailed(w)
		}
		w.rec.ResponseBody(b)
		o.Discard(len(b))
		left -= int64(len(b))
		c.stageBody(w, time.Now())
	}
	return bodyEnd{}
}

// spliceBody moves the rest of a body in the kernel; spliced is false where that cannot be.
func (c *client) spliceBody(w *work, left int64) (moved int64, end bodyEnd, spliced bool) {
	w.origin.Release()
	moved, err := w.origin.Splice(c.conn, left, func(n int64) {
		w.rec.ResponseBytes(n)
		c.stageBody(w, time.Now())
	})
	switch {
	case err == socket.ErrNoSplice:
		return 0, bodyEnd{}, false
	case errors.Is(err, socket.ErrWrite):
		return moved, c.writeFailed(w), true
	case err != nil:
		return moved, c.readFailed(err, false), true
	case moved < left:
		return moved, c.readFailed(io.EOF, false), true
	}
	return moved, bodyEnd{}, true
}

func (c *client) relayChunked(w *work, dechunk bool) bodyEnd {
	o, chunks := w.origin, &w.respChunks
	chunks.MaxTrailer, chunks.MaxFields, chunks.Mends = w.limits.Head, w.limits.Fields, true
	chunks.Reset()
	w.resp.Detach()
	for first := true; ; first = false {
		if len(o.Buffered()) == 0 && !first {
			o.SetBulk(true)
			if err := o.Fill(); err != nil {
				return c.readFailed(err, dechunk || looksWhole(*chunks))
			}
			c.stageBody(w, time.Now())
		}
		b := o.Buffered()
		piece, err := c.takeChunks(w, b, dechunk)
		if err := c.passChunks(w, b, piece, first, dechunk); err != nil {
			return c.writeFailed(w)
		}
		o.Discard(piece.used)
		if err != nil {
			return c.readFailed(err, dechunk || looksWhole(*chunks))
		}
		if chunks.Done() {
			w.rec.ResponseTrailer(chunks.SentTrailer())
			return bodyEnd{}
		}
		if first {
			o.QuickAck()
		}
	}
}

// looksWhole reports whether a chunked body that breaks off here has shown its
// last chunk: a client that minds no trailers would take it for whole.
func looksWhole(chunks http1.Chunks) bool {
	chunks.MaxTrailer = 0 // refuses the first byte of a trailer section, and nothing else
	for _, rest := range [...]string{".", "\n.", "\r\n."} {
		probe := chunks
		for n, err := 0, error(nil); len(rest) > 0 && err == nil; rest = rest[n:] {
			if n, _, err = probe.Next([]byte(rest)); err == http1.ErrTrailerLarge {
				return true
			}
		}
	}
	return false
}

// takeChunks follows the framing over b, records the payload, and with dechunk
// puts it into w.respOut.
func (c *client) takeChunks(w *work, b []byte, dechunk bool) (p chunkPiece, err error) {
	section := 0
	for p.used < len(b) && !w.respChunks.Done() && err == nil {
		chunks := !w.respChunks.InTrailer()
		var n int
		var data []byte
		n, data, err = w.respChunks.Next(b[p.used:])
		p.used += n
		if chunks {
			section = p.used
		}
		if cut, put := w.respChunks.Fix(); cut > 0 && !dechunk {
			w.respOut = append(append(w.respOut, b[p.copied:p.used-cut]...), put...)
			p.copied = p.used
		}
		if len(data) > 0 {
			w.rec.ResponseBody(data)
			if dechunk {
				w.respOut = append(w.respOut, data...)
			}
		}
	}
	c.noteMended(w, w.respChunks.Mended)
	w.endPiece(&p, section, &w.respChunks, &w.resp.Head)
	return p, err
}

// passChunks writes a piece of b as it came, behind the head the first time, or
// what is in w.respOut: the payload, or what was mended of the piece.
func (c *client) passChunks(w *work, b []byte, piece chunkPiece, first, dechunk bool) error {
	raw := b[piece.copied:piece.raw]
	joins := first || piece.copied > 0 || len(piece.tail) > 0
	if !dechunk && joins {
		w.respOut = append(append(w.respOut, raw...), piece.tail...)
	}
	if dechunk || joins {
		raw = w.respOut
	}
	if len(raw) == 0 {
		return nil
	}
	_, err := c.conn.Write(raw)
	w.respOut = w.respOut[:0]
	return err
}

func (c *client) relayUntilClose(w *work) bodyEnd {
	o := w.origin
	b := o.Buffered()
	w.respOut = append(w.respOut, b...)
	if end := c.writeOut(w); end.failure != flow.FailureNone {
		return end
	}
	w.rec.ResponseBody(b)
	o.Discard(len(b))
	o.QuickAck()
	for {
		if !w.rec.KeepsResponse() {
			o.Release()
			_, err := o.Splice(c.conn, -1, func(n int64) {
				w.rec.ResponseBytes(n)
				c.stageBody(w, time.Now())
			})
			switch {
			case err == nil:
				return bodyEnd{}
			case errors.Is(err, socket.ErrWrite):
				return c.writeFailed(w)
			case err != socket.ErrNoSplice:
				return c.readFailed(err, true)
			}
		}
		err := o.Fill()
		if err == io.EOF {
			return bodyEnd{}
		}
		if err != nil {
			return c.readFailed(err, true)
		}
		b := o.Buffered()
		if _, err := c.conn.Write(b); err != nil {
			return c.writeFailed(w)
		}
		w.rec.ResponseBody(b)
		o.SetBulk(len(b) >= socket.SmallBuffer)
		o.Discard(len(b))
		c.stageBody(w, time.Now())
	}
}
