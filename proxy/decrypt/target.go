package decrypt

import (
	"container/list"
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

	// Hello tells ClientHellos apart that are sent to the origin, where connections to it
	// are shared between requests of Posthouse's own; "" where they are not, or it is
	// Posthouse's.
	Hello string
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

	id       uint64
	policy   *Policy
	name     string      // what the certificate must be for
	session  sessionSlot // of Posthouse's own hello
	sessions mirrorSessions

	mu       sync.Mutex
	verified verdict
	selected string // the protocol that the origin chose last among all that clients offer
	known    bool   // it was asked
	servers  [len(kept)]*server
	odd      []*utlsCertificate // held for utls; nil for none
}

// How long is believed what was learned of an origin.
const (
	verifiedFor = 10 * time.Minute
	leafFor     = time.Hour // a client is shown the same leaf
)

type verdict struct {
	chain   [32]byte // SHA-256 over all certificates
	until   time.Time
	problem flow.Problem
	rules   []flow.Reason // which rules, where problem has ProblemUnusable
	trust   flow.Trust
}

// maxTargets bounds the targets that are remembered.
const maxTargets = 1024

type targets struct {
	mu     sync.Mutex
	by     map[targetKey]*list.Element // of *Target
	recent list.List                   // the one used last in front
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
	return t
}

// ID names the target among all of this process, and is never 0. Different SNI,
// protocols, credentials or rules give different ones.
func (t *Target) ID() uint64 { return t.id }

// clientCertificate is what the origin is shown that asks for one.
func (a *Ask) clientCertificate() *tls.Certificate {
	t := a.target
	if found := t.policy.clientCertificate(t.Host, t.name); found != nil && !t.Withhold {
		return found
	}
	a.asked.Store(true)
	return &tls.Certificate{} // none
}

// Withheld reports whether there is a client certificate for the target that is
// not shown, because another device asks.
func (t *Target) Withheld() bool {
	return t.Withhold && t.policy.clientCertificate(t.Host, t.name) != nil
}

// ownCiphers are crypto/tls's and those with RSA key exchange, which browsers offer too.
var ownCiphers = append(cipherIDs(tls.CipherSuites()), tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA)

func cipherIDs(suites []*tls.CipherSuite) (ids []uint16) {
	for _, s := range suites {
		ids = append(ids, s.ID)
	}
	return ids
}

// ownConfig is how TLS is spoken with the origin where the client's hello is not sent.
func (t *Target) ownConfig(a *Ask) *tls.Config {
	protocols := t.protocols()
	if a.how.Only != "" {
		protocols = []string{a.how.Only}
	}
	return &tls.Config{
		ServerName:         t.SNI,
		InsecureSkipVerify: true, // VerifyConnection does it, and can say what is wrong
		VerifyConnection: func(s tls.ConnectionState) error {
			return t.verify(s.PeerCertificates, s.NegotiatedProtocol)
		},
		NextProtos:         protocols,
		MinVersion:         tls.VersionTLS12,
		CipherSuites:       ownCiphers,
		ClientSessionCache: &t.session,

		DynamicRecordSizingDisabled: true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return a.clientCertificate(), nil
		},
	}
}

func tlsState(state *tls.ConnectionState) flow.TLSState {
	return flow.TLSState{Version: state.Version, Cipher: state.CipherSuite, ALPN: state.NegotiatedProtocol, Resumed: state.DidResume}
}

// TLSStateOf is what TLS agreed on with a client.
func TLSStateOf(conn interface{ ConnectionState() tls.ConnectionState }) flow.TLSState {
	state := conn.ConnectionState()
	return tlsState(&state)
}

// verify is called at the end of each handshake, resumed ones included.
func (t *Target) verify(chain []*x509.Certificate, alpn string) error {
	if len(chain) == 0 {
		return &CertificateError{Host: t.name, Problem: flow.ProblemUnusable, ALPN: alpn}
	}
	v := t.judge(chain)
	if v.trust != flow.TrustNone {
		return nil
	}
	return t.rejected(chain, v, alpn)
}

func (t *Target) rejected(chain []*x509.Certificate, v verdict, alpn string) *CertificateError {
	return &CertificateError{Host: t.name, Problem: v.problem, Fingerprint: fingerprint(chain), Chain: rawChain(chain),
		ALPN: alpn, leaf: chain[0], rules: v.rules}
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
	v.problem, v.rules = examine(chain, t.name, roots, now)
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
