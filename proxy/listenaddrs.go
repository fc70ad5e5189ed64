package proxy

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"posthouse/proxy/socket"
)

// listenAddrs knows where this server listens, so that a request for the
// proxy itself is told apart from one for an origin, by any local address.
type listenAddrs struct {
	mu     sync.Mutex
	bound  map[netip.AddrPort]int // listening addresses and how often each is
	local  map[netip.Addr]struct{}
	readAt time.Time
}

// localFor is how long the list of this machine's addresses is believed.
const localFor = 5 * time.Second

func (o *listenAddrs) add(a net.Addr) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bound == nil {
		o.bound = make(map[netip.AddrPort]int)
	}
	o.bound[socket.AddrPort(a)]++
}

func (o *listenAddrs) remove(a net.Addr) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := socket.AddrPort(a)
	if o.bound[key]--; o.bound[key] <= 0 {
		delete(o.bound, key)
	}
}

// is reports whether a connection to a would come back to this server.
func (o *listenAddrs) is(a netip.AddrPort) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	ip := a.Addr().Unmap().WithZone("")
	for b := range o.bound {
		if b.Port() != a.Port() {
			continue
		}
		bound := b.Addr().WithZone("")
		switch {
		case bound == ip:
			return true
		case ip.IsUnspecified() && (bound.IsLoopback() || bound.IsUnspecified()):
			return true // 0.0.0.0 and :: lead to this machine
		case bound.IsUnspecified() && (ip.IsLoopback() || o.isLocal(ip)):
			return true
		}
	}
	return false
}

// forget makes the list of this machine's addresses be read again.
func (o *listenAddrs) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.readAt = time.Time{}
}

func (o *listenAddrs) isLocal(ip netip.Addr) bool {
	if now := time.Now(); now.Sub(o.readAt) > localFor {
		o.readAt, o.local = now, make(map[netip.Addr]struct{})
		addrs, _ := net.InterfaceAddrs() // without the list, loopback is still known
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(n.IP); ok {
					o.local[ip.Unmap()] = struct{}{}
				}
			}
		}
	}
	_, ok := o.local[ip]
	return ok
}
