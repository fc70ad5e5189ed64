package decrypt

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"posthouse/proxy/reason"
)

// Minter makes the certificate that a client is shown for a host: a name, or
// an address without brackets. It is asked more than once for the same host, at
// the same time too, and should keep what it made. posthouse/proxy/ca has one.
type Minter interface {
	Leaf(host string) (*tls.Certificate, error)

	// RSALeaf is Leaf with an RSA key, for clients that know no other.
	RSALeaf(host string) (*tls.Certificate, error)
}

// Options says what a Policy does.
type Options struct {
	Hosts  []string // patterns of what is decrypted; see Hosts
	Minter Minter

	OwnHello bool // origins get Posthouse's ClientHello in place of the client's

	NeverRecord []string // patterns of hosts that leave rows without contents

	Roots              *x509.CertPool // nil: the system's
	ExtraRoots         []byte         // PEM; trusted beside Roots
	Insecure           bool           // origins' certificates are looked at, and taken whatever they are
	Pins               []Pin
	ClientCertificates []ClientCertificate
}

// A Pin trusts one certificate for one host, whatever else is wrong with it.
type Pin struct {
	Host        string // pattern
	Fingerprint [32]byte
}

// ParsePin reads "HOST SHA256", the fingerprint in hexadecimal digits, with
// colons between them or not.
func ParsePin(text string) (Pin, error) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return Pin{}, errors.New("write the host and the SHA-256 fingerprint of its certificate, with a space between them")
	}
	sum, err := hex.DecodeString(strings.ReplaceAll(strings.TrimPrefix(strings.ToLower(fields[1]), "sha256:"), ":", ""))
	if err != nil || len(sum) != 32 {
		return Pin{}, errors.New("a SHA-256 fingerprint has 64 hexadecimal digits")
	}
	if _, err := ParseHosts(fields[:1]); err != nil {
		return Pin{}, err
	}
	return Pin{Host: fields[0], Fingerprint: [32]byte(sum)}, nil
}

// Policy is compiled Options.
type Policy struct {
	hosts    *Hosts
	private  *Hosts
	minter   Minter
	insecure bool
	ownHello bool
	pins     []pin
	clients  []clientCertificate
	roots    func() (*x509.CertPool, error) // read when first needed: it takes some milliseconds
	targets  targets
}

type pin struct {
	hosts       *Hosts
	fingerprint [32]byte
}

// ErrNoRoots is a file of extra roots without one.
var ErrNoRoots = error(reason.New(reason.RootsNone))

var errNoMinter = errors.New("decryption needs a certificate authority")

// New compiles options. The error says which of them cannot be used.
func New(o Options) (*Policy, error) {
	p := &Policy{minter: o.Minter, insecure: o.Insecure, ownHello: o.OwnHello}
	var err error
	if p.hosts, err = ParseHosts(o.Hosts); err != nil {
		return nil, err
	}
	if p.private, err = ParseHosts(o.NeverRecord); err != nil {
		return nil, err
	}
	if o.Minter == nil && !p.hosts.Empty() {
		return nil, errNoMinter
	}
	for _, one := range o.Pins {
		hosts, err := ParseHosts([]string{one.Host})
		if err != nil {
			return nil, err
		}
		p.pins = append(p.pins, pin{hosts, one.Fingerprint})
	}
	for _, one := range o.ClientCertificates {
		hosts, err := ParseHosts([]string{one.Host})
		if err != nil {
			return nil, err
		}
		p.clients = append(p.clients, clientCertificate{hosts, one.Certificate})
	}
	extra := x509.NewCertPool()
	if len(o.ExtraRoots) > 0 && !extra.AppendCertsFromPEM(o.ExtraRoots) {
		return nil, ErrNoRoots
	}
	p.roots = sync.OnceValues(func() (*x509.CertPool, error) { return allRoots(o.Roots, o.ExtraRoots) })
	return p, nil
}

func allRoots(roots *x509.CertPool, extra []byte) (*x509.CertPool, error) {
	if roots == nil {
		system, err := x509.SystemCertPool()
		if err != nil {
			return nil, reason.Wrap(err, reason.RootsSystem)
		}
		roots = system
	} else {
		roots = roots.Clone()
	}
	roots.AppendCertsFromPEM(extra)
	return roots, nil
}

// Decrypts reports whether tunnels to host are opened. It allocates nothing.
func (p *Policy) Decrypts(host []byte) bool { return p != nil && p.hosts.Match(host) }

// DecryptsUnlisted is Decrypts for a client whose tunnels are all opened: exceptions
// alone hold, for hosts on the list or not. Without a Minter it opens none.
func (p *Policy) DecryptsUnlisted(host []byte) bool {
	return p != nil && p.minter != nil && !p.hosts.Excepts(host)
}

// Mints reports whether a tunnel can be opened at all.
func (p *Policy) Mints() bool { return p != nil && p.minter != nil }

// Records reports whether what is inside may be recorded.
func (p *Policy) Records(host []byte) bool { return p == nil || !p.private.Match(host) }

// pinned reports whether the certificate is trusted for the host by itself.
func (p *Policy) pinned(host, name string, fingerprint [32]byte) bool {
	for i := range p.pins {
		if p.pins[i].fingerprint == fingerprint && (p.pins[i].hosts.Match([]byte(host)) || p.pins[i].hosts.Match([]byte(name))) {
			return true
		}
	}
	return false
}

// lastTarget numbers targets over all policies, so that a connection that was
// made under one policy is never used under another.
var lastTarget atomic.Uint64
