package proxytest

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
)

// Odd makes of a certificate that the authority issued one that no library issues: change
// gets the parts of what is signed (RFC 5280 section 4.1), which is signed anew.
func (a *Authority) Odd(t testing.TB, c tls.Certificate, change func(parts []asn1.RawValue) []asn1.RawValue) tls.Certificate {
	t.Helper()
	var whole struct {
		Signed    []asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.Certificate[0], &whole); err != nil {
		t.Fatal(err)
	}
	whole.Signed = change(whole.Signed)
	signed, err := asn1.Marshal(whole.Signed)
	if err != nil {
		t.Fatal(err)
	}
	digest := crypto.SHA256.New()
	digest.Write(signed)
	signature, err := a.key.Sign(rand.Reader, digest.Sum(nil), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	whole.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	der, err := asn1.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: c.PrivateKey}
}

// The parts of what is signed, by their place.
const (
	partVersion = iota
	partSerial
	partAlgorithm
	partIssuer
	partValidity
	partSubject
	partKey
	partExtensions
)

// An OddCertificate is one that breaks a rule.
type OddCertificate struct {
	Name  string
	Rule  string // a part of the sentence that says which one
	Make  func(a *Authority, t testing.TB) tls.Certificate
	Names bool // that it is for a.example can be read all the same
}

func part(at int, value asn1.RawValue) func(*Authority, testing.TB) tls.Certificate {
	return func(a *Authority, t testing.TB) tls.Certificate {
		return a.Odd(t, a.Issue(t, nil), func(parts []asn1.RawValue) []asn1.RawValue {
			parts[at] = value
			return parts
		})
	}
}

func sequence(t testing.TB, parts ...any) asn1.RawValue {
	t.Helper()
	var content []byte
	for _, p := range parts {
		b, err := asn1.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		content = append(content, b...)
	}
	return asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: content}
}

// extended issues a certificate with one more extension of alternative names, which takes
// the place of the others unless beside.
func extended(value []byte, beside bool) func(*Authority, testing.TB) tls.Certificate {
	return func(a *Authority, t testing.TB) tls.Certificate {
		c := a.Issue(t, func(c *x509.Certificate) {
			if !beside {
				c.DNSNames, c.IPAddresses = nil, nil
			}
		})
		return a.Odd(t, c, func(parts []asn1.RawValue) []asn1.RawValue {
			var all []asn1.RawValue
			if _, err := asn1.Unmarshal(parts[partExtensions].Bytes, &all); err != nil {
				t.Fatal(err)
			}
			names := sequence(t, asn1.ObjectIdentifier{2, 5, 29, 17}, value)
			one, err := asn1.Marshal(append(all, names))
			if err != nil {
				t.Fatal(err)
			}
			parts[partExtensions].Bytes, parts[partExtensions].FullBytes = one, nil
			return parts
		})
	}
}

// OddCertificates are certificates that crypto/x509 does not parse, and whose key can be
// used all the same.
func OddCertificates(t testing.TB) []OddCertificate {
	badName := sequence(t, asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: sequenceBytes(t,
		asn1.ObjectIdentifier{2, 5, 4, 3}, asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte("\xff\xfe")})})
	badTime := sequence(t, asn1.RawValue{Tag: asn1.TagUTCTime, Bytes: []byte("2601010000Z")},
		asn1.RawValue{Tag: asn1.TagUTCTime, Bytes: []byte("tomorrow")})
	addressAndName := []byte("\x30\x10\x87\x03\x7f\x00\x01\x82\x09a.example")
	twice := []byte("\x30\x0b\x82\x09b.example")
	return []OddCertificate{
		{"version", "its version is none", part(partVersion, asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true,
			Bytes: []byte{2, 1, 9}}), true},
		{"serial", "its serial number", part(partSerial, asn1.RawValue{Tag: asn1.TagInteger, Bytes: []byte{0, 0, 1}}), true},
		{"subject", "its subject or issuer", part(partSubject, badName), true},
		{"time", "its time cannot be read", part(partValidity, badTime), true},
		{"address", "an address of 3 bytes", extended(addressAndName, false), true},
		{"twice", "the extension 2.5.29.17 twice", extended(twice, true), true},
		{"trailing", "bytes behind its end", func(a *Authority, t testing.TB) tls.Certificate {
			c := a.Issue(t, nil)
			return tls.Certificate{Certificate: [][]byte{append(c.Certificate[0], 0)}, PrivateKey: c.PrivateKey}
		}, true},
	}
}

func sequenceBytes(t testing.TB, parts ...any) []byte {
	t.Helper()
	b, err := asn1.Marshal(sequence(t, parts...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// UnknownCurve is a certificate with a key on a curve that there is not.
func UnknownCurve(a *Authority, t testing.TB) tls.Certificate {
	return a.Odd(t, a.Issue(t, nil), func(parts []asn1.RawValue) []asn1.RawValue {
		var key struct {
			Algorithm pkix.AlgorithmIdentifier
			Key       asn1.BitString
		}
		if _, err := asn1.Unmarshal(parts[partKey].FullBytes, &key); err != nil {
			t.Fatal(err)
		}
		curve, err := asn1.Marshal(asn1.ObjectIdentifier{1, 3, 132, 0, 99})
		if err != nil {
			t.Fatal(err)
		}
		key.Algorithm.Parameters = asn1.RawValue{FullBytes: curve}
		der, err := asn1.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		parts[partKey] = asn1.RawValue{FullBytes: der}
		return parts
	})
}
