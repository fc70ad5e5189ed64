package proxy

import (
	"errors"
	"net"
	"net/netip"

	"posthouse/proxy/capture"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/socket"
)

// door is an address that is served.
type door struct {
	addr     netip.Addr // unspecified for all of this computer's
	guarded  bool       // for this computer and those in Config.Allow
	retiring bool       // about to be closed: for this computer alone; under Server.mu
	program  *Program   // the one whose door it is; nil: everybody's
}

// Program is a program on this computer that has a listener for itself.
type Program struct {
	Name    string // what its rows name where the system does not tell which program asked
	Sole    bool   // it is one program: Name holds whatever its processes are called
	Decrypt bool   // its tunnels are opened whatever hosts Config.Decrypt lists; exceptions stay tunnels
}

// ErrNotLoopback is a listener for one program that others than this computer's reach.
var ErrNotLoopback = errors.New("proxy: a listener for one program must be on a loopback address")

// ServeProgram is Serve for a listener that one program of this computer was pointed at.
func (s *Server) ServeProgram(ln net.Listener, p Program) error {
	if !socket.AddrPort(ln.Addr()).Addr().IsLoopback() {
		_ = ln.Close()
		return ErrNotLoopback
	}
	return s.serve(ln, false, &p)
}

// startProgram is start for a client that came in by a program's door.
func (s *Server) startProgram(accepted net.Conn, p *Program) {
	c := newConn(s, accepted)
	c.program = p
	if s.store.Recording() {
		if c.process == nil {
			c.process = new(capture.ClientProcess)
			c.process.Set(flow.App{})
		}
		c.process.Call(p.Name, p.Sole)
	}
	s.run(c)
}

// decrypts reports whether a tunnel to host is opened that came in by the program's door;
// for nil, by another one.
func (o *Program) decrypts(p *decrypt.Policy, host []byte) bool {
	return p.Decrypts(host) || o != nil && o.Decrypt && p.DecryptsUnlisted(host)
}

// leadsTo reports whether who connected to own came, or could have come, by this door.
func (d *door) leadsTo(own netip.Addr) bool {
	return d.addr == own || d.addr.IsUnspecified() && (d.addr.Is6() || own.Is4())
}

// Announce tells of a listener before Serve or ServeGuarded is called for it, so
// that Configure already knows who may come that way.
func (s *Server) Announce(ln net.Listener, guarded bool) { s.addListener(ln, guarded, nil) }

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
func (s *Server) addListener(ln net.Listener, guarded bool, p *Program) *door {
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
	d.guarded, d.program = guarded, p
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
		if !d.retiring && d.program == nil && d.leadsTo(own) && (!d.guarded || config.allows(peer)) {
			return true
		}
	}
	return false
}

// ends are the addresses of both ends of the client's connection.
func (c *conn) ends() (peer, own netip.Addr) {
	return c.addr.Addr().WithZone(""), c.own.WithZone("")
}
