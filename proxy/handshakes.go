package proxy

import (
	"cmp"
	"net/netip"
	"sync"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Bounds of the tunnels whose TLS is being agreed on concurrently: each may hold a
// ClientHello of up to clienthello.MaxSize bytes, and what crypto/tls needs.
const (
	maxHandshakes = 1024

	// One that is under way for longer may have to make room for another of its client.
	handshakePatience = time.Second
)

// handshakes are those under way. When there is no room the client that has the
// most of them loses its oldest, so that one that stalls costs the others nothing.
// The zero value works.
type handshakes struct {
	most     int           // in place of maxHandshakes, for tests
	patience time.Duration // in place of handshakePatience, for tests

	mu      sync.Mutex
	places  map[*conn]*handshake
	clients map[handshaker]*handshakeQueue
}

// handshaker is whose handshakes are counted together: another device, or a
// program on this machine, which is the machine itself where it is not known yet.
type handshaker struct {
	addr netip.Addr
	pid  int32
}

type handshake struct {
	c          *conn
	of         handshaker
	since      time.Time
	prev, next *handshake
}

// handshakeQueue is one client's handshakes, the oldest first.
type handshakeQueue struct {
	oldest, newest *handshake
	count          int
}

func (c *conn) handshaker() handshaker {
	return handshaker{addr: c.addr.Addr(), pid: c.process.PID()}
}

// enter counts a handshake that begins; false when there is no room for it.
func (h *handshakes) enter(c *conn) bool {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.places == nil {
		h.places, h.clients = make(map[*conn]*handshake), make(map[handshaker]*handshakeQueue)
	}
	of := c.handshaker()
	if !h.room(c.fromLAN, of, now) {
		return false
	}
	q := h.clients[of]
	if q == nil {
		q = &handshakeQueue{}
		h.clients[of] = q
	}
	p := &handshake{c: c, of: of, since: now, prev: q.newest}
	if q.newest != nil {
		q.newest.next = p
	} else {
		q.oldest = p
	}
	q.newest = p
	q.count++
	h.places[c] = p
	return true
}

// room reports whether there is room for one more, and makes it; mu is held.
func (h *handshakes) room(other bool, of handshaker, now time.Time) bool {
	most, patience := cmp.Or(h.most, maxHandshakes), cmp.Or(h.patience, handshakePatience)
	own, heaviest := h.clients[of], h.clients[of]
	if full := len(h.places) >= most; full {
		for _, q := range h.clients {
			if heaviest == nil || q.count > heaviest.count {
				heaviest = q
			}
		}
	} else if !other || own == nil || own.count < max(most/devicePart, 1) {
		return true
	}
	if heaviest == own && now.Sub(own.oldest.since) < patience {
		return false
	}
	oldest := heaviest.oldest
	h.remove(oldest)
	oldest.c.end(&ended{flow.FailureLimit, reason.MadeRoom.With()})
	return true
}

// leave ends what enter began; another call does nothing.
func (h *handshakes) leave(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.places[c]; p != nil {
		h.remove(p)
	}
}

// remove needs mu.
func (h *handshakes) remove(p *handshake) {
	delete(h.places, p.c)
	q := h.clients[p.of]
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		q.oldest = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		q.newest = p.prev
	}
	if q.count--; q.count == 0 {
		delete(h.clients, p.of)
	}
}
