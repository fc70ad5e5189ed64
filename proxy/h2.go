//lint:file-ignore SA1019 x/net points to net/http, which has no ServeConn for one connection; both sides will move together

package proxy

import (
	"context"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/upstream"
)

// Bounds of HTTP/2 (RFC 9113). A client's connection can make Posthouse hold at
// most its own window and, per stream, what the origin has sent ahead.
const (
	h2Streams       = 250       // streams at once on one client connection
	h2ClientWindow  = 1 << 20   // bytes of request bodies not yet passed on, per connection
	h2StreamWindow  = 256 << 10 // and per stream
	h2OriginWindow  = 4 << 20   // bytes of response bodies not yet passed on, per connection
	h2OriginStream  = 512 << 10 // and per stream
	h2Frame         = 64 << 10  // bytes of one frame
	h2PingAfter     = time.Minute
	h2PingTimeout   = 15 * time.Second
	h2OriginIdle    = 30 * time.Second
	h2WriteProgress = time.Minute            // without a byte written to a peer
	h2PutTime       = 250 * time.Millisecond // for a write whose stream has ended

	// A client that calls off so many streams before their answers, and more than
	// it lets be answered, is closed: each costs a request to the origin.
	h2Abandoned = 1000
)

// h2Session is one client's connection that speaks HTTP/2. Its requests go over
// one connection to the origin, which no other client uses meanwhile.
type h2Session struct {
	c      *conn
	in     *interception
	config *Config
	base   *http.Server // told to shut down gracefully

	mu      sync.Mutex
	closed  bool
	streams sync.WaitGroup
	origin  *h2Origin

	abandoned, answered int
}

// serveH2 serves HTTP/2 until the client's connection ends.
func (x opening) serveH2(in *interception, origin *upstream.Conn) {
	h := &h2Session{c: x.conn, in: in, config: x.config}
	if origin != nil {
		h.origin = x.srv.h2.wrap(origin)
	}
	h.base = &http.Server{
		MaxHeaderBytes: x.limits.Head,
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	server := &http2.Server{
		MaxConcurrentStreams:         h2Streams,
		MaxReadFrameSize:             h2Frame,
		MaxUploadBufferPerConnection: h2ClientWindow,
		MaxUploadBufferPerStream:     h2StreamWindow,
		IdleTimeout:                  max(x.config.Timeouts.ClientIdle, 0),
		ReadIdleTimeout:              h2PingAfter,
		PingTimeout:                  h2PingTimeout,
		WriteByteTimeout:             h2WriteProgress,
	}
	if err := http2.ConfigureServer(h.base, server); err != nil {
		return
	}
	x.conn.watch.mu.Lock()
	x.conn.h2 = h
	closing := x.srv.closing.Load()
	x.conn.watch.mu.Unlock()
	if closing {
		h.leave()
	}
	ctx, cancel := context.WithCancel(x.srv.base)
	server.ServeConn(x.conn.socket.TLS(), &http2.ServeConnOpts{Context: ctx, BaseConfig: h.base, Handler: h})
	cancel()
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.streams.Wait()
	x.conn.watch.mu.Lock()
	x.conn.h2 = nil
	x.conn.watch.mu.Unlock()
	if h.origin != nil {
		x.srv.h2.put(h.origin)
	}
}

// leave lets the streams under way end, and accepts no more (GOAWAY).
func (h *h2Session) leave() { _ = h.base.Shutdown(context.Background()) }

// enter counts a stream; false when the connection has ended.
func (h *h2Session) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.streams.Add(1)
	return true
}

// count notes how a stream ended, and ends the connection of a client that only
// calls off.
func (h *h2Session) count(abandoned bool) {
	h.mu.Lock()
	if abandoned {
		h.abandoned++
	} else {
		h.answered++
	}
	flood := h.abandoned >= h2Abandoned && h.abandoned > h.answered
	h.mu.Unlock()
	if flood {
		_ = h.c.socket.Abort()
	}
}

// ServeHTTP serves one stream.
func (h *h2Session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.enter() {
		panic(http.ErrAbortHandler)
	}
	defer h.streams.Done()
	s := &h2Stream{h: h, w: w, r: r, start: time.Now()}
	s.begin()
	whole := s.serve()
	h.count(!whole && r.Context().Err() != nil)
	if whole {
		return
	}
	panic(http.ErrAbortHandler) // resets the stream, so that the client sees that bytes lack
}

// lend gives the origin's connection, or a new one where that takes no more.
func (h *h2Session) lend(ctx context.Context, fresh bool) (o *h2Origin, reused bool, r *reply) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if o := h.origin; o != nil && !fresh && o.conn.CanTakeNewRequest() {
		reused = o.used
		o.used = true
		return o, reused, nil
	}
	if !fresh {
		if o := h.c.srv.h2.get(h.in); o != nil {
			h.retire()
			h.origin = o
			return o, true, nil
		}
	}
	o, r = h.dial(ctx)
	if r == nil {
		h.retire()
		h.origin = o
		o.used = true
	}
	return o, false, r
}

// retire lets the connection end when its streams have; mu is held.
func (h *h2Session) retire() {
	if h.origin != nil {
		h.origin.conn.SetDoNotReuse()
		h.c.srv.h2.retire(h.origin)
	}
}

// dial opens a connection to the origin. mu is held: whoever else needs one waits for it.
func (h *h2Session) dial(ctx context.Context) (*h2Origin, *reply) {
	if limit := h.config.Timeouts.Dial; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	t := h.in.target
	result, err := h.c.srv.dialTunnel(ctx, h.in, t.Host, t.Port)
	if err != nil {
		if err == errLoginLost {
			h.leave() // the next connection logs in anew
		}
		return nil, h.c.dialReply(err)
	}
	conn, failed := h.c.secureAlone(ctx, result.Conn, h.in)
	if failed != nil {
		return nil, failed
	}
	if conn.TLS.Origin.ALPN != "h2" {
		_ = conn.Close()
		h.in.forget()
		return nil, errorReply(502, flow.FailureTLS, reason.H2NotSpoken.With(portText(t))).close()
	}
	if o := h.c.srv.h2.wrap(conn); o != nil {
		return o, nil
	}
	return nil, errorReply(502, flow.FailureOriginClosed, reason.H2Closed.With(portText(t)))
}
