package proxy

import (
	"slices"
	"sync/atomic"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// The bodies of Posthouse's own answers go on as the client's windows open, one stream after
// the other. What is at hand goes with the head; the rest a goroutine sends that lives no longer
// than there is room for something. Of a file one piece is read at a time, beside it (disk), as long as
// what the client takes then. The text of a rule is the rules' own memory; other bodies were
// made for their stream and are bounded by http2Held.

// http2Own are the own answers of a connection whose bodies are not sent; http2Conn.mu
// guards them, but for any.
type http2Own struct {
	any     atomic.Bool // there are some
	streams []uint32    // theirs, the next one first
	bytes   int64       // of bodies that were made for one stream
	files   int         // that are open, with those that are being opened at most http2Files
	opening int
	late    []uint32 // streams whose answer is to be made, those included that wait for a file to be closed
	running bool     // a goroutine sends
	making  bool     // a goroutine makes answers
	detours detours
	origin  *http2Late // nil where it is there from the beginning
}

// http2Files bounds the files that are open on one connection, of each of which one piece may be here (filePieceSize).
const http2Files = 64

// ownAnswers are streams that are answered here.
type ownAnswers struct{ *http2Conn }

// begin has the body of an answer follow its head; client.mu and mu are held.
func (c ownAnswers) begin(x *http2Exchange, r *reply) {
	o := &c.own
	o.streams = append(o.streams, x.stream)
	o.any.Store(true)
	if x.rest = r.body; !r.ruled {
		x.counted = int64(len(r.body))
		o.bytes += x.counted
	}
	if x.file != nil {
		x.wait(x.config.Timeouts.ClientIdle)
	}
	c.more(x)
}

// more sends what of a body is at hand, as far as the client has room for it. client.mu and mu
// are held; x may be gone then.
func (c ownAnswers) more(x *http2Exchange) {
	if x.file == nil {
		x.rest = sendBody(c, x, x.rest, true)
		if x.rest == "" {
			c.finished(x)
			return
		}
	} else if x.rest != "" {
		x.rest = sendBody(c, x, x.rest, x.file.left == 0)
		if x.rest == "" && x.file.left == 0 {
			c.finished(x)
			return
		}
	}
	x.wait(x.config.Timeouts.ClientIdle)
	c.run()
}

// sendBody sends as much of a body as the client has room for, and returns the rest; ends says
// that nothing comes behind it. client.mu and mu are held.
func sendBody[T string | []byte](c ownAnswers, x *http2Exchange, body T, ends bool) T {
	q := &c.client
	for len(body) > 0 && len(q.out) < http2Batch {
		n := min(int64(len(body)), int64(q.maxFrame.Load()), x.clientWindow, q.window)
		if q.partial || q.waits { // as much as waits for that without harm
			n = min(n, int64(maxQueued/2-len(q.queued)))
		}
		if n = x.slowly(n); n <= 0 {
			break
		}
		h := http2.Header{Length: uint32(n), Type: http2.Data, Stream: x.stream}
		if ends && int(n) == len(body) {
			h.Flags = http2.FlagEndStream
		}
		piece := body[:n]
		q.own(func(b []byte) []byte { return append(h.Append(b), piece...) })
		body = body[n:]
		x.clientWindow -= n
		q.window -= n
		q.owed += n
	}
	return body
}

// slowly is how many of n bytes of an own answer may go now: all, but on a slow line.
func (x *http2Exchange) slowly(n int64) int64 {
	if n <= 0 || x.ruling == nil || len(x.ruling.slow.down) == 0 {
		return n
	}
	now := clock()
	if x.resting > now {
		return 0
	}
	n = min(n, int64(slowPiece(x.ruling.slow.down)))
	x.resting = lateAfter(now, slowWait(x.ruling.slow.down, int(n)))
	return n
}

// finished ends the stream of an answer whose body was sent. client.mu and mu are held.
func (c ownAnswers) finished(x *http2Exchange) {
	c.forget(x)
	x.originEnded = true
	if x.clientEnded && x.resetCode == http2.NoError {
		c.settle(x)
		return
	}
	// The client need not send the rest (RFC 9113 section 8.1).
	c.finish(x, flow.FailureNone, x.remark)
	c.client.own(func(b []byte) []byte { return http2.AppendReset(b, x.stream, x.resetCode) })
	c.remove(x)
}

// forget gives back what the answer of a stream holds; mu is held.
func (c ownAnswers) forget(x *http2Exchange) {
	o := &c.own
	if i := slices.Index(o.streams, x.stream); i >= 0 {
		o.streams = slices.Delete(o.streams, i, i+1)
		o.any.Store(len(o.streams) > 0)
	}
	if i := slices.Index(o.late, x.stream); i >= 0 {
		o.late = slices.Delete(o.late, i, i+1)
	}
	o.bytes -= x.counted
	x.rest, x.counted = "", 0
	if x.file == nil {
		return
	}
	if x.file.close(); x.file.piece != nil {
		x.file.piece.give()
	}
	x.file = nil
	o.files--
	ruledStreams(c).make()
}

// run starts what sends; mu is held.
func (c ownAnswers) run() {
	if o := &c.own; !o.running && o.any.Load() && c.ending == nil && c.next() != nil {
		o.running = true
		c.ended.Go(c.send)
	}
}

// next is the next stream of whose body something can be sent, nil for none; mu is held.
func (c ownAnswers) next() *http2Exchange {
	if c.client.window <= 0 || c.ending != nil {
		return nil
	}
	for i, stream := range c.own.streams {
		x := c.streams[stream]
		if x.waits != nil {
			continue // for a piece
		}
		if x.resting > clock() {
			heldStreams(c).arm(x.resting)
			continue
		}
		if x.clientWindow > 0 {
			c.own.streams = append(slices.Delete(c.own.streams, i, i+1), stream)
			return x
		}
	}
	return nil
}

// send sends bodies until there is no room for any, or nothing at hand.
func (c ownAnswers) send() {
	for c.sendSome() {
	}
}

// sendSome sends some of the next body, and reports whether there was one.
func (c ownAnswers) sendSome() bool {
	q := &c.client
	q.mu.Lock()
	defer q.mu.Unlock()
	c.mu.Lock()
	x := c.next()
	if x == nil || q.partial || q.waits || q.broken {
		c.own.running = false
		c.mu.Unlock()
		q.write()
		return false
	}
	switch f := x.file; {
	case f == nil || x.rest != "":
		c.more(x)
	case f.piece == nil:
		c.read(x)
	default:
		p := *f.piece
		f.piece = nil
		c.sendPiece(x, p)
		p.give()
	}
	c.mu.Unlock()
	q.write()
	return true
}

// sendPiece sends a piece that was read of a file. client.mu and mu are held.
func (c ownAnswers) sendPiece(x *http2Exchange, p filePiece) {
	if !p.why.IsZero() {
		c.finish(x, flow.FailureTruncated, p.why)
		c.client.own(func(b []byte) []byte { return http2.AppendReset(b, x.stream, http2.InternalError) })
		c.remove(x)
		return
	}
	x.rec.ResponseBody(p.content)
	if b := sendBody(c, x, p.content, x.file.left == 0); len(b) > 0 { // there was room when it was read
		x.rest = string(b)
	} else if x.file.left == 0 {
		c.finished(x)
		return
	}
	x.wait(x.config.Timeouts.ClientIdle)
}

// resume goes on when the client has granted more; mu is held.
func (c ownAnswers) resume() {
	if c.own.any.Load() {
		c.run()
	}
}

// giveUp ends a stream whose own answer its client does not take.
func (c ownAnswers) giveUp(stream uint32) {
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	c.mu.Lock()
	if x := c.streams[stream]; x != nil && (x.detour != nil || slices.Contains(c.own.streams, stream)) {
		c.finish(x, flow.FailureClientGone, reason.ClientTookNot.With())
		c.client.own(func(b []byte) []byte { return http2.AppendReset(b, stream, http2.Cancel) })
		c.remove(x)
	}
	c.mu.Unlock()
	c.client.write()
}
