package proxy

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// maxInterim bounds the 1xx responses to one request.
const maxInterim = 100

// forward sends the request in w.out and relays the answer.
func (c *client) forward(w *work) bool {
	if err := c.takeInline(w); err != nil {
		r := refused(err)
		return c.answer(w, r)
	}
	port := httpPort(w.target.Port)
	switch {
	case w.inside != nil:
		w.inside.want(&w.want)
	case w.via != nil && w.via.Forwards():
		w.want.Hop(w.via)
	default:
		w.want.Origin(w.via, w.rights.outward(), 0, w.target.Host, port)
	}
	again := w.req.Idempotent() && !w.uploads() && !w.login
	for try := 0; ; try++ {
		if r := c.reach(w, w.target.Host, port, try > 0, again); r != nil {
			return c.answer(w, r)
		}
		c.send(w)
		err := c.awaitResponse(w)
		if err == nil && w.via != nil {
			err = challenged(w)
		}
		if err == nil {
			return c.relay(w)
		}
		if try == 0 && again && c.stale(w, err) {
			c.dropOrigin(w)
			continue
		}
		return c.failResponse(w, err)
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
func (c *client) stale(w *work, err error) bool {
	return !w.fresh && !w.interim && (errors.Is(err, errOriginSilent) || errors.Is(err, errOriginDead)) && !c.watch.gone.Load() && !c.watch.expired.Load()
}

// reach lends or dials a connection to the origin. A reply says why there is none.
// What may not be sent again (RFC 9110 section 9.2.2) gets the connection that this
// client used last, as it would have directly, or a new one, and never another client's.
func (c *client) reach(w *work, host []byte, port uint16, fresh, again bool) *reply {
	w.fresh, w.reused = fresh, false
	if !fresh {
		o, lost := c.bound.take(&w.want)
		if lost && w.login {
			return loginLost()
		}
		if o == nil {
			o = c.srv.pool.Get(&w.want, c.id, again)
		}
		if o != nil {
			w.origin, w.reused = o, o.Used
			w.rec.Connected(o.Remote, time.Time{}, w.start, o.Used)
			w.inside.note(w.rec, o)
			return c.holdOrigin(w)
		}
	}
	w.fresh = true
	return c.dial(w, string(host), port, false)
}

func (c *client) holdOrigin(w *work) *reply {
	if !c.watch.hold(w.origin) {
		c.dropOrigin(w)
		return c.cutReply()
	}
	return nil
}

// dial opens a connection to the origin, or to an upstream proxy; one that is to
// be a tunnel goes through the proxy whatever its kind.
func (c *client) dial(w *work, host string, port uint16, tunnel bool) *reply {
	ctx, stop := context.WithCancel(c.srv.base)
	if limit := w.config.Timeouts.Dial; limit > 0 {
		stop()
		ctx, stop = context.WithTimeout(c.srv.base, limit)
	}
	defer stop()
	if !c.watch.dialing(stop) {
		return c.cutReply()
	}
	c.watch.until.Store(0)
	c.watch.silentSince.Store(clock())
	result, err := c.dialWay(ctx, w, host, port, tunnel)
	c.watch.silentSince.Store(0)
	c.watch.dialing(nil)
	if err != nil {
		if socket.IsExhausted(err) {
			c.srv.freeDescriptors()
		}
		if result.Conn != nil {
			if r := c.challengedTunnel(w, result, err); r != nil {
				return r
			}
		}
		return c.dialReply(err)
	}
	w.origin = result.Conn
	w.origin.Bound = w.origin.Bound || tunnel && w.proxyLogin
	w.rec.Connected(w.origin.Remote, result.Resolved, result.Connected, false)
	if result.Mended != 0 {
		w.rec.Mended(result.Mended)
	}
	if r := c.holdOrigin(w); r != nil || w.inside == nil || w.inside.plain {
		return r
	}
	r := c.secureOrigin(w, w.inside)
	w.inside.note(w.rec, w.origin)
	return r
}

func (c *client) dialWay(ctx context.Context, w *work, host string, port uint16, tunnel bool) (upstream.Result, error) {
	switch {
	case w.inside != nil:
		return c.srv.dialTunnel(ctx, w.inside, host, port)
	case w.via == nil:
		return c.srv.dialerFor(w.rights).Dial(ctx, host, port)
	case tunnel || !w.via.Forwards():
		return c.through(ctx, w, host, port)
	}
	return c.srv.dialer.Reach(ctx, w.via)
}

// dialTunnel dials for a request inside an opened tunnel the way that the tunnel took.
func (s *Server) dialTunnel(ctx context.Context, in *inside, host string, port uint16) (upstream.Result, error) {
	if in.via == nil {
		return s.dialerFor(in.rights).Dial(ctx, host, port)
	}
	if in.once {
		return upstream.Result{}, errLoginLost
	}
	result, err := s.dialer.Through(ctx, in.via, host, port, in.connect)
	if result.Conn != nil {
		result.Conn.Bound = in.own
		if err != nil {
			s.wantsLogin(in.via) // but the client was told that the tunnel is open
			upstream.KeepSent(err, result.Conn)
			_ = result.Conn.Close()
			result.Conn = nil
		}
	}
	return result, err
}

// way is the upstream proxy that the exchange goes through, nil for none.
func (w *work) way() *upstream.Proxy {
	if w.inside != nil {
		return w.inside.via
	}
	return w.via
}

func (c *client) dropOrigin(w *work) {
	if w.origin == nil {
		return
	}
	c.watch.release()
	_ = w.origin.Close()
	w.origin.Conn.Discard(len(w.origin.Buffered()))
	w.origin.Release()
	w.origin = nil
}

// send writes the head with the body that is there, and starts the upload of
// the rest. If it fails, an answer may have come before the connection broke:
// reading tells. The rest of the body is then never read, so that the client's
// connection cannot carry another request.
func (c *client) send(w *work) {
	now := time.Now()
	at := int64(now.Sub(epoch))
	c.watch.silentSince.Store(at)
	c.watch.until.Store(lateAfter(at, w.config.Timeouts.Response))
	uploads := w.uploads()
	_, err := w.origin.Write(w.out)
	w.unsent = err != nil
	switch {
	case err != nil:
		w.keep = w.keep && !uploads
	case uploads:
		c.watch.until.Store(0) // the upload has limits of its own
		c.startUpload(w)
	default:
		w.rec.Sent(now)
	}
}

var (
	errOriginSilent = errors.New("the origin closed the connection without an answer")
	errOriginDead   = errors.New("the origin vanished")
	errOriginClosed = errors.New("the origin closed the connection inside the response head")
	errInterimFlood = &http1.Error{Status: 502, Text: "the origin sent too many interim responses"}
	errSwitch       = &http1.Error{Status: 502, Text: "the origin switched protocols without being asked to"}
)

// awaitResponse reads response heads until the final one, and relays interim
// ones (RFC 9110 section 15.2). The final head stays in the origin's buffer.
func (c *client) awaitResponse(w *work) error {
	for count := 0; ; count++ {
		if err := c.readResponseHead(w); err != nil {
			return err
		}
		status := w.resp.Status
		if status == 101 && !w.asksUpgrade {
			return errSwitch
		}
		c.noteMended(w, w.resp.Mended)
		if status >= 200 || status == 101 {
			return nil
		}
		if count == maxInterim {
			return errInterimFlood
		}
		w.interim = true
		w.rec.Interim(w.resp.Sent)
		if !w.oldClient {
			w.respOut = rewriteResponse(w, c.srv, false)
			if _, err := c.conn.Write(w.respOut); err != nil {
				return errClientWrite
			}
		}
		if status == 100 {
			w.continued = true
			c.passedContinue(w)
		}
		w.origin.Discard(len(w.resp.Sent))
		w.respHead.Reset()
	}
}

var errClientWrite = errors.New("the client closed the connection before the answer was complete")

func (c *client) readResponseHead(w *work) error {
	o := w.origin
	for {
		if b := o.Buffered(); len(b) > 0 {
			if n, err := c.findResponse(w, b); n > 0 || err != nil {
				return err
			}
		}
		if err := c.fillMore(w, o.Conn); err != nil {
			switch {
			case len(o.Buffered()) == 0 && (socket.IsInterrupt(err) && c.watch.dead.Load() || socket.IsTimedOut(err)):
				return errOriginDead
			case socket.IsInterrupt(err), err == http1.ErrHeadTooLarge, err == errHeadMemory, o.TLS != nil && isAlert(err):
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
func (c *client) failResponse(w *work, err error) bool {
	remote := netip.AddrPort{}
	if w.origin != nil {
		remote = w.origin.Remote
		err = originRefusal(w.origin, err)
		if err != errClientWrite { // else an interim head is there, which the row has
			w.rec.Unusable(w.origin.Buffered())
		}
	}
	up := c.stopUpload(w)
	c.dropOrigin(w)
	return c.answer(w, c.responseReply(w, err, up, remote))
}

// responseReply finds the words for a missing or unusable answer.
func (c *client) responseReply(w *work, err error, up *upload, remote netip.AddrPort) *reply {
	var bad *http1.Error
	var tlsErr *originError
	var auth authError
	switch {
	case c.watch.gone.Load() || err == errClientWrite:
		return gone()
	case up.failed() && up.fault.failure != flow.FailureNone:
		return up.fault
	case errors.As(err, &auth):
		return refusal(502, flow.FailureUpstreamAuth, "The upstream proxy "+w.via.String()+" wants other credentials: "+string(auth)+".")
	case errors.Is(err, errOriginDead):
		return refusal(504, flow.FailureResponseTimeout, "The "+w.peer(remote)+" vanished: it acknowledges nothing any more. Has the network changed? Try again.")
	case c.watch.expired.Load():
		c.forgive()
		return refusal(504, flow.FailureResponseTimeout, "The "+w.peer(remote)+" did not answer in time.")
	case socket.IsInterrupt(err):
		return c.cutReply()
	case err == errHeadMemory:
		return longHeadReply()
	case errors.As(err, &tlsErr):
		return w.inside.originReply(w.rec, tlsErr)
	case errors.As(err, &bad):
		return refusal(502, flow.FailureBadResponse, "The answer of the "+w.peer(remote)+" is not valid HTTP/1.1: "+bad.Text+".")
	case errors.Is(err, errOriginSilent) && w.reused && !w.interim:
		return w.closedAlike(remote)
	case errors.Is(err, errOriginSilent):
		return refusal(502, flow.FailureOriginClosed, "The "+w.peer(remote)+" closed the connection without an answer.")
	}
	return refusal(502, flow.FailureOriginClosed, "The connection to the "+w.peer(remote)+" broke inside the response head.")
}

// closedAlike ends a client's connection because the origin has closed its own: a
// client knows that this may happen to one that was used before, and what to do then.
// Only the client can know whether the request may be sent again.
func (w *work) closedAlike(remote netip.AddrPort) *reply {
	if w.login {
		return loginLost()
	}
	return &reply{failure: flow.FailureOriginClosed, closes: true,
		detail: "The " + w.peer(remote) + " closed a connection that was used before, without an answer. It may have worked on the request, which is not one to send again, so the client's connection was closed too."}
}

// dialReply finds the words for a connection that did not come about.
func (c *client) dialReply(err error) *reply {
	if c.watch.gone.Load() {
		return gone()
	}
	if c.srv.base.Err() != nil {
		return c.cutReply()
	}
	if err == errLoginLost {
		return loginLost()
	}
	var d *upstream.DialError
	if !errors.As(err, &d) {
		return refusal(502, flow.FailureInternal, err.Error())
	}
	r := dialWords(d)
	r.sent = d.Sent
	return r
}

// dialWords are those for a step that failed.
func dialWords(d *upstream.DialError) *reply {
	switch {
	case socket.IsExhausted(d):
		return refusal(503, flow.FailureLimit, "Posthouse has no descriptors left to connect to "+d.Host+". Close some connections or raise the limit on open files.")
	case d.Proxy != "":
		return proxyReply(d)
	case d.Stage == upstream.StageLoop:
		return loopReply()
	case d.Stage == upstream.StageDenied:
		return deniedReply(d.Host)
	case d.Stage == upstream.StageResolve && d.Timeout():
		return refusal(504, flow.FailureResolve, "The name of "+d.Host+" was not resolved in time. Check the network and the name server.")
	case d.Stage == upstream.StageResolve:
		return refusal(502, flow.FailureResolve, "The host "+d.Host+" was not found: "+d.Err.Error()+". Check the spelling and the name server.")
	case d.Timeout():
		return refusal(504, flow.FailureConnectTimeout, "The origin "+d.Host+" did not accept the connection in time.")
	case socket.IsRefused(d):
		return refusal(502, flow.FailureRefused, "The origin "+d.Host+" refused the connection. Is its server running?")
	}
	return refusal(502, flow.FailureUnreachable, "The origin "+d.Host+" cannot be reached: "+rootCause(d.Err)+".")
}

// rootCause is the innermost text of an error.
func rootCause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
