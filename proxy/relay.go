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

// relay sends the final response, whose head stands in x.resp, to the client.
// It reports whether the connection may carry another exchange.
func (c *conn) relay(x *exchange) bool {
	resp := &x.resp
	framing := resp.Framing(x.isHead)
	if resp.Status == 101 {
		return c.switchProtocols(x)
	}
	persistent := resp.Persistent() && framing != http1.UntilClose && !x.unsent && !x.upload.unasked(x)
	x.detectChallenge()
	c.remarkChallenge(x)
	if x.origin.Bound && !persistent {
		x.keep = false // the client is told, or it would take itself for logged in
	}
	if x.mended != 0 || framing == http1.UntilClose || c.srv.closing.Load() || x.upload.pending() && !persistent || x.upload.failed() {
		x.keep = false
	}
	c.answering(x.upload)
	dechunk := resp.Chunked && x.oldClient
	x.respOut = rewriteResponse(x, c.srv, dechunk)
	now := time.Now()
	x.rec.ResponseHead(resp.Status, resp.Sent, typeSpan(resp), now)
	length := resp.Length
	x.origin.Discard(len(resp.Sent))
	c.stageBody(x, now)

	var end bodyEnd
	x.headPassed = true
	switch framing {
	case http1.NoBody:
		end = c.writeOut(x)
	case http1.Length:
		end = c.relayLength(x, length)
	case http1.Chunked:
		end = c.relayChunked(x, dechunk)
	case http1.UntilClose:
		end = c.relayUntilClose(x)
	}
	return c.endRelay(x, end, persistent)
}

func (c *conn) stageBody(x *exchange, now time.Time) {
	limit := x.config.Timeouts.OriginBody
	if limit <= 0 {
		c.watch.until.Store(0)
		return
	}
	c.watch.until.Store(lateAfter(int64(now.Sub(epoch)), limit))
}

// endRelay settles both connections and the record.
func (c *conn) endRelay(x *exchange, end bodyEnd, persistent bool) bool {
	c.watch.silentSince.Store(0)
	c.watch.until.Store(0)
	if x.mended != 0 { // whatever it was, nothing behind it is taken for another message
		persistent, x.keep = false, false
	}
	if end.failure != flow.FailureNone {
		if up := c.stopUpload(x); up.failed() && up.fault.failure != flow.FailureNone {
			end.failure, end.detail = up.fault.failure, up.fault.detail
		}
		c.dropOrigin(x)
		x.rec.Finish(end.failure, end.detail, 0, time.Now())
		switch {
		case end.bare && c.inside != nil:
			_ = c.conn.Drop()
		case end.reset:
			_ = c.conn.Abort()
		}
		return false
	}
	uploaded := c.settleUpload(x, persistent)
	now := time.Now()
	if persistent && uploaded && len(x.origin.Buffered()) == 0 && c.watch.release() {
		x.origin.Used = true
		c.giveBack(x.origin, x.loginStep, now)
		x.origin = nil
	} else {
		if x.loginStep {
			c.bound.lose(x.origin.Leads())
		}
		c.dropOrigin(x)
	}
	x.rec.Finish(flow.FailureNone, x.remark, 0, now)
	if !uploaded || !x.keep && c.hasUnread() {
		c.linger()
		return false
	}
	return x.keep
}

// hasUnread reports whether closing now would send a reset after the answer.
func (c *conn) hasUnread() bool {
	if len(c.conn.Buffered()) > 0 {
		return true
	}
	look := c.conn.Look()
	return look.Readable && !look.Ended
}

// writeOut sends what stands in x.respOut.
func (c *conn) writeOut(x *exchange) bodyEnd {
	if _, err := c.conn.Write(x.respOut); err != nil {
		return c.writeFailed(x)
	}
	return bodyEnd{}
}

func (c *conn) writeFailed(x *exchange) bodyEnd {
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
func (c *conn) readFailed(err error, unclean bool) bodyEnd {
	end := bodyEnd{failure: flow.FailureTruncated, reset: unclean}
	var bad *http1.Error
	switch {
	case c.watch.gone.Load():
		end.failure, end.detail = flow.FailureClientGone, "The client closed the connection before the answer was complete."
	case c.watch.expired.Load():
		end.detail = "The origin stopped sending before the end of the body."
	case c.watch.dead.Load() || socket.IsTimedOut(err):
		end.detail = "The origin vanished before the end of the body: it no longer acknowledges anything. Has the network changed?"
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

func (c *conn) relayLength(x *exchange, left int64) bodyEnd {
	o := x.origin
	b := o.Buffered()
	if int64(len(b)) > left {
		b = b[:left]
	}
	x.respOut = append(x.respOut, b...)
	if end := c.writeOut(x); end.failure != flow.FailureNone {
		return end
	}
	x.rec.ResponseBody(b)
	o.Discard(len(b))
	left -= int64(len(b))
	if left > 0 {
		o.QuickAck()
	}
	for left > 0 {
		if left >= spliceFrom && !x.rec.KeepsResponse() {
			moved, end, spliced := c.spliceBody(x, left)
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
			return c.writeFailed(x)
		}
		x.rec.ResponseBody(b)
		o.Discard(len(b))
		left -= int64(len(b))
		c.stageBody(x, time.Now())
	}
	return bodyEnd{}
}

// spliceBody moves the rest of a body in the kernel; spliced is false where that cannot be.
func (c *conn) spliceBody(x *exchange, left int64) (moved int64, end bodyEnd, spliced bool) {
	x.origin.Release()
	moved, err := x.origin.Splice(c.conn, left, func(n int64) {
		x.rec.ResponseBytes(n)
		c.stageBody(x, time.Now())
	})
	switch {
	case err == socket.ErrNoSplice:
		return 0, bodyEnd{}, false
	case errors.Is(err, socket.ErrWrite):
		return moved, c.writeFailed(x), true
	case err != nil:
		return moved, c.readFailed(err, false), true
	case moved < left:
		return moved, c.readFailed(io.EOF, false), true
	}
	return moved, bodyEnd{}, true
}

func (c *conn) relayChunked(x *exchange, dechunk bool) bodyEnd {
	o, chunks := x.origin, &x.respChunks
	chunks.MaxTrailer, chunks.MaxFields, chunks.Mends = x.limits.Head, x.limits.Fields, true
	chunks.Reset()
	x.resp.Detach()
	for first := true; ; first = false {
		if len(o.Buffered()) == 0 && !first {
			o.SetBulk(true)
			if err := o.Fill(); err != nil {
				return c.readFailed(err, dechunk || looksWhole(*chunks))
			}
			c.stageBody(x, time.Now())
		}
		b := o.Buffered()
		piece, err := c.unframe(x, b, dechunk)
		if err := c.passChunks(x, b, piece, first, dechunk); err != nil {
			return c.writeFailed(x)
		}
		o.Discard(piece.used)
		if err != nil {
			return c.readFailed(err, dechunk || looksWhole(*chunks))
		}
		if chunks.Done() {
			x.rec.ResponseTrailer(chunks.SentTrailer())
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

// unframe follows the framing over b, records the payload, and with dechunk
// puts it into x.respOut.
func (c *conn) unframe(x *exchange, b []byte, dechunk bool) (p chunkPiece, err error) {
	section := 0
	for p.used < len(b) && !x.respChunks.Done() && err == nil {
		chunks := !x.respChunks.InTrailer()
		var n int
		var data []byte
		n, data, err = x.respChunks.Next(b[p.used:])
		p.used += n
		if chunks {
			section = p.used
		}
		if cut, put := x.respChunks.Fix(); cut > 0 && !dechunk {
			x.respOut = append(append(x.respOut, b[p.copied:p.used-cut]...), put...)
			p.copied = p.used
		}
		if len(data) > 0 {
			x.rec.ResponseBody(data)
			if dechunk {
				x.respOut = append(x.respOut, data...)
			}
		}
	}
	c.recordMended(x, x.respChunks.Mended)
	x.endPiece(&p, section, &x.respChunks, &x.resp.Head)
	return p, err
}

// passChunks writes a piece of b as it came, behind the head the first time, or
// what is in x.respOut: the payload, or what was mended of the piece.
func (c *conn) passChunks(x *exchange, b []byte, piece chunkPiece, first, dechunk bool) error {
	raw := b[piece.copied:piece.raw]
	joins := first || piece.copied > 0 || len(piece.tail) > 0
	if !dechunk && joins {
		x.respOut = append(append(x.respOut, raw...), piece.tail...)
	}
	if dechunk || joins {
		raw = x.respOut
	}
	if len(raw) == 0 {
		return nil
	}
	_, err := c.conn.Write(raw)
	x.respOut = x.respOut[:0]
	return err
}

func (c *conn) relayUntilClose(x *exchange) bodyEnd {
	o := x.origin
	b := o.Buffered()
	x.respOut = append(x.respOut, b...)
	if end := c.writeOut(x); end.failure != flow.FailureNone {
		return end
	}
	x.rec.ResponseBody(b)
	o.Discard(len(b))
	o.QuickAck()
	for {
		if !x.rec.KeepsResponse() {
			o.Release()
			_, err := o.Splice(c.conn, -1, func(n int64) {
				x.rec.ResponseBytes(n)
				c.stageBody(x, time.Now())
			})
			switch {
			case err == nil:
				return bodyEnd{}
			case errors.Is(err, socket.ErrWrite):
				return c.writeFailed(x)
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
			return c.writeFailed(x)
		}
		x.rec.ResponseBody(b)
		o.SetBulk(len(b) >= socket.SmallBuffer)
		o.Discard(len(b))
		c.stageBody(x, time.Now())
	}
}
