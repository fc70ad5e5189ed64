package decrypt

import (
	"container/list"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"sync"
	"time"

	"posthouse/proxy/flow"
)

// The protocols that are spoken inside.
const (
	HTTP1 = "http/1.1"
	HTTP2 = "h2"
)

// Offer is what of a ClientHello decides about the connection to the origin.
type Offer struct {
	SNI string // as sent, "" for none
	H2  bool   // offered by ALPN
	H1  bool

	// Withhold is not of the ClientHello: no client certificate of the user's is
	// shown, because another device asks.
	Withhold bool
}

// oldHTTP is offered by clients that speak HTTP/1.0 and nothing later. It is
// answered as if nothing was offered: the first bytes inside then tell.
const oldHTTP = "http/1.0"

// OfferOf reads the protocols that a client offers. ok is false if it offers
// some, and none of HTTP: what is inside is not for Posthouse then.
func OfferOf(sni string, protocols []string) (o Offer, ok bool) {
	o = Offer{SNI: sni, H2: slices.Contains(protocols, HTTP2), H1: slices.Contains(protocols, HTTP1)}
	return o, o.H1 || o.H2 || len(protocols) == 0 || slices.Contains(protocols, oldHTTP)
}

func (o Offer) protocols() []string {
	switch {
	case o.H2 && o.H1:
		return []string{HTTP2, HTTP1}
	case o.H2:
		return []string{HTTP2}
	case o.H1:
		return []string{HTTP1}
	}
	return nil
}

// Target is an origin as one kind of client asks for it: all that TLS with it
// depends on, and what was learned. It is safe for concurrent use.
type Target struct {
	Host string // of CONNECT, without brackets
	Port uint16
	Offer

	id      uint64
	policy  *Policy
	origin  *tls.Config
	name    string // what the certificate must be for
	session sessionSlot

	mu       sync.Mutex
	spoken   string // what the origin chose
	until    time.Time
	verified verdict
	servers  [3]*server // by protocol: none, h2, http/1.1
}

// How long is believed what was learned of an origin.
const (
	spokenFor   = 10 * time.Minute
	verifiedFor = 10 * time.Minute
	leafFor     = time.Hour // a client is shown the same leaf
)

type verdict struct {
	chain   [32]byte // SHA-256 over all certificates
	until   time.Time
	problem flow.Problem
	trust   flow.Trust
}

// maxTargets bounds the targets that are remembered.
const maxTargets = 1024

type targets struct {
	mu     sync.Mutex
	by     map[targetKey]*list.Element // of *Target
	recent list.List                   // the one used last in front
	places map[place]time.Time         // hosts and ports that spoke TLS, and until when that is believed
}

type targetKey struct {
	place
	Offer
}

type place struct {
	host string
	port uint16
}

// Target finds or makes the target; host is as CONNECT names it.
func (p *Policy) Target(host string, port uint16, offer Offer) *Target {
	key := targetKey{place{host, port}, offer}
	s := &p.targets
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.by[key]; e != nil {
		s.recent.MoveToFront(e)
		return e.Value.(*Target)
	}
	t := p.newTarget(host, port, offer)
	if s.by == nil {
		s.by = make(map[targetKey]*list.Element)
	}
	s.by[key] = s.recent.PushFront(t)
	if len(s.by) > maxTargets {
		oldest := s.recent.Remove(s.recent.Back()).(*Target)
		delete(s.by, targetKey{place{oldest.Host, oldest.Port}, oldest.Offer})
	}
	return t
}

func (p *Policy) newTarget(host string, port uint16, offer Offer) *Target {
	t := &Target{Host: host, Port: port, Offer: offer, id: lastTarget.Add(1), policy: p, name: offer.SNI}
	if t.name == "" {
		t.name = host
	}
	t.origin = &tls.Config{
		ServerName:         offer.SNI,
		InsecureSkipVerify: true, // VerifyConnection does it, and can say what is wrong
		VerifyConnection:   t.verify,
		NextProtos:         offer.protocols(),
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: &t.session,

		DynamicRecordSizingDisabled: true,
		GetClientCertificate:        t.clientCertificate,
	}
	return t
}

// ID names the target among all of this process, and is never 0. Different SNI,
// protocols, credentials or rules give different ones.
func (t *Target) ID() uint64 { return t.id }

// Spoken is the protocol that the origin chose lately; ok is false if it is not known.
func (t *Target) Spoken() (protocol string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spoken, t.until.After(time.Now())
}

// Known reports whether what listens at host and port spoke TLS lately, so that
// it need not be asked before the client is answered.
func (p *Policy) Known(host []byte, port uint16) bool {
	s := &p.targets
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.places[place{string(host), port}]
	return ok && until.After(time.Now())
}

// Forget makes the next connection ask the origin first.
func (t *Target) Forget() {
	t.mu.Lock()
	t.until = time.Time{}
	t.mu.Unlock()
	s := &t.policy.targets
	s.mu.Lock()
	delete(s.places, place{t.Host, t.Port})
	s.mu.Unlock()
}

// learn keeps what the origin chose. Only clients that offer protocols are
// answered ahead: with others it may be the origin that speaks first.
func (t *Target) learn(protocol string) {
	until := time.Now().Add(spokenFor)
	t.mu.Lock()
	t.spoken, t.until = protocol, until
	t.mu.Unlock()
	if !t.H1 && !t.H2 {
		return
	}
	s := &t.policy.targets
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.places == nil || len(s.places) >= maxTargets {
		s.places = make(map[place]time.Time)
	}
	s.places[place{t.Host, t.Port}] = until
}

// CertRequest is what a handshake with an origin notes about itself.
type CertRequest struct {
	// Unanswered says that the origin asked for a client certificate and got
	// none. With TLS 1.3 it may refuse only when the first request is there.
	Unanswered bool
}

type certRequestKey struct{}

func (t *Target) clientCertificate(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if found := t.policy.clientCertificate(t.Host, t.name); found != nil && !t.Withhold {
		return found, nil
	}
	if r, ok := info.Context().Value(certRequestKey{}).(*CertRequest); ok {
		r.Unanswered = true
	}
	return &tls.Certificate{}, nil // none
}

// Withheld reports whether there is a client certificate for the target that is
// not shown, because another device asks.
func (t *Target) Withheld() bool {
	return t.Withhold && t.policy.clientCertificate(t.Host, t.name) != nil
}

// Conn is a TLS connection of crypto/tls.
type Conn interface {
	HandshakeContext(context.Context) error
	ConnectionState() tls.ConnectionState
}

// Handshake runs the handshake with the origin on conn, made with ClientConfig. It
// waits for no context: the caller interrupts the connection below. The error
// is a *CertificateError, or what crypto/tls says.
func (t *Target) Handshake(conn Conn, r *CertRequest) (*flow.Secure, error) {
	if err := conn.HandshakeContext(context.WithValue(context.Background(), certRequestKey{}, r)); err != nil {
		t.Forget()
		return nil, err
	}
	state := conn.ConnectionState()
	v := t.judge(state.PeerCertificates)
	t.learn(state.NegotiatedProtocol)
	s := &flow.Secure{Outcome: flow.TLSDecrypted, Problem: v.problem, Trust: v.trust, Origin: tlsState(&state)}
	if v.problem != 0 {
		s.Outcome = flow.TLSBadCertificate
	}
	s.Chain, s.Fingerprint = rawChain(state.PeerCertificates), fingerprint(state.PeerCertificates)
	return s, nil
}

// ClientConfig is how TLS is spoken with the origin. It is shared, and must not be changed.
func (t *Target) ClientConfig() *tls.Config { return t.origin }

func tlsState(state *tls.ConnectionState) flow.TLSState {
	return flow.TLSState{Version: state.Version, Cipher: state.CipherSuite, ALPN: state.NegotiatedProtocol, Resumed: state.DidResume}
}

// TLSStateOf is what TLS agreed on.
func TLSStateOf(conn Conn) flow.TLSState {
	state := conn.ConnectionState()
	return tlsState(&state)
}

// verify is called at the end of each handshake, resumed ones included.
func (t *Target) verify(state tls.ConnectionState) error {
	chain := state.PeerCertificates
	if len(chain) == 0 {
		return &CertificateError{Host: t.name, Problem: flow.ProblemUnusable, ALPN: state.NegotiatedProtocol}
	}
	v := t.judge(chain)
	if v.trust != flow.TrustNone {
		return nil
	}
	return &CertificateError{Host: t.name, Problem: v.problem, Fingerprint: fingerprint(chain), Chain: rawChain(chain),
		ALPN: state.NegotiatedProtocol, leaf: chain[0]}
}

// judge looks at a chain, or remembers that it did.
func (t *Target) judge(chain []*x509.Certificate) verdict {
	if len(chain) == 0 {
		return verdict{}
	}
	hash := sha256.New()
	for _, c := range chain {
		hash.Write(c.Raw)
	}
	var sum [32]byte
	hash.Sum(sum[:0])
	now := time.Now()
	t.mu.Lock()
	known := t.verified
	t.mu.Unlock()
	if known.chain == sum && now.Before(known.until) {
		return known
	}
	v := verdict{chain: sum, until: now.Add(verifiedFor)}
	if chain[0].NotAfter.Before(v.until) && now.Before(chain[0].NotAfter) {
		v.until = chain[0].NotAfter
	}
	roots, err := t.policy.roots()
	if err != nil {
		roots = x509.NewCertPool()
	}
	v.problem = examine(chain, t.name, roots, now)
	switch {
	case v.problem == 0:
		v.trust = flow.TrustRoots
	case t.policy.pinned(t.Host, t.name, fingerprint(chain)):
		v.trust = flow.TrustPinned
	case t.policy.insecure:
		v.trust = flow.TrustInsecure
	}
	t.mu.Lock()
	t.verified = v
	t.mu.Unlock()
	return v
}

// sessionSlot keeps the newest session of one target (RFC 8446 section 2.2).
type sessionSlot struct {
	mu    sync.Mutex
	state *tls.ClientSessionState
}

func (s *sessionSlot) Get(string) (*tls.ClientSessionState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state, s.state != nil
}

func (s *sessionSlot) Put(_ string, state *tls.ClientSessionState) {
	s.mu.Lock()
	s.state = state
	s.mu.Unlock()
}
