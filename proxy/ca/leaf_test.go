package ca

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"encoding/pem"
)

// hosts are all kinds of hosts, with the form that a client looks for in the
// certificate and the names that the leaf holds.
var hosts = []struct {
	host, asked string
	names       string // DNS names, or addresses
}{
	{"www.example.com", "www.example.com", "example.com *.example.com"},
	{"WWW.Example.COM", "www.example.com", "example.com *.example.com"},
	{"www.example.com.", "www.example.com", "example.com *.example.com"},
	{"example.com", "example.com", "example.com *.example.com"},
	{"a.b.example.com", "a.b.example.com", "b.example.com *.b.example.com"},
	{"localhost", "localhost", "localhost"},
	{"nas.internal", "nas.internal", "nas.internal *.nas.internal"},
	{"com", "com", "com"},
	{"co.uk", "co.uk", "co.uk"},
	{"shop.co.uk", "shop.co.uk", "shop.co.uk *.shop.co.uk"},
	{"www.shop.co.uk", "www.shop.co.uk", "shop.co.uk *.shop.co.uk"},
	{"github.io", "github.io", "github.io"},
	{"someone.github.io", "someone.github.io", "someone.github.io *.someone.github.io"},
	{"a_b.example.com", "a_b.example.com", "a_b.example.com"},
	{"_dmarc.example.com", "_dmarc.example.com", "_dmarc.example.com"},
	{"a--b.example.com", "a--b.example.com", "example.com *.example.com"},
	{"bücher.example.com", "xn--bcher-kva.example.com", "xn--bcher-kva.example.com"},
	{"BÜCHER.example.com", "xn--bcher-kva.example.com", "xn--bcher-kva.example.com"},
	{"xn--bcher-kva.example.com", "xn--bcher-kva.example.com", "xn--bcher-kva.example.com"},
	{"www.bücher.example", "www.xn--bcher-kva.example", "xn--bcher-kva.example *.xn--bcher-kva.example"},
	{"例子。测试", "xn--fsqu00a.xn--0zwm56d", "xn--fsqu00a.xn--0zwm56d *.xn--fsqu00a.xn--0zwm56d"},
	{"1.2.3", "1.2.3", "2.3 *.2.3"},
	{"127.0.0.1", "127.0.0.1", "127.0.0.1"},
	{"127.0.0.1.", "127.0.0.1", "127.0.0.1"},
	{"１２７.0.0.1", "127.0.0.1", "127.0.0.1"},
	{"::1", "::1", "::1"},
	{"[::1]", "::1", "::1"},
	{"[2001:DB8::000a]", "2001:db8::a", "2001:db8::a"},
	{"fe80::1%eth0", "fe80::1", "fe80::1"},
	{"[::ffff:192.0.2.7]", "::ffff:192.0.2.7", "192.0.2.7 192.0.2.7"},
	{longName, longName, longName[50:] + " *." + longName[50:]},
}

// longName has 253 octets, the most that a name can have.
var longName = strings.Repeat(strings.Repeat("a", 49)+".", 5) + "abc"

func TestLeafVerifiesForEveryKindOfHost(t *testing.T) {
	a, now := open(t)
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate())
	for _, test := range hosts {
		t.Run(test.host[:min(len(test.host), 40)], func(t *testing.T) {
			cert, err := a.Leaf(test.host)
			if err != nil {
				t.Fatal(err)
			}
			if len(cert.Certificate) != 2 || string(cert.Certificate[1]) != string(a.DER()) ||
				string(cert.Certificate[0]) != string(cert.Leaf.Raw) {
				t.Error("the chain is not leaf, CA")
			}
			opts := x509.VerifyOptions{Roots: roots, CurrentTime: *now, DNSName: test.asked,
				KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
			if strings.Contains(test.asked, ":") {
				opts.DNSName = "[" + test.asked + "]"
			}
			if _, err := cert.Leaf.Verify(opts); err != nil {
				t.Error(err)
			}
			got := cert.Leaf.DNSNames
			for _, ip := range cert.Leaf.IPAddresses {
				got = append(got, ip.String())
			}
			if s := strings.Join(got, " "); s != test.names {
				t.Errorf("names %q, want %q", s, test.names)
			}
			if life := cert.Leaf.NotAfter.Sub(cert.Leaf.NotBefore) + time.Second; life > 90*24*time.Hour {
				t.Errorf("valid for %v", life)
			}
			if !cert.Leaf.NotBefore.Before(now.Add(-23 * time.Hour)) {
				t.Errorf("valid from %v", cert.Leaf.NotBefore)
			}
			if cert.Leaf.IsCA || cert.Leaf.KeyUsage != x509.KeyUsageDigitalSignature ||
				cert.Leaf.SignatureAlgorithm != x509.ECDSAWithSHA256 {
				t.Errorf("CA %v, usage %v, %v", cert.Leaf.IsCA, cert.Leaf.KeyUsage, cert.Leaf.SignatureAlgorithm)
			}
			if empty := cert.Leaf.Subject.CommonName == ""; empty != criticalNames(cert.Leaf) {
				t.Errorf("subject %q, but critical names: %v", cert.Leaf.Subject, !empty)
			}
		})
	}
}

func criticalNames(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if e.Id.Equal(subjectAltName) {
			return e.Critical
		}
	}
	return false
}

// A second opinion: OpenSSL, strict about RFC 5280.
func TestLeafVerifiesWithOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	for _, domains := range [][]string{nil, {"example.com", "test", "github.io", "xn--bcher-kva.example", "例子.测试"}} {
		a, err := Open(t.TempDir(), Options{PermittedDomains: domains})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		root := filepath.Join(dir, "root.pem")
		if err := os.WriteFile(root, a.PEM(), 0o600); err != nil {
			t.Fatal(err)
		}
		verified := 0
		for _, test := range hosts {
			cert, err := a.Leaf(test.host)
			if errors.Is(err, ErrNotPermitted) && domains != nil {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			leaf := filepath.Join(dir, "leaf.pem")
			if err := os.WriteFile(leaf, pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: cert.Certificate[0]}),
				0o600); err != nil {
				t.Fatal(err)
			}
			check := "-verify_hostname"
			if net.ParseIP(test.asked) != nil {
				check = "-verify_ip"
			}
			out, err := exec.Command(openssl, "verify", "-x509_strict", "-purpose", "sslserver", "-no-CApath", "-CAfile", root, check,
				test.asked, leaf).CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v\n%s", test.host, err, out)
			}
			verified++
		}
		if verified < 8 {
			t.Errorf("only %d leaves were verified", verified)
		}
	}
}

func TestLeafIsRefusedForWhatIsNoHost(t *testing.T) {
	a, _ := open(t)
	for _, name := range []string{
		"", ".", "..", "a..b", ".a", "a b", "a/b", "a:443", "*.example.com", "a\x00b", "exa\xffmple", "[::1", "::1]", "[127.0.0.1]", "1:2",
		strings.Repeat("a", 64) + ".com", longName + "d", strings.Repeat("a.", 600), "a.com..", "%31", "-\u00ad",
	} {
		if cert, err := a.Leaf(name); !errors.Is(err, ErrHost) {
			t.Errorf("%q: %v, %v", name, cert != nil, err)
		}
	}
	if n := a.cache.len(); n != 0 {
		t.Errorf("%d entries in the cache", n)
	}
}

// The CA limited to domains gives no leaf for others, and no leaf that a
// client would refuse.
func TestLeafKeepsToNameConstraints(t *testing.T) {
	a, now := open(t, "example.com", "*.Bücher.example", ".deep.down.test")
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate())
	for name, ok := range map[string]bool{
		"example.com": true, "www.example.com": true, "a.b.example.com": true,
		"bücher.example": true, "www.bücher.example": true,
		"deep.down.test": true, "x.deep.down.test": true,
		"badexample.com": false, "com": false, "down.test": false, "other.test": false, "127.0.0.1": false, "::1": false,
	} {
		cert, err := a.Leaf(name)
		if !ok {
			if !errors.Is(err, ErrNotPermitted) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		h, _ := parseHost(name)
		if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: *now, DNSName: h.name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Were a leaf for another name signed all the same, clients would refuse it.
	for _, s := range []subject{{family: family{name: "other.test"}}, {addr: mustHost(t, "192.0.2.1").addr},
		{addr: mustHost(t, "2001:db8::1").addr}} {
		cert, _, err := a.sign(s, *now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: *now}); err == nil {
			t.Errorf("%v is not refused", s)
		}
	}
	for _, bad := range []string{"", "192.0.2.1", "a b"} {
		if _, err := Open(t.TempDir(), Options{PermittedDomains: []string{bad}}); err == nil {
			t.Errorf("a CA limited to %q", bad)
		}
	}
}

func mustHost(t *testing.T, name string) host {
	t.Helper()
	h, err := parseHost(name)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A real handshake of each version, over a real socket.
func TestLeafServesHandshakes(t *testing.T) {
	a, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.PEM())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, name := range []string{"a.example.com", "127.0.0.1", "::1"} {
			done := make(chan error, 1)
			go func() {
				c, err := l.Accept()
				if err == nil {
					cert, _ := a.Leaf(name)
					s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*cert}})
					err = errors.Join(s.Handshake(), s.Close())
				}
				done <- err
			}()
			c, err := tls.Dial("tcp", l.Addr().String(),
				&tls.Config{RootCAs: roots, ServerName: name, MinVersion: version, MaxVersion: version})
			if err != nil {
				t.Errorf("%s, %s: %v", tls.VersionName(version), name, err)
			} else {
				_ = c.Close()
			}
			if err := <-done; err != nil && !strings.Contains(err.Error(), "broken pipe") && !strings.Contains(err.Error(), "reset") {
				t.Errorf("%s, %s: %v", tls.VersionName(version), name, err)
			}
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, test := range hosts {
		f.Add(test.host)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHost(s)
		if err != nil {
			if !errors.Is(err, ErrHost) {
				t.Fatal(err)
			}
			return
		}
		if h.addr.IsValid() == (h.name != "") || h.addr.Zone() != "" {
			t.Fatalf("%q: %+v", s, h)
		}
		again, err := parseHost(fmt.Sprint(h.name, map[bool]string{true: h.addr.String()}[h.addr.IsValid()]))
		if err != nil || again != h {
			t.Fatalf("%q: %+v, then %+v, %v", s, h, again, err)
		}
	})
}

// A client that knows RSA alone gets a leaf with such a key, beside the other and kept like it.
func TestRSALeaf(t *testing.T) {
	a, now := open(t)
	usual, err := a.Leaf("www.example.com")
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := a.RSALeaf("www.example.com")
	if err != nil {
		t.Fatal(err)
	}
	again, err := a.RSALeaf("WWW.example.com.")
	if err != nil || again != leaf || usual == leaf {
		t.Errorf("%v: made twice, or not at all", err)
	}
	other, err := a.RSALeaf("other.test")
	if err != nil || !other.PrivateKey.(*rsa.PrivateKey).Equal(leaf.PrivateKey) {
		t.Errorf("%v: another key", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	if _, err := leaf.Leaf.Verify(x509.VerifyOptions{DNSName: "www.example.com", Roots: roots, CurrentTime: *now}); err != nil {
		t.Error(err)
	}
	if leaf.Leaf.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment ||
		usual.Leaf.KeyUsage != x509.KeyUsageDigitalSignature {
		t.Errorf("key usage %v, %v", leaf.Leaf.KeyUsage, usual.Leaf.KeyUsage)
	}
}
