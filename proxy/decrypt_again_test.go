package proxy_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/eventually"
)

// hiddenHello is what a server publishes to have its name hidden (RFC 9849 section 4),
// and the key for it.
func hiddenHello(t *testing.T, publicName string) (list []byte, key tls.EncryptedClientHelloKey) {
	t.Helper()
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	prefixed := func(b *cryptobyte.Builder, p []byte) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(p) })
	}
	config := cryptobyte.NewBuilder(nil)
	config.AddUint16(0xfe0d)
	config.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(7)
		b.AddUint16(0x0020) // DHKEM(X25519, HKDF-SHA256)
		prefixed(b, private.PublicKey().Bytes())
		prefixed(b, []byte{0, 1, 0, 1}) // HKDF-SHA256, AES-128-GCM
		b.AddUint8(32)
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(publicName)) })
		b.AddUint16(0)
	})
	one := config.BytesOrPanic()
	all := cryptobyte.NewBuilder(nil)
	prefixed(all, one)
	return all.BytesOrPanic(), tls.EncryptedClientHelloKey{Config: one, PrivateKey: private.Bytes()}
}

// A hello that hides another one cannot be opened: the tunnel passes unread, TLS is
// between the client and the origin, and the row says why and what to do.
func TestHiddenHelloPassesUnread(t *testing.T) {
	list, key := hiddenHello(t, "public.example")
	o := openAll(t, nil)
	_, port, err := net.SplitHostPort(o.origin.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c := o.Client()
	c.Send("CONNECT localhost:" + port + " HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n")
	c.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	server := o.server("http/1.1")
	server.EncryptedClientHelloKeys = []tls.EncryptedClientHelloKey{key}
	client := o.client("http/1.1")
	client.RootCAs, client.EncryptedClientHelloConfigList, client.MinVersion = o.issuer.Pool(), list, tls.VersionTLS13
	c, at, agreed := o.shakeOn(c, client, server)
	if !agreed.ECHAccepted || at.TLS().ConnectionState().ServerName != "a.example" {
		t.Errorf("accepted %v, the origin was asked for %q", agreed.ECHAccepted, at.TLS().ConnectionState().ServerName)
	}
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	c.Close()
	at.ExpectNotifiedEnd()
	at.Close()
	row := o.Finished(1)
	if row.Kind != flow.KindTunnel || row.Failure != flow.FailureNone || row.TLS.Outcome != flow.TLSNone ||
		!strings.Contains(said(row.Reason), "encrypted (ECH): only public.example can be read") ||
		!strings.Contains(said(row.Reason), "switch ECH off") {
		t.Errorf("row %+v, said %q", row, said(row.Reason))
	}
}

// An origin that holds the session of the client's shape, and wants another group this
// time, is asked once more without the session.
func TestSessionAndAnotherGroup(t *testing.T) {
	o := openAll(t, nil)
	server, client := o.server("http/1.1"), o.client("http/1.1")
	client.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	client.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP384}
	c, at, _ := o.shake(client, server)
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	o.Finished(2)
	picky := server.Clone()
	picky.CurvePreferences = []tls.CurveID{tls.CurveP384}
	server.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return picky, nil }
	o.serve(server, answers)
	c = o.connect()
	c.StartClientTLS(client)
	c.Send(insideGet)
	c.Expect(ok2)
	if row := o.Finished(4); row.TLS.Outcome != flow.TLSDecrypted || row.TLS.Deviation != flow.DeviationUnknown|flow.DeviationSession {
		t.Errorf("row %+v, deviation %v", row, row.TLS.Deviation.Codes())
	}
}

// transcript is what a process says.
type transcript struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *transcript) has(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.b.String(), text)
}

// An origin that asks for a client certificate when it has seen the request, as IIS does,
// gets the one of the settings (RFC 5746). crypto/tls has no server that asks, so openssl's does.
func TestClientCertificateInAnotherHandshake(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	issuer := proxytest.NewAuthority(t, "Clients' CA")
	o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) {
		d.ClientCertificates = []decrypt.ClientCertificate{{Host: "*.example",
			Certificate: issuer.Issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "this one" })}}
	})
	certificate, key := proxytest.PEM(t, o.issuer.Issue(t, nil))
	file := filepath.Join(t.TempDir(), "server.pem")
	if err := os.WriteFile(file, append(certificate, key...), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	server := exec.Command(openssl, "s_server", "-accept", addr, "-cert", file, "-tls1_2", "-crlf")
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said transcript
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	eventually.Holds(t, "openssl listens", func() bool { return said.has("ACCEPT") })
	c := o.Client()
	c.Send("CONNECT " + addr + " HTTP/1.1\r\nHost: " + addr + "\r\n\r\n")
	c.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	c.StartClientTLS(o.client("http/1.1"))
	c.Send(insideGet)
	eventually.Holds(t, "the request is there", func() bool { return said.has("X-Odd:  Case") })
	_, _ = io.WriteString(in, "R\n") // ask for a certificate
	eventually.Holds(t, "the certificate is shown", func() bool { return said.has("CN = this one") })
	_, _ = io.WriteString(in, "HTTP/1.1 200 OK\nContent-Length: 2\n\nok")
	_ = in.Close()
	c.Expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	if row := o.Finished(2); row.Status != 200 || row.Failure != flow.FailureNone || row.TLS.Problem != 0 {
		t.Errorf("row %+v", row)
	}
}
