//lint:file-ignore SA1019 x/net points to net/http, which has no ServeConn for one connection; both sides will move together

package proxy

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// h2Origin is a connection to an origin that speaks HTTP/2. One client's
// connection has it at a time, so that a slow client slows itself only.
type h2Origin struct {
	conn  *http2.ClientConn
	under *upstream.Conn
	used  bool

	answered atomic.Bool  // a response head came
	bound    atomic.Bool  // a user is or was to be logged in on it: it is one client's alone
	dead     atomic.Bool  // the origin vanished, and the connection was closed
	asked    atomic.Int32 // exchanges under way; conn.State waits for a write that does not end
	probed   bool         // keep-alive probes are on; of the sweeper alone
}

// maxH2Idle bounds the idle connections that are kept for later clients.
const maxH2Idle = 64

// h2Origins keeps idle connections, and knows all that are open.
type h2Origins struct {
	once      sync.Once
	transport *http2.Transport

	mu     sync.Mutex
	idle   []*h2Origin // the newest last
	open   map[*h2Origin]struct{}
	closed bool
}

func (p *h2Origins) init() {
	p.once.Do(func() {
		// By way of a net/http transport, because only that has all the bounds.
		base := &http.Transport{
			DisableCompression: true, // bodies pass as they are
			IdleConnTimeout:    h2OriginIdle,
			HTTP2: &http.HTTP2Config{
				MaxReceiveBufferPerConnection: h2OriginWindow,
				MaxReceiveBufferPerStream:     h2OriginStream,
				MaxReadFrameSize:              h2Frame,
				SendPingTimeout:               h2PingAfter,
				PingTimeout:                   h2PingTimeout,
				WriteByteTimeout:              h2WriteProgress,
			},
		}
		t, err := http2.ConfigureTransports(base)
		if err != nil {
			t = &http2.Transport{DisableCompression: true, IdleConnTimeout: h2OriginIdle}
		}
		t.StrictMaxConcurrentStreams = true // more streams than the origin allows wait for their turn
		t.MaxHeaderListSize = 1 << 20
		p.transport = t
	})
}

// wrap begins HTTP/2 on a connection whose TLS is agreed on.
func (p *h2Origins) wrap(o *upstream.Conn) *h2Origin {
	p.init()
	conn, err := p.transport.NewClientConn(o.Conn.TLS())
	if err != nil {
		_ = o.Close()
		return nil
	}
	h := &h2Origin{conn: conn, under: o}
	h.bound.Store(o.Bound)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = conn.Close()
	}
	if p.open == nil {
		p.open = make(map[*h2Origin]struct{})
	}
	p.open[h] = struct{}{}
	return h
}

// get lends an idle connection that took the tunnel's way to its target, or nil.
func (p *h2Origins) get(in *interception) *h2Origin {
	want := in.want(&upstream.Want{})
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		o := p.idle[i]
		usable := o.conn.CanTakeNewRequest()
		if usable && !o.under.Fits(want) {
			continue
		}
		p.idle = append(p.idle[:i], p.idle[i+1:]...)
		if usable {
			return o
		}
		p.drop(o)
	}
	return nil
}

// put takes a connection back, whose streams have all ended. One that still writes
// for them, to an origin that takes nothing, is useless.
func (p *h2Origins) put(o *h2Origin) {
	stuck := time.AfterFunc(h2PutTime, o.under.Interrupt)
	left := o.conn.State().StreamsActive // waits for that write: not with mu
	written := stuck.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || o.bound.Load() || !written || !o.conn.CanTakeNewRequest() || left > 0 {
		p.drop(o)
		return
	}
	p.idle = append(p.idle, o)
	if len(p.idle) > maxH2Idle {
		p.drop(p.idle[0])
		p.idle = p.idle[1:]
	}
}

// retire forgets a connection that ends by itself when its streams have.
func (p *h2Origins) retire(o *h2Origin) {
	if o.asked.Load() > 0 {
		return
	}
	p.mu.Lock()
	p.drop(o)
	p.mu.Unlock()
}

// drop closes a connection; mu is held.
func (p *h2Origins) drop(o *h2Origin) {
	delete(p.open, o)
	_ = o.conn.Close()
}

// reap forgets connections that have ended.
func (p *h2Origins) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for o := range p.open {
		if o.asked.Load() == 0 && !o.conn.CanTakeNewRequest() {
			p.drop(o)
		}
	}
	kept := p.idle[:0]
	for _, o := range p.idle {
		if _, open := p.open[o]; open {
			kept = append(kept, o)
		}
	}
	clear(p.idle[len(kept):])
	p.idle = kept
}

// look closes connections with exchanges under way whose origin no longer acknowledges
// anything, as liveness.go has it.
func (p *h2Origins) look(limit time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for o := range p.open {
		if !o.probed {
			o.probed = true
			o.under.KeepAlive()
		}
		if o.asked.Load() > 0 && o.under.Stalled(limit) {
			o.dead.Store(true)
			o.under.Interrupt() // else saying goodbye would wait for it
			p.drop(o)
		}
	}
}

// closeQuiet closes the connections that have been of use and have no exchange
// under way: a request that comes meanwhile is sent over another.
func (p *h2Origins) closeQuiet() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for o := range p.open {
		if o.answered.Load() && o.asked.Load() == 0 {
			o.under.Interrupt()
			p.drop(o)
		}
	}
	p.idle = slices.DeleteFunc(p.idle, func(o *h2Origin) bool { _, open := p.open[o]; return !open })
}

func (p *h2Origins) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

// close ends all connections.
func (p *h2Origins) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for o := range p.open {
		p.drop(o)
	}
	p.idle = nil
}

// secureAlone is secureOrigin for a connection that no exchange of the engine's
// holds: the context ends it.
func (c *conn) secureAlone(ctx context.Context, plain *upstream.Conn, in *interception) (*upstream.Conn, *reply) {
	own := *in // other streams read in.secure
	ask := in.target.Ask(in.mirror, in.how)
	conn := socket.Secure(plain.Conn, ask.Conn)
	stop := context.AfterFunc(ctx, conn.Interrupt)
	secure, err := ask.Handshake()
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		r := c.handshakeReply(&own, err, ask.CertRequested())
		if ctx.Err() == context.DeadlineExceeded {
			r = lateHandshake(in, ask.CertRequested())
		}
		r.secure = &own.secure
		return nil, r
	}
	o := upstream.Secured(plain, conn)
	o.Bound = true
	o.CertUnanswered = ask.CertRequested
	o.Agreed(in.target.ID(), secure)
	return o, nil
}

// timer runs what ends a wait that takes too long; a limit not above zero never does.
func timer(limit time.Duration, late func()) *time.Timer {
	if limit <= 0 {
		return nil
	}
	return time.AfterFunc(limit, late)
}

// idleLen is how many connections are kept for later clients.
func (p *h2Origins) idleLen() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}
