package decrypt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/proxy/flow"
)

// signer signs certificates of origins.
type signer struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	next int64
}

func newSigner(t *testing.T) *signer {
	i := &signer{t: t, next: 2}
	i.key = newKey(t)
	i.cert = i.sign(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour),
		IsCA:     true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	return i
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (i *signer) sign(template, parent *x509.Certificate) *x509.Certificate {
	key := i.key
	if parent == nil {
		parent = template
	} else {
		key = newKey(i.t)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), i.key)
	if err != nil {
		i.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		i.t.Fatal(err)
	}
	return cert
}

func (i *signer) leaf(name string, life time.Duration) *x509.Certificate {
	i.next++
	return i.sign(&x509.Certificate{
		SerialNumber: big.NewInt(i.next), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, i.cert)
}

func (i *signer) policy() *Policy {
	roots := x509.NewCertPool()
	roots.AddCert(i.cert)
	p, err := New(Options{Hosts: []string{"*"}, Minter: noMinter{}, Roots: roots})
	if err != nil {
		i.t.Fatal(err)
	}
	return p
}

func (t *Target) verifyChain(chain ...*x509.Certificate) error { return t.verify(chain, "") }

// What was found about one chain says nothing about another, another name, or other rules.
func TestVerdictIsOfOneChainAndName(t *testing.T) {
	i, stranger := newSigner(t), newSigner(t)
	p := i.policy()
	target := p.Target("a.example", 443, Offer{SNI: "a.example", H1: true})
	good := i.leaf("a.example", time.Hour)
	for range 2 {
		if err := target.verifyChain(good); err != nil {
			t.Fatal(err)
		}
	}
	if err := target.verifyChain(stranger.leaf("a.example", time.Hour)); err == nil {
		t.Error("a stranger's certificate is taken after a good one")
	}
	if err := target.verifyChain(good, stranger.cert); err != nil {
		t.Errorf("the good one with a certificate too many: %v", err)
	}
	if err := target.verifyChain(i.leaf("b.example", time.Hour)); err == nil {
		t.Error("a certificate for another host is taken after a good one")
	}
	if err := p.Target("b.example", 443, Offer{SNI: "b.example", H1: true}).verifyChain(good); err == nil {
		t.Error("what was found for one name is believed for another")
	}
	if err := stranger.policy().Target("a.example", 443, Offer{SNI: "a.example", H1: true}).verifyChain(good); err == nil {
		t.Error("what was found by other rules is believed")
	}
	if err := target.verifyChain(); err == nil {
		t.Error("no certificate at all is taken")
	}
}

// A verdict does not outlive the certificate, and is looked at again after a while anyway.
func TestVerdictHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newSigner(t)
		target := i.policy().Target("a.example", 443, Offer{SNI: "a.example", H1: true})
		short := i.leaf("a.example", verifiedFor/2)
		if err := target.verifyChain(short); err != nil {
			t.Fatal(err)
		}
		time.Sleep(verifiedFor/2 + time.Second)
		err, is := target.verifyChain(short).(*CertificateError)
		if !is || err.Problem != flow.ProblemExpired {
			t.Errorf("past its end: %v", err)
		}
		long := i.leaf("a.example", time.Hour)
		if err := target.verifyChain(long); err != nil {
			t.Fatal(err)
		}
		first := target.verified.until
		time.Sleep(verifiedFor - time.Second)
		if _ = target.verifyChain(long); target.verified.until != first {
			t.Error("a verdict was looked up again before its time")
		}
		time.Sleep(2 * time.Second)
		if err := target.verifyChain(long); err != nil || target.verified.until == first {
			t.Errorf("a verdict is believed past its time: %v", err)
		}
	})
}

// One session is kept for a target: the newest, and no other target's.
func TestSessionsAreOfOneTarget(t *testing.T) {
	p := newSigner(t).policy()
	a, b := p.Target("a.example", 443, Offer{SNI: "x", H1: true}), p.Target("b.example", 443, Offer{SNI: "x", H1: true})
	var last *tls.ClientSessionState
	for range 100 {
		last = new(tls.ClientSessionState)
		a.session.Put("x", last)
	}
	if got, ok := a.session.Get("x"); !ok || got != last {
		t.Error("not the newest session is taken up")
	}
	if _, ok := b.session.Get("x"); ok {
		t.Error("another target's session is taken up")
	}
}

// farConn is a connection from an address.
type farConn struct {
	net.Conn
	from string
}

func (c farConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))
}

type oneMinter struct {
	noMinter
	leaf *tls.Certificate
}

func (m oneMinter) Leaf(string) (*tls.Certificate, error) { return m.leaf, nil }

// A leaf whose time the clock was set out of, or the computer has slept through, is not shown again.
func TestLeafOutOfItsTimeIsNotShownAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newSigner(t)
		minter := &oneMinter{}
		p, err := New(Options{Hosts: []string{"*"}, Minter: minter})
		if err != nil {
			t.Fatal(err)
		}
		target := p.Target("a.example", 443, Offer{H1: true})
		shown := func(leaf *x509.Certificate) *tls.Config {
			minter.leaf = &tls.Certificate{Leaf: leaf}
			config, err := target.ServerConfig(HTTP1)
			if err != nil {
				t.Fatal(err)
			}
			return config
		}
		good, short := i.leaf("a.example", 24*time.Hour), i.leaf("a.example", time.Minute)
		later := *good
		later.NotBefore = time.Now().Add(time.Hour)
		first := shown(&later)
		second := shown(short)
		if second == first {
			t.Error("a leaf of the future is shown again")
		}
		if shown(good) != second {
			t.Error("a leaf is not kept")
		}
		time.Sleep(2 * time.Minute)
		if shown(good) == second {
			t.Error("a leaf past its end is shown again")
		}
	})
}

// What a phone or another computer says passes a network, where it may be recorded.
func TestClientsFromElsewhereGetTheHybridKeyExchange(t *testing.T) {
	p, err := New(Options{Hosts: []string{"*"}, Minter: oneMinter{leaf: &tls.Certificate{}}})
	if err != nil {
		t.Fatal(err)
	}
	config, err := p.Target("a.example", 443, Offer{H1: true}).ServerConfig(HTTP1)
	if err != nil {
		t.Fatal(err)
	}
	for from, near := range map[string]bool{"127.0.0.1:5": true, "127.9.0.1:5": true, "[::1]:5": true, "[::ffff:127.0.0.1]:5": true,
		"192.168.0.9:5": false, "[fe80::1]:5": false} {
		own, err := config.GetConfigForClient(&tls.ClientHelloInfo{Conn: farConn{from: from},
			SupportedCurves: []tls.CurveID{tls.X25519MLKEM768, tls.X25519}})
		if err != nil {
			t.Fatal(err)
		}
		if (own == nil) != near || own != nil && own.CurvePreferences != nil {
			t.Errorf("%s: answered with %+v", from, own)
		}
	}
}

// A client is told what the origin chose last of what such clients offer, or else HTTP/1.1.
func TestWhatAnOriginIsLikelyToChoose(t *testing.T) {
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	both, one, two := Offer{SNI: "a.test", H1: true, H2: true}, Offer{SNI: "a.test", H1: true}, Offer{SNI: "a.test", H2: true}
	for i, c := range []struct {
		offer  Offer
		chosen string // "-": nothing is known
		likely string
		other  bool // than HTTP/1.1
	}{
		{both, "-", HTTP1, false}, {one, "-", HTTP1, false}, {two, "-", HTTP2, false}, {Offer{}, "-", "", false},
		{both, HTTP2, HTTP2, true}, {both, HTTP1, HTTP1, false}, {both, "", HTTP1, false}, {one, HTTP2, HTTP1, true},
		{two, "", HTTP2, true}, {both, "http/1.0", HTTP1, false},
	} {
		at := p.Target("a.test", uint16(i), c.offer)
		if c.chosen != "-" {
			at.learn(c.chosen)
		}
		if likely, other := at.Likely(), at.Other(HTTP1); likely != c.likely || other != c.other {
			t.Errorf("%d: %q, other %v", i, likely, other)
		}
		if at.Other("") {
			t.Errorf("%d: another than none", i)
		}
	}
}
