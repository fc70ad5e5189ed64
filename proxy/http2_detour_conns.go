package proxy

import (
	"slices"
	"strconv"
	"sync"

	"posthouse/proxy/flow"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// detourConns are the connections of HTTP/2 that streams are sent over; http2Conn.mu guards them.
type detourConns struct {
	by    map[detourKey]*detourConn // to where streams may be opened
	all   []*detourConn             // that have not ended
	plain map[detourKey]struct{}    // where HTTP/1.1 is spoken
	over  bool                      // the client's connection has ended
	works sync.WaitGroup            // the goroutines of all
}

// detourKey is what streams have in common that go over one connection.
type detourKey struct {
	to    rules.Origin
	host  string
	port  uint16
	sni   string
	named bool
}

// overHTTP2 sends the stream over HTTP/2. It reports false where HTTP/1.1 is to be spoken.
func (d *detour) overHTTP2() bool {
	for range detourTries {
		l, plain := d.connection()
		switch {
		case plain:
			return false
		case l == nil:
			d.turnedAway(flow.FailureLimit, reason.RuleDetourMany.With(strconv.Itoa(detourConnsMost)))
			return true
		}
		<-l.opened
		switch to, failed := d.came(l); {
		case failed != nil:
			d.answerHere(failed)
			return true
		case !to, d.socket && !detourSending{d, l}.connects():
			return false
		case detourSending{d, l}.ask():
			return true
		}
		if _, failed := d.came(l); failed != nil { // meanwhile
			d.answerHere(failed)
			return true
		}
	}
	d.turnedAway(flow.FailureOriginClosed, reason.H2Ending.With())
	return true
}

// turnedAway refuses the stream, which its client may open again.
func (d *detour) turnedAway(failure flow.Failure, why flow.Reason) {
	d.unserved(failure, why)
	d.end(http2.RefusedStream)
}

// connection finds the connection that the stream goes over, or begins one; nil where there is no
// room for it. plain says that HTTP/1.1 is spoken there.
func (d *detour) connection() (l *detourConn, plain bool) {
	c := d.c
	w := d.way
	key := detourKey{w.to, w.host, w.port, w.sni(c.in.hello.SNI), w.named()}
	c.mu.Lock()
	s := &c.own.detours.conns
	if _, plain = s.plain[key]; plain || s.over || d.down.gone {
		c.mu.Unlock()
		return nil, plain
	}
	l = s.by[key]
	begins := l == nil
	if begins {
		if len(s.all) >= detourConnsMost && !s.dropIdle() {
			c.mu.Unlock()
			return nil, false
		}
		l = &detourConn{c: c, key: key, way: w, first: d.begun, opened: make(chan struct{}), wake: make(chan struct{}, 1),
			streams: make(map[uint32]*detour), untaken: make(map[uint32]*detour), most: 1}
		l.pipe = c.newDetourPipe(l)
		if s.by == nil {
			s.by = make(map[detourKey]*detourConn)
		}
		s.by[key], s.all = l, append(s.all, l)
	}
	if !l.known {
		l.waits++
	}
	d.on = l
	c.mu.Unlock()
	if begins && !l.pipe.run() {
		l.settle(false, errorReply(503, flow.FailureLimit, reason.ConnectionLimit.With()))
	}
	return l, false
}

// dropIdle ends a connection that nothing uses; mu is held.
func (s *detourConns) dropIdle() bool {
	for _, l := range s.all {
		if l.known && l.open == 0 && len(l.queue) == 0 {
			l.leave()
			return true
		}
	}
	return false
}

// came notes that the wait for a connection is over: to says that the stream goes over it.
func (d *detour) came(l *detourConn) (to bool, failed *reply) {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if !l.http2 {
		d.on = nil
	}
	if plain := !l.http2 && l.failed == nil; plain && l.first == d.begun { // its pipe has a connection to the origin
		if len(c.own.detours.idle) < http2Detours && c.ending == nil {
			c.own.detours.idle = append(c.own.detours.idle, l.pipe)
		} else {
			_ = l.pipe.far.Close()
		}
	}
	return l.http2, l.failed
}

// settle says what is spoken there, or why nothing is.
func (l *detourConn) settle(speaksHTTP2 bool, failed *reply) {
	c := l.c
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.own.detours.conns
	l.http2, l.failed, l.known = speaksHTTP2, failed, true
	defer close(l.opened)
	switch {
	case s.over || l.away: // nobody waits any longer
		l.http2 = false
		if l.failed == nil {
			l.failed = gone()
		}
		_ = l.pipe.far.Close()
	case speaksHTTP2:
		l.begin()
		s.works.Go(l.read)
		s.works.Go(l.write)
		return
	case failed != nil:
		_ = l.pipe.far.Close()
	default:
		if len(s.plain) >= detourPlainMost {
			clear(s.plain)
		}
		if s.plain == nil {
			s.plain = make(map[detourKey]struct{})
		}
		s.plain[l.key] = struct{}{}
	}
	l.forget()
}

// forget has no more streams come, and takes it out; mu is held.
func (l *detourConn) forget() {
	s := &l.c.own.detours.conns
	l.away = true
	if s.by[l.key] == l {
		delete(s.by, l.key)
	}
	if l.ended || !l.http2 {
		s.all = slices.DeleteFunc(s.all, func(o *detourConn) bool { return o == l })
	}
	l.wakeQueue()
}

// wakeQueue has all streams look that wait; mu is held.
func (l *detourConn) wakeQueue() {
	for _, d := range l.queue {
		d.down.signal()
	}
}

// leave ends it; mu is held.
func (l *detourConn) leave() {
	l.ended = true
	l.forget()
	_ = l.pipe.far.Close()
	l.signal()
}

// end ends all; the client's connection has.
func (s *detourConns) end(c *http2Conn) {
	c.mu.Lock()
	s.over = true
	for _, l := range slices.Clone(s.all) {
		if !l.known { // what dials sees it
			l.pipe.inner.end(&ended{flow.FailureClientGone, reason.StreamLeft.With()})
		}
		l.leave()
	}
	c.mu.Unlock()
	s.works.Wait()
}
