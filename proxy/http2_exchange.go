package proxy

import (
	"sync"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
)

// http2Exchange is an exchange over HTTP/2: one stream. All of it is under
// http2Conn.mu once the stream is in the connection's table.
type http2Exchange struct {
	exchange
	stream uint32
	number uint32 // the stream's at the origin, 0 until the origin knows of it

	clientEnded bool // the client has sent its last frame
	originEnded bool // and the origin, or Posthouse in its place
	passed      bool // the origin knows of the stream
	own         bool // it is answered here, and nothing more of it passes
	headed      bool // the origin's final head has come; the client is told by told
	upgraded    bool // an extended CONNECT was accepted (RFC 8441)
	idempotent  bool // it may be sent twice (RFC 9110 section 9.2.2)
	finished    bool // the row is closed
	calledOff   bool // the rest of its answer is not wanted, and the origin was told
	continued   bool // Posthouse has told the client to send its body
	interims    int

	sent, sentMost         int64 // bytes of the request's body, and how many there must be; -1: unknown
	received, receivedMost int64 // the same of the response's

	streamWindows

	resetCode http2.Code // ends an own answer's stream; none where the client has ended it

	rest     string     // of the body of an own answer: what waits for the client's window
	counted  int64      // bytes of it that http2Own.bytes counts
	file     *replyFile // that the body of an own answer is, what of it was not read; nil for none
	detour   *detour    // the way that it takes in place of its connection's; nil for none
	resting  int64      // when the next piece of it goes, by clock, where it passes a slow line
	waits    *http2Wait // why its head waits, nil: it does not
	up, down *http2Line // what has not gone on to the origin, and to the client; nil for nothing

	until int64 // when what is waited for is too late, by clock; 0: never
}

// streamWindows are those of a stream; http2Conn.mu guards them.
type streamWindows struct {
	clientWindow int64 // bytes that the client may still be sent on the stream
	originWindow int64
	upLent       int64 // bytes that the client was granted on the stream beside what the origin has granted
	downLent     int64 // the same of the origin and the client
}

var http2Exchanges = sync.Pool{New: func() any { return new(http2Exchange) }}

// heads is what field sections that begin a message are to the engine.
type heads struct{ *http2Pump }

// newExchange begins the exchange of a stream with the section that opens it.
func (p heads) newExchange(stream uint32) (x *http2Exchange, r http2.Request, bad error) {
	x = http2Exchanges.Get().(*http2Exchange)
	x.enter(p.c.conn)
	x.sender = x.sender.of(stream)
	x.stream, x.start = stream, time.Now()
	bad = p.section.ParseRequest(&r)
	x.req, p.request = p.request, http1.Request{}
	p.fieldsOf(&x.req, &r)
	x.isHead, x.protocol, x.sentMost = r.Method == "HEAD", r.Protocol, r.Length
	x.idempotent = x.req.Idempotent()
	return x, r, bad
}

// keptFields bounds the memory that a pump keeps for the next request's fields.
const keptFields = 128

// detach takes the request from an exchange when it has been acted on: it lies in the
// section's memory, which the next one gets, and a stream that is open shall hold little.
func (p heads) detach(x *http2Exchange) {
	p.request, x.req, x.target = x.req, http1.Request{}, http1.Target{}
	if p.request.Drop(); cap(p.request.Fields) > keptFields {
		p.request = http1.Request{}
	}
}

// add puts a stream into the table; mu is held.
func (c *http2Conn) add(x *http2Exchange) {
	x.clientWindow, x.originWindow = c.client.initialWindow, c.origin.initialWindow
	if c.streams[x.stream] = x; len(c.streams) == 1 {
		c.busy()
	}
}

// remove forgets a stream that is closed; mu is held, and x must not be used again.
func (c *http2Conn) remove(x *http2Exchange) {
	delete(c.streams, x.stream)
	if x.forget(c); len(c.streams) == 0 {
		c.idle()
		c.endIfDone()
	}
}

// forget is remove for a stream that is not in the table.
func (x *http2Exchange) forget(c *http2Conn) {
	if !x.clientEnded {
		c.closed.add(x.stream)
	}
	if x.detour != nil {
		x.detour.cut()
	}
	c.up.lines.drop(x)
	c.down.lines.drop(x)
	c.numbers.close(x.number)
	ownAnswers{c}.forget(x)
	*x = http2Exchange{}
	http2Exchanges.Put(x)
}

// finish closes the row; mu is held.
func (c *http2Conn) finish(x *http2Exchange, failure flow.Failure, why flow.Reason) {
	if x.finished {
		return
	}
	heldStreams{c}.endWait(x, waitLeft)
	for _, l := range [...]*http2Line{x.up, x.down} {
		if l != nil {
			l.body.tell()
		}
	}
	x.finished, x.until = true, 0
	x.rec.Finish(failure, why, 0, time.Now())
	x.rec = nil
}

// settle closes what has ended on both sides; mu is held.
func (c *http2Conn) settle(x *http2Exchange) {
	if !x.clientEnded || !x.originEnded || x.rest != "" || x.file != nil || x.up != nil || x.down != nil {
		return
	}
	if !x.finished {
		c.answered++
		c.finish(x, flow.FailureNone, x.remark)
	}
	c.remove(x)
}

// open makes the row of a request; mu is held.
func (c *http2Conn) open(x *http2Exchange, kind flow.Kind) {
	x.record(kind)
	x.reused = c.used
	x.detectLogin()
}

// connected notes over which connection a request goes.
func (x *http2Exchange) connected(c *http2Conn) {
	if c.under == nil { // it is to come
		return
	}
	if (x.sender == nil || !x.sender.early) && !x.dialled { // else its row began before
		x.rec.Connected(c.under.Remote, time.Time{}, x.start, x.reused)
	}
	c.in.recordTLS(x.rec, c.under)
}

// wait begins the time that the origin has for its next step; mu is held.
func (x *http2Exchange) wait(limit time.Duration) { x.until = lateAfter(clock(), limit) }

// expect begins the time that comes next: for the rest of a body, or for the response
// head. mu is held.
func (x *http2Exchange) expect() {
	t := &x.config.Timeouts
	switch {
	case x.finished:
		if x.detour != nil && x.down == nil { // whose client has all of the answer
			x.until = 0
		}
	case x.waits != nil, x.up.busy(x.originWindow), x.down.busy(x.clientWindow):
		x.until = 0
	case x.down != nil && x.clientWindow <= 0:
		x.wait(t.ClientIdle)
	case x.originEnded && x.down == nil: // it may read on, and the client has the answer
		x.wait(t.ClientBody)
	case x.upgraded:
		x.wait(t.TunnelIdle)
	case x.told == toldHead:
		x.wait(t.OriginBody)
	case x.clientEnded || x.originWindow <= 0:
		x.wait(t.Response)
	default:
		x.wait(max(t.ClientBody, t.Response))
	}
}

// recordPiece notes a piece of a body; mu is held.
func (x *http2Exchange) recordPiece(toOrigin bool, data []byte) {
	switch {
	case x.finished || len(data) == 0:
	case x.upgraded && toOrigin:
		x.rec.RequestBytes(int64(len(data)))
	case x.upgraded:
		x.rec.ResponseBytes(int64(len(data)))
	case toOrigin:
		x.rec.RequestBody(data)
	default:
		x.rec.ResponseBody(data)
	}
}

// kindOf finds the value of a response's Content-Type in its text.
func (p heads) kindOf() capture.Span {
	s := &p.section
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Name == "content-type" {
			line := s.Line(i)
			return span(s.Text, line[len(f.Name)+2:len(line)-2])
		}
	}
	return capture.Span{}
}
