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

// conn is one accepted connection. Its goroutine runs one exchange after the
// other; what an exchange needs is in exchange, which an idle one does not hold.
type conn struct {
	srv       *Server
	id        uint64 // among the server's, from 1
	conn      *socket.Conn
	addr      netip.AddrPort
	process   *capture.ClientProcess // the program behind it, nil where nothing will be known
	inside    *interception          // what is known of an opened tunnel; nil outside of one
	device    *devices.Device        // the other device behind it; nil for this machine, and where none are noted
	program   *Program               // the one by whose door it came in; nil for everybody's
	fromLAN   bool                   // it is another device's
	own       netip.Addr             // where it came in; set for other devices
	overLimit bool                   // accepted over MaxConnections: gets one answer only
	served    bool                   // an exchange has ended on this connection
	blank     int                    // empty lines skipped before the request line to come

	h2 *h2Session // while it speaks HTTP/2; under watch.mu

	bound bound // connections to origins that are its alone

	watch     supervision
	tunneling atomic.Bool // handed over to the tunnel's goroutines
}

// exchange is the memory of one exchange, reused by the next.
type exchange struct {
	config *Config
	limits http1.Limits
	inside *interception // of the client

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

	via      *upstream.Proxy // the upstream proxy that the exchange goes through, nil for none
	fromLAN  bool            // another device asks
	rights   Rights          // what it may use of this computer
	loopSlot int             // its place in Server.loops, plus 1; 0 for none

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

// keptOut bounds the memory that a reused exchange keeps in each of its buffers, in bytes.
const keptOut = 32 << 10

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

func newConn(s *Server, accepted net.Conn) *conn {
	c := &conn{srv: s, id: s.lastClient.Add(1), conn: socket.New(accepted)}
	c.addr = c.conn.AddrPort()
	c.watch.state.Store(stateIdle)
	if finder := s.config.Load().Processes; finder != nil && s.store.Recording() {
		c.process = finder.Find(c.addr, socket.AddrPort(accepted.LocalAddr()))
	}
	c.watch.stage(s.config.Load().Timeouts.ClientHead)
	return c
}

func (c *conn) run() {
	for c.serveNext() {
	}
	c.bound.close()
	if c.tunneling.Load() {
		return // the tunnel ends the client
	}
	if c.inside != nil {
		// A close_notify shall go out: what interrupted ends, and a Shutdown that
		// comes now has nothing to interrupt.
		c.watch.state.CompareAndSwap(stateIdle, stateLeaving)
		c.resume(nil)
	}
	_ = c.conn.Close()
	c.conn.Release()
	if c.inside != nil {
		c.endInterception()
	}
	c.srv.done(c)
}

// serveNext serves one request; it reports whether there may be another.
func (c *conn) serveNext() bool {
	if !c.awaitRequest() {
		return false
	}
	x := exchanges.Get().(*exchange)
	x.config = c.srv.config.Load()
	x.limits = x.config.Limits.heads()
	x.inside = c.inside
	x.fromLAN, x.rights = c.fromLAN, c.rights(x.config)
	c.device.Asked()
	again := c.serve(x)
	c.srv.headBudget.giveBack(x)
	c.srv.leaveLoopGuard(x)
	x.reset()
	exchanges.Put(x)
	if !again || !c.watch.sound() {
		return false
	}
	c.served = true
	return true
}

func (x *exchange) reset() {
	x.lines.Reset()
	x.respHead.Reset()
	if cap(x.out) > keptOut {
		x.out = nil
	}
	if cap(x.respOut) > keptOut {
		x.respOut = nil
	}
	x.out, x.respOut, x.inline = x.out[:0], x.respOut[:0], 0
	x.tookInline, x.req.Raw = false, nil
	x.rec, x.origin, x.upload, x.config, x.inside = nil, nil, nil, nil, nil
	x.longHead, x.longMend, x.via, x.loopSlot, x.fromLAN = false, false, nil, 0, false
	x.fresh, x.asksUpgrade, x.isHead, x.oldClient, x.keep, x.headPassed = false, false, false, false, false, false
	x.continued, x.interim, x.unsent, x.mended = false, false, false, 0
	x.login, x.loginStep, x.reused = false, false, false
	x.proxyLogin, x.opened, x.remark = false, false, ""
}

// awaitRequest waits, without a buffer, for the first byte of a request. Empty
// lines are no request: some clients send one behind a body (RFC 9112 section
// 2.2), and nothing may ever follow.
func (c *conn) awaitRequest() bool {
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
func (c *conn) stageWait() int64 {
	switch {
	case c.served:
		c.watch.stage(c.srv.config.Load().Timeouts.ClientIdle)
	case c.blank > 0 && c.overLimit:
		c.watch.stage(overLimitTime)
	case c.blank > 0:
		c.watch.stage(c.srv.config.Load().Timeouts.ClientHead)
	}
	return c.watch.until.Load()
}

// errClientLeft is a connection that ended inside a request head.
var errClientLeft = errors.New("the client closed the connection inside a request head")

// readHead reads one request head; it stays in the connection's buffer. n is its length.
func (c *conn) readHead(x *exchange) (n int, err error) {
	limit := x.config.Timeouts.ClientHead
	if c.overLimit {
		limit = overLimitTime
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
		n, err = x.lines.Scan(b, &x.limits)
		if n > 0 || err != nil {
			return n, err
		}
		if line := x.lines.First(b); line != nil {
			if err := http1.CheckRequestLine(line); err != nil {
				return 0, err
			}
		}
		if err := c.fillMore(x, c.conn); err != nil {
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
func (c *conn) skipBlank() error {
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
func (c *conn) serve(x *exchange) bool {
	if x.inside != nil && x.inside.undecided && !c.speaksHTTP(x) {
		return c.passInside(x)
	}
	n, err := c.readHead(x)
	x.start = time.Now()
	if err != nil {
		return c.answerBadHead(x, err)
	}
	raw := c.conn.Buffered()[:n]
	if err := http1.ParseRequest(&x.req, raw, &x.lines); err != nil {
		return c.answerBadHead(x, err)
	}
	req := &x.req
	x.oldClient = req.Minor == 0
	x.isHead = req.Is("HEAD")
	x.keep = !x.oldClient && !req.Close && !c.overLimit && !c.srv.closing.Load()

	plan := route(x, c.srv)
	if plan.local {
		plan.reply = localReply(x, c.srv, c.addr, c.conn.LocalAddr())
	}
	x.rehosted = plan.needsHead && plan.kind == flow.KindHTTP && rehosts(x)
	c.begin(x, plan.kind)
	if plan.needsHead {
		// The head is used while nothing more is read; what is behind it stays buffered.
		x.out = plan.rewrite(x, c.srv)
		x.detectLogin()
	}
	c.conn.Discard(n)
	switch {
	case c.overLimit:
		return c.answer(x, overLimitReply())
	case plan.reply != nil:
		return c.answer(x, plan.reply)
	case plan.kind == flow.KindTunnel:
		return c.connect(x)
	}
	return c.forward(x)
}

// begin opens the record of a parsed request.
func (c *conn) begin(x *exchange, kind flow.Kind) {
	b := capture.Begin{Kind: kind, Start: x.start, Client: c.addr, Process: c.process, Head: x.req.Raw, Scheme: "http"}
	b.HostReplaced = x.rehosted
	b.Method = span(x.req.Raw, x.req.Method)
	b.Proto = span(x.req.Raw, x.req.Version)
	switch {
	case x.inside != nil:
		x.inside.begin(x, &b)
	case kind == flow.KindTunnel:
		b.Scheme = ""
		b.Host = span(x.req.Raw, x.req.Target)
	case len(x.target.Host) == 0:
		sketchTarget(&b, x.req.Raw, x.req.Target, x.req.Find(http1.Host))
	default:
		if x.target.WebSocket {
			b.Scheme = "ws"
		}
		b.Host = span(x.req.Raw, x.target.Text)
		b.Path = span(x.req.Raw, x.target.Path)
	}
	switch {
	case kind == flow.KindTunnel:
	case x.inside == nil && len(x.target.Host) == 0:
		b.MetadataOnly = x.private(sketchedHost(&b, x.req.Raw))
	default:
		b.MetadataOnly = x.private(x.target.Host)
	}
	if via := x.viaProxy(); via != nil {
		b.Upstream = via.String()
	}
	x.rec = c.srv.store.Begin(&b)
}

// private reports whether rows of a host are left without contents.
func (x *exchange) private(host []byte) bool { return !x.config.Decrypt.Records(host) }

// span is where part lies in whole; part must be a slice of it.
func span(whole, part []byte) capture.Span {
	if len(part) == 0 {
		return capture.Span{}
	}
	return capture.Span{Off: uint32(cap(whole) - cap(part)), Len: uint32(len(part))}
}
