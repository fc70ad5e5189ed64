package certificate_test

import (
	"bytes"
	"crypto/x509"
	"strings"
	"testing"

	"posthouse/proxy/certificate"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
)

// What can be read of a certificate that breaks a rule is read, and the rule is named.
func TestOddCertificatesAreRead(t *testing.T) {
	issuer := proxytest.NewAuthority(t, "Issuer")
	for _, odd := range proxytest.OddCertificates(t) {
		t.Run(odd.Name, func(t *testing.T) {
			made := odd.Make(issuer, t)
			der := made.Certificate[0]
			if _, err := x509.ParseCertificate(der); err == nil {
				t.Fatal("it is not odd")
			}
			c, broken := certificate.Read(der)
			if said := reason.English(broken); !strings.Contains(said, odd.Rule) {
				t.Errorf("%q, want %q", said, odd.Rule)
			}
			if certificate.Whole(c) || !certificate.Usable(c) || !bytes.Equal(c.Raw, der) || c.Issuer.CommonName != "Issuer" {
				t.Errorf("whole %v, usable %v, issuer %v", certificate.Whole(c), certificate.Usable(c), c.Issuer)
			}
			if err := c.VerifyHostname("a.example"); (err == nil) != odd.Names {
				t.Error(err)
			}
		})
	}
	whole, broken := certificate.Read(issuer.Issue(t, nil).Certificate[0])
	if !certificate.Whole(whole) || !certificate.Usable(whole) || !broken.IsZero() {
		t.Errorf("%v %v", whole, broken)
	}
}

// Whatever comes from the network, there is a certificate with its bytes, and a rule where it is not whole.
func FuzzRead(f *testing.F) {
	issuer := proxytest.NewAuthority(f, "Issuer")
	for _, odd := range proxytest.OddCertificates(f) {
		f.Add(odd.Make(issuer, f).Certificate[0])
	}
	f.Add([]byte{})
	f.Add(issuer.Issue(f, nil).Certificate[0])
	f.Fuzz(func(t *testing.T, der []byte) {
		c, broken := certificate.Read(der)
		if !bytes.Equal(c.Raw, der) || certificate.Whole(c) != broken.IsZero() || len(reason.English(broken)) > 200 {
			t.Fatalf("%+v, %v", c, broken)
		}
		_ = c.VerifyHostname("a.example")
	})
}
