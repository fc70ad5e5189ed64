package proxy

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
)

// Other devices, where the proxy listens beyond this machine. Who may come in is
// decided by the address alone, before a byte is read and a client is made.

// admits reports whether the client of a guarded listener is of this machine, or
// on the list. A connection whose both ends have one address never left it.
func (c *Config) admits(conn net.Conn) bool {
	peer, own := socket.AddrPort(conn.RemoteAddr()).Addr(), socket.AddrPort(conn.LocalAddr()).Addr()
	return peer.IsValid() && (peer == own || c.allows(peer))
}

func (c *Config) allows(addr netip.Addr) bool {
	addr = addr.WithZone("")
	for _, p := range c.Allow {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// startDevice is start for a client that may be another device.
func (s *Server) startDevice(conn net.Conn, d *door) {
	config := s.config.Load()
	if d.guarded && !config.admits(conn) {
		s.turnAway(conn, config)
		return
	}
	c := newConn(s, conn)
	peer := c.addr.Addr()
	c.own = socket.AddrPort(conn.LocalAddr()).Addr()
	c.fromLAN = peer != c.own && (d.guarded || !peer.IsLoopback())
	if config.Devices != nil && c.fromLAN {
		c.device = config.Devices.Connected(peer.WithZone(""), !d.guarded)
	}
	s.run(c)
}

// turnAway ends a connection without delay, so that nothing of it stays here.
func (s *Server) turnAway(conn net.Conn, config *Config) {
	peer := socket.AddrPort(conn.RemoteAddr()).Addr()
	if tcp, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0) // otherwise the system would remember each for a minute
	}
	_ = conn.Close()
	if config.Devices == nil || config.Devices.TurnedAway(peer.WithZone("")) {
		s.turnedAway.say(s.log, peer)
	}
}

// turnedAway says in the log which devices were turned away.
type turnedAway struct {
	mu   sync.Mutex
	last time.Time
	more int // devices that were not said
}

// turnedAwayPace bounds the log: a network has many addresses to knock from.
const turnedAwayPace = time.Second

func (r *turnedAway) say(log *slog.Logger, addr netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if now.Sub(r.last) < turnedAwayPace {
		r.more++
		return
	}
	log.Warn("another device was refused: it is not on the list of those allowed", "device", addr, "unsaid", r.more)
	r.last, r.more = now, 0
}

var (
	endedNotAllowed = &ended{flow.FailureNotAllowed, reason.DeviceRemoved.With()}
	endedNotLent    = &ended{flow.FailureNotAllowed, reason.RightsChanged.With()}
)

// expel cuts the connections of devices that may no longer use the proxy; with
// all, of every device: what they hold may be something that is no longer lent.
func (s *Server) expel(config *Config, all bool) {
	if config.Devices != nil {
		config.Devices.Judge(config.allows)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		why := endedNotLent
		switch {
		case !c.fromLAN:
			continue
		case !s.letsIn(c, config):
			why = endedNotAllowed
		case !all:
			continue
		}
		c.end(why)
	}
}

// isOwnPage reports whether another device asks, through the proxy, for the page
// at the proxy's own address. It cannot know that this goes without the proxy: it
// opened the page there before it was pointed at it.
func (s *Server) isOwnPage(t *http1.Target) bool {
	addr, _ := http1.HostAddr(t.Host)
	return addr.IsValid() && s.own.is(netip.AddrPortFrom(addr, httpPort(t.Port)))
}
