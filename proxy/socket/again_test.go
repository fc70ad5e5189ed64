package socket

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	utls "github.com/refraction-networking/utls"

	"posthouse/proxy/proxytest/eventually"
)

// output is what a process says.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// An origin may ask for another handshake when it has seen the request, as IIS does for a
// client certificate (RFC 5746). crypto/tls has no server that does, so openssl's is asked.
func TestAnotherHandshakeIsReadToItsEnd(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	certificate := testCertificate()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "server.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	server := exec.Command(openssl, "s_server", "-accept", addr, "-cert", file, "-tls1_2", "-naccept", "1", "-legacy_renegotiation")
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said output
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	var tcp net.Conn
	for deadline := time.Now().Add(20 * time.Second); tcp == nil && time.Now().Before(deadline); {
		tcp, _ = net.Dial("tcp", addr)
	}
	if tcp == nil {
		t.Fatal("openssl does not listen")
	}
	_ = tcp.SetDeadline(time.Now().Add(20 * time.Second))
	c := Secure(New(tcp), func(n net.Conn) *utls.UConn {
		return utls.UClient(n, &utls.Config{InsecureSkipVerify: true, ServerName: "test"}, utls.HelloFirefox_105) // which allows one
	})
	if err := c.TLS().Handshake(); err != nil {
		t.Fatal(err)
	}
	c.Handshook()
	if _, err := c.Write([]byte("before\n")); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(in, "R\n") // renegotiate
	filled := make(chan error, 1)
	go func() { filled <- c.Fill() }()
	eventually.Holds(t, "the server asks", func() bool { return strings.Contains(said.text(), "SSL_do_handshake") })
	if _, err := c.Write([]byte("behind it\n")); err != nil { // waits for its end
		t.Fatal(err)
	}
	eventually.Holds(t, "what is sent behind it arrives", func() bool { return strings.Contains(said.text(), "behind it\n") })
	c.Interrupt()
	if err := <-filled; !IsInterrupt(err) {
		t.Error(err)
	}
	_ = c.Close()
}
