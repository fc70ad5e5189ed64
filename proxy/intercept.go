package proxy

import (
	"crypto/tls"
	"net"
	"strings"
	"time"

	"posthouse/proxy/clienthello"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// Refusals tells, per host, how often clients did not take Posthouse's
// certificate; the host of the last refusal comes first.
func (s *Server) Refusals() []decrypt.HostRefusals { return s.refusals.All() }

// intercept answers CONNECT to a host that is to be decrypted, and looks at what the
// client sends. What is neither TLS nor a plain request, or not HTTP in its TLS,
// becomes a tunnel like any other. An origin that spoke TLS lately is dialed when it is needed.
func (x opening) intercept(p *decrypt.Policy) bool {
	host, port := string(x.auth.Host), x.auth.Port
	in := newInterception(p, x.http1Exchange)
	if !p.Known(x.auth.Host, port) || x.asksAhead() {
		if r := x.dialTunnel(); r != nil {
			return x.answerTunnel(r)
		}
	}
	if _, err := x.conn.socket.Write([]byte(established)); err != nil {
		x.dropOrigin()
		return x.answer(gone())
	}
	x.told = toldOpen
	x.rec.Opened(200, time.Now())
	info, what := x.awaitHello()
	if what == openEnded {
		return x.endOpening(flow.FailureNone, flow.Reason{})
	}
	if what == openLate {
		return x.endOpening(flow.FailureTLS, reason.HelloLate.With())
	}
	if what == openOther && x.speaksPlain() {
		return x.servePlainInside(in)
	}
	offer, http := decrypt.OfferOf(info.ServerName, info.Protocols)
	if what == openOther || !http {
		return x.passTunnel(host, port)
	}
	in.hello = helloTLS(&info)
	x.rec.SetTLS(in.hello)
	if !x.srv.handshakes.enter(x.conn) {
		return x.endOpening(flow.FailureLimit, reason.HandshakeLimit.With())
	}
	defer x.srv.handshakes.leave(x.conn)
	offer.Withhold = !in.rights.Credentials
	in.target = p.Target(host, port, offer)
	return x.handshakeBoth(in)
}

func helloTLS(info *clienthello.Info) flow.TLS {
	return flow.TLS{Seen: true, SNI: info.ServerName, ALPN: strings.Join(info.Protocols, ", "),
		Version: clienthello.VersionName(info.Version)}
}

// What the first bytes of an open tunnel were.
type firstBytes uint8

const (
	openHello firstBytes = iota
	openOther            // not TLS, or the origin speaks first
	openLate
	openEnded
)

// awaitHello waits for a whole ClientHello, which stays in the buffer.
func (x opening) awaitHello() (clienthello.Info, firstBytes) {
	x.conn.watch.stage(x.config.Timeouts.ClientHead)
	for {
		if b := x.conn.socket.Buffered(); len(b) > 0 {
			switch info, result := clienthello.Parse(b); result {
			case clienthello.Found:
				return info, openHello
			case clienthello.NotTLS:
				return info, openOther
			}
		} else {
			x.conn.watch.eager.Store(x.origin)
		}
		err := x.fillUpTo(x.conn.socket, clienthello.MaxSize)
		spoke := x.conn.settleEager()
		switch {
		case err == nil:
		case spoke && x.conn.watch.sound():
			return clienthello.Info{}, openOther
		case socket.IsInterrupt(err):
			return clienthello.Info{}, openLate
		default:
			return clienthello.Info{}, openEnded
		}
	}
}

// originSpoke wakes the owner, who waits for the client, because bytes came from
// the origin instead.
func (c *conn) originSpoke(o *upstream.Conn) {
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.eager.CompareAndSwap(o, nil) {
		w.spoke.Store(true)
		_ = c.socket.SetReadDeadline(past)
	}
}

// settleEager ends the wait for either side; it reports whether the origin spoke.
func (c *conn) settleEager() bool {
	w := &c.watch
	if w.eager.Load() == nil && !w.spoke.Load() {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.eager.Store(nil)
	spoke := w.spoke.Swap(false)
	if spoke && !w.interrupted() {
		c.socket.Resume()
	}
	return spoke
}

// endOpening ends a tunnel that carried nothing yet.
func (x opening) endOpening(failure flow.Failure, why flow.Reason) bool {
	if x.conn.wasCut() {
		failure, why = x.conn.cutWhy(reason.Stopped)
	}
	x.dropOrigin()
	x.conn.socket.Discard(len(x.conn.socket.Buffered()))
	x.rec.Finish(failure, why, 0, time.Now())
	return false
}

// passTunnel leaves a tunnel as it is; the bytes that came already go first.
func (x opening) passTunnel(host string, port uint16) bool {
	if x.origin == nil {
		x.fresh = true
		if r := x.dial(host, port, true); r != nil {
			x.rec.Unusable(r.sent)
			return x.endOpening(r.failure, r.why)
		}
	}
	x.startTunnel(true)
	return false
}

// handshakeBoth agrees on TLS with the origin, unless it is known what it will
// say, and then with the client. A client is answered inside its connection
// even where the origin failed.
func (x opening) handshakeBoth(in *interception) bool {
	protocol, known := in.target.Spoken()
	in.undecided = !in.target.H1 && !in.target.H2
	if !known || in.undecided || x.origin != nil {
		wait := in.target.Prepare()
		r := x.askOrigin(in)
		wait()
		if r != nil {
			if r.status == 0 {
				return x.endOpening(r.failure, r.why)
			}
			in.fail = r.close()
			if in.secure.Outcome == flow.TLSNone {
				in.secure.Outcome = flow.TLSFailed
			}
			protocol = in.target.Fallback()
		} else {
			protocol = x.origin.TLS.Origin.ALPN
		}
	}
	if in.fail == nil {
		protocol = in.target.ProtocolFor(protocol)
	}
	in.undecided = in.undecided && in.fail == nil
	return x.handshakeClient(in, protocol)
}

// handshakeClient agrees on TLS with the client, on the given protocol.
func (x opening) handshakeClient(in *interception, protocol string) bool {
	config, err := in.target.ServerConfig(protocol)
	if err != nil {
		return x.endOpening(flow.FailureTLS, reason.NoCertificate.With(reason.Of(err)))
	}
	conn := socket.Secure(x.conn.socket, func(n net.Conn) *tls.Conn { return tls.Server(n, config) })
	in.shown = time.Now()
	x.conn.watch.stage(x.config.Timeouts.Dial)
	err = conn.TLS().Handshake()
	x.conn.watch.stage(0)
	if err != nil {
		if code, is := conn.PlainAlert(); is && !isAlert(err) && !socket.IsInterrupt(err) {
			err = decrypt.PlainAlert{Alert: decrypt.Alert(code)}
		}
		return x.clientRefused(in, err)
	}
	x.srv.handshakes.leave(x.conn) // what follows may last
	return x.serveInside(in, conn, protocol)
}

// askOrigin dials the origin, if it was not, and agrees on TLS with it.
func (x opening) askOrigin(in *interception) *reply {
	if x.origin == nil {
		x.fresh = true
		x.inside = nil
		if r := x.dial(in.target.Host, in.target.Port, true); r != nil {
			return r
		}
	}
	return x.secureOrigin(in)
}

// secureOrigin puts TLS above the origin's connection.
func (x opening) secureOrigin(in *interception) *reply {
	var request decrypt.CertRequest
	plain := x.origin
	conn := clientSide(plain, in.target)
	x.origin = upstream.Secured(plain, conn)
	if r := x.holdOrigin(); r != nil {
		return r
	}
	x.conn.watch.stage(x.config.Timeouts.Dial)
	x.conn.watch.silentSince.Store(clock())
	secure, err := in.target.Handshake(conn.TLS(), &request)
	x.conn.watch.silentSince.Store(0)
	x.conn.watch.stage(0)
	if err != nil {
		x.dropOrigin()
		in.forget()
		return x.conn.handshakeReply(in, err, &request)
	}
	x.rec.Secured(time.Now())
	if secure.Origin.ALPN != decrypt.HTTP2 {
		conn.Handshook()
	}
	x.origin.CertUnanswered = request.Unanswered
	x.origin.Agreed(in.target.ID(), secure)
	return nil
}

// clientSide puts TLS above a connection to an origin.
func clientSide(plain *upstream.Conn, t *decrypt.Target) *socket.Conn {
	return socket.Secure(plain.Conn, func(n net.Conn) *tls.Conn { return tls.Client(n, t.ClientConfig()) })
}

// clientRefused ends a tunnel whose client did not finish its handshake.
func (x opening) clientRefused(in *interception, err error) bool {
	after := time.Since(in.shown)
	if socket.IsInterrupt(err) {
		return x.endOpening(flow.FailureTLS, reason.ClientTLSLate.With())
	}
	refusal, is := decrypt.Refused(err, after, socket.IsReset(err))
	if !is {
		return x.endOpening(flow.FailureTLS, reason.ClientTLSFailed.With(reason.Of(err)))
	}
	secure := flow.Secure{}
	if x.origin != nil {
		secure = *x.origin.TLS
	}
	secure.Outcome = flow.TLSRefused
	x.rec.SetSecure(&secure)
	return x.endOpening(flow.FailureTLS, x.srv.countRefusal(in, refusal))
}

// countRefusal counts a refusal, or tells the check of it, and describes it for a row.
func (s *Server) countRefusal(in *interception, r decrypt.Refusal) flow.Reason {
	host := in.target.Host
	if in.check != nil {
		in.check.Refused(host, r)
		return r.Describe(host, decrypt.HostRefusals{Host: host, Refused: 1})
	}
	return r.Describe(host, s.refusals.Count(host, r, time.Now()))
}

// serveInside goes on inside the tunnel.
func (x opening) serveInside(in *interception, conn *socket.Conn, protocol string) bool {
	in.agreed(conn, protocol)
	in.narrow(protocol)
	in.rec, x.rec = x.rec, nil
	in.recordTLS(in.rec, x.origin)
	x.conn.watch.mu.Lock()
	x.conn.socket, x.conn.inside = conn, in
	x.conn.watch.mu.Unlock()
	o := x.origin
	x.origin = nil
	if o != nil && !x.conn.watch.release() {
		_ = o.Close()
		o = nil
	}
	if o != nil {
		o.Agreed(in.target.ID(), o.TLS) // narrowed
	}
	if protocol == decrypt.HTTP2 {
		x.serveH2(in, o)
		return false
	}
	conn.Handshook()
	if o != nil {
		switch {
		case in.undecided:
			in.first = o
		default:
			x.conn.giveBack(o, false, time.Now())
		}
	}
	x.conn.served = true // what follows may be waited for like a later request
	return true
}
