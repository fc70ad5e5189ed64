package proxy_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// A certificate that crypto/x509 does not parse is judged and explained, and its
// fingerprint can be pinned.
func TestOddCertificates(t *testing.T) {
	for _, odd := range proxytest.OddCertificates(t) {
		for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
			t.Run(odd.Name+"/"+name, func(t *testing.T) {
				issuer := proxytest.NewAuthority(t, "Origins' CA")
				certificate := odd.Make(issuer, t)
				config := &tls.Config{Certificates: []tls.Certificate{certificate}, MaxVersion: version}
				o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) { d.Roots = issuer.Pool() })
				o.serve(config, answers)
				client := o.connect()
				client.StartClientTLS(o.client("http/1.1"))
				row, page := o.page(client, 502)
				if row.TLS.Outcome != flow.TLSBadCertificate || row.TLS.Problem&flow.ProblemUnusable == 0 ||
					!strings.Contains(said(row.Reason), odd.Rule) || !strings.Contains(page, odd.Rule) {
					t.Errorf("page %q, row %+v", page, row)
				}
				if x := o.Exchange(2); len(x.Secure.Chain) != 1 || !bytes.Equal(x.Secure.Chain[0], certificate.Certificate[0]) ||
					x.Secure.Fingerprint != sha256Of(certificate) {
					t.Errorf("secure %+v", x.Secure)
				}
				for _, own := range []bool{false, true} {
					pinned := openAll(t, func(d *decrypt.Options, _ *proxy.Config) {
						d.OwnHello = own
						d.Pins = []decrypt.Pin{{Host: "a.example", Fingerprint: sha256Of(certificate)}}
					})
					pinned.serve(config, answers)
					for range 2 {
						client = pinned.connect()
						client.StartClientTLS(pinned.client("http/1.1"))
						row, _ = pinned.page(client, 200)
						if row.TLS.Outcome != flow.TLSBadCertificate || row.TLS.Problem&flow.ProblemUnusable == 0 {
							t.Errorf("row %+v", row)
						}
					}
				}
			})
		}
	}
}

// A negative serial number is none of a browser's concerns.
func TestNegativeSerialNumber(t *testing.T) {
	o := openAll(t, nil)
	certificate := o.issuer.Odd(t, o.issuer.Issue(t, nil), func(parts []asn1.RawValue) []asn1.RawValue {
		parts[1] = asn1.RawValue{Tag: asn1.TagInteger, Bytes: []byte{0x80}}
		return parts
	})
	c, at, _ := o.shake(o.client("http/1.1"), &tls.Config{Certificates: []tls.Certificate{certificate}})
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	if row := o.Finished(2); row.TLS.Outcome != flow.TLSDecrypted || row.TLS.Problem != 0 {
		t.Errorf("row %+v", row)
	}
}

// A certificate beside the origin's that cannot be read does no harm where it is not needed.
func TestOddCertificateInTheChain(t *testing.T) {
	o := openAll(t, nil)
	certificate := o.issuer.Issue(t, nil)
	odd := proxytest.OddCertificates(t)[0].Make(o.issuer, t)
	certificate.Certificate = append(certificate.Certificate, odd.Certificate[0])
	o.serve(&tls.Config{Certificates: []tls.Certificate{certificate}}, answers)
	for range 2 {
		client := o.connect()
		client.StartClientTLS(o.client("http/1.1"))
		if row, _ := o.page(client, 200); row.TLS.Outcome != flow.TLSDecrypted || row.TLS.Problem != 0 {
			t.Errorf("row %+v", row)
		}
	}
}

// A short RSA key is spoken with, and trusted only where it is pinned.
func TestShortRSAKey(t *testing.T) {
	key := shortKey(t)
	o := openAll(t, nil)
	certificate := o.issuer.IssueFor(t, key, nil)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MaxVersion: tls.VersionTLS12}
	o.serve(config, answers)
	client := o.connect()
	client.StartClientTLS(o.client("http/1.1"))
	if row, page := o.page(client, 502); row.TLS.Problem != flow.ProblemUnusable ||
		!strings.Contains(page, "an RSA key of 768 bits in its chain is too short") {
		t.Errorf("page %q, row %+v", page, row)
	}
	pinned := openAll(t, func(d *decrypt.Options, _ *proxy.Config) {
		d.Roots = o.issuer.Pool()
		d.Pins = []decrypt.Pin{{Host: "a.example", Fingerprint: sha256Of(certificate)}}
	})
	pinned.serve(config, answers)
	client = pinned.connect()
	client.StartClientTLS(pinned.client("http/1.1"))
	if row, _ := pinned.page(client, 200); row.TLS.Problem != flow.ProblemUnusable {
		t.Errorf("row %+v", row)
	}
}

func shortKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 768)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A signature with SHA-1 vouches for nothing, and the row names it.
func TestForgeableSignature(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	certificate := (*proxytest.Authority)(nil).IssueFor(t, key, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA })
	o := openAll(t, nil)
	o.serve(&tls.Config{Certificates: []tls.Certificate{certificate}}, answers)
	client := o.connect()
	client.StartClientTLS(o.client("http/1.1"))
	if row, page := o.page(client, 502); row.TLS.Problem != flow.ProblemUnusable|flow.ProblemSelfSigned ||
		!strings.Contains(page, "signed with SHA1-RSA, which can be forged") {
		t.Errorf("page %q, row %+v", page, row)
	}
}

// A key that no library reads is no last word either: the certificate is shown and named,
// and the row says that pinning it does not help.
func TestKeyThatCannotBeUsed(t *testing.T) {
	issuer := proxytest.NewAuthority(t, "Origins' CA")
	certificate := proxytest.UnknownCurve(issuer, t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) {
			d.Pins = []decrypt.Pin{{Host: "a.example", Fingerprint: sha256Of(certificate)}}
		})
		o.serve(&tls.Config{Certificates: []tls.Certificate{certificate}, MaxVersion: version}, answers)
		client := o.connect()
		client.StartClientTLS(o.client("http/1.1"))
		row, page := o.page(client, 502)
		if row.TLS.Outcome != flow.TLSBadCertificate || row.TLS.Problem != flow.ProblemUnusable ||
			!strings.Contains(page, "its key has a form that cannot be read") || !strings.Contains(page, "pinning it does not help") {
			t.Errorf("page %q, row %+v", page, row)
		}
	}
}
