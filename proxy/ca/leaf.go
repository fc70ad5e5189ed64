package ca

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/netip"
	"time"
)

const (
	// LeafLife is how long a leaf is valid, the time that it is backdated counted.
	LeafLife = 90 * 24 * time.Hour
	// leafBackdate is for clients whose clock is slow.
	leafBackdate = 24 * time.Hour
)

// Leaf gives the certificate for a host: a DNS name in any case, as U-labels or
// A-labels, with or without the root's dot; an IPv4 literal; an IPv6 literal
// with or without brackets. The Certificate has the chain (leaf, CA), the key
// and the parsed leaf. It is shared and must not be changed.
//
// A name's leaf may cover its domain and, by a wildcard, its siblings. The
// errors are ErrHost, ErrNotPermitted, ErrExpired and ErrNotYetValid, or of the system.
func (a *Authority) Leaf(name string) (*tls.Certificate, error) { return a.leaf(name, false) }

// RSALeaf is Leaf with an RSA key. The first one takes as long as it takes to find that key.
func (a *Authority) RSALeaf(name string) (*tls.Certificate, error) { return a.leaf(name, true) }

func (a *Authority) leaf(name string, rsa bool) (*tls.Certificate, error) {
	h, err := parseHost(name)
	if err != nil {
		return nil, err
	}
	if !a.permits(h) {
		return nil, ErrNotPermitted
	}
	if h.addr.IsValid() {
		return a.cached(subject{addr: h.addr, rsa: rsa})
	}
	return a.cached(subject{family: a.familyOf(h.name), rsa: rsa})
}

// subject is what a leaf is for: an address, or a family of names. It is the
// key of the cache.
type subject struct {
	addr netip.Addr
	family
	rsa bool // its key
}

func (a *Authority) cached(s subject) (*tls.Certificate, error) {
	now := a.now()
	e, mine := a.cache.enter(s, now)
	if !mine {
		<-e.done
		return e.cert, e.err
	}
	// Whatever happens below, those who wait go on.
	defer a.cache.settle(e)
	e.err = errSigning
	e.cert, e.renew, e.err = a.sign(s, now)
	return e.cert, e.err
}

// sign makes a leaf and says when it should be made again.
func (a *Authority) sign(s subject, now time.Time) (*tls.Certificate, time.Time, error) {
	if !now.Before(a.cert.NotAfter) {
		return nil, time.Time{}, ErrExpired
	}
	if now.Before(a.cert.NotBefore) {
		return nil, time.Time{}, ErrNotYetValid
	}
	template := &x509.Certificate{
		NotBefore:   now.Add(-leafBackdate),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	// Both ends are part of the life (RFC 5280 section 4.1.2.5).
	template.NotAfter = template.NotBefore.Add(LeafLife - time.Second)
	if template.NotBefore.Before(a.cert.NotBefore) {
		template.NotBefore = a.cert.NotBefore
	}
	if template.NotAfter.After(a.cert.NotAfter) {
		template.NotAfter = a.cert.NotAfter
	}
	if err := s.describe(template); err != nil {
		return nil, time.Time{}, err
	}
	var key crypto.Signer = a.leafKey
	if s.rsa {
		var err error
		if key, err = a.rsaKey(); err != nil {
			return nil, time.Time{}, err
		}
		template.KeyUsage |= x509.KeyUsageKeyEncipherment // RFC 5246 section 7.4.2, for RSA key exchange
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, time.Time{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, time.Time{}, err
	}
	cert := &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}
	// By the wall clock alone, as the ends of its life: the other one stands still while the computer sleeps.
	return cert, now.Round(0).Add(leaf.NotAfter.Sub(now) * 2 / 3), nil
}

// describe writes the names into a certificate. The common name, which no
// client of today reads, is a help to people only and stays out where it is
// too long; x509 then marks the alternative name critical, for the subject is
// empty (RFC 5280 section 4.2.1.6).
func (s subject) describe(c *x509.Certificate) error {
	common := s.name
	switch {
	case s.addr.Is4In6():
		// x509 would write it with four octets, and a client that compares all
		// sixteen would not find it.
		san, err := mappedName(s.addr)
		if err != nil {
			return err
		}
		c.ExtraExtensions = []pkix.Extension{san}
		common = s.addr.String()
	case s.addr.IsValid():
		c.IPAddresses = []net.IP{s.addr.AsSlice()}
		common = s.addr.String()
	case s.wildcard:
		c.DNSNames = []string{s.name, "*." + s.name}
	default:
		c.DNSNames = []string{s.name}
	}
	if len(common) <= maxCommonName {
		c.Subject.CommonName = common
	}
	return nil
}

var subjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}

// mappedName is an alternative name with both forms of an IPv4-mapped IPv6
// address (RFC 4291 section 2.5.5.2).
func mappedName(addr netip.Addr) (pkix.Extension, error) {
	const tagIPAddress = 7 // RFC 5280 section 4.2.1.6, GeneralName
	value, err := asn1.Marshal([]asn1.RawValue{
		{Class: asn1.ClassContextSpecific, Tag: tagIPAddress, Bytes: addr.AsSlice()},
		{Class: asn1.ClassContextSpecific, Tag: tagIPAddress, Bytes: addr.Unmap().AsSlice()},
	})
	return pkix.Extension{Id: subjectAltName, Value: value}, err
}
