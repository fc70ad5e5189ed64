package proxytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// Authority is a certificate authority for origins and clients of a test, or
// for the proxy itself.
type Authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes one with its own name.
func NewAuthority(t testing.TB, name string) *Authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour),
		IsCA:     true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &Authority{t, cert, key}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Pool trusts this authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

var serial atomic.Int64

// Issue makes a certificate for 127.0.0.1, ::1, localhost and *.example, or for
// what change makes of it. With a nil Authority it is self-signed.
func (a *Authority) Issue(t testing.TB, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	return a.IssueFor(t, newKey(t), change)
}

// IssueFor is Issue for a key that is there already.
func (a *Authority) IssueFor(t testing.TB, key crypto.Signer, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1) + 1), Subject: pkix.Name{CommonName: "leaf"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames: []string{"localhost", "*.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// Leaf makes the certificate that a proxy shows for host.
func (a *Authority) Leaf(host string) (*tls.Certificate, error) { return a.leaf(host, newKey(a.t)) }

// RSALeaf is Leaf with an RSA key.
func (a *Authority) RSALeaf(host string) (*tls.Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return a.leaf(host, key)
}

func (a *Authority) leaf(host string, key crypto.Signer) (*tls.Certificate, error) {
	c := a.IssueFor(a.t, key, func(c *x509.Certificate) {
		c.KeyUsage |= x509.KeyUsageKeyEncipherment
		c.DNSNames, c.IPAddresses = nil, nil
		if ip := net.ParseIP(host); ip != nil {
			c.IPAddresses = []net.IP{ip}
		} else {
			c.DNSNames = []string{host}
		}
	})
	return &c, nil
}

// wire notes an end that TLS was not told of.
type wire struct {
	net.Conn
	bare atomic.Bool
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err == io.EOF {
		w.bare.Store(true)
	}
	return n, err
}

// StartClientTLS goes on in TLS, as the client. All steps are of plaintext then.
func (c *Conn) StartClientTLS(config *tls.Config) tls.ConnectionState {
	c.t.Helper()
	return c.start(func(n net.Conn) *tls.Conn { return tls.Client(n, config) })
}

// StartServerTLS goes on in TLS, as the server.
func (c *Conn) StartServerTLS(config *tls.Config) tls.ConnectionState {
	c.t.Helper()
	return c.start(func(n net.Conn) *tls.Conn { return tls.Server(n, config) })
}

func (c *Conn) start(with func(net.Conn) *tls.Conn) tls.ConnectionState {
	c.t.Helper()
	state, err := c.tryTLS(with)
	if err != nil {
		c.fail("no TLS: %v", err)
	}
	return state
}

// TryClientTLS is StartClientTLS for a handshake that may fail.
func (c *Conn) TryClientTLS(config *tls.Config) (tls.ConnectionState, error) {
	return c.tryTLS(func(n net.Conn) *tls.Conn { return tls.Client(n, config) })
}

// TryServerTLS is StartServerTLS for a handshake that may fail.
func (c *Conn) TryServerTLS(config *tls.Config) (tls.ConnectionState, error) {
	return c.tryTLS(func(n net.Conn) *tls.Conn { return tls.Server(n, config) })
}

func (c *Conn) tryTLS(with func(net.Conn) *tls.Conn) (tls.ConnectionState, error) {
	if len(c.ahead) > 0 {
		return tls.ConnectionState{}, errors.New("bytes were read before TLS began")
	}
	c.wire = &wire{Conn: c.Net}
	conn := with(c.wire)
	_ = c.Net.SetDeadline(time.Now().Add(Deadline))
	if err := conn.Handshake(); err != nil {
		c.logText("-- [TLS: %v]", err)
		return tls.ConnectionState{}, err
	}
	c.stream = conn
	state := conn.ConnectionState()
	c.logText("-- [%s, ALPN %q, SNI %q]", tls.VersionName(state.Version), state.NegotiatedProtocol, state.ServerName)
	return state, nil
}

// TLS is the TLS connection, nil before it was started.
func (c *Conn) TLS() *tls.Conn {
	conn, _ := c.stream.(*tls.Conn)
	return conn
}

// Cut ends the TCP connection without a close_notify.
func (c *Conn) Cut() {
	c.logText(">> [end without close_notify]")
	_ = c.Net.Close()
}

// ExpectBareEnd fails unless the peer ends without a close_notify, with no byte before.
func (c *Conn) ExpectBareEnd() {
	c.t.Helper()
	c.ending(func(err error) bool { return (err == io.EOF || err == io.ErrUnexpectedEOF) && c.wire.bare.Load() },
		"an end without close_notify")
}

// ExpectNotifiedEnd fails unless the peer ends with a close_notify, with no byte before.
func (c *Conn) ExpectNotifiedEnd() {
	c.t.Helper()
	c.ending(func(err error) bool { return err == io.EOF && !c.wire.bare.Load() }, "a close_notify")
}

// PEM is a certificate and its key as files hold them.
func PEM(t testing.TB, c tls.Certificate) (certificate, key []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// RootPEM is the authority's own certificate.
func (a *Authority) RootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}
