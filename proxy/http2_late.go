package proxy

import (
	"context"
	"slices"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// Where rules may answer what is asked of a host, its origin is dialled when a request needs it
// (opening.dialIntercepted). Over HTTP/2 the client's connection begins without one: SETTINGS and PING
// are answered here, and what opens a connection is kept for the origin. A request that no rule answers has
// the origin dialled, and waits (http2Wait); others go on. Then who reads the client joins the two
// connections: the origin gets the client's opening and what has waited, and from there on frames pass.
//
//	state      a request that needs the origin   ends when
//	alone      has it dialled, waits; dialling   such a request comes
//	dialling   waits                             the origin was reached: joined or apart; it was not: alone,
//	                                             and what waits has that for its answer
//	joined     passes                            the connection ends
//	apart      leaves its connection (detour)    likewise: the origin does not speak HTTP/2

// Bounds of what is kept for an origin, in bytes.
const (
	http2LateSettings = 16 << 10 // SETTINGS, as one frame; more is an error of the connection
	http2LateTree     = 4 << 10  // PRIORITY frames before the first request; more is left out
)

// http2Late is the origin of a connection that is not there yet. nil is one that is there from the
// beginning, or never.
type http2Late struct {
	c *http2Conn

	// Of who reads the client alone.
	settings []byte // the client's, as they stand in a frame
	tree     []byte // PRIORITY frames
	greeted  bool   // the client has acknowledged the SETTINGS that are Posthouse's

	settled bool // the origin has acknowledged the client's: of who reads the origin alone

	// Under http2Conn.mu.
	stop   context.CancelFunc // ends the dial under way, nil for none
	asking uint32             // the stream that began it
	joined bool               // the origin is there
	apart  bool               // it does not speak HTTP/2
	came   *lateOrigin        // it, once it was reached

	ready bool // came is to be joined; under the connection's supervision.mu
}

// pending reports whether the origin is not there yet; mu is held, or the client is read.
func (l *http2Late) pending() bool { return l != nil && !l.joined }

// wait is what the request of a stream waits for before it goes to the origin, nil for nothing; the client is read.
func (l *http2Late) wait(stream uint32) *http2Wait {
	if !l.pending() {
		return nil
	}
	w := &http2Wait{dials: true}
	w.begins = func() {
		if l.need(stream); l.joined {
			w.until = clock()
			l.c.streams[stream].connected(l.c)
		}
	}
	w.ended = func(end http2WaitEnd) {
		if end == waitFull { // and whatever it has waited for before
			l.need(stream)
		}
	}
	return w
}

// need has the origin dialled for a stream, unless it is; mu is held.
func (l *http2Late) need(stream uint32) {
	c := l.c
	switch {
	case l.stop != nil || l.joined || l.came != nil || c.ending != nil:
	case l.apart:
		c.ended.Go(l.turnAway)
	default:
		whole, stop := context.WithCancel(c.srv.base)
		l.stop, l.asking = stop, stream
		in := *c.in
		in.protocol = "" // whatever it chooses: if it is not HTTP/2 the requests leave this connection
		c.ended.Go(func() { l.dial(whole, &in) })
	}
}

// end ends the dial under way; mu is held.
func (l *http2Late) end() {
	if l != nil && l.stop != nil {
		l.stop()
	}
}

// drop closes what was reached and not joined, when the connection has ended.
func (l *http2Late) drop() {
	if l.pending() && l.came != nil {
		_ = l.came.Conn.Close()
	}
}

// waiting are the streams whose requests are to go to the origin, in their order; mu is held.
func (l *http2Late) waiting() (streams []uint32) {
	for id, x := range l.c.streams {
		if !x.own && x.up != nil && x.up.head != nil && (x.waits == nil || x.waits.dials) {
			streams = append(streams, id)
		}
	}
	slices.Sort(streams)
	return streams
}

// joins joins the connections where who reads the client was woken for that, and reports whether it was.
func (l *http2Late) joins() bool {
	if l == nil {
		return false
	}
	c := l.c
	w := &c.conn.watch
	w.mu.Lock()
	ready := l.ready && !w.interrupted() && !c.stuck.Load()
	if ready {
		l.ready = false
		c.client.sock.Resume()
	}
	w.mu.Unlock()
	if ready {
		l.join()
	}
	return ready
}

// join sends the origin the client's opening, and has what waits go on; the client is read.
func (l *http2Late) join() {
	c := l.c
	q := &c.origin
	q.mu.Lock()
	c.mu.Lock()
	if c.ending != nil {
		c.mu.Unlock()
		q.mu.Unlock()
		return
	}
	c.under, q.sock = l.came.Conn, l.came.Conn.Conn
	l.joined, c.unanswered = true, 0
	granted := c.client.window + c.client.owed - http2.DefaultWindow
	c.mu.Unlock()
	q.room()
	q.out = append(q.out, http2.Preface...)
	q.out = append(http2.Header{Length: uint32(len(l.settings)), Type: http2.Settings}.Append(q.out), l.settings...)
	if granted > 0 {
		q.out = http2.AppendWindowUpdate(q.out, 0, uint32(min(granted, http2.MaxWindow)))
	}
	q.out = append(q.out, l.tree...)
	l.settings, l.tree = nil, nil
	q.write()
	q.mu.Unlock()
	c.under.Pace(c.up.slowed.up...)
	c.begin(c.under)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, stream := range l.waiting() {
		x := c.streams[stream]
		if !x.finished {
			l.note(x)
		}
		heldStreams{c}.endWait(x, waitTold)
	}
	c.up.lines.any.Store(true)
	c.up.lines.move()
	c.endIfDone() // whose wake this was too, if it came at the same time
}

// note writes to the row of a request over which connection it goes: that which had it dialled has the
// times of that. mu is held.
func (l *http2Late) note(x *http2Exchange) {
	at := l.came.secured
	if x.stream != l.asking {
		x.rec.Connected(l.c.under.Remote, time.Time{}, at, false)
	} else {
		x.rec.Connected(l.c.under.Remote, l.came.Resolved, l.came.Connected, false)
		x.rec.Secured(at)
		if l.came.Mended != 0 {
			x.rec.Mended(l.came.Mended)
		}
	}
	l.c.in.recordTLS(x.rec, l.c.under)
}

// turnAway has what waits for an origin that does not speak HTTP/2 leave its connection: as a detour where
// nothing was done to it yet, or else when its client asks again.
func (l *http2Late) turnAway() {
	c := l.c
	c.mu.Lock()
	waiting := slices.DeleteFunc(l.waiting(), func(stream uint32) bool { return l.leaves(c.streams[stream]) })
	c.mu.Unlock()
	for _, stream := range waiting {
		c.replyTo(stream, func(x *http2Exchange) *reply {
			r := &reply{failure: flow.FailureOriginClosed, code: http2.RefusedStream, why: reason.RuleAskAgain.With(portText(c.in.asked()))}
			if x.protocol != "" {
				r.code = http2.HTTP11Required
			}
			return r
		})
	}
}

// leaves has a request that waits leave its connection, and reports whether it can; mu is held.
func (l *http2Late) leaves(x *http2Exchange) bool {
	c, line := l.c, x.up
	if x.ruling != nil || !x.clientEnded || x.protocol != "" || x.config.Via || line.left() > 0 || line.trailer != nil || c.ending != nil {
		return false
	}
	d := newDetour(c, x, l.way(x))
	head, _ := http1Head(line.head.fields, true)
	if _, bad := http1.WholeRequest(head, &x.limits); bad != nil {
		return false // it is told when it is asked again
	}
	d.fields = slices.Clone(line.head.fields)
	x.rec.Ruled(0, reason.RuleOverHTTP1.With(portText(c.in.asked())))
	x.waits = nil
	c.up.lines.drop(x)
	if size := int64(sectionSize(d.fields)); c.up.lines.reserve(&c.up.lines.heads, size, http2HoldHeads) {
		d.size = size
	}
	d.take()
	return true
}

// way is where a request goes that leaves the connection since its origin does not speak HTTP/2.
func (l *http2Late) way(x *http2Exchange) *way {
	if x.way != nil {
		return x.way
	}
	a := &l.c.in.authority
	return straight(rules.Origin{Scheme: "https", Host: string(a.Host), Port: a.Port})
}

// speaksHTTP1 reports whether the origin is known to speak HTTP/1.1 alone; mu is held.
func (l *http2Late) speaksHTTP1() bool { return l != nil && l.apart }

// detours has a request leave its connection where the origin does not speak HTTP/2, unless rules answer it; the row
// has begun. mu is held.
func (l *http2Late) detours(x *http2Exchange, p *plan) {
	if p.reply == nil && p.detour == nil && x.protocol == "" && l.speaksHTTP1() && !x.ruling.answers(&x.exchange) {
		p.detour = l.way(x)
		x.rec.Ruled(0, reason.RuleOverHTTP1.With(portText(l.c.in.asked())))
	}
}

// keepSettings keeps what the client announces for the origin; the client is read.
func (l *http2Late) keepSettings(payload []byte) error {
	if !l.pending() {
		return nil
	}
	if len(l.settings)+len(payload) > http2LateSettings {
		return &http2.Error{Code: http2.EnhanceYourCalm, Why: reason.H2HeldMany.With()}
	}
	l.settings = append(l.settings, payload...)
	return nil
}

// keepFrame keeps a frame that is about a stream: with the request that waits on it, or, of a tree of
// priorities, before there is one. What else it may be is advice of which the origin has no use. The client is read.
func (l *http2Late) keepFrame(stream uint32, b []byte) {
	if !l.pending() {
		return
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	switch x := l.c.streams[stream]; {
	case x != nil && x.up != nil:
		l.c.up.lines.queueFrame(x, b)
	case x != nil:
	case l.c.numbers.last == 0 && http2.Type(b[3]) == http2.Priority && len(l.tree)+len(b) <= http2LateTree:
		l.tree = append(l.tree, b...)
	}
}

// acknowledged reports whether an acknowledgement of SETTINGS is for Posthouse: the client's first, and
// all before there is an origin; and the origin's first.
func (l *http2Late) acknowledged(byClient bool) bool {
	switch {
	case l == nil:
		return false
	case !byClient:
		first := !l.settled
		l.settled = true
		return first
	}
	first := !l.greeted
	l.greeted = true
	return first || !l.joined
}
