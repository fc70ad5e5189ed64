// Package certificate reads certificates of servers, also those that break a rule of
// their form: crypto/x509 refuses such a one as a whole, while browsers and curl show it.
package certificate

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"posthouse/proxy/flow"
)

// Read parses a certificate. Where it breaks a rule of the form, broken says which, and
// cert has what could be read in spite of it: Raw always, and maybe the names, the time
// and the key. What it says is then good for showing it and for nothing else.
func Read(der []byte) (cert *x509.Certificate, broken flow.Reason) {
	cert, err := x509.ParseCertificate(der)
	if err == nil {
		return cert, flow.Reason{}
	}
	cert = &x509.Certificate{Raw: der}
	readParts(cert)
	return cert, rule(err)
}

// Whole reports whether a certificate of Read keeps the form.
func Whole(c *x509.Certificate) bool { return c.Version != 0 }

// Usable reports whether its key can be used for TLS.
func Usable(c *x509.Certificate) bool {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() <= maxRSA
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

// readParts fills in what stands where it belongs (RFC 5280 section 4.1).
func readParts(c *x509.Certificate) {
	outer := cryptobyte.String(c.Raw)
	var tbs, part cryptobyte.String
	if !outer.ReadASN1(&outer, tag.SEQUENCE) || !outer.ReadASN1(&tbs, tag.SEQUENCE) ||
		!tbs.SkipOptionalASN1(tag.Tag(0).Constructed().ContextSpecific()) || !tbs.SkipASN1(tag.INTEGER) ||
		!tbs.SkipASN1(tag.SEQUENCE) || !tbs.ReadASN1Element(&part, tag.SEQUENCE) {
		return
	}
	c.RawIssuer, c.Issuer = part, name(part)
	if !tbs.ReadASN1(&part, tag.SEQUENCE) {
		return
	}
	c.NotBefore, c.NotAfter = moment(&part), moment(&part)
	if !tbs.ReadASN1Element(&part, tag.SEQUENCE) {
		return
	}
	c.RawSubject, c.Subject = part, name(part)
	if !tbs.ReadASN1Element(&part, tag.SEQUENCE) {
		return
	}
	c.RawSubjectPublicKeyInfo = part
	readKey(c)
	var extensions cryptobyte.String
	var has bool
	if tbs.SkipOptionalASN1(tag.Tag(1).ContextSpecific()) && tbs.SkipOptionalASN1(tag.Tag(2).ContextSpecific()) &&
		tbs.ReadOptionalASN1(&extensions, &has, tag.Tag(3).Constructed().ContextSpecific()) && has {
		readNames(c, extensions)
	}
}

// name reads a subject or an issuer. Of one with a text that cannot be read there is nothing.
func name(der []byte) (n pkix.Name) {
	var sequence pkix.RDNSequence
	if _, err := asn1.Unmarshal(der, &sequence); err == nil {
		n.FillFromRDNSequence(&sequence)
	}
	return n
}

// moment reads a time, as far as encoding/asn1 takes it; else it is zero.
func moment(from *cryptobyte.String) (t time.Time) {
	var element cryptobyte.String
	var kind tag.Tag
	if from.ReadAnyASN1Element(&element, &kind) {
		_, _ = asn1.Unmarshal(element, &t)
	}
	return t
}

// readKey reads the key, also an RSA key without the NULL that belongs behind its name
// (RFC 3279 section 2.3.1).
func readKey(c *x509.Certificate) {
	key, err := x509.ParsePKIXPublicKey(c.RawSubjectPublicKeyInfo)
	if err != nil {
		var info struct {
			Algorithm pkix.AlgorithmIdentifier
			Key       asn1.BitString
		}
		rsaEncryption := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
		if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil || !info.Algorithm.Algorithm.Equal(rsaEncryption) {
			return
		}
		bare, err := x509.ParsePKCS1PublicKey(info.Key.RightAlign())
		if err != nil {
			return
		}
		key = bare
	}
	c.PublicKey = key
	switch key.(type) {
	case *rsa.PublicKey:
		c.PublicKeyAlgorithm = x509.RSA
	case *ecdsa.PublicKey:
		c.PublicKeyAlgorithm = x509.ECDSA
	case ed25519.PublicKey:
		c.PublicKeyAlgorithm = x509.Ed25519
	}
}

// maxNames bounds the names that are read of a certificate that breaks a rule.
const maxNames = 100

// readNames reads the alternative names that have the form of one, of the first extension that has some.
func readNames(c *x509.Certificate, extensions cryptobyte.String) {
	alternative := asn1.ObjectIdentifier{2, 5, 29, 17}
	if !extensions.ReadASN1(&extensions, tag.SEQUENCE) {
		return
	}
	for !extensions.Empty() {
		var extension, value, names cryptobyte.String
		var id asn1.ObjectIdentifier
		if !extensions.ReadASN1(&extension, tag.SEQUENCE) {
			return
		}
		if !extension.ReadASN1ObjectIdentifier(&id) || !id.Equal(alternative) || !extension.SkipOptionalASN1(tag.BOOLEAN) ||
			!extension.ReadASN1(&value, tag.OCTET_STRING) || !value.ReadASN1(&names, tag.SEQUENCE) {
			continue
		}
		c.Extensions = []pkix.Extension{{Id: alternative}} // which x509 looks for before it compares names
		for !names.Empty() && len(c.DNSNames)+len(c.IPAddresses) < maxNames {
			var one cryptobyte.String
			var kind tag.Tag
			if !names.ReadAnyASN1(&one, &kind) {
				return
			}
			switch kind {
			case tag.Tag(2).ContextSpecific():
				c.DNSNames = append(c.DNSNames, string(one))
			case tag.Tag(7).ContextSpecific():
				if len(one) == net.IPv4len || len(one) == net.IPv6len {
					c.IPAddresses = append(c.IPAddresses, net.IP(one))
				}
			}
		}
		return
	}
}
