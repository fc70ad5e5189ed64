package proxy

import (
	"net"
	"net/netip"

	"posthouse/proxy/socket"
)

// door is an address that is served.
type door struct {
	addr     netip.Addr // unspecified for all of this computer's
	guarded  bool       // for this computer and those in Config.Allow
	retiring bool       // about to be closed: for this computer alone; under Server.mu
}

// leadsTo reports whether who connected to own came, or could have come, by this door.
func (d *door) leadsTo(own netip.Addr) bool {
	return d.addr == own || d.addr.IsUnspecified() && (d.addr.Is6() || own.Is4())
}

// Announce tells of a listener before Serve or ServeGuarded is called for it, so
// that Configure already knows who may come that way.
func (s *Server) Announce(ln net.Listener, guarded bool) { s.addListener(ln, guarded) }

// Retire tells that a listener will be closed soon. Until then this computer's own
// clients alone come in by it, and Configure ends the connections of others that
// have no other way.
func (s *Server) Retire(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.listeners[ln]; d != nil {
		d.retiring = true
	}
}

// addListener is nil after Shutdown.
func (s *Server) addListener(ln net.Listener, guarded bool) *door {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Load() {
		return nil
	}
	d := s.listeners[ln]
	if d == nil {
		d = &door{addr: socket.AddrPort(ln.Addr()).Addr().WithZone("")}
		s.listeners[ln] = d
		s.own.add(ln.Addr())
	}
	d.guarded = guarded
	return d
}

func (s *Server) dropListener(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, ln)
	s.own.remove(ln.Addr())
}

// letsIn reports whether another device would be let in if it came now to the
// address where it came in; mu is held.
func (s *Server) letsIn(c *conn, config *Config) bool {
	peer, own := c.ends()
	for _, d := range s.listeners {
		if !d.retiring && d.leadsTo(own) && (!d.guarded || config.allows(peer)) {
			return true
		}
	}
	return false
}

// ends are the addresses of both ends of the client's connection.
func (c *conn) ends() (peer, own netip.Addr) {
	return c.addr.Addr().WithZone(""), c.own.WithZone("")
}
