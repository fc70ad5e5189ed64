package proxy

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/signal"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

var (
	// ErrServerClosed is what Serve returns once Shutdown was called.
	ErrServerClosed = errors.New("proxy: server closed")
	// ErrListenerClosed is what Serve returns once its listener was closed by its owner.
	ErrListenerClosed = errors.New("proxy: listener closed")
)

// Server is a running proxy. It may serve several listeners concurrently; it is done
// after Shutdown. All methods are safe for concurrent use.
type Server struct {
	store      *capture.Store
	log        *slog.Logger
	config     atomic.Pointer[Config]
	pool       upstream.Pool
	dialer     upstream.Dialer
	outward    upstream.Dialer // connects to nothing that is this computer's alone
	own        listenAddrs
	refusals   decrypt.Refusals // of Posthouse's certificate, by host
	handshakes handshakes       // with clients, under way
	turnedAway turnedAway
	token      string // names this server in Via fields
	loops      loopGuard

	deadAfter time.Duration // see liveness.go

	lastClient   atomic.Uint64 // the id of the newest one
	sendings     sendings      // of Posthouse's own
	headBudget   headBudget    // reserved for long heads under way
	bodyBudget   bodyBudget    // reserved for bodies that rules hold
	streamBudget bodyBudget    // of HTTP/2, for what is queued of bodies that pass through rules
	disk         disk          // what rules name

	base     context.Context // ends when dialing must end
	cancel   context.CancelFunc
	closing  atomic.Bool
	stopping chan struct{} // closed with it: what waits for a person goes on

	mu        sync.Mutex
	listeners map[net.Listener]*door
	conns     map[*conn]struct{}
	devices   map[netip.Addr]int // connections of other devices
	wg        sync.WaitGroup     // connections and their tunnels
	sweeper   sweeper
	drained   chan struct{} // closed when all connections have ended after Shutdown
}

// New makes a server that records into store.
func New(config Config, store *capture.Store, log *slog.Logger) *Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		store:     store,
		log:       log,
		deadAfter: defaultDeadAfter,
		loops:     loopGuard{seed: maphash.MakeSeed()},
		token:     fmt.Sprintf("posthouse-%08x", rand.Uint32()),
		listeners: make(map[net.Listener]*door),
		conns:     make(map[*conn]struct{}),
		devices:   make(map[netip.Addr]int),
		sweeper:   sweeper{stir: signal.NewSlot()},
		drained:   make(chan struct{}),
		stopping:  make(chan struct{}),
	}
	s.sendings.srv, s.sweeper.workers.srv = s, s
	s.base, s.cancel = context.WithCancel(context.Background())
	s.dialer.Own, s.outward.Own = s.own.is, s.own.is
	s.outward.Denied = upstream.IsLocal
	s.Configure(config)
	return s
}

// Configure swaps the configuration; exchanges that begin from now on follow it.
func (s *Server) Configure(config Config) {
	filled := config.filled()
	old := s.config.Swap(&filled)
	s.expel(&filled, old != nil && filled.Lend.narrower(old.Lend))
	if old != nil && !old.Upstream.Same(&filled.Upstream) {
		s.pool.CloseIdle() // no request asks for them now
		s.dropBound(func(one *boundConn) bool { return one.leads.Proxy != upstream.ProxyID{} })
	}
}

// Listen listens on an address for Serve and its like, which take any other listener, too, but
// may accept from it at a higher cost.
func Listen(ctx context.Context, addr string) (net.Listener, error) { return socket.Listen(ctx, addr) }

// Serve accepts on ln until it is closed: then it returns ErrListenerClosed, or
// ErrServerClosed after Shutdown. Any other error is why accepting ended. When
// descriptors run out it waits, says so once, and goes on.
func (s *Server) Serve(ln net.Listener) error { return s.serve(ln, false, nil) }

// ServeGuarded is Serve for what other devices reach: it takes the clients of
// this machine and those in Config.Allow, and closes the connections of all
// others before a byte is read.
func (s *Server) ServeGuarded(ln net.Listener) error { return s.serve(ln, true, nil) }

func (s *Server) serve(ln net.Listener, guarded bool, p *Program) error {
	d := s.addListener(ln, guarded, p)
	if d == nil {
		_ = ln.Close()
		return ErrServerClosed
	}
	defer s.dropListener(ln)
	var pause backoff
	take := s.start
	switch {
	case p != nil:
		take = func(conn net.Conn) { s.startProgram(conn, p) }
	case guarded || !d.addr.IsLoopback():
		take = func(conn net.Conn) { s.startDevice(conn, d) }
	}
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			pause.reset(s.log)
			take(conn)
		case s.closing.Load():
			return ErrServerClosed
		case errors.Is(err, net.ErrClosed):
			return ErrListenerClosed
		case socket.IsExhausted(err):
			s.freeDescriptors()
			pause.wait(s.base, s.log, "too many open files: new connections wait; raise the limit on open files (ulimit -n) or close "+
				"clients", err)
		case socket.IsReset(err): // it ended before it was accepted
		case socket.IsPassing(err):
			pause.wait(s.base, s.log, "a connection could not be accepted; listening goes on", err)
		default:
			return fmt.Errorf("accepting connections on %s: %w", ln.Addr(), err)
		}
	}
}

// devicePart is what one other device may have: one part in so many of the
// connections, and of the TLS handshakes under way.
const devicePart = 4

// Bounds of connections above MaxConnections: each is answered 503 and closed.
const (
	maxOverLimit  = 64          // at once; the next one is closed without an answer
	overLimitTime = time.Second // for the request to arrive
)

// start gives an accepted connection a goroutine.
func (s *Server) start(conn net.Conn) { s.run(newConn(s, conn)) }

// run reports false where the connection was closed instead.
func (s *Server) run(c *conn) bool {
	s.mu.Lock()
	config := s.config.Load()
	over := len(s.conns) - config.Limits.MaxConnections
	if c.fromLAN {
		over = max(over, s.devices[c.addr.Addr()]-max(config.Limits.MaxConnections/devicePart, 1))
	}
	if s.closing.Load() || over >= maxOverLimit || c.fromLAN && !s.letsIn(c, config) {
		s.mu.Unlock()
		_ = c.socket.Close()
		return false
	}
	if c.overLimit = over >= 0; c.overLimit {
		c.watch.stage(overLimitTime)
	}
	s.conns[c] = struct{}{}
	if c.fromLAN {
		s.devices[c.addr.Addr()]++
	}
	s.wg.Add(1)
	if !s.sweeper.running {
		s.sweeper.running = true
		s.sweeper.wg.Add(1)
		go s.sweep()
	}
	w := s.sweeper.workers.employ()
	s.mu.Unlock()
	if w != nil {
		w <- c
		return true
	}
	go s.sweeper.workers.work(c)
	return true
}

// done forgets a client whose goroutines have all ended.
func (s *Server) done(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	if addr := c.addr.Addr(); c.fromLAN {
		if s.devices[addr]--; s.devices[addr] <= 0 {
			delete(s.devices, addr)
		}
	}
	s.mu.Unlock()
	c.sender.left(c)
	c.detour.left()
	s.wg.Done()
}

// Shutdown closes the listeners, lets exchanges and tunnels end until ctx does,
// and then cuts what is left. When it returns no goroutine of the server is
// left but those that wait for a disk that does not answer (disk). The error is ctx's if something had to be cut.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if s.closing.Swap(true) {
		s.mu.Unlock()
		<-s.drained
		return nil
	}
	close(s.stopping)
	for ln := range s.listeners {
		_ = ln.Close()
	}
	for c := range s.conns {
		c.leaveIfIdle()
	}
	s.mu.Unlock()

	go func() {
		s.wg.Wait()
		close(s.drained)
	}()
	var err error
	select {
	case <-s.drained:
	case <-ctx.Done():
		err = s.cut(ctx)
	}
	s.cancel()
	s.sweeper.wg.Wait()
	s.sweeper.workers.wait()
	s.pool.Close()
	s.disk.end(s.log)
	return err
}

// cut ends all connections and waits for their goroutines.
func (s *Server) cut(ctx context.Context) error {
	s.cancel()
	s.mu.Lock()
	count := len(s.conns)
	for c := range s.conns {
		c.cut()
	}
	s.mu.Unlock()
	<-s.drained
	if count == 0 {
		return nil
	}
	return fmt.Errorf("%d connections had to be cut: %w", count, context.Cause(ctx))
}

// backoff paces accepting while descriptors are used up, or the network is down.
type backoff struct {
	delay time.Duration
	said  bool
	last  time.Time // when there were none
}

// calm is how long there must have been descriptors before it is said: at the
// limit one connection that ends lets one in, and nothing is new.
const calm = time.Second

func (b *backoff) reset(log *slog.Logger) {
	b.delay = 0
	if b.said && time.Since(b.last) >= calm {
		log.Info("connections are accepted again")
		b.said = false
	}
}

func (b *backoff) wait(ctx context.Context, log *slog.Logger, what string, err error) {
	if !b.said {
		b.said = true
		log.Warn(what, "error", err)
	}
	b.last = time.Now()
	b.delay = min(max(2*b.delay, 5*time.Millisecond), time.Second)
	t := time.NewTimer(b.delay)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// IdleOrigins is how many connections to origins are kept for later requests.
func (s *Server) IdleOrigins() int { return s.pool.Len() }
