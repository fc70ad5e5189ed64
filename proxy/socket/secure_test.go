package socket

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	utls "github.com/refraction-networking/utls"

	"posthouse/proxy/proxytest/eventually"
)

var testCertificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"test"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

// securePair is our Conn as the TLS client, and its peer as the server, with the handshake done.
func securePair(t *testing.T, version uint16) (c *Conn, peer *tls.Conn, under *net.TCPConn) {
	plain, tcp := pair(t)
	// A server that asks for a client's certificate sends its tickets behind the handshake.
	peer = tls.Server(tcp, &tls.Config{Certificates: []tls.Certificate{testCertificate()}, MinVersion: tls.VersionTLS10,
		MaxVersion: version, ClientAuth: tls.RequestClientCert})
	shaken := make(chan error, 1)
	go func() { shaken <- peer.Handshake() }()
	c = Secure(plain, func(n net.Conn) *tls.Conn {
		return tls.Client(n, &tls.Config{InsecureSkipVerify: true, ServerName: "test", MinVersion: tls.VersionTLS10,
			ClientSessionCache: tls.NewLRUClientSessionCache(1)})
	})
	if err := errors.Join(c.TLS().Handshake(), <-shaken); err != nil {
		t.Fatal(err)
	}
	c.Handshook()
	return c, peer, tcp
}

// The library towards origins and the one towards clients are laid above a connection alike.
func TestSecureTakesBothLibraries(t *testing.T) {
	plain, tcp := pair(t)
	peer := tls.Server(tcp, &tls.Config{Certificates: []tls.Certificate{testCertificate()}})
	done := make(chan error, 1)
	go func() {
		_, err := peer.Write(bytes.Repeat([]byte("x"), 100_000))
		done <- errors.Join(err, peer.Close())
	}()
	c := Secure(plain, func(n net.Conn) *utls.UConn {
		return utls.UClient(n, &utls.Config{InsecureSkipVerify: true, ServerName: "test"}, utls.HelloGolang)
	})
	if err := c.TLS().Handshake(); err != nil {
		t.Fatal(err)
	}
	c.Handshook()
	got := 0
	for {
		if err := c.Fill(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got += len(c.Buffered())
		c.Discard(len(c.Buffered()))
	}
	if err := <-done; err != nil || got != 100_000 {
		t.Errorf("%d bytes, %v", got, err)
	}
	_ = c.Close()
}

var versions = map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13}

func TestSecureConnCarriesBytesBothWays(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			c, peer, _ := securePair(t, version)
			body := make([]byte, 3<<20)
			_, _ = rand.Read(body)
			for _, bulk := range []bool{false, true} {
				c.SetBulk(bulk)
				go func() { _, _ = peer.Write(body) }()
				var got []byte
				for len(got) < len(body) {
					if err := c.Fill(); err != nil {
						t.Fatal(err)
					}
					got = append(got, c.Buffered()...)
					c.Discard(len(c.Buffered()))
				}
				if !bytes.Equal(got, body) {
					t.Fatal("altered on the way in")
				}
				go func() { _, _ = c.Write(body) }()
				if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, body) {
					t.Fatalf("altered on the way out: %v", err)
				}
			}
		})
	}
}

func TestSecureConnTellsAnEndFromACut(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			c, peer, _ := securePair(t, version)
			_, _ = peer.Write([]byte("x"))
			_ = peer.CloseWrite()
			if got := readAll(t, c, 1); got != "x" {
				t.Errorf("%q", got)
			}
			if err := c.Fill(); err != io.EOF {
				t.Errorf("close_notify gives %v", err)
			}
			c, peer, under := securePair(t, version)
			_, _ = peer.Write([]byte("x"))
			_ = under.CloseWrite()
			readAll(t, c, 1)
			for range 2 {
				if err := c.Fill(); err != ErrTruncated {
					t.Errorf("a bare end gives %v", err)
				}
			}
		})
	}
}

func TestSecureConnIsInterrupted(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS13)
	filled := make(chan error, 1)
	go func() { filled <- c.Fill() }()
	c.Interrupt()
	if err := <-filled; !IsInterrupt(err) {
		t.Errorf("%v", err)
	}
	c.Resume()
	_, _ = peer.Write([]byte("on"))
	if got := readAll(t, c, 2); got != "on" {
		t.Errorf("%q", got)
	}
	if _, err := c.Write([]byte("back")); err != nil {
		t.Error(err)
	}
}

// An interrupted connection to a peer that reads nothing closes immediately.
func TestSecureConnClosesPromptly(t *testing.T) {
	c, _, _ := securePair(t, tls.VersionTLS13)
	_ = c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := c.Write(make([]byte, 32<<20)); !IsInterrupt(err) {
		t.Fatalf("the way is not full: %v", err)
	}
	c.Interrupt()
	start := time.Now()
	_ = c.Close()
	if took := time.Since(start); took > 400*time.Millisecond {
		t.Errorf("closing took %v", took)
	}
}

// HTTP/2 gives each write its own time; a peer that reads nothing for a while
// must not end it before.
func TestSecureConnLeavesTheTimeOfAWrite(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS13)
	_ = c.TLS().SetWriteDeadline(time.Now().Add(time.Minute))
	body := make([]byte, 16<<20)
	written := make(chan error, 1)
	go func() {
		_, err := c.TLS().Write(body)
		written <- err
	}()
	select {
	case err := <-written:
		t.Fatalf("it ended while nothing was read: %v", err)
	case <-time.After(2 * notifyTime):
	}
	if _, err := io.ReadFull(peer, make([]byte, len(body))); err != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

func TestSecureConnAbortsWithAReset(t *testing.T) {
	c, _, under := securePair(t, tls.VersionTLS13)
	_ = c.Abort()
	if _, err := under.Read(make([]byte, 100)); !IsReset(err) {
		t.Errorf("%v", err)
	}
}

func TestSecureConnDropsWithoutANotify(t *testing.T) {
	c, _, under := securePair(t, tls.VersionTLS12)
	_ = c.Drop()
	if n, err := under.Read(make([]byte, 100)); n != 0 || err != io.EOF {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// Session tickets wait on a fresh connection and are no bytes of the origin's.
func TestQuietTakesTicketsIn(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS13)
	eventually.Holds(t, "the tickets are there", func() bool { return c.Look().Readable })
	for range 2 {
		if !c.Quiet() || c.Look().Readable {
			t.Error("tickets were taken for bytes")
		}
	}
	if c.buf != nil || c.layer.under.buf != nil {
		t.Error("an idle connection holds a buffer")
	}
	_, _ = peer.Write([]byte("unasked"))
	eventually.Holds(t, "the bytes are there", func() bool { return c.Look().Readable })
	for range 2 {
		if c.Quiet() {
			t.Error("bytes were not noticed")
		}
	}
	if got := string(c.Buffered()); got != "unasked" {
		t.Errorf("%q", got)
	}
	c, _, under := securePair(t, tls.VersionTLS13)
	_ = under.CloseWrite()
	eventually.Holds(t, "the end is there", func() bool { return c.Look().Ended })
	if c.Quiet() {
		t.Error("an end behind the tickets was not noticed")
	}
}

// Bytes that came in one piece with what was read are noticed too.
func TestQuietSeesWhatTheLayerHolds(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS12)
	both := append(bytes.Repeat([]byte("a"), SmallBuffer), "surplus"...) // the second part does not fit into the buffer
	_, _ = peer.Write(both)
	readAll(t, c, SmallBuffer)
	if c.Quiet() {
		t.Error("the surplus was not noticed")
	}
}

// While it waits, a connection holds no buffer, neither of text nor of records.
func TestSecureConnWaitsWithoutABuffer(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS13)
	_, _ = peer.Write([]byte("x"))
	readAll(t, c, 1)
	filled := make(chan error, 1)
	go func() { filled <- c.Fill() }()
	eventually.Holds(t, "the reader waits", func() bool { return !c.Look().Readable })
	c.Interrupt()
	<-filled
	if c.buf != nil || c.layer.under.buf != nil {
		t.Error("a buffer is held")
	}
}
