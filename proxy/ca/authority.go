package ca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"posthouse/proxy/reason"
)

const (
	// DefaultLife is how long a new CA is valid.
	DefaultLife = 5 * 365 * 24 * time.Hour
	// MinLife and MaxLife bound Options.Life.
	MinLife = time.Hour
	MaxLife = 20 * 365 * 24 * time.Hour

	// caBackdate is for clocks that are slow: devices refuse what is not valid yet.
	caBackdate = 48 * time.Hour

	// maxCommonName is ub-common-name of RFC 5280 appendix A.1, in characters.
	maxCommonName = 64
)

// Options say how a new CA is made. The zero value works. A CA that is there
// already stays as it is.
type Options struct {
	Name             string           // of this computer, for the subject; default: the host name
	Life             time.Duration    // from now, MinLife to MaxLife; default DefaultLife
	PermittedDomains []string         // name constraints: the CA is good for these domains and what is below them only; none: for all
	Now              func() time.Time // default time.Now; is asked for leaves too
}

// Authority signs leaves. Its methods may be called by many goroutines concurrently.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	now  func() time.Time

	leafKey *ecdsa.PrivateKey               // of all leaves of this process
	rsaKey  func() (*rsa.PrivateKey, error) // the same for clients that know RSA alone; made when first needed
	cache   cache
}

// newAuthority makes a CA that is in no file yet.
func newAuthority(o Options) (*Authority, error) {
	now := clock(o.Now)
	life := o.Life
	switch {
	case life == 0:
		life = DefaultLife
	case life < MinLife || life > MaxLife:
		return nil, fmt.Errorf("a CA cannot live for %v: give it from %v to %v", life, MinLife, MaxLife)
	}
	domains, err := permitted(o.PermittedDomains)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := now().UTC().Truncate(time.Second)
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: commonName(o.Name, t), Organization: []string{"Posthouse"}},
		NotBefore:             t.Add(-caBackdate),
		NotAfter:              t.Add(life),
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true, // no CA below this one
		KeyUsage:              x509.KeyUsageCertSign,
	}
	if len(domains) > 0 {
		template.PermittedDNSDomainsCritical = true
		template.PermittedDNSDomains = domains
		// Constraints bind each kind of name apart: without these, any address would do.
		template.ExcludedIPRanges = allAddresses()
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return assemble(cert, key, now)
}

// assemble makes an Authority of a checked pair.
func assemble(cert *x509.Certificate, key *ecdsa.PrivateKey, now func() time.Time) (*Authority, error) {
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return &Authority{cert: cert, key: key, now: now, leafKey: leafKey, rsaKey: sync.OnceValues(newRSAKey)}, nil
}

func clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// commonName is what a person looks for in a list of trusted authorities.
func commonName(host string, t time.Time) string {
	if host == "" {
		host, _ = os.Hostname()
	}
	host = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(host, ""))
	if host == "" {
		host = "this computer"
	}
	const before, after = "Posthouse CA, ", ", 2006-01-02"
	runes := []rune(host)
	runes = runes[:min(len(runes), maxCommonName-len(before)-len(after))]
	return before + string(runes) + t.Format(after)
}

// permitted checks the domains of name constraints and brings them into the
// form that certificates hold.
func permitted(domains []string) ([]string, error) {
	var out []string
	for _, domain := range domains {
		h, err := parseHost(strings.TrimPrefix(strings.TrimPrefix(domain, "*"), "."))
		if err != nil {
			return nil, fmt.Errorf("%q cannot be a domain that the CA is limited to: %w", domain, err)
		}
		if h.addr.IsValid() {
			return nil, fmt.Errorf("%q cannot be what the CA is limited to: write domains, not addresses", domain)
		}
		out = append(out, h.name)
	}
	return out, nil
}

// Certificate is the certificate of the CA. It must not be changed.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// DER is the certificate as bytes (application/x-x509-ca-cert). There is no key in it.
func (a *Authority) DER() []byte { return append([]byte(nil), a.cert.Raw...) }

// PEM is the certificate as text (RFC 7468). There is no key in it.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: a.cert.Raw})
}

// Fingerprint is the SHA-256 of the certificate the way that trust stores show
// it: pairs of upper-case hexadecimal digits with colons between.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	var b strings.Builder
	for i, c := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
	return b.String()
}

// ErrExpired is what Leaf says when the CA itself is no longer valid.
var ErrExpired = error(reason.New(reason.CAExpired))

// ErrNotYetValid is what Leaf says where the clock is set to before the CA's time.
var ErrNotYetValid = error(reason.New(reason.CANotYet))

// ErrNotPermitted is what Leaf says for a host outside of the domains that the
// CA is limited to.
var ErrNotPermitted = error(reason.New(reason.CALimited))

// permits reports whether the CA's name constraints (RFC 5280 section
// 4.2.1.10) leave room for the host.
func (a *Authority) permits(h host) bool {
	if len(a.cert.PermittedDNSDomains) == 0 {
		return true
	}
	return !h.addr.IsValid() && a.permitsName(h.name)
}

func (a *Authority) permitsName(name string) bool {
	if len(a.cert.PermittedDNSDomains) == 0 {
		return true
	}
	for _, domain := range a.cert.PermittedDNSDomains {
		if rest, ok := strings.CutSuffix(name, domain); ok && (rest == "" || strings.HasSuffix(rest, ".")) {
			return true
		}
	}
	return false
}

func newRSAKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }
