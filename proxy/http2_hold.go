package proxy

import (
	"errors"
	"slices"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// http2Wait is why, and how long, the head of a message waits: until its time is up, or until
// proceed or answerHeld. What comes behind it on its stream is held too, up to
// http2HoldBodies; the other streams of the connection go on. A wait costs no goroutine: all
// of a connection have one timer.
//
// A request that has waited gets its number at the origin when it goes (http2Numbers).
//
//	a wait ends as  when                                         and then
//	waitTimeUp      its time is up                               then begins, or the message goes on
//	waitTold        proceed                                      likewise, edited or not
//	waitFull        more comes behind it than is held            the message goes on as it came; where it cannot
//	                                                             (firm), its client may ask again
//	waitAnswered    answerHeld, or what else ends it here        the client gets another answer
//	waitLeft        the client resets the stream or leaves, or   the row ends
//	                Posthouse does
//	waitAway        the origin sends GOAWAY or ends              a request: the client may ask again;
//	                                                             a response goes on as far as it came
type http2Wait struct {
	until int64              // by clock, or from its begin for one in then, in nanoseconds; 0: until it is told
	then  *http2Wait         // what begins when its time is up or it was told, nil: the message goes on
	whole func()             // called once all of the message has come, if it waits still; as ended is. Its sender may send on
	ended func(http2WaitEnd) // called once, with http2Conn.mu held: it must neither block nor call back

	dials bool                 // it is for the origin to be there (http2Late)
	firm  bool                 // nothing goes on before what it is for is known
	late  func(*http2Exchange) // what becomes of the stream when its time is up, nil: it goes on. Called as ended is

	begins func() // called when it begins, likewise; may be nil
	began  int64  // by clock
}

type http2WaitEnd uint8

const (
	waitTimeUp http2WaitEnd = iota
	waitTold
	waitFull
	waitAnswered
	waitLeft
	waitAway
)

// http2Edit is what goes on in place of what was held.
type http2Edit struct {
	fields  []hpack.HeaderField // nil: as they came
	body    []byte
	hasBody bool // body stands in place of what came, all of which must be there
}

var (
	errNotHeld  = errors.New("it waits no longer")
	errNotWhole = errors.New("the rest of the body is to come")
	errNoRoom   = errors.New("too much is held")
)

// heldStreams are streams whose message waits.
type heldStreams struct{ *http2Conn }

// http2Timer ends the waits of a connection; http2Conn.mu guards it.
type http2Timer struct {
	timer *time.Timer // nil before the first
	at    int64       // when it fires, by clock; 0: it does not
}

// begin has the head of a stream that is in the table wait, or what answers it; mu is held.
func (c heldStreams) begin(x *http2Exchange, w *http2Wait) {
	w.began = clock()
	x.waits, x.until = w, 0
	if w.begins != nil {
		w.begins()
	}
	c.arm(w.until)
	c.checkWhole(x)
}

// checkWhole tells who waits for it that all of a message has come; mu is held.
func (c heldStreams) checkWhole(x *http2Exchange) {
	x.bodyEnds()
	w := x.waits
	if w == nil || w.whole == nil || x.own {
		return
	}
	p := &c.up
	if x.down != nil && x.down.head != nil {
		p = &c.down
	}
	if l := *p.lines.of(x); l != nil && l.head != nil && p.lines.whole(x, l) {
		tell := w.whole
		w.whole = nil
		tell()
	}
}

// arm has the timer fire at a time; mu is held.
func (c heldStreams) arm(until int64) {
	t := &c.timer
	if until == 0 || c.ending != nil || t.at != 0 && t.at <= until {
		return
	}
	in := time.Duration(max(0, until-clock()))
	switch {
	case t.at == 0:
		t.at = until
		c.ended.Add(1)
		if t.timer == nil {
			t.timer = time.AfterFunc(in, c.fire)
		} else {
			t.timer.Reset(in)
		}
	case t.timer.Stop():
		t.at = until
		t.timer.Reset(in)
	} // or else it fires now, and sees this wait
}

// disarm stops the timer of a connection that ends; mu is held.
func (c heldStreams) disarm() {
	if c.timer.at != 0 && c.timer.timer.Stop() {
		c.timer.at = 0
		c.ended.Done()
	}
}

// fire ends the waits whose time is up.
func (c heldStreams) fire() {
	defer c.ended.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer.at = 0
	if c.ending != nil {
		return
	}
	now, next := clock(), int64(0)
	var late []uint32
	for id, x := range c.streams {
		w := x.waits
		if w != nil && w.until != 0 && w.until <= now {
			switch {
			case w.late != nil:
				x.waits = nil
				w.late(x)
			case x.own:
				late = append(late, id)
				fallthrough
			default:
				c.endWait(x, waitTimeUp)
			}
			w = x.waits
		}
		if w != nil && w.until != 0 && (next == 0 || w.until < next) {
			next = w.until
		}
	}
	c.arm(next)
	slices.Sort(late)
	c.own.late = append(c.own.late, late...)
	ruledStreams(c).make()
	ownAnswers(c).resume()
}

// endWait ends the wait of a stream, and moves its line on; mu is held.
func (c heldStreams) endWait(x *http2Exchange, end http2WaitEnd) {
	w := x.waits
	if w == nil {
		return
	}
	x.waits = nil
	if (end == waitTimeUp || end == waitTold) && w.then != nil {
		if w.ended != nil {
			w.ended(end)
		}
		w.then.until = lateAfter(clock(), time.Duration(w.then.until))
		c.begin(x, w.then)
		return
	}
	w.tell(end)
	switch l := x.down; {
	case end == waitAnswered || end == waitLeft:
	case l != nil && l.head != nil:
		l.body.start()
	case x.up != nil && x.up.head != nil && end != waitAway:
		x.up.body.start()
	}
	c.up.lines.move()
	c.down.lines.move()
}

// tell says how a wait has ended, and those that were to begin behind it.
func (w *http2Wait) tell(end http2WaitEnd) {
	for ; w != nil; w = w.then {
		if w.ended != nil {
			w.ended(end)
		}
	}
}

// at finds a stream that waits for w, and what holds it; mu is held.
func (c heldStreams) at(stream uint32, w *http2Wait) (x *http2Exchange, p *http2Pump, l *http2Line) {
	x = c.streams[stream]
	if x == nil || x.waits != w || x.own {
		return nil, nil, nil
	}
	if p = &c.up; x.down != nil && x.down.head != nil {
		p = &c.down
	}
	if l = *p.lines.of(x); l == nil || l.head == nil {
		return nil, nil, nil
	}
	return x, p, l
}

// proceed has what waits go on, edited or as it came. With an error it waits as before.
func (c heldStreams) proceed(stream uint32, w *http2Wait, as *http2Edit) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	x, p, l := c.at(stream, w)
	if x == nil {
		return errNotHeld
	}
	if as != nil {
		if err := p.lines.edit(x, l, as); err != nil {
			return err
		}
	}
	c.endWait(x, waitTold)
	return nil
}

// answerHeld answers a stream that waits in place of its origin, or resets it where the reply
// has no status. It reports whether the stream still waited.
func (c heldStreams) answerHeld(stream uint32, w *http2Wait, r *reply) bool {
	c.mu.Lock()
	x, _, _ := c.at(stream, w)
	held := x != nil && c.ending == nil
	if held {
		c.ended.Go(func() { c.replyTo(stream, func(*http2Exchange) *reply { return r }) })
	}
	c.mu.Unlock()
	return held
}

// held is what waits: copies of the head's fields and of the body as far as it came, and
// whether that is all of it.
func (c heldStreams) held(stream uint32, w *http2Wait) (fields []hpack.HeaderField, body []byte, whole, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	x, p, l := c.at(stream, w)
	if x == nil {
		return nil, nil, false, false
	}
	return slices.Clone(l.head.fields), l.content(), p.lines.whole(x, l), true
}

// whole reports whether all of a message is held.
func (s *http2Lines) whole(x *http2Exchange, l *http2Line) bool {
	p := s.pump
	if p.toOrigin {
		return x.clientEnded
	}
	return x.originEnded && (!l.reset || l.code == http2.NoError)
}

// content is the content of the DATA frames in a line.
func (l *http2Line) content() (body []byte) {
	for b := l.frames[l.begin:]; len(b) >= http2.HeaderSize; {
		h := http2.ParseHeader(b)
		frame := b[:min(len(b), http2.HeaderSize+int(h.Length))]
		if b = b[len(frame):]; h.Type == http2.Data {
			body = appendContent(body, frame)
		}
	}
	return body
}

// lastWords has responses that were held go on as far as they came, and ends what is answered
// here: the connection to the origin has ended, and the client's does.
func (c heldStreams) lastWords() {
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	c.mu.Lock()
	c.down.lines.moveHere()
	for id, x := range c.streams {
		switch {
		case x.detour != nil:
			x.detour.why = &ended{flow.FailureOriginClosed, reason.RuleDetourEnded.With()}
		case !x.own || x.finished && x.rest == "":
			continue
		case x.told == toldHead:
			c.finish(x, flow.FailureTruncated, reason.BodyClosed.With())
		default:
			c.finish(x, flow.FailureOriginClosed, reason.H2AskAgain.With(c.under.Remote.String()))
		}
		code := http2.InternalError
		if x.told != toldHead && x.detour == nil {
			code = http2.RefusedStream
		}
		c.client.own(func(b []byte) []byte { return http2.AppendReset(b, id, code) })
		c.remove(x)
	}
	c.mu.Unlock()
	c.client.write()
}

// refuseFull has a client ask again for what has more behind it than is held, and cannot go on; mu is held.
func (c heldStreams) refuseFull(x *http2Exchange) {
	x.waits.tell(waitLeft)
	x.waits = &http2Wait{firm: true} // until it is refused
	if stream := x.stream; c.ending == nil {
		c.ended.Go(func() {
			c.replyTo(stream, func(*http2Exchange) *reply {
				return &reply{failure: flow.FailureLimit, code: http2.RefusedStream, why: reason.H2HeldMany.With()}
			})
		})
	}
}

// refuseHeld refuses a request that has waited and cannot be sent: its client may ask again.
func (c heldStreams) refuseHeld(stream uint32) {
	c.replyTo(stream, func(*http2Exchange) *reply {
		return &reply{failure: flow.FailureOriginClosed, code: http2.RefusedStream, why: reason.H2Ending.With()}
	})
}
