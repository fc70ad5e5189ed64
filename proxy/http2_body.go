package proxy

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/pace"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// http2Body is a body on HTTP/2 that rules change, or have wait. What comes is queued in it; a
// goroutine takes it through the rules (bodyRun), and puts what goes on into its stream's line,
// behind the head, which waits until it is known.
//
// Its windows are its own. The sender gets the connection's window back with each frame, and on its
// stream it may have on the way what the reader has room for, less what is held here: so nothing
// piles up but what rules make longer, or have wait, within the bounds below. A body that must be
// whole may come up to what such a body may have. What the reader then takes is owed (http2Peer.owed).
type http2Body struct {
	c       *http2Conn
	p       *http2Pump // that it passes
	x       *http2Exchange
	stream  uint32
	request bool
	kind    string        // Content-Type
	sized   bool          // its head says how long it is
	expects bool          // its sender waits to be told to send it
	short   bool          // and that is so little that it is held until it is whole
	piece   time.Duration // how long each piece waits
	pieces  []flow.Reason // what is told of that
	slow    []*pace.Line  // that it passes
	detour  *detour       // that it is of, nil for none
	set     *rules.Set    // the rules

	http2BodyQueue
	http2BodyOut
	run   bodyRun
	wake  chan struct{} // there is something new
	until time.Time     // how long what drains is waited for; zero: until it ends
	told  int           // of what rules did; see outcome

	// Under http2Conn.mu:
	gone      bool         // nothing of it is wanted any longer
	hurried   bool         // nothing waits any longer
	working   bool         // the goroutine waits for nothing but the processor
	rests     bool         // it waits for the time of a piece
	rested    bool         // and has
	done      bool         // it has ended
	undecoded bool         // and its stream is still to end, since it could not be decoded
	effects   flow.Effects // of what rules did so far
	did       []flow.Reason
}

// http2BodyQueue is what has come of a body.
type http2BodyQueue struct {
	raw, data []byte // frames that were taken last, and the content in them; of the goroutine

	// Under http2Conn.mu:
	begun   bool      // it has left http2Line.frames
	since   time.Time // that
	in      []byte    // frames, the last one maybe in part
	whole   int       // bytes of in that are whole frames
	cut     bool      // the frame under way is taken in pieces
	window  int64     // bytes that the sender may send on the stream
	took    int64     // bytes of content that were taken and are held until it is whole; -1: they are not
	hand    int       // bytes of content that the goroutine has at hand: they are not in its line yet
	drains  bool      // what comes goes no further
	counted int64     // bytes of Server.streamBudget, with those of its line
	bare    bool      // it ended with its head
	ended   bool      // all has come
	broken  bool      // no more comes, although it has not ended
	awaited bool      // who reads the sender waits for room
}

// http2BodyOut is what goes on of it.
type http2BodyOut struct {
	content []byte // that is to; of the goroutine
	frames  []byte // made of it; likewise

	// Under http2Conn.mu:
	headed bool // the head may go
	over   bool // its end is in the line
	loose  bool // what is put into the line does not wait for room: the origin's connection has ended
}

// Bounds of bodies that pass through rules over HTTP/2.
const (
	http2Bodies     = 64 << 20      // bytes of all that are queued, or lie in their lines
	http2Behind     = 1 << 20       // bytes of one behind what waits: then nothing waits any longer
	http2BodyQueued = rules.MaxBody // bytes of one: then its stream is reset
	http2BodyLine   = 64 << 10      // bytes of one in its line, and one frame more
)

var (
	errBodyGone   = errors.New("the body goes no further")
	errBodyBroken = errors.New("the stream ended before the end of its body")
	errBodyCut    = errors.New("the connection was cut")
)

// bodyWork prepares what rules do to the body of a message with a head; none says that it has no
// body. What cannot be done is told. Nil is nothing.
func (p *http2Pump) bodyWork(x *http2Exchange, apply []*rules.Compiled, fields []hpack.HeaderField, none bool) *http2Body {
	b := &http2Body{c: p.c, p: p, x: x, stream: x.stream, request: p.toOrigin, piece: rules.Piece(apply, p.toOrigin),
		pieces: rules.ToldPieces(apply, p.toOrigin)}
	if b.slow = x.ruling.slow.down; p.toOrigin {
		b.slow = x.ruling.slow.up
	}
	if !rules.Rewrites(apply, p.toOrigin) && !b.waits() {
		return nil
	}
	var encoding []string
	part, empty, length := false, none, int64(-1)
	for i := range fields {
		switch f := &fields[i]; f.Name {
		case "content-encoding":
			encoding = append(encoding, f.Value)
		case "content-range":
			part = true
		case "content-type":
			b.kind = f.Value
		case "expect":
			b.expects = b.request && strings.EqualFold(f.Value, "100-continue")
		case "content-length":
			length, _ = strconv.ParseInt(f.Value, 10, 64) // it was read before
		case ":status":
			part, empty = part || f.Value == "206", none || f.Value == "205"
		}
	}
	b.sized, b.short = length >= 0, length >= 0 && length <= maxUnchanged
	b.set = x.ruling.set
	work := b.set.Rewriting(apply, p.toOrigin, encoding...)
	if work == nil {
		work = new(rules.Rewriting) // which does nothing
	}
	switch {
	case empty:
		work.Fail(reason.RuleBodyNone.With())
	case part:
		work.Fail(reason.RuleBodyPart.With())
	case framedMessages(b.kind):
		work.Fail(reason.RuleBodyFramed.With(b.kind))
	}
	if work.Idle() {
		effects, did := bodyOutcome(work, p.toOrigin)
		x.ruling.tell(effects, did...)
		if none || !b.waits() {
			return nil
		}
		work = new(rules.Rewriting)
	}
	b.run = bodyRun{work: work, from: bodyIn{b}, to: bodyOut{b}, budget: &p.c.srv.bodyBudget, whole: b.short}
	b.wake = make(chan struct{}, 1)
	return b
}

// endless reports whether a body of a type is read while it comes, so that it must not wait for
// its end.
func endless(contentType string) bool {
	media, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch media = strings.TrimSpace(media); media {
	case "text/event-stream", "multipart/x-mixed-replace", "application/x-ndjson", "application/stream+json", "application/json-seq":
		return true
	}
	return false
}

// framedMessages reports whether a body of a type is made of messages that have their lengths in it.
func framedMessages(contentType string) bool {
	media := strings.ToLower(contentType)
	return strings.HasPrefix(media, "application/grpc") || strings.HasPrefix(media, "application/connect+")
}

// unplaced says that there is no room for the head of a message whose body rules would change; mu
// is held.
func (b *http2Body) unplaced() {
	if b == nil || b.x.rec == nil {
		return
	}
	b.run.work.Fail(reason.RuleBodyFull.With())
	effects, did := bodyOutcome(b.run.work, b.request)
	b.x.rec.Ruled(effects, did...)
	if b.waits() {
		b.x.rec.Ruled(flow.EffectDelayed|flow.EffectFailed, reason.RuleWaitFull.With(time.Duration(0)))
	}
}

// start takes what has come from the line, and starts; mu is held.
func (b *http2Body) start() {
	if b == nil || b.begun {
		return
	}
	x := b.x
	l := *b.p.lines.of(x)
	b.begun, b.since, b.took = true, time.Now(), -1
	b.takeLine(l)
	if l.head.header.Has(http2.FlagEndStream) {
		l.head.header.Flags &^= http2.FlagEndStream
		b.bare = true
	}
	b.ended = b.p.lines.whole(x, l)
	b.broken = l.reset && !b.ended
	b.working = true
	b.c.ended.Go(b.pass)
}

// count has n more bytes be held, or fewer; mu is held.
func (b *http2Body) count(n int) {
	b.counted += int64(n)
	b.c.srv.streamBudget.held.Add(int64(n))
}

// fits reports whether n more bytes may be held; mu is held.
func (b *http2Body) fits(n int) bool {
	return len(b.in)+n <= http2BodyQueued && b.c.srv.streamBudget.held.Load()+int64(n) <= http2Bodies
}

// drop ends it, whatever it has; mu is held.
func (b *http2Body) drop() {
	if b == nil {
		return
	}
	b.gone = true
	b.unawait()
	b.count(-int(b.counted))
	b.in, b.whole = nil, 0
	b.signal()
}

func (b *http2Body) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// pass is the goroutine.
func (b *http2Body) pass() {
	err := b.work()
	c := b.c
	c.mu.Lock()
	defer c.mu.Unlock()
	b.done, b.working = true, false
	c.granted.Broadcast()            // who reads the sender, or ends the connection, may wait for it
	if b.gone || err == errBodyCut { // whose stream ends with its connection
		return
	}
	b.tell()
	var coding *rules.CodingError
	if errors.As(err, &coding) {
		why := reason.RuleFailed.With(b.run.work.Parts()[0].Label, b.run.work.Reason(coding.Err))
		b.undecoded = true
		c.ended.Go(func() { c.replyTo(b.stream, func(*http2Exchange) *reply { return b.uncoded(why) }) })
		return // and the line stays until then
	}
	if b.over && !b.ended { // another body was placed, and the rest of what came is not waited for
		b.callOff()
	}
	b.headed = true
	b.p.lines.move()
}

// callOff tells the origin that the rest of a response is not wanted; mu is held.
func (b *http2Body) callOff() {
	c, x := b.c, b.x
	number := x.number
	x.originEnded, x.calledOff, b.ended = true, true, true
	x.down.reset = false
	if !b.broken && x.passed {
		x.passed = false
		if x.up != nil { // nor is the rest of its request
			x.up.body.tell()
			c.up.lines.drop(x)
		}
		c.ended.Go(func() {
			c.origin.send(func(to []byte) []byte { return http2.AppendReset(to, number, http2.Cancel) })
		})
	}
}

// uncoded is how an exchange ends whose body could not be decoded to its end.
func (b *http2Body) uncoded(why flow.Reason) *reply {
	if b.request {
		return errorReply(400, flow.FailureBadRequest, why)
	}
	return errorReply(502, flow.FailureBadResponse, why)
}

// work takes the body through the rules.
func (b *http2Body) work() error {
	work := b.run.work
	body, placed := work.Placed(b.c.srv.disk.placed(b.set, b.awaitFile))
	if b.isCut() {
		return errBodyCut
	}
	switch {
	case placed && b.request:
		b.goOn()
		if err := (bodyIn{b}).drain(0, 0); err != nil {
			return err
		}
		return b.run.place(body)
	case placed:
		if err := b.run.place(body); err != nil {
			return err
		}
		return bodyIn{b}.drain(drainTime, rules.MaxBody)
	case work.Whole() && endless(b.kind):
		work.Fail(reason.RuleBodyStream.With(b.kind))
	case !work.Idle() && (work.Whole() || b.short):
		b.c.mu.Lock()
		b.took = 0
		b.c.mu.Unlock()
	}
	if work.Idle() || !b.sized && !work.Whole() { // whatever becomes of the body
		if err := (bodyOut{b}).release(nil, b.bare); err != nil {
			return err
		}
	} else {
		b.goOn()
	}
	return b.run.run()
}

// tell says in the row what rules did; mu is held.
func (b *http2Body) tell() {
	if b == nil || b.told < 0 || b.x.rec == nil {
		return
	}
	b.told = -1
	if b.done {
		tellBody(b.x.rec, &b.run, b.request)
	} else if b.effects != 0 {
		b.x.rec.Ruled(b.effects, b.did...)
	}
}

// outcome keeps what rules did so far; mu is held, by the goroutine.
func (b *http2Body) outcome() {
	seen := 0
	for _, part := range b.run.work.Parts() {
		if part.Changed {
			seen++
		}
		if !part.Why.IsZero() {
			seen += 1 << 16
		}
	}
	if seen != b.told {
		b.told = seen
		b.effects, b.did = bodyOutcome(b.run.work, b.request)
	}
}

// byHand has rules not change the body, since a person wrote it, and reports whether they would
// have; mu is held, and it has not begun.
func (b *http2Body) byHand() bool {
	if b == nil || b.run.work.Idle() {
		return false
	}
	b.run.work = new(rules.Rewriting)
	return true
}

// hurry has nothing wait any longer, and says why; mu is held.
func (b *http2Body) hurry(why flow.Reason) {
	if b.hurried || !b.waits() {
		return
	}
	b.hurried = true
	if b.x.rec != nil {
		b.x.rec.Ruled(flow.EffectDelayed|flow.EffectFailed, why)
	}
	b.signal()
}

// waited is how long its pieces have waited so far.
func (b *http2Body) waited() time.Duration { return time.Since(b.since).Round(time.Millisecond) }
