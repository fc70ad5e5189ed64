package upstream

import (
	"cmp"
	"sync"
	"time"
)

// Bounds of a pool that sets none.
const (
	DefaultMaxIdle     = 512              // idle connections in all
	DefaultMaxIdleHost = 128              // idle connections to one host and port
	DefaultIdleTimeout = 30 * time.Second // an idle connection is closed after that
)

// maxEmptyHosts bounds how many hosts without a connection are remembered, so
// that one that is asked again and again needs no memory each time. Reap forgets them.
const maxEmptyHosts = 1024

// Pool keeps idle connections by key. The zero value works, with the bounds above.
type Pool struct {
	MaxIdle     int
	MaxIdleHost int
	IdleTimeout time.Duration

	mu     sync.Mutex
	hosts  map[Key]*hostIdle
	newest *Conn
	oldest *Conn
	count  int
	closed bool
}

// hostIdle is the stack of one key's idle connections.
type hostIdle struct {
	key   Key
	top   *Conn
	count int
}

// Get lends the newest idle connection that is what w asks for and that user put,
// or else, with others, the newest of all; or nil. One on which bytes, an end or an
// error wait is closed instead: whatever it is, it is no answer to the next request
// (RFC 9112 section 9.2).
func (p *Pool) Get(w *Want, user uint64, others bool) *Conn {
	for {
		p.mu.Lock()
		h := p.hosts[Key{w.Proxy, w.Target, w.Port, string(w.Host), w.Outward}]
		c := h.pick(user, others)
		if c == nil {
			p.mu.Unlock()
			return nil
		}
		p.remove(h, c)
		p.mu.Unlock()
		if c.Fits(w) && c.Quiet() {
			return c
		}
		_ = c.Close()
	}
}

// pick finds what Get lends; h may be nil. An active user's is near the top.
func (h *hostIdle) pick(user uint64, others bool) *Conn {
	if h == nil {
		return nil
	}
	for c := h.top; c != nil; c = c.below {
		if c.user == user {
			return c
		}
	}
	if others {
		return h.top
	}
	return nil
}

// Rest makes c idle: it holds no buffer.
func (c *Conn) Rest(now time.Time) {
	c.SetBulk(false)
	c.Pace()
	c.Release()
	c.idleSince = now
}

// Put takes a connection back that may carry another exchange. user is the number
// of the client connection that it was used for last.
func (p *Pool) Put(c *Conn, user uint64, now time.Time) {
	if c.leads == (Key{}) || c.Bound {
		_ = c.Close() // where it leads is unknown, or it is one client's alone
		return
	}
	if len(c.Buffered()) > 0 {
		_ = c.Close() // what was not asked for is no answer to the next request
		return
	}
	c.Rest(now)
	c.user = user
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		_ = c.Close()
		return
	}
	h := p.hosts[c.leads]
	if h == nil {
		if p.hosts == nil {
			p.hosts = make(map[Key]*hostIdle)
		}
		h = &hostIdle{key: c.leads}
		p.hosts[c.leads] = h
	}
	p.insert(h, c)
	excess := p.excess(h)
	p.mu.Unlock()
	if excess != nil {
		_ = excess.Close()
	}
}

// excess removes one connection if a bound is passed, the host's oldest before the pool's.
func (p *Pool) excess(h *hostIdle) *Conn {
	switch {
	case h.count > cmp.Or(p.MaxIdleHost, DefaultMaxIdleHost):
		c := h.top
		for c.below != nil {
			c = c.below
		}
		p.remove(h, c)
		return c
	case p.count > cmp.Or(p.MaxIdle, DefaultMaxIdle):
		c := p.oldest
		p.remove(p.hosts[c.leads], c)
		return c
	}
	return nil
}

func (p *Pool) insert(h *hostIdle, c *Conn) {
	c.below, h.top = h.top, c
	h.count++
	c.prev, c.next = nil, p.newest
	if p.newest != nil {
		p.newest.prev = c
	} else {
		p.oldest = c
	}
	p.newest = c
	p.count++
}

func (p *Pool) remove(h *hostIdle, c *Conn) {
	for at := &h.top; *at != nil; at = &(*at).below {
		if *at == c {
			*at = c.below
			break
		}
	}
	h.count--
	if h.count == 0 && len(p.hosts) > maxEmptyHosts {
		delete(p.hosts, h.key)
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		p.newest = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		p.oldest = c.prev
	}
	c.prev, c.next, c.below = nil, nil, nil
	p.count--
}

// Reap closes connections that are idle for too long or that the origin has
// closed, and forgets hosts without any.
func (p *Pool) Reap(now time.Time) {
	limit := p.IdleTimeout
	if limit <= 0 {
		limit = DefaultIdleTimeout
	}
	var stale []*Conn
	p.mu.Lock()
	for c := p.oldest; c != nil; {
		newer := c.prev
		if now.Sub(c.idleSince) > limit || !c.Quiet() {
			p.remove(p.hosts[c.leads], c)
			stale = append(stale, c)
		}
		c = newer
	}
	for key, h := range p.hosts {
		if h.count == 0 {
			delete(p.hosts, key)
		}
	}
	p.mu.Unlock()
	for _, c := range stale {
		_ = c.Close()
	}
}

// CloseIdle closes all idle connections, to give their descriptors back.
func (p *Pool) CloseIdle() {
	p.mu.Lock()
	c := p.newest
	p.newest, p.oldest, p.count, p.hosts = nil, nil, 0, nil
	p.mu.Unlock()
	for c != nil {
		next := c.next
		_ = c.Close()
		c = next
	}
}

// Close closes all idle connections, and from now on each one that is put.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.CloseIdle()
}

// Len is the number of idle connections.
func (p *Pool) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}
