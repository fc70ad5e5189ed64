package proxy

import (
	"slices"
	"sync"
	"time"

	"posthouse/proxy/upstream"
)

// maxBound is how many connections to origins one client's connection keeps for
// itself. The next one takes the place of the one used longest ago.
const maxBound = 8

// loginPatience is for how long a login under way is spared when descriptors run out.
// The next step comes from a program, and a person is not asked in between.
const loginPatience = 10 * time.Second

// bound are the idle connections to origins that belong to one client connection,
// because a user is or was to be logged in on them (login.go). They stay until the
// origin closes them or the client's connection ends: a login has no time of ours.
// The owner takes and keeps them; others only close them.
type bound struct {
	mu  sync.Mutex
	all []boundConn // the one used last stands last
}

type boundConn struct {
	conn  *upstream.Conn // nil once it was lost in the middle of a login
	leads upstream.Key
	step  bool      // the origin waits for the next step of a login
	since time.Time // when it was kept
}

// stalled reports whether the connection is in the middle of a login that comes to nothing.
func (one *boundConn) stalled(now time.Time) bool { return now.Sub(one.since) > loginPatience }

// lend takes out the connection that is what w asks for, or nil. lost says that
// there was one, and that it ended in the middle of a login.
func (b *bound) lend(w *upstream.Want) (o *upstream.Conn, lost bool) {
	b.mu.Lock()
	at := -1
	for i := range b.all {
		if w.Is(b.all[i].leads) {
			at = i
		}
	}
	if at < 0 {
		b.mu.Unlock()
		return nil, false
	}
	one := b.all[at]
	b.all = slices.Delete(b.all, at, at+1)
	b.mu.Unlock()
	switch {
	case one.conn == nil:
		return nil, true
	case one.conn.Fits(w) && one.conn.Quiet():
		return one.conn, false
	}
	_ = one.conn.Close()
	return nil, one.step
}

// keep takes a connection for the client's next request to the same place.
func (b *bound) keep(o *upstream.Conn, step bool, now time.Time) {
	o.Rest(now)
	b.add(boundConn{o, o.Leads(), step, now})
}

// lose remembers that a connection ended in the middle of a login.
func (b *bound) lose(leads upstream.Key) { b.add(boundConn{leads: leads, step: true}) }

func (b *bound) add(one boundConn) {
	b.mu.Lock()
	var oldest *upstream.Conn
	if len(b.all) == maxBound {
		oldest = b.all[0].conn
		b.all = slices.Delete(b.all, 0, 1)
	}
	b.all = append(b.all, one)
	b.mu.Unlock()
	if oldest != nil {
		_ = oldest.Close()
	}
}

// drop takes out those that which names, to be closed, and appends them to closing.
func (b *bound) drop(closing []*upstream.Conn, which func(*boundConn) bool) []*upstream.Conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.all {
		if one := &b.all[i]; one.conn != nil && which(one) {
			closing = append(closing, one.conn)
			one.conn = nil
		}
	}
	b.all = slices.DeleteFunc(b.all, func(one boundConn) bool { return one.conn == nil && !one.step })
	return closing
}

// close closes all; the owner calls it when its connection has ended.
func (b *bound) close() {
	b.mu.Lock()
	all := b.all
	b.all = nil
	b.mu.Unlock()
	for _, one := range all {
		if one.conn != nil {
			_ = one.conn.Close()
		}
	}
}

// dropBound closes the idle connections that belong to clients and that which names.
func (s *Server) dropBound(which func(*boundConn) bool) {
	var closing []*upstream.Conn
	s.mu.Lock()
	for c := range s.conns {
		closing = c.bound.drop(closing, which)
	}
	s.mu.Unlock()
	for _, o := range closing {
		_ = o.Close()
	}
}

// freeDescriptors closes idle connections because no more can be opened. A login
// under way is left alone for a while: it cannot begin anew over another connection.
func (s *Server) freeDescriptors() {
	s.pool.CloseIdle()
	now := time.Now()
	s.dropBound(func(one *boundConn) bool { return !one.step || one.stalled(now) })
}

// giveBack is for an origin's connection that may carry another exchange: of
// anybody, or of this client alone. step says that it waits for a step of a login.
func (c *conn) giveBack(o *upstream.Conn, step bool, now time.Time) {
	if o.Bound {
		c.bound.keep(o, step, now)
		return
	}
	c.srv.pool.Put(o, c.id, now)
}
