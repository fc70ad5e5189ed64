package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/devices"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/socket"
)

// conn is one accepted connection. Its goroutine runs one exchange after the
// other; what an exchange needs is in exchange, which an idle one does not hold.
type conn struct {
	srv       *Server
	id        uint64 // among the server's, from 1
	socket    *socket.Conn
	addr      netip.AddrPort
	process   *capture.ClientProcess // the program behind it, nil where nothing will be known
	inside    *interception          // what is known of an opened tunnel; nil outside of one
	device    *devices.Device        // the other device behind it; nil for this machine, and where none are noted
	program   *Program               // the one by whose door it came in; nil for everybody's
	sender    *sender                // what Posthouse itself sends over it; nil for a client's
	detour    *detourConn            // whose streams it serves in place of a client's; nil for a client's
	fromLAN   bool                   // it is another device's
	own       netip.Addr             // where it came in; set for other devices
	overLimit bool                   // accepted over MaxConnections: gets one answer only
	served    bool                   // an exchange has ended on this connection
	blank     int                    // empty lines skipped before the request line to come

	handed atomic.Pointer[handover]  // the exchange that goes on over it, until its head has come
	opened *http2Conn                // to be served when the exchange that opened the tunnel has left
	http2  atomic.Pointer[http2Conn] // while it speaks HTTP/2

	bound bound // connections to origins that are its alone

	watch     supervision
	tunneling atomic.Bool // handed over to the tunnel's goroutines
}

func newConn(s *Server, accepted net.Conn) *conn {
	c := &conn{srv: s, id: s.lastClient.Add(1), socket: socket.New(accepted)}
	c.addr = c.socket.AddrPort()
	c.watch.state.Store(stateIdle)
	if finder := s.config.Load().Processes; finder != nil && s.store.Recording() {
		c.process = finder.Find(c.addr, socket.AddrPort(accepted.LocalAddr()))
	}
	c.watch.stage(s.config.Load().Timeouts.ClientHead)
	return c
}

// stackRoom is what an ordinary exchange needs of a stack, in bytes.
const stackRoom = 6 << 10

// growStack has the stack of a new goroutine grow once, while nothing lies on it, and not again and
// again on the way, when all that lies there is moved each time. What it takes and returns has no
// meaning but that the room is needed.
//
//go:noinline
func growStack(at uint64) byte {
	var room [stackRoom]byte
	return room[at%stackRoom]
}

func (c *conn) run() {
	if c.sender != nil {
		c.sender.enter(c)
	}
	if c.detour != nil {
		c.detour.enter(c)
	}
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
	_ = c.socket.Close()
	c.socket.Release()
	if c.inside != nil {
		c.endInterception()
	}
	c.srv.done(c)
}

// serveNext serves one request; it reports whether there may be another.
func (c *conn) serveNext() bool {
	if h := c.opened; h != nil {
		c.opened = nil
		h.serve()
		return false
	}
	if !c.awaitRequest() {
		return false
	}
	x := c.newHTTP1Exchange()
	again := x.serve()
	x.leave()
	if c.opened != nil {
		return true
	}
	if !again || !c.watch.sound() {
		return false
	}
	c.served = true
	return true
}

// awaitRequest waits, without a buffer, for the first byte of a request. Empty
// lines are no request: some clients send one behind a body (RFC 9112 section
// 2.2), and nothing may ever follow.
func (c *conn) awaitRequest() bool {
	undecided := c.inside != nil && c.inside.undecided // whether it is HTTP: then every byte counts
	every := undecided || c.sender.raw()
	for c.blank = 0; ; {
		for !every && c.blank < maxBlank && bytes.HasPrefix(c.socket.Buffered(), crlf) {
			c.socket.Discard(len(crlf))
			c.blank++
		}
		if len(c.socket.Buffered()) > 0 {
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
		if c.socket.Fill() != nil {
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
func (x *http1Exchange) readHead() (n int, err error) {
	limit := x.config.Timeouts.ClientHead
	if x.conn.overLimit {
		limit = overLimitTime
	}
	x.conn.watch.stage(limit)
	if x.sender.raw() {
		return sentExchange{x}.readHead()
	}
	if err := x.conn.skipBlank(); err != nil {
		return 0, err
	}
	for {
		b := x.conn.socket.Buffered()
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
		if err := x.fillMore(x.conn.socket); err != nil {
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
		b := c.socket.Buffered()
		for len(b) < 2 && (len(b) == 0 || b[0] == '\r') {
			if err := c.socket.Fill(); err != nil {
				return headFault(err)
			}
			b = c.socket.Buffered()
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
		c.socket.Discard(2)
	}
}

// serve reads a request head and does what it asks for; it reports whether the
// connection may carry another exchange.
func (x *http1Exchange) serve() bool {
	if in := x.inside; in != nil && in.undecided && (in.silent || !(opening{x}).speaksHTTP()) {
		return opening{x}.passInside()
	}
	n, err := x.readHead()
	x.start = time.Now()
	if err != nil {
		return x.answerBadHead(err)
	}
	raw := x.conn.socket.Buffered()[:n]
	if x.sender.raw() {
		sentExchange{x}.parse(raw)
	} else if err := http1.ParseRequest(&x.req, raw, &x.lines); err != nil {
		return x.answerBadHead(err)
	}
	req := &x.req
	x.oldClient = req.Minor == 0
	x.isHead = req.Is("HEAD")
	x.keep = (!x.oldClient || x.paired() && req.AskedKeep) && !req.Close && !x.conn.overLimit && !x.srv.closing.Load()

	plan := x.decide()
	x.ruling = x.judge(&plan)
	x.rehosted = plan.needsHead && plan.kind == flow.KindHTTP && x.rehosts()
	x.record(plan.kind)
	if x.ruling != nil {
		if !(ruledExchange{x}).lookUp() {
			x.conn.socket.Discard(n)
			return x.answer(ruledExchange{x}.pauseEnded().close())
		}
		x.ruling.begin(&x.exchange)
		ruledExchange{x}.slow()
		ruledExchange{x}.request(&plan)
	}
	if x.sender.raw() {
		sentExchange{x}.frame()
	}
	if plan.needsHead {
		// The head is used while nothing more is read; what is behind it stays buffered.
		x.out = x.rewriteRequest()
		x.detectLogin()
	}
	x.conn.socket.Discard(n)
	switch {
	case x.conn.overLimit:
		return x.answer(overLimitReply())
	case plan.reply != nil:
		return x.answer(plan.reply)
	case plan.kind == flow.KindTunnel:
		return opening{x}.connect()
	}
	if x.ruling != nil {
		if ended, again := (ruledExchange{x}).late(); ended {
			return again
		}
		if reply := (ruledExchange{x}).body(); reply != nil {
			return x.answer(reply)
		}
	}
	return x.forward()
}

// record opens the record of a parsed request.
func (x *exchange) record(kind flow.Kind) {
	if x.rec != nil { // it was handed over
		return
	}
	if x.rec = x.sender.takeRecord(); x.rec != nil {
		return
	}
	b := capture.Begin{Kind: kind, Start: x.start, Client: x.conn.addr, Process: x.conn.process, Head: x.req.Raw, Scheme: "http"}
	b.HostReplaced, b.HTTP2, b.Sent = x.rehosted, x.http2, x.sender.hooks()
	b.Method = span(x.req.Raw, x.req.Method)
	if b.Proto = span(x.req.Raw, x.req.Version); x.req.Version == nil {
		b.ProtoName = "HTTP/2.0"
	}
	switch {
	case x.inside != nil:
		x.inside.begin(x, &b)
	case x.sender.raw():
		b.HostName, b.Path = x.target.Text, span(x.req.Raw, x.req.Target)
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
	b.MetadataOnly = b.MetadataOnly || x.ruling.unkept()
	if via := x.viaProxy(); via != nil {
		b.Upstream = via.String()
	}
	x.rec = x.srv.store.Begin(&b)
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
