package decrypt

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"time"
)

// server is how a client is answered for one target and protocol. It is kept so
// that clients can take up earlier sessions: the keys of tickets are its own.
type server struct {
	config *tls.Config
	until  time.Time
	leaf   *x509.Certificate
}

// shown reports whether clients are still answered so. The wall clock, by which the leaf lives, may have
// been set meanwhile, or have gone on while the computer slept.
func (s *server) shown(now time.Time) bool {
	return s != nil && now.Before(s.until) && !now.Before(s.leaf.NotBefore) && !now.After(s.leaf.NotAfter)
}

// kept are the protocols for which a server is kept.
var kept = [...]string{"", HTTP2, HTTP1}

// ServerConfig is the configuration towards a client, for a protocol that the client
// offers or "" for none. It is shared, and must not be changed.
func (t *Target) ServerConfig(protocol string) (*tls.Config, error) {
	at := slices.Index(kept[:], protocol)
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if at >= 0 {
		if s := t.servers[at]; s.shown(now) {
			return s.config, nil
		}
	}
	leaf, err := t.leaf()
	if err != nil {
		return nil, err
	}
	every := &tls.Config{
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return t.leafFor(hello, leaf), nil },
		MinVersion:     tls.VersionTLS10, // between a program and a proxy: who speaks no later one is answered too
		CipherSuites:   allCiphers,       // likewise; the better ones are preferred all the same

		DynamicRecordSizingDisabled: true,
	}
	if protocol != "" {
		every.NextProtos = []string{protocol}
	}
	quick := every.Clone()
	quick.CurvePreferences = classic
	quick.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		known := slices.Contains(hello.SupportedCurves, tls.X25519) || len(hello.SupportedCurves) == 0
		from, _ := hello.Conn.RemoteAddr().(*net.TCPAddr)
		if known && from != nil && from.IP.IsLoopback() {
			return nil, nil
		}
		return every, nil
	}
	if at >= 0 {
		t.servers[at] = &server{until: now.Add(leafFor), config: quick, leaf: leaf.Leaf}
	}
	return quick, nil
}

// allCiphers are those that crypto/tls can speak.
var allCiphers = append(cipherIDs(tls.CipherSuites()), cipherIDs(tls.InsecureCipherSuites())...)

// leaf is the certificate that clients are shown.
func (t *Target) leaf() (*tls.Certificate, error) { return t.mint(t.policy.minter.Leaf) }

func (t *Target) mint(make func(string) (*tls.Certificate, error)) (*tls.Certificate, error) {
	leaf, err := make(t.name)
	if err != nil && t.name != t.Host {
		leaf, err = make(t.Host) // an SNI that is no name
	}
	return leaf, err
}

// leafFor is leaf, or the one with an RSA key for a client that knows no other.
func (t *Target) leafFor(hello *tls.ClientHelloInfo, leaf *tls.Certificate) *tls.Certificate {
	nameless := *hello
	nameless.ServerName = "" // whom it is for is settled; what counts is the key
	if nameless.SupportsCertificate(leaf) == nil {
		return leaf
	}
	if other, err := t.mint(t.policy.minter.RSALeaf); err == nil && nameless.SupportsCertificate(other) == nil {
		return other
	}
	return leaf
}

// Prepare begins to make the certificate for clients, if there is none yet: on a
// first visit that is done while the origin is asked. wait waits for its end, and
// must be called.
func (t *Target) Prepare() (wait func()) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.servers {
		if s != nil && now.Before(s.until) {
			return func() {}
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = t.leaf() // Server comes to the same error
	}()
	return func() { <-done }
}

// classic are the key exchanges that most clients on this computer are answered
// with. The hybrid ones against quantum computers cost a new connection about a
// third of its time, and protect nothing on the way between a program and a proxy
// on the same computer; they are spoken with origins, with clients from elsewhere,
// and with those that know no other.
var classic = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}

// ProtocolFor is what the client is told when the origin has chosen: the same,
// or HTTP/1.1 from an origin that does not speak ALPN.
func (t *Target) ProtocolFor(chosen string) string {
	switch {
	case chosen != "" && chosen != oldHTTP:
		return chosen
	case t.H1:
		return HTTP1
	}
	return ""
}

// learn remembers what the origin chose of all that its client offers.
func (t *Target) learn(chosen string) {
	t.mu.Lock()
	t.selected, t.known = chosen, true
	t.mu.Unlock()
}

// Likely is the protocol that a client is told before the origin was asked: what that chose last, or else
// HTTP/1.1, which every origin speaks that is asked for it.
func (t *Target) Likely() string {
	t.mu.Lock()
	chosen := t.selected
	t.mu.Unlock()
	if p := t.ProtocolFor(chosen); p == HTTP2 && t.H2 {
		return p
	}
	return t.Fallback()
}

// Other reports whether the origin is known to choose another protocol than the one that was agreed on with
// a client.
func (t *Target) Other(agreed string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known && agreed != "" && t.ProtocolFor(t.selected) != agreed
}

// Fallback is the protocol for a page of Posthouse's own.
func (t *Target) Fallback() string {
	switch {
	case t.H1:
		return HTTP1
	case t.H2:
		return HTTP2
	}
	return ""
}
