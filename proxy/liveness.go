package proxy

import (
	"net"
	"net/netip"
	"slices"
	"time"
)

// A computer that slept, or changed its network, has connections whose other end
// is unreachable. No packet tells: a request sent into one would wait for minutes.
// The sweeper looks for them, so that requests cost no system call for this:
//
//   - An origin that keeps silent for a third of deadAfter is looked at once a second.
//     If it acknowledges nothing of what it was sent, for deadAfter, it is dead.
//     Before it is looked at for the first time, keep-alive probes are switched on for
//     it, which find a peer that vanished after it had acknowledged everything.
//   - Connections that speak HTTP/2 are looked at in the same way, all streams together.
//   - Tunnels are looked at in the same way, every five seconds.
//   - When the clock jumps, or this machine's addresses change, the idle connections
//     are closed: the next request dials.
const (
	defaultDeadAfter = 10 * time.Second
	lookAgain        = time.Second
	lookAtTunnel     = 5 * time.Second

	// The clock has jumped if a sweep comes so much later than it should.
	napLeast = 10 * time.Second
)

// sweepOrigin interrupts an exchange or tunnel whose origin is dead.
func (c *conn) sweepOrigin(now int64) {
	w := &c.watch
	limit, pace := int64(c.srv.deadAfter), int64(lookAgain)
	if c.tunneling.Load() {
		pace = int64(lookAtTunnel)
	} else {
		since := w.silentSince.Load()
		if h := c.http2.Load(); h != nil {
			since = h.heardAt.Load()
		}
		if w.uploading.Load() {
			since = w.sendSince.Load()
		}
		if since == 0 || now-since < limit/3 {
			return
		}
	}
	if now-w.lastProbe < min(pace, limit/3) {
		return
	}
	w.lastProbe = now
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.origin == nil || w.dead.Load() {
		return
	}
	if !w.origin.Probed {
		w.origin.Probed = true
		w.origin.KeepAlive()
	}
	if w.origin.Stalled(time.Duration(limit)) {
		w.dead.Store(true)
		w.origin.Interrupt()
	}
}

// napWatch notices that the machine, or this process, stood still. The monotonic
// clock may stand still with it; the wall clock does not.
type napWatch struct{ last time.Time }

// check returns for how long nothing ran before the sweep at now, 0 for not at all.
// pace is the time between two sweeps.
func (n *napWatch) check(now time.Time, pace time.Duration) time.Duration {
	gap := now.Round(0).Sub(n.last.Round(0))
	n.last = now
	if gap < pace+napLeast {
		return 0
	}
	return gap
}

// woke starts afresh after the machine has slept.
func (s *Server) woke(slept time.Duration) {
	s.log.Info("the clock jumped: the computer has slept, or was set; idle connections are closed", "by", slept.Round(time.Second))
	s.closeIdle()
}

// closeIdle closes every connection to an origin that is unused now.
func (s *Server) closeIdle() {
	s.pool.CloseIdle()
	s.dropBound(func(*boundConn) bool { return true })
	s.retireQuiet()
	s.own.forget()
}

// retireQuiet ends the HTTP/2 connections of clients that have no request under way: a
// request that comes meanwhile is sent over another.
func (s *Server) retireQuiet() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if h := c.http2.Load(); h != nil {
			h.retireIfQuiet()
		}
	}
}

// network is what is known of this machine's addresses. The sweeper's alone.
type network struct {
	known bool
	addrs []netip.Addr
}

// noticeNetwork closes idle connections when this machine's addresses have changed.
func (s *Server) noticeNetwork() {
	addrs, err := localAddresses()
	if err != nil {
		return
	}
	if changed := s.sweeper.network.update(addrs); changed {
		s.log.Info("the addresses of this computer have changed; idle connections are closed")
		s.closeIdle()
	}
}

func (n *network) update(addrs []netip.Addr) (changed bool) {
	changed = n.known && !slices.Equal(n.addrs, addrs)
	n.known, n.addrs = true, addrs
	return changed
}

// localAddresses are those that lead out of this machine, sorted. Link-local
// ones come and go with every container.
func localAddresses() ([]netip.Addr, error) {
	all, err := net.InterfaceAddrs()
	var addrs []netip.Addr
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok {
			ip, _ := netip.AddrFromSlice(n.IP)
			if ip = ip.Unmap(); ip.IsGlobalUnicast() {
				addrs = append(addrs, ip)
			}
		}
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	return addrs, err
}
