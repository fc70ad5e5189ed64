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
// becomes a tunnel like any other.
func (x opening) intercept(p *decrypt.Policy) bool {
	host, port := string(x.auth.Host), x.auth.Port
	in := newInterception(p, x.http1Exchange)
	if r := x.dialIntercepted(in); r != nil {
		return x.answerTunnel(r)
	}
	if _, err := x.conn.socket.Write([]byte(established)); err != nil {
		x.dropOrigin()
		return x.answer(gone())
	}
	x.told = toldOpen
	x.rec.Opened(200, time.Now())
	if in.late {
		if r := x.awaitFirst(in); r != nil {
			return x.endOpening(r.failure, r.why)
		}
	}
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
		return x.passOpened(in) // the bytes that came already go first
	}
	in.hello = helloTLS(&info)
	in.mirror = decrypt.MirrorOf(x.conn.socket.Buffered())
	x.config.Hellos.Keep(in.mirror)
	if in.mirror.Encrypted(info.ServerName, host) {
		x.remark = reason.HelloHidden.With(info.ServerName)
		return x.passOpened(in)
	}
	x.rec.SetTLS(in.hello)
	if !x.srv.handshakes.enter(x.conn) {
		return x.endOpening(flow.FailureLimit, reason.HandshakeLimit.With())
	}
	defer x.srv.handshakes.leave(x.conn)
	offer.Withhold = !in.rights.Credentials
	in.target = p.Target(host, port, offer)
	in.lead(offer)
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

// shakeRoom is what is needed of a stack to agree on TLS, in bytes: most of it for a hybrid key (ML-KEM).
const shakeRoom = 20 << 10

// growStackToShake is growStack for that, while little lies there.
//
//go:noinline
func growStackToShake(at uint64) byte {
	var room [shakeRoom]byte
	return room[at%shakeRoom]
}

// handshakeBoth agrees on TLS with the origin, and then with the client, which is told
// the protocol that the origin chose. A client is answered inside its connection
// even where the origin failed, or is to be dialled later.
func (x opening) handshakeBoth(in *interception) bool {
	growStackToShake(x.conn.id)
	in.undecided = !in.target.H1 && !in.target.H2
	if in.late {
		x.rec.Ruled(0, reason.RuleDialLater.With())
		return x.handshakeClient(in, in.asked().Likely())
	}
	wait := in.target.Prepare()
	r := in.fail
	if r == nil {
		r = x.secureOrigin(in)
	}
	wait()
	protocol := in.target.Fallback()
	switch {
	case r == nil:
		protocol = in.target.ProtocolFor(x.origin.TLS.Origin.ALPN)
	case r.status == 0 && in.fail == nil:
		return x.endOpening(r.failure, r.why)
	default:
		dialled := in.fail == nil
		in.fail, in.undecided = r.close(), false
		if dialled && in.secure.Outcome == flow.TLSNone {
			in.secure.Outcome = flow.TLSFailed
		}
	}
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

// secureOrigin puts TLS above the origin's connection. Where the origin chose something
// that cannot be spoken here it is asked once more, over another connection.
func (x opening) secureOrigin(in *interception) *reply {
	if in.late && in.how.Only == "" && in.asked().Other(in.protocol) {
		in.how.Only = in.protocol
	}
	for {
		ask := in.asked().Ask(in.mirror, in.how)
		r, again := x.handshakeOrigin(in, ask)
		if !again {
			return r
		}
		if r := x.reach(in.target.Host, in.target.Port, true); r != nil {
			return r
		}
	}
}

// handshakeOrigin makes one attempt; again says that another one may go better.
func (x opening) handshakeOrigin(in *interception, ask *decrypt.Ask) (r *reply, again bool) {
	plain := x.origin
	conn := socket.Secure(plain.Conn, ask.Conn)
	x.origin = upstream.Secured(plain, conn)
	x.origin.Bound = x.origin.Bound || !in.shared // inside TLS a connection is one client's alone
	if r := x.holdOrigin(); r != nil {
		return r, false
	}
	x.conn.watch.stage(x.config.Timeouts.Dial)
	x.conn.watch.silentSince.Store(clock())
	secure, err := ask.Handshake()
	x.conn.watch.silentSince.Store(0)
	x.conn.watch.stage(0)
	chosen := ""
	if err == nil {
		chosen = secure.Origin.ALPN
	}
	next, again := ask.Again(err, chosen, in.protocol)
	if again = again && x.conn.watch.sound(); again {
		in.how = next
		x.dropOrigin()
		return nil, true
	}
	if err != nil {
		x.dropOrigin()
		return x.conn.handshakeReply(in, err, ask.CertRequested()), false
	}
	if in.protocol != "" && in.asked().ProtocolFor(chosen) != in.protocol {
		x.dropOrigin()
		return errorReply(502, flow.FailureTLS, reason.NotSpoken.With(portText(in.asked()), in.protocol)).close(), false
	}
	x.rec.Secured(time.Now())
	in.reached(x.origin, conn, ask, secure)
	return nil, false
}

// reached notes what was agreed on with the origin.
func (in *interception) reached(o *upstream.Conn, conn *socket.Conn, ask *decrypt.Ask, secure *flow.Secure) {
	if secure.Origin.ALPN != decrypt.HTTP2 {
		conn.Handshook()
	}
	o.CertUnanswered = ask.CertRequested
	o.Agreed(in.asked().ID(), secure)
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
	if protocol == decrypt.HTTP2 {
		if !in.late {
			in.mirror = nil // no other connection to the origin follows
		}
		x.conn.opened = newHTTP2Conn(x.conn, in, o, x.limits)
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
