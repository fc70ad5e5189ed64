package proxy

import (
	"errors"
	"io"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// spliceFrom is how much of a length-delimited body must be left for the move
// inside the kernel to pay, in bytes.
const spliceFrom = 128 << 10

// bodyEnd says how relaying a body ended: all nil and zero when it is whole.
type bodyEnd struct {
	failure flow.Failure
	why     flow.Reason
	reset   bool // the client must see a reset, since an end would look clean
	bare    bool // TLS: the client must see an end without a close_notify, as the origin's was
}

// relay sends the final response, whose head stands in x.resp, to the client.
// It reports whether the connection may carry another exchange.
func (x relaying) relay() bool {
	resp, kind := &x.resp, typeSpan(&x.resp)
	last := !resp.Persistent() || resp.Framing(x.isHead) == http1.UntilClose
	came, on := ruledExchange(x).response(kind)
	if !on {
		return x.endRuled()
	}
	framing := resp.Framing(x.isHead)
	if resp.Status == 101 {
		return x.switchProtocols()
	}
	persistent := !last && !x.edited.raw && !x.unsent && !x.spoilt && !x.upload.unasked(x.http1Exchange)
	x.detectChallenge()
	x.remarkChallenge()
	if x.origin.Bound && !persistent {
		x.keep = false // the client is told, or it would take itself for logged in
	}
	if x.mended != 0 || framing == http1.UntilClose || x.srv.closing.Load() || x.upload.pending() && !persistent || x.upload.failed() {
		x.keep = false
	}
	x.conn.answering(x.upload)
	dechunk := resp.Chunked && x.oldClient
	x.respOut = x.editedHead(dechunk)
	now := clock()
	x.rec.ResponseHead(resp.Status, came, kind, moment(now))
	length, run := resp.Length, x.responseRun(framing, dechunk)
	x.origin.Discard(len(came))
	x.stageBody(now)

	var end bodyEnd
	x.told = toldHead
	if run != nil {
		end, whole := x.relayRun(run)
		return x.endRelay(end, persistent && whole)
	}
	switch {
	case x.edited.response != nil:
		end = x.writeEdited(dechunk)
	case framing == http1.NoBody:
		end = x.writeOut()
	case framing == http1.Length:
		end = x.relayLength(length)
	case framing == http1.Chunked:
		end = x.relayChunked(dechunk)
	case framing == http1.UntilClose:
		end = x.relayUntilClose()
	}
	return x.endRelay(end, persistent)
}

func (x *http1Exchange) stageBody(now int64) {
	limit := x.config.Timeouts.OriginBody
	if limit <= 0 {
		x.conn.watch.until.Store(0)
		return
	}
	x.conn.watch.until.Store(lateAfter(now, limit))
}

// endRelay settles both connections and the record.
func (x relaying) endRelay(end bodyEnd, persistent bool) bool {
	x.conn.watch.silentSince.Store(0)
	x.conn.watch.until.Store(0)
	if x.mended != 0 { // whatever it was, nothing behind it is taken for another message
		persistent, x.keep = false, false
	}
	if end.failure != flow.FailureNone {
		if up := x.stopUpload(); up.failed() && up.fault.failure != flow.FailureNone {
			end.failure, end.why = up.fault.failure, up.fault.why
		}
		x.dropOrigin()
		x.rec.Finish(end.failure, end.why, 0, time.Now())
		switch {
		case end.bare && x.conn.inside != nil:
			_ = x.conn.socket.Drop()
		case end.reset:
			_ = x.conn.socket.Abort()
		}
		return false
	}
	uploaded := x.settleUpload(persistent)
	now := moment(clock())
	if persistent && uploaded && len(x.origin.Buffered()) == 0 && x.conn.watch.release() {
		x.origin.Used = true
		x.conn.giveBack(x.origin, x.loginStep, now)
		x.origin = nil
	} else {
		if x.loginStep {
			x.conn.bound.lose(x.origin.Leads())
		}
		x.dropOrigin()
	}
	x.rec.Finish(flow.FailureNone, x.remark, 0, now)
	if !uploaded || !x.keep && x.conn.hasUnread() {
		x.conn.linger()
		return false
	}
	return x.keep
}

// hasUnread reports whether closing now would send a reset after the answer.
func (c *conn) hasUnread() bool {
	if len(c.socket.Buffered()) > 0 {
		return true
	}
	look := c.socket.Look()
	return look.Readable && !look.Ended
}

// writeOut sends what stands in x.respOut.
func (x relaying) writeOut() bodyEnd {
	if _, err := x.conn.socket.Write(x.respOut); err != nil {
		return x.writeFailed()
	}
	return bodyEnd{}
}

func (x relaying) writeFailed() bodyEnd {
	if x.conn.watch.expired.Load() {
		return bodyEnd{failure: flow.FailureClientGone, why: reason.ClientTookNot.With(), reset: true}
	}
	if x.conn.wasCut() {
		failure, why := x.conn.cutWhy(reason.StoppedMidway)
		return bodyEnd{failure: failure, why: why, reset: true}
	}
	return bodyEnd{failure: flow.FailureClientGone, why: reason.ClientLeftMidway.With()}
}

// readFailed finds the words for a body that broke off. unclean asks for a
// reset because the framing alone would not show the client that bytes lack.
func (c *conn) readFailed(err error, unclean bool) bodyEnd {
	end := bodyEnd{failure: flow.FailureTruncated, reset: unclean}
	var bad *http1.Error
	switch {
	case c.watch.gone.Load():
		end.failure, end.why = flow.FailureClientGone, reason.ClientLeftMidway.With()
	case c.watch.expired.Load():
		end.why = reason.BodyStopped.With()
	case c.watch.dead.Load() || socket.IsTimedOut(err):
		end.why = reason.BodyVanished.With()
	case c.wasCut():
		end.failure, end.why = c.cutWhy(reason.StoppedMidway)
	case errors.As(err, &bad):
		end.failure, end.why = flow.FailureBadResponse, reason.BodyMalformed.With(bad.Reason())
	case err == io.EOF:
		end.why = reason.BodyClosed.With()
	case err == socket.ErrTruncated:
		end.bare = true
		end.why = reason.BodyBare.With()
	case socket.IsReset(err):
		end.why = reason.BodyReset.With()
	default:
		end.why = reason.BodyBroke.With(reason.Of(err))
	}
	return end
}

func (x relaying) relayLength(left int64) bodyEnd {
	o := x.origin
	b := o.Buffered()
	if int64(len(b)) > left {
		b = b[:left]
	}
	x.respOut = append(x.respOut, b...)
	if end := x.writeOut(); end.failure != flow.FailureNone {
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
			moved, end, spliced := x.spliceBody(left)
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
			return x.conn.readFailed(err, false)
		}
		b := o.Buffered()
		if int64(len(b)) > left {
			b = b[:left]
		}
		if _, err := x.conn.socket.Write(b); err != nil {
			return x.writeFailed()
		}
		x.rec.ResponseBody(b)
		o.Discard(len(b))
		left -= int64(len(b))
		x.stageBody(clock())
	}
	return bodyEnd{}
}

// spliceBody moves the rest of a body in the kernel; spliced is false where that cannot be.
func (x relaying) spliceBody(left int64) (moved int64, end bodyEnd, spliced bool) {
	x.origin.Release()
	moved, err := x.origin.Splice(x.conn.socket, left, func(n int64) {
		x.rec.ResponseBytes(n)
		x.stageBody(clock())
	})
	switch {
	case err == socket.ErrNoSplice:
		return 0, bodyEnd{}, false
	case errors.Is(err, socket.ErrWrite):
		return moved, x.writeFailed(), true
	case err != nil:
		return moved, x.conn.readFailed(err, false), true
	case moved < left:
		return moved, x.conn.readFailed(io.EOF, false), true
	}
	return moved, bodyEnd{}, true
}

func (x relaying) relayChunked(dechunk bool) bodyEnd {
	o, chunks := x.origin, &x.respChunks
	chunks.MaxTrailer, chunks.MaxFields, chunks.Mends = x.limits.Head, x.limits.Fields, true
	chunks.Reset()
	x.resp.Detach()
	for first := true; ; first = false {
		if len(o.Buffered()) == 0 && !first {
			o.SetBulk(true)
			if err := o.Fill(); err != nil {
				return x.conn.readFailed(err, dechunk || looksWhole(*chunks))
			}
			x.stageBody(clock())
		}
		b := o.Buffered()
		piece, err := x.unframe(b, dechunk)
		if err := x.passChunks(b, piece, first, dechunk); err != nil {
			return x.writeFailed()
		}
		o.Discard(piece.used)
		if err != nil {
			return x.conn.readFailed(err, dechunk || looksWhole(*chunks))
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
func (x relaying) unframe(b []byte, dechunk bool) (p chunkPiece, err error) {
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
	x.recordMended(x.respChunks.Mended)
	x.endPiece(&p, section, &x.respChunks, &x.resp.Head)
	return p, err
}

// passChunks writes a piece of b as it came, behind the head the first time, or
// what is in x.respOut: the payload, or what was mended of the piece.
func (x relaying) passChunks(b []byte, piece chunkPiece, first, dechunk bool) error {
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
	_, err := x.conn.socket.Write(raw)
	x.respOut = x.respOut[:0]
	return err
}

func (x relaying) relayUntilClose() bodyEnd {
	o := x.origin
	b := o.Buffered()
	x.respOut = append(x.respOut, b...)
	if end := x.writeOut(); end.failure != flow.FailureNone {
		return end
	}
	x.rec.ResponseBody(b)
	o.Discard(len(b))
	o.QuickAck()
	for {
		if !x.rec.KeepsResponse() {
			o.Release()
			_, err := o.Splice(x.conn.socket, -1, func(n int64) {
				x.rec.ResponseBytes(n)
				x.stageBody(clock())
			})
			switch {
			case err == nil:
				return bodyEnd{}
			case errors.Is(err, socket.ErrWrite):
				return x.writeFailed()
			case err != socket.ErrNoSplice:
				return x.conn.readFailed(err, true)
			}
		}
		err := o.Fill()
		if err == io.EOF {
			return bodyEnd{}
		}
		if err != nil {
			return x.conn.readFailed(err, true)
		}
		b := o.Buffered()
		if _, err := x.conn.socket.Write(b); err != nil {
			return x.writeFailed()
		}
		x.rec.ResponseBody(b)
		o.SetBulk(len(b) >= socket.SmallBuffer)
		o.Discard(len(b))
		x.stageBody(clock())
	}
}
