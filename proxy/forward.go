package proxy

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// maxInterim bounds the 1xx responses to one request.
const maxInterim = 100

// forward sends the request in x.out and relays the answer.
func (x *http1Exchange) forward() bool {
	if err := x.moveInline(); err != nil {
		r := badMessageReply(err)
		return x.answer(r)
	}
	port := httpPort(x.target.Port)
	switch {
	case x.onward != nil:
		x.onward.want(&x.want)
	case x.via != nil && x.via.Forwards():
		x.want.Hop(x.via)
	default:
		host, port := x.way.leads(x.target.Host, port)
		x.want.Origin(x.via, x.rights.outward() && !x.way.named(), 0, host, port)
	}
	again := x.req.Idempotent() && !x.uploads() && !x.login && !x.spoilt
	for try := 0; ; try++ {
		if r := x.borrow(x.target.Host, port, try > 0 || x.spoilt, again); r != nil {
			return x.answer(r)
		}
		x.send()
		err := x.awaitResponse()
		if err == nil && x.via != nil {
			err = x.challenged()
		}
		if err == nil {
			return relaying{x}.relay()
		}
		if try == 0 && again && x.stale(err) {
			x.dropOrigin()
			continue
		}
		return x.failResponse(err)
	}
}

// httpPort is the port of a target that names none.
func httpPort(port uint16) uint16 {
	if port == 0 {
		return 80
	}
	return port
}

// stale reports whether a pooled connection turned out to be closed before a
// byte of the answer came, interim responses included.
func (x *http1Exchange) stale(err error) bool {
	return !x.fresh && x.told < toldInterim && (errors.Is(err, errOriginSilent) || errors.Is(err, errOriginDead)) &&
		!x.conn.watch.gone.Load() && !x.conn.watch.expired.Load()
}

// borrow lends or dials a connection to the origin. A reply says why there is none.
// What may not be sent again (RFC 9110 section 9.2.2) gets the connection that this
// client used last, as it would have directly, or a new one, and never another client's.
func (x *http1Exchange) borrow(host []byte, port uint16, fresh, again bool) *reply {
	x.fresh, x.reused = fresh, false
	if !fresh {
		o, lost := x.conn.bound.lend(&x.want)
		if lost && x.login {
			return loginLost()
		}
		if o == nil && x.onward.shares() {
			o = x.srv.pool.Get(&x.want, x.conn.id, again)
		}
		if o != nil {
			x.origin, x.reused = o, o.Used
			x.rec.Connected(o.Remote, time.Time{}, x.start, o.Used)
			x.onward.recordTLS(x.rec, o)
			return x.holdOrigin()
		}
	}
	x.fresh = true
	return x.dial(string(host), port, false)
}

func (x *http1Exchange) holdOrigin() *reply {
	if x.slowUp != nil {
		x.origin.Pace(x.slowUp...)
	}
	if !x.conn.watch.hold(x.origin) {
		x.dropOrigin()
		return x.conn.cutReply()
	}
	return nil
}

// dial opens a connection to the origin, or to an upstream proxy, with the TLS that is
// spoken inside a tunnel.
func (x *http1Exchange) dial(host string, port uint16, tunnel bool) *reply {
	if r := x.reach(host, port, tunnel); r != nil || x.onward == nil || x.onward.plain {
		return r
	}
	in := x.onward
	known := in.secure
	r := opening{x}.secureOrigin(in)
	in.recordTLS(x.rec, x.origin)
	if in.late {
		in.secure = known // what failed is this request's alone: another may need no origin
	}
	return r
}

// reach opens a connection; one that is to be a tunnel goes through the proxy whatever
// its kind.
func (x *http1Exchange) reach(host string, port uint16, tunnel bool) *reply {
	ctx, stop := within(x.srv.base, x.config.Timeouts.Dial)
	defer stop()
	if !x.conn.watch.dialing(stop) {
		return x.conn.cutReply()
	}
	x.conn.watch.until.Store(0)
	x.conn.watch.silentSince.Store(clock())
	host, port = x.way.dialled(host, port)
	result, err := x.dialRoute(ctx, host, port, tunnel)
	x.conn.watch.silentSince.Store(0)
	x.conn.watch.dialing(nil)
	if err != nil {
		if socket.IsExhausted(err) {
			x.srv.freeDescriptors()
		}
		if result.Conn != nil {
			if r := x.challengedTunnel(result, err); r != nil {
				return r
			}
		}
		return x.conn.dialReply(err)
	}
	x.origin = result.Conn
	x.origin.Bound = x.origin.Bound || tunnel && x.proxyLogin
	x.rec.Connected(x.origin.Remote, result.Resolved, result.Connected, false)
	if result.Mended != 0 {
		x.rec.Mended(result.Mended)
	}
	return x.holdOrigin()
}

// within is a part of a context that has a limit; not above zero means none.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit > 0 {
		return context.WithTimeout(ctx, limit)
	}
	return context.WithCancel(ctx)
}

func (x *http1Exchange) dialRoute(ctx context.Context, host string, port uint16, tunnel bool) (upstream.Result, error) {
	switch {
	case x.onward != nil:
		return x.srv.dialTunnel(ctx, x.onward, host, port)
	case x.via == nil:
		return x.srv.dialerFor(x.rights, x.way).Dial(ctx, host, port)
	case tunnel || !x.via.Forwards():
		return x.through(ctx, host, port)
	}
	return x.srv.dialer.Reach(ctx, x.via)
}

// dialTunnel dials for a request inside an opened tunnel the way that the tunnel took.
func (s *Server) dialTunnel(ctx context.Context, in *interception, host string, port uint16) (upstream.Result, error) {
	if in.via == nil {
		return s.dialerFor(in.rights, in.way).Dial(ctx, host, port)
	}
	if in.once {
		return upstream.Result{}, errLoginLost
	}
	result, err := s.dialer.Through(ctx, in.via, host, port, in.connect)
	if result.Conn != nil {
		result.Conn.Bound = in.own
		if err != nil {
			upstream.KeepSent(err, result.Conn) // the client was told that the tunnel is open
			_ = result.Conn.Close()
			result.Conn = nil
		}
	}
	return result, err
}

// viaProxy is the upstream proxy that the exchange goes through, nil for none.
func (x *exchange) viaProxy() *upstream.Proxy {
	if x.onward != nil {
		return x.onward.via
	}
	return x.via
}

func (x *http1Exchange) dropOrigin() {
	if x.origin == nil {
		return
	}
	x.conn.watch.release()
	_ = x.origin.Close()
	x.origin.Conn.Discard(len(x.origin.Buffered()))
	x.origin.Release()
	x.origin = nil
}

// send writes the head with the body that is there, at the latest when the answer is
// waited for, and starts the upload of the rest. If it fails, an answer may have come
// before the connection broke: reading tells. The rest of the body is then never read,
// so that the client's connection cannot carry another request.
func (x *http1Exchange) send() {
	at := clock()
	x.conn.watch.silentSince.Store(at)
	x.conn.watch.until.Store(lateAfter(at, x.config.Timeouts.Response))
	if !x.uploads() && !x.fresh {
		x.origin.Ask(x.out, x.wrote)
		return
	}
	_, err := x.origin.Write(x.out) // Ask would not see what a new connection's origin has said by itself
	if !x.uploads() {
		x.wrote(err)
		return
	}
	if x.unsent = err != nil; x.unsent {
		x.keep = false
		return
	}
	x.conn.watch.until.Store(0) // the upload has its own limits
	uploading{x}.startUpload()
}

// wrote is told how writing the request went.
func (x writing) wrote(err error) {
	if x.unsent = err != nil; !x.unsent {
		x.rec.Sent(moment(x.conn.watch.silentSince.Load())) // since when send waits
	}
}

var (
	errOriginSilent = errors.New("the origin closed the connection without an answer")
	errOriginDead   = errors.New("the origin vanished")
	errOriginClosed = errors.New("the origin closed the connection inside the response head")
	errInterimFlood = &http1.Error{Status: 502, Code: reason.InterimFlood}
	errSwitch       = &http1.Error{Status: 502, Code: reason.Switched}
)

// awaitResponse reads response heads until the final one, and relays interim
// ones (RFC 9110 section 15.2). The final head stays in the origin's buffer.
func (x *http1Exchange) awaitResponse() error {
	for count := 0; ; count++ {
		if err := x.readResponseHead(); err != nil {
			return err
		}
		status := x.resp.Status
		if status == 101 && !x.asksUpgrade {
			return errSwitch
		}
		x.recordMended(x.resp.Mended)
		if status >= 200 || status == 101 {
			return nil
		}
		if count == maxInterim {
			return errInterimFlood
		}
		x.told = max(x.told, toldInterim)
		x.rec.Interim(x.resp.Sent)
		if !x.oldClient && !(x.continued && status == 100) {
			x.respOut = x.rewriteResponse(false)
			if _, err := x.conn.socket.Write(x.respOut); err != nil {
				return errClientWrite
			}
		}
		if status == 100 {
			x.told = toldContinue
			x.passedContinue()
		}
		x.origin.Discard(len(x.resp.Sent))
		x.respHead.Reset()
	}
}

var errClientWrite = errors.New("the client closed the connection before the answer was complete")

func (x *http1Exchange) readResponseHead() error {
	o := x.origin
	for {
		if b := o.Buffered(); len(b) > 0 {
			if n, err := x.findResponse(b); n > 0 || err != nil {
				return err
			}
		}
		if err := x.fillMore(o.Conn); err != nil {
			switch {
			case len(o.Buffered()) == 0 && (socket.IsInterrupt(err) && x.conn.watch.dead.Load() || socket.IsTimedOut(err)):
				return errOriginDead
			case socket.IsInterrupt(err), err == http1.ErrHeadTooLarge, err == errHeadBudget, o.TLS != nil && isAlert(err):
				return err
			case len(o.Buffered()) == 0:
				return errOriginSilent
			case err == io.EOF, err == socket.ErrTruncated:
				return errOriginClosed
			}
			return err
		}
	}
}

// failResponse ends an exchange that got no usable final response head.
func (x *http1Exchange) failResponse(err error) bool {
	remote := netip.AddrPort{}
	if x.origin != nil {
		remote = x.origin.Remote
		err = asOriginError(x.origin, err)
		if err != errClientWrite { // else an interim head is there, which the row has
			x.rec.Unusable(x.origin.Buffered())
		}
	}
	up := x.stopUpload()
	x.dropOrigin()
	return x.answer(x.explainHead(err, up, remote))
}

// explainHead finds the words for a missing or unusable answer.
func (x *http1Exchange) explainHead(err error, up *upload, remote netip.AddrPort) *reply {
	var bad *http1.Error
	var auth authError
	switch {
	case x.conn.watch.gone.Load() || err == errClientWrite:
		return gone()
	case up.failed() && up.fault.failure != flow.FailureNone:
		return up.fault
	case errors.As(err, &auth):
		return errorReply(502, flow.FailureUpstreamAuth, reason.ProxyCredentials.With(x.via.String(), auth.wants))
	case errors.As(err, &bad):
		return errorReply(502, flow.FailureBadResponse, reason.AnswerMalformed.With(x.peer(remote), bad.Reason()))
	case x.conn.watch.expired.Load() && !errors.Is(err, errOriginDead):
		x.conn.forgive()
		err = errAnswerLate
	}
	return x.explain(err, x.peer(remote))
}
