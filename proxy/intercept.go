package proxy

import (
	"crypto/tls"
	"net"
	"strings"
	"time"

	"posthouse/proxy/clienthello"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// securing is what a server holds for all tunnels that it opens.
type securing struct {
	refusals   decrypt.Refusals
	handshakes handshakes
}

// Refusals tells, per host, how often clients did not take Posthouse's
// certificate; the host of the last refusal comes first.
func (s *Server) Refusals() []decrypt.HostRefusals { return s.secure.refusals.All() }

// open answers CONNECT to a host that is to be decrypted, and looks at what the
// client sends. What is neither TLS nor a plain request, or not HTTP in its TLS,
// becomes a tunnel like any other. An origin that spoke TLS lately is dialed when it is needed.
func (c *client) open(w *work, p *decrypt.Policy) bool {
	host, port := string(w.auth.Host), w.auth.Port
	in := newInside(p, w)
	if !p.Known(w.auth.Host, port) || c.asksAhead(w) {
		if r := c.dialTunnel(w); r != nil {
			return c.refuseTunnel(w, r)
		}
	}
	if _, err := c.conn.Write([]byte(established)); err != nil {
		c.dropOrigin(w)
		return c.answer(w, gone())
	}
	w.opened = true
	w.rec.Opened(200, time.Now())
	info, what := c.awaitHello(w)
	if what == openEnded {
		return c.endOpening(w, flow.FailureNone, "")
	}
	if what == openLate {
		return c.endOpening(w, flow.FailureTLS, "The client sent no whole ClientHello in time.")
	}
	if what == openOther && c.speaksPlain(w) {
		return c.enterPlain(w, in)
	}
	offer, http := decrypt.OfferOf(info.ServerName, info.Protocols)
	if what == openOther || !http {
		return c.passTunnel(w, host, port)
	}
	in.hello = helloTLS(&info)
	w.rec.SetTLS(in.hello)
	if !c.srv.secure.handshakes.enter(c) {
		return c.endOpening(w, flow.FailureLimit, saidManyHandshakes)
	}
	defer c.srv.secure.handshakes.leave(c)
	offer.Withhold = !in.rights.Credentials
	in.target = p.Target(host, port, offer)
	return c.shakeHands(w, in)
}

func helloTLS(info *clienthello.Info) flow.TLS {
	return flow.TLS{Seen: true, SNI: info.ServerName, ALPN: strings.Join(info.Protocols, ", "), Version: clienthello.VersionName(info.Version)}
}

// What the first bytes of an open tunnel were.
type opening uint8

const (
	openHello opening = iota
	openOther         // not TLS, or the origin speaks first
	openLate
	openEnded
)

// awaitHello waits for a whole ClientHello, which stays in the buffer.
func (c *client) awaitHello(w *work) (clienthello.Info, opening) {
	c.watch.stage(w.config.Timeouts.ClientHead)
	for {
		if b := c.conn.Buffered(); len(b) > 0 {
			switch info, result := clienthello.Parse(b); result {
			case clienthello.Found:
				return info, openHello
			case clienthello.NotTLS:
				return info, openOther
			}
		} else {
			c.watch.eager.Store(w.origin)
		}
		err := c.fillUpTo(w, c.conn, clienthello.MaxSize)
		spoke := c.settleEager()
		switch {
		case err == nil:
		case spoke && c.watch.sound():
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
func (c *client) originSpoke(o *upstream.Conn) {
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.eager.CompareAndSwap(o, nil) {
		w.spoke.Store(true)
		_ = c.conn.SetReadDeadline(past)
	}
}

// settleEager ends the wait for either side; it reports whether the origin spoke.
func (c *client) settleEager() bool {
	w := &c.watch
	if w.eager.Load() == nil && !w.spoke.Load() {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.eager.Store(nil)
	spoke := w.spoke.Swap(false)
	if spoke && !w.interrupted() {
		c.conn.Resume()
	}
	return spoke
}

// endOpening ends a tunnel that carried nothing yet.
func (c *client) endOpening(w *work, failure flow.Failure, detail string) bool {
	if c.wasCut() {
		failure, detail = c.cutWhy("Posthouse was stopped.")
	}
	c.dropOrigin(w)
	c.conn.Discard(len(c.conn.Buffered()))
	w.rec.Finish(failure, detail, 0, time.Now())
	return false
}

// passTunnel leaves a tunnel as it is; the bytes that came already go first.
func (c *client) passTunnel(w *work, host string, port uint16) bool {
	if w.origin == nil {
		w.fresh = true
		if r := c.dial(w, host, port, true); r != nil {
			w.rec.Unusable(r.sent)
			return c.endOpening(w, r.failure, r.detail)
		}
	}
	c.startTunnel(w, true)
	return false
}

// shakeHands agrees on TLS with the origin, unless it is known what it will
// say, and then with the client. A client is answered inside its connection
// even where the origin failed.
func (c *client) shakeHands(w *work, in *inside) bool {
	protocol, known := in.target.Spoken()
	in.undecided = !in.target.H1 && !in.target.H2
	if !known || in.undecided || w.origin != nil {
		wait := in.target.Prepare()
		r := c.askOrigin(w, in)
		wait()
		if r != nil {
			if r.status == 0 {
				return c.endOpening(w, r.failure, r.detail)
			}
			in.fail = r.close()
			if in.secure.Outcome == flow.TLSNone {
				in.secure.Outcome = flow.TLSFailed
			}
			protocol = in.target.Fallback()
		} else {
			protocol = w.origin.TLS.Origin.ALPN
		}
	}
	if in.fail == nil {
		protocol = in.target.ProtocolFor(protocol)
	}
	in.undecided = in.undecided && in.fail == nil
	return c.greet(w, in, protocol)
}

// greet agrees on TLS with the client, on the given protocol.
func (c *client) greet(w *work, in *inside, protocol string) bool {
	config, err := in.target.ServerConfig(protocol)
	if err != nil {
		return c.endOpening(w, flow.FailureTLS, "Posthouse cannot make a certificate for this host: "+err.Error()+".")
	}
	conn := socket.Secure(c.conn, func(n net.Conn) *tls.Conn { return tls.Server(n, config) })
	in.shown = time.Now()
	c.watch.stage(w.config.Timeouts.Dial)
	err = conn.TLS().Handshake()
	c.watch.stage(0)
	if err != nil {
		if code, is := conn.PlainAlert(); is && !isAlert(err) && !socket.IsInterrupt(err) {
			err = decrypt.PlainAlert{Alert: decrypt.Alert(code)}
		}
		return c.clientRefused(w, in, err)
	}
	c.srv.secure.handshakes.leave(c) // what follows may last
	return c.enter(w, in, conn, protocol)
}

// askOrigin dials the origin, if it was not, and agrees on TLS with it.
func (c *client) askOrigin(w *work, in *inside) *reply {
	if w.origin == nil {
		w.fresh = true
		w.inside = nil
		if r := c.dial(w, in.target.Host, in.target.Port, true); r != nil {
			return r
		}
	}
	return c.secureOrigin(w, in)
}

// secureOrigin puts TLS above the origin's connection.
func (c *client) secureOrigin(w *work, in *inside) *reply {
	var request decrypt.CertRequest
	plain := w.origin
	conn := clientSide(plain, in.target)
	w.origin = upstream.Secured(plain, conn)
	if r := c.holdOrigin(w); r != nil {
		return r
	}
	c.watch.stage(w.config.Timeouts.Dial)
	c.watch.silentSince.Store(clock())
	secure, err := in.target.Handshake(conn.TLS(), &request)
	c.watch.silentSince.Store(0)
	c.watch.stage(0)
	if err != nil {
		c.dropOrigin(w)
		in.forget()
		return c.handshakeReply(in, err, &request)
	}
	w.rec.Secured(time.Now())
	if secure.Origin.ALPN != decrypt.HTTP2 {
		conn.Handshook()
	}
	w.origin.CertUnanswered = request.Unanswered
	w.origin.Agreed(in.target.ID(), secure)
	return nil
}

// clientSide puts TLS above a connection to an origin.
func clientSide(plain *upstream.Conn, t *decrypt.Target) *socket.Conn {
	return socket.Secure(plain.Conn, func(n net.Conn) *tls.Conn { return tls.Client(n, t.ClientConfig()) })
}

// clientRefused ends a tunnel whose client did not finish its handshake.
func (c *client) clientRefused(w *work, in *inside, err error) bool {
	after := time.Since(in.shown)
	if socket.IsInterrupt(err) {
		return c.endOpening(w, flow.FailureTLS, "The client did not finish the TLS handshake in time.")
	}
	refusal, is := decrypt.Refused(err, after, socket.IsReset(err))
	if !is {
		return c.endOpening(w, flow.FailureTLS, "The TLS handshake with the client failed: "+rootCause(err)+".")
	}
	secure := flow.Secure{}
	if w.origin != nil {
		secure = *w.origin.TLS
	}
	secure.Outcome = flow.TLSRefused
	w.rec.SetSecure(&secure)
	return c.endOpening(w, flow.FailureTLS, c.srv.noteRefusal(in, refusal))
}

// noteRefusal counts a refusal, or tells the check of it, and describes it for a row.
func (s *Server) noteRefusal(in *inside, r decrypt.Refusal) string {
	host := in.target.Host
	if in.check != nil {
		in.check.Refused(host, r)
		return r.Describe(host, decrypt.HostRefusals{Host: host, Refused: 1})
	}
	return r.Describe(host, s.secure.refusals.Note(host, r, time.Now()))
}

// enter goes on inside the tunnel.
func (c *client) enter(w *work, in *inside, conn *socket.Conn, protocol string) bool {
	in.agreed(conn, protocol)
	in.narrow(protocol)
	in.rec, w.rec = w.rec, nil
	in.note(in.rec, w.origin)
	c.watch.mu.Lock()
	c.conn, c.inside = conn, in
	c.watch.mu.Unlock()
	o := w.origin
	w.origin = nil
	if o != nil && !c.watch.release() {
		_ = o.Close()
		o = nil
	}
	if o != nil {
		o.Agreed(in.target.ID(), o.TLS) // narrowed
	}
	if protocol == decrypt.HTTP2 {
		c.serveH2(w, in, o)
		return false
	}
	conn.Handshook()
	if o != nil {
		switch {
		case in.undecided:
			in.first = o
		default:
			c.giveBack(o, false, time.Now())
		}
	}
	c.served = true // what follows may be waited for like a later request
	return true
}
