package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/devices"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// client is one accepted connection. Its goroutine runs one exchange after the
// other; what an exchange needs is in work, which an idle client does not hold.
type client struct {
	srv     *Server
	id      uint64 // among the server's, from 1
	conn    *socket.Conn
	addr    netip.AddrPort
	process *capture.ClientProcess // the program behind it, nil where nothing will be known
	inside  *inside                // what is known of an opened tunnel; nil outside of one
	device  *devices.Device        // the other device behind it; nil for this machine, and where none are noted
	other   bool                   // it is another device's
	own     netip.Addr             // where it came in; set for other devices
	crowded bool                   // accepted over MaxConnections: gets one answer and no more
	served  bool                   // an exchange has ended on this connection
	blank   int                    // empty lines skipped before the request line to come

	h2 *h2Session // while it speaks HTTP/2; under watch.mu

	bound bound // connections to origins that are its alone

	watch     watched
	tunneling atomic.Bool // handed over to the tunnel's goroutines
}

// work is the memory of one exchange, reused by the next.
type work struct {
	config *Config
	limits http1.Limits
	inside *inside // of the client

	lines  http1.Lines
	req    http1.Request
	target http1.Target
	auth   http1.Authority
	start  time.Time

	out        []byte        // the request as it is sent
	inline     int           // bytes of out behind the head: body that had arrived already
	tookInline bool          // body bytes that had arrived were moved to out
	want       upstream.Want // the connections that it may use
	chunks     http1.Chunks

	respHead   http1.ResponseReader
	resp       http1.Response
	respOut    []byte // the response head, and small bodies, as they are sent
	respChunks http1.Chunks
	mended     flow.Mended // how the answers so far broke the rules

	rec    *capture.Record
	origin *upstream.Conn
	upload *upload
	fresh  bool // origin was dialed for this exchange
	reused bool // origin has carried another one before

	via    *upstream.Proxy // the upstream proxy that the exchange goes through, nil for none
	other  bool            // another device asks
	rights Rights          // what it may use of this computer
	round  int             // its place in Server.rounds, plus 1; 0 for none

	login     bool // the request logs a connection in
	loginStep bool // the answer asks for the next step of that

	proxyLogin bool   // the client's Proxy-Authorization goes to the upstream proxy
	opened     bool   // the client was told that its tunnel is open
	remark     string // what the row says of an exchange that did not fail

	rehosted    bool // its Host gives way to the target's authority
	asksUpgrade bool // an Upgrade was passed on
	continued   bool // a 100 was passed on
	interim     bool // a 1xx response came
	unsent      bool // writing the request to the origin failed
	isHead      bool
	oldClient   bool // HTTP/1.0
	keep        bool // the client connection may carry another exchange
	longHead    bool // memory for long heads was reserved
	longMend    bool // and for what one becomes when it is mended
	headPassed  bool // the final response head went to the client, whole or in part
}

// keptOut bounds the memory that a reused work keeps in each of its buffers, in bytes.
const keptOut = 32 << 10

var works = sync.Pool{New: func() any { return new(work) }}

func newClient(s *Server, conn net.Conn) *client {
	c := &client{srv: s, id: s.lastClient.Add(1), conn: socket.New(conn)}
	c.addr = c.conn.AddrPort()
	c.watch.state.Store(stateIdle)
	if finder := s.config.Load().Processes; finder != nil && s.store.Recording() {
		c.process = finder.Find(c.addr, socket.AddrPort(conn.LocalAddr()))
	}
	c.watch.stage(s.config.Load().Timeouts.ClientHead)
	return c
}

func (c *client) run() {
	for c.exchange() {
	}
	c.bound.close()
	if c.tunneling.Load() {
		return // the tunnel ends the client
	}
	if c.inside != nil {
		// A close_notify shall go out: what interrupted ends, and a Shutdown that
		// comes now has nobody to interrupt.
		c.watch.state.CompareAndSwap(stateIdle, stateLeaving)
		c.resume(nil)
	}
	_ = c.conn.Close()
	c.conn.Release()
	if c.inside != nil {
		c.endInside()
	}
	c.srv.done(c)
}

// exchange serves one request; it reports whether there may be another.
func (c *client) exchange() bool {
	if !c.awaitRequest() {
		return false
	}
	w := works.Get().(*work)
	w.config = c.srv.config.Load()
	w.limits = w.config.Limits.heads()
	w.inside = c.inside
	w.other, w.rights = c.other, c.rights(w.config)
	c.device.Asked()
	again := c.serve(w)
	c.srv.headMemory.giveBack(w)
	c.srv.leaveRound(w)
	w.reset()
	works.Put(w)
	if !again || !c.watch.sound() {
		return false
	}
	c.served = true
	return true
}

func (w *work) reset() {
	w.lines.Reset()
	w.respHead.Reset()
	if cap(w.out) > keptOut {
		w.out = nil
	}
	if cap(w.respOut) > keptOut {
		w.respOut = nil
	}
	w.out, w.respOut, w.inline = w.out[:0], w.respOut[:0], 0
	w.tookInline, w.req.Raw = false, nil
	w.rec, w.origin, w.upload, w.config, w.inside = nil, nil, nil, nil, nil
	w.longHead, w.longMend, w.via, w.round, w.other = false, false, nil, 0, false
	w.fresh, w.asksUpgrade, w.isHead, w.oldClient, w.keep, w.headPassed = false, false, false, false, false, false
	w.continued, w.interim, w.unsent, w.mended = false, false, false, 0
	w.login, w.loginStep, w.reused = false, false, false
	w.proxyLogin, w.opened, w.remark = false, false, ""
}

// awaitRequest waits, without a buffer, for the first byte of a request. Empty
// lines are no request: some clients send one behind a body (RFC 9112 section
// 2.2), and nothing may ever follow.
func (c *client) awaitRequest() bool {
	undecided := c.inside != nil && c.inside.undecided // whether it is HTTP: then every byte counts
	for c.blank = 0; ; {
		for !undecided && c.blank < maxBlank && bytes.HasPrefix(c.conn.Buffered(), crlf) {
			c.conn.Discard(len(crlf))
			c.blank++
		}
		if len(c.conn.Buffered()) > 0 {
			return true
		}
		staged := c.stageWait()
		c.watch.state.Store(stateIdle)
		if c.srv.closing.Load() {
			return false
		}
		if undecided {
			return c.awaitEither(staged)
		}
		if c.conn.Fill() != nil {
			return false
		}
		c.wake(staged)
	}
}

// stageWait limits the wait for a request. The first one is limited since the
// connection was accepted.
func (c *client) stageWait() int64 {
	switch {
	case c.served:
		c.watch.stage(c.srv.config.Load().Timeouts.ClientIdle)
	case c.blank > 0 && c.crowded:
		c.watch.stage(crowdedTime)
	case c.blank > 0:
		c.watch.stage(c.srv.config.Load().Timeouts.ClientHead)
	}
	return c.watch.until.Load()
}

// errClientLeft is a connection that ended inside a request head.
var errClientLeft = errors.New("the client closed the connection inside a request head")

// readHead reads one request head; it stays in the connection's buffer. n is its length.
func (c *client) readHead(w *work) (n int, err error) {
	limit := w.config.Timeouts.ClientHead
	if c.crowded {
		limit = crowdedTime
	}
	c.watch.stage(limit)
	if err := c.skipBlank(); err != nil {
		return 0, err
	}
	for {
		b := c.conn.Buffered()
		if err := http1.CheckStart(b); err != nil {
			return 0, err
		}
		n, err = w.lines.Scan(b, &w.limits)
		if n > 0 || err != nil {
			return n, err
		}
		if line := w.lines.First(b); line != nil {
			if err := http1.CheckRequestLine(line); err != nil {
				return 0, err
			}
		}
		if err := c.fillMore(w, c.conn); err != nil {
			return 0, headFault(err)
		}
	}
}

// headFault tells a client that left from one that is slow.
func headFault(err error) error {
	if err == io.EOF || err == socket.ErrTruncated || socket.IsReset(err) {
		return errClientLeft
	}
	return err
}

// maxBlank bounds the empty lines skipped before a request line (RFC 9112 section 2.2).
const maxBlank = 8

var crlf = []byte("\r\n")

// skipBlank skips empty lines that awaitRequest has not, since they came in pieces.
func (c *client) skipBlank() error {
	for {
		b := c.conn.Buffered()
		for len(b) < 2 && (len(b) == 0 || b[0] == '\r') {
			if err := c.conn.Fill(); err != nil {
				return headFault(err)
			}
			b = c.conn.Buffered()
		}
		if b[0] == '\n' {
			return http1.ErrBareLF
		}
		if b[0] != '\r' {
			return nil
		}
		if b[1] != '\n' {
			return http1.ErrControl
		}
		if c.blank == maxBlank {
			return http1.ErrRequestLine
		}
		c.blank++
		c.conn.Discard(2)
	}
}

// serve reads a request head and does what it asks for; it reports whether the
// connection may carry another exchange.
func (c *client) serve(w *work) bool {
	if w.inside != nil && w.inside.undecided && !c.speaksHTTP(w) {
		return c.passInside(w)
	}
	n, err := c.readHead(w)
	w.start = time.Now()
	if err != nil {
		return c.refuseHead(w, err)
	}
	raw := c.conn.Buffered()[:n]
	if err := http1.ParseRequest(&w.req, raw, &w.lines); err != nil {
		return c.refuseHead(w, err)
	}
	req := &w.req
	w.oldClient = req.Minor == 0
	w.isHead = req.Is("HEAD")
	w.keep = !w.oldClient && !req.Close && !c.crowded && !c.srv.closing.Load()

	plan := route(w, c.srv)
	if plan.local {
		plan.refuse = localReply(w, c.srv, c.addr, c.conn.LocalAddr())
	}
	w.rehosted = plan.needsHead && plan.kind == flow.KindHTTP && rehosts(w)
	c.begin(w, plan.kind)
	if plan.needsHead {
		// The head is used while nothing more is read; what is behind it stays buffered.
		w.out = plan.rewrite(w, c.srv)
		w.noteLogin()
	}
	c.conn.Discard(n)
	switch {
	case c.crowded:
		return c.answer(w, crowdedReply())
	case plan.refuse != nil:
		return c.answer(w, plan.refuse)
	case plan.kind == flow.KindTunnel:
		return c.connect(w)
	}
	return c.forward(w)
}

// begin opens the record of a parsed request.
func (c *client) begin(w *work, kind flow.Kind) {
	b := capture.Begin{Kind: kind, Start: w.start, Client: c.addr, Process: c.process, Head: w.req.Raw, Scheme: "http"}
	b.HostReplaced = w.rehosted
	b.Method = span(w.req.Raw, w.req.Method)
	b.Proto = span(w.req.Raw, w.req.Version)
	switch {
	case w.inside != nil:
		w.inside.begin(w, &b)
	case kind == flow.KindTunnel:
		b.Scheme = ""
		b.Host = span(w.req.Raw, w.req.Target)
	case len(w.target.Host) == 0:
		sketchTarget(&b, w.req.Raw, w.req.Target, w.req.Find(http1.Host))
	default:
		if w.target.WebSocket {
			b.Scheme = "ws"
		}
		b.Host = span(w.req.Raw, w.target.Text)
		b.Path = span(w.req.Raw, w.target.Path)
	}
	switch {
	case kind == flow.KindTunnel:
	case w.inside == nil && len(w.target.Host) == 0:
		b.MetadataOnly = w.private(sketchedHost(&b, w.req.Raw))
	default:
		b.MetadataOnly = w.private(w.target.Host)
	}
	if via := w.way(); via != nil {
		b.Upstream = via.String()
	}
	w.rec = c.srv.store.Begin(&b)
}

// private reports whether rows of a host are left without contents.
func (w *work) private(host []byte) bool { return !w.config.Decrypt.Records(host) }

// span is where part lies in whole; part must be a slice of it.
func span(whole, part []byte) capture.Span {
	if len(part) == 0 {
		return capture.Span{}
	}
	return capture.Span{Off: uint32(cap(whole) - cap(part)), Len: uint32(len(part))}
}
