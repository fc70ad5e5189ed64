package decrypt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"

	utls "github.com/refraction-networking/utls"

	"posthouse/proxy/clienthello"
	"posthouse/proxy/flow"
)

// OriginConn is a TLS connection to an origin, of crypto/tls or utls.
type OriginConn interface {
	net.Conn
	CloseWrite() error
	Handshake() error
	HandshakeContext(context.Context) error
}

// How is in what a ClientHello may differ from the client's. The zero value is the
// client's own.
type How struct {
	Reduced bool   // what cannot be spoken here is left out
	Only    string // the one protocol that is offered, "" for those of the client
	Odd     bool   // the library was made to take the certificates that the origin showed
}

// Ask is one attempt to agree on TLS with the origin of a target. Its connection is made
// by Conn, and the handshake run by Handshake.
type Ask struct {
	target    *Target
	hello     *clienthello.Hello // the client's, until it is sent; nil for Posthouse's own
	mirrors   bool               // the client's is sent, or will be
	how       How
	conn      OriginConn
	wire      *wire
	deviation flow.Deviation
	asked     atomic.Bool
}

// Ask begins an attempt with the client's hello, or with Posthouse's where that is nil or
// the rules want so.
func (t *Target) Ask(hello *clienthello.Hello, how How) *Ask {
	a := &Ask{target: t, hello: hello, mirrors: hello != nil, how: how}
	if t.policy.ownHello {
		a.hello, a.mirrors = nil, false
	} else if hello == nil {
		a.deviation = flow.DeviationOwn
	}
	return a
}

// Conn puts the TLS connection above n.
func (a *Ask) Conn(n net.Conn) OriginConn {
	a.wire = &wire{Conn: n}
	if a.hello != nil {
		if u, err := a.mirror(); err == nil {
			a.wire.record = a.hello.Record
			a.conn, a.hello = u, nil
			return u
		}
		a.hello, a.mirrors, a.deviation, a.wire.choose = nil, false, flow.DeviationOwn, nil
	}
	if own := a.target.ownConfig(a); a.target.showsOdd() {
		a.conn = utls.UClient(a.wire, a.likeOwn(own), utls.HelloGolang)
	} else {
		a.conn = tls.Client(a.wire, own)
	}
	return a.conn
}

// CertRequested reports whether the origin asked for a client certificate and got
// none. With TLS 1.3 it may refuse only when the first request is there; up to TLS 1.2 it
// may ask when it has seen that.
func (a *Ask) CertRequested() bool { return a.asked.Load() }

// Handshake runs the handshake. It waits for no context: the caller interrupts the
// connection below. The error is a *CertificateError, or what the library says.
func (a *Ask) Handshake() (s *flow.Secure, err error) {
	err = a.shake()
	defer func() { a.wire.flight, a.wire.shaken = nil, true }()
	if err != nil {
		return nil, a.explain(err)
	}
	state, chain := a.state()
	if a.how.Only == "" {
		a.target.learn(state.ALPN)
	}
	v := a.target.judge(chain)
	state.JA4 = flow.ParseJA4(a.wire.ja4)
	s = &flow.Secure{Outcome: flow.TLSDecrypted, Problem: v.problem, Trust: v.trust, Deviation: a.deviation, Origin: state}
	if v.problem != 0 {
		s.Outcome = flow.TLSBadCertificate
	}
	s.Chain, s.Fingerprint = rawChain(chain), fingerprint(chain)
	return s, nil
}

// shake runs the library, which is not to end the program whatever an origin sends.
func (a *Ask) shake() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("tls: the library gave up: %v", r)
		}
	}()
	err = a.conn.Handshake()
	if u, is := a.conn.(*utls.UConn); is && err == nil {
		if u.ConnectionState().Version == utls.VersionTLS13 {
			forgetHello(u)
		} else {
			prepareRenegotiation(u)
		}
	}
	return err
}

// forgetHello drops what only a handshake needs, and TLS 1.3 has one: with the keys it
// is some 13 KiB, for as long as the connection stays.
func forgetHello(u *utls.UConn) {
	for _, e := range u.Extensions {
		if share, is := e.(*utls.KeyShareExtension); is {
			share.KeyShares = nil
		}
	}
	u.Extensions, u.HandshakeState = nil, utls.PubClientHandshakeState{}
}

// prepareRenegotiation takes out of the hello what must not be in the next one on the
// same connection (RFC 5746 section 3.5), and the session, which is not taken up twice.
func prepareRenegotiation(u *utls.UConn) {
	h := u.HandshakeState.Hello
	kept := h.CipherSuites[:0:0]
	for _, c := range h.CipherSuites {
		if c != scsv {
			kept = append(kept, c)
		}
	}
	h.CipherSuites = kept
	u.HandshakeState.Session = nil
}

func (a *Ask) state() (flow.TLSState, []*x509.Certificate) {
	switch conn := a.conn.(type) {
	case *utls.UConn:
		s := conn.ConnectionState()
		agreed := flow.TLSState{Version: s.Version, Cipher: s.CipherSuite, ALPN: s.NegotiatedProtocol, Resumed: s.DidResume}
		return agreed, s.PeerCertificates
	case *tls.Conn:
		s := conn.ConnectionState()
		return tlsState(&s), s.PeerCertificates
	}
	return flow.TLSState{}, nil
}

// Again reports whether another attempt may go better, and how it is made: the origin
// chose something of what the client offers that cannot be spoken here, or a protocol
// that is not agreed, the one that the client's connection has; "" for any of HTTP.
func (a *Ask) Again(err error, chosen, agreed string) (How, bool) {
	var odd *oddError
	switch {
	case errors.As(err, &odd):
		return odd.next, odd.next != a.how
	case !a.mirrors:
		return How{}, false
	case err != nil:
		next := How{Reduced: true, Only: a.how.Only, Odd: a.how.Odd}
		return next, !a.how.Reduced && ours(err)
	case a.how.Only != "":
		return How{}, false
	case agreed != "" && a.target.ProtocolFor(chosen) != agreed && a.offers(agreed):
		return How{Reduced: a.how.Reduced, Only: agreed, Odd: a.how.Odd}, true
	case agreed == "" && !spokenHere(chosen):
		return How{Reduced: a.how.Reduced, Only: a.target.Fallback(), Odd: a.how.Odd}, a.target.Fallback() != ""
	}
	return How{}, false
}

func (a *Ask) offers(protocol string) bool {
	return protocol == HTTP1 && a.target.H1 || protocol == HTTP2 && a.target.H2
}

func spokenHere(protocol string) bool {
	return protocol == "" || protocol == HTTP1 || protocol == HTTP2 || protocol == oldHTTP
}

// ours reports whether a handshake failed because of what the library cannot do or does
// not take, and not because of the origin, the network or a certificate.
func ours(err error) bool {
	var certificate *CertificateError
	var op *net.OpError
	switch {
	case errors.As(err, &certificate), NotTLS(err), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return false
	case errors.As(err, &op):
		return op.Op == "local error"
	}
	text := err.Error()
	return strings.HasPrefix(text, "tls: ") || strings.HasPrefix(text, "uTLS")
}

// NotTLS reports whether a peer answered with something that is no TLS.
func NotTLS(err error) bool {
	var header tls.RecordHeaderError
	var other utls.RecordHeaderError
	return errors.As(err, &header) || errors.As(err, &other)
}
