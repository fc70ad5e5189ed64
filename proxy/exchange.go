package proxy

import (
	"sync"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/pace"
	"posthouse/proxy/upstream"
)

// exchange is one request with its responses, whatever carried it.
type exchange struct {
	conn   *conn // the client's connection
	srv    *Server
	config *Config
	limits http1.Limits
	inside *interception // of the client's connection when the request came
	onward *interception // what is spoken with the origin: inside, unless a rule sends the request elsewhere
	way    *way          // where rules have it go, nil: where it is for
	sender *sender       // of what Posthouse itself sends; nil of what a client sent

	start    time.Time
	req      http1.Request
	target   http1.Target
	http2    flow.HTTP2 // zero for any other version
	protocol string     // of an extended CONNECT (RFC 8441), "" for none
	auth     http1.Authority
	rec      *capture.Record
	mended   flow.Mended // how the answers so far broke the rules

	via      *upstream.Proxy // the upstream proxy that the exchange goes through, nil for none
	fromLAN  bool            // another device asks
	rights   Rights          // what it may use of this computer
	loopSlot int             // its place in Server.loops, plus 1; 0 for none

	login      bool        // the request logs a connection in
	proxyLogin bool        // the client's Proxy-Authorization goes to the upstream proxy
	ruling     *ruling     // what rules do to it, nil for nothing
	remark     flow.Reason // what the row says of an exchange that did not fail
	rehosted   bool        // its Host gives way to the target's authority
	isHead     bool
	reused     bool // the origin's connection has carried another one before
	dialled    bool // the row has how that came about, of another goroutine
	told       told
}

// told is how much of an answer the client has been sent. It only advances.
type told uint8

const (
	toldNothing  told = iota
	toldInterim       // a 1xx response
	toldContinue      // a 100 among them
	toldOpen          // that its tunnel is open
	toldHead          // the final response head, whole or in part
)

// http1Exchange is an exchange over HTTP/1, and the memory that it needs, reused by
// the next. An idle connection holds none.
type http1Exchange struct {
	exchange

	lines      http1.Lines
	out        []byte        // the request as it is sent
	inline     int           // bytes of out behind the head: body that had arrived already
	tookInline bool          // body bytes that had arrived were moved to out
	want       upstream.Want // the connections that it may use
	chunks     http1.Chunks

	respHead   http1.ResponseReader
	resp       http1.Response
	respOut    []byte // the response head, and small bodies, as they are sent
	respChunks http1.Chunks

	origin *upstream.Conn
	upload *upload
	run    *bodyRun // what rules do to a request's body while it is sent, nil for nothing
	held   int      // bytes of Server.bodyBudget
	fresh  bool     // origin was dialed for this exchange
	unsent bool     // writing the request to the origin failed
	spoilt bool     // a request of Posthouse's own that can be read in two ways, or is to be alone: its connection carries no other

	edited edited // by a person

	loginStep   bool // the answer asks for the next step of a login
	asksUpgrade bool // an Upgrade was passed on
	oldClient   bool // HTTP/1.0
	continued   bool // Posthouse has told the client to send its body
	keep        bool // the client connection may carry another exchange
	longHead    bool // memory for long heads was reserved
	longMend    bool // and for what one becomes when it is mended

	paced  bool         // what is written to the client passes slow lines until the exchange ends
	slowUp []*pace.Line // that what is written to the origin passes
	wrote  func(error)  // writing's, made once
}

// keptOut bounds the memory that a reused exchange keeps in each of its buffers, in bytes.
const keptOut = 32 << 10

var exchanges = sync.Pool{New: func() any {
	x := new(http1Exchange)
	x.wrote = writing{x}.wrote
	return x
}}

// newHTTP1Exchange is the next exchange of a connection.
func (c *conn) newHTTP1Exchange() *http1Exchange {
	x := exchanges.Get().(*http1Exchange)
	x.enter(c)
	x.spoilt = c.sender.alone()
	return x
}

// enter begins an exchange of a connection, with the configuration of now.
func (x *exchange) enter(c *conn) {
	x.conn, x.srv, x.inside, x.fromLAN, x.sender = c, c.srv, c.inside, c.fromLAN, c.sender
	if x.onward = x.inside; x.inside != nil {
		x.way = x.inside.way
	}
	x.config = c.srv.config.Load()
	x.limits = x.config.Limits.heads()
	x.rights = c.rights(x.config)
	c.device.Asked()
}

// leave gives back what an exchange reserved, and its memory.
func (x *http1Exchange) leave() {
	if x.paced {
		x.conn.socket.Pace()
	}
	x.srv.headBudget.giveBack(x)
	x.edited.release()
	x.srv.bodyBudget.give(x.held)
	x.srv.leaveLoopGuard(&x.exchange)
	x.lines.Reset()
	x.respHead.Reset()
	req := x.req
	req.Raw = nil
	*x = http1Exchange{exchange: exchange{req: req}, lines: x.lines, want: x.want, chunks: x.chunks, respHead: x.respHead, resp: x.resp,
		respChunks: x.respChunks, out: kept(x.out), respOut: kept(x.respOut), wrote: x.wrote}
	exchanges.Put(x)
}

// kept is a buffer for the next exchange, nil in place of one that has grown too large.
func kept(b []byte) []byte {
	if cap(b) > keptOut {
		return nil
	}
	return b[:0]
}

// opening is an exchange whose request is CONNECT, on the way to a tunnel or into one.
type opening struct{ *http1Exchange }

// writing is an exchange whose request is written in one piece.
type writing struct{ *http1Exchange }

// uploading is an exchange whose request body passes to the origin.
type uploading struct{ *http1Exchange }

// relaying is an exchange whose final response passes to the client.
type relaying struct{ *http1Exchange }
