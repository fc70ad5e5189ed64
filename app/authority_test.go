package app_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/proxytest"
)

func pool(a *app.Authority) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.Certificate())
	return p
}

// throughProxy opens a tunnel and does the TLS handshake in it.
func throughProxy(t *testing.T, proxy, origin string, config *tls.Config) error {
	t.Helper()
	conn, err := net.DialTimeout("tcp", proxy, deadline)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(deadline))
	if _, err := fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", origin, origin); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	if line, err := r.ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Fatalf("%q, %v", line, err)
	}
	for line := ""; line != "\r\n"; {
		if line, err = r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return tls.Client(conn, config).Handshake()
}

// tlsOrigin is an origin that shakes hands and leaves.
func tlsOrigin(t *testing.T) net.Listener {
	t.Helper()
	own := proxytest.NewAuthority(t, "origin")
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own.Issue(t, nil)}})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).Handshake()
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-served })
	return l
}

// A new authority signs from the next connection on; nothing of the old one is
// taken up again, and its certificate stays to be found in the stores.
func TestAuthorityIsReplacedUnderTraffic(t *testing.T) {
	l := tlsOrigin(t)
	s := anyPort()
	s.Decrypt = settings.Decrypt{Hosts: []string{"*"}, CA: filepath.Join(t.TempDir(), "ca"), InsecureUpstream: true}
	c := newController(t, app.Options{Settings: &s})
	c.Start()
	proxy := await(t, c, app.Running).Addrs[0]
	old := c.Decryption().CA()
	sessions := tls.NewLRUClientSessionCache(4)
	if err := throughProxy(t, proxy, l.Addr().String(),
		&tls.Config{RootCAs: pool(old), ServerName: "localhost", ClientSessionCache: sessions}); err != nil {
		t.Fatal(err)
	}
	a, err := c.Decryption().ReplaceAuthority(app.AuthorityOptions{Life: 30 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if c.Decryption().CA().Fingerprint() != a.Fingerprint() || a.Fingerprint() == old.Fingerprint() ||
		time.Until(a.Certificate().NotAfter) > 31*24*time.Hour {
		t.Errorf("in force is %v", c.Decryption().CA().Certificate().Subject)
	}
	if err := throughProxy(t, proxy, l.Addr().String(),
		&tls.Config{RootCAs: pool(old), ServerName: "localhost", ClientSessionCache: sessions}); err == nil {
		t.Error("the old authority is shown still")
	}
	if err := throughProxy(t, proxy, l.Addr().String(), &tls.Config{RootCAs: pool(a), ServerName: "localhost"}); err != nil {
		t.Error(err)
	}
	kept := c.Decryption().ReplacedAuthorities()
	if len(kept) != 1 || !kept[0].Equal(old.Certificate()) {
		t.Fatalf("kept %v", kept)
	}
	if err := c.Decryption().ForgetReplaced(kept[0]); err != nil || len(c.Decryption().ReplacedAuthorities()) != 0 {
		t.Errorf("%v, kept %v", err, c.Decryption().ReplacedAuthorities())
	}
}

// Without an authority nothing is decrypted, in the file too, and none is made.
func TestAuthorityIsRemoved(t *testing.T) {
	dir := t.TempDir()
	path, folder := filepath.Join(dir, "settings.toml"), filepath.Join(dir, "ca")
	c := newController(t, app.Options{Path: path})
	s := c.Settings()
	s.Decrypt.Hosts, s.Decrypt.CA = []string{"a.example"}, folder
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	old := c.Decryption().CA()
	if err := c.Decryption().RemoveAuthority(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Decryption().Authority(); !errors.Is(err, fs.ErrNotExist) || c.Decryption().CA() != nil ||
		c.Settings().Decrypt.Active() || len(c.Settings().Decrypt.Hosts) != 1 {
		t.Errorf("%v; settings %+v", err, c.Settings().Decrypt)
	}
	if again, err := settings.Load(path); err != nil || again.Decrypt.Active() {
		t.Errorf("the file says %+v, %v", again.Decrypt, err)
	}
	kept := c.Decryption().ReplacedAuthorities()
	if len(kept) != 1 || !kept[0].Equal(old.Certificate()) {
		t.Errorf("kept %v", kept)
	}
	files, _ := filepath.Glob(filepath.Join(folder, "*"))
	for _, file := range files {
		if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "PRIVATE KEY") {
			t.Errorf("a key is in %s (%v)", file, err)
		}
	}
	a, err := c.Decryption().MakeAuthority(app.AuthorityOptions{PermittedDomains: []string{"a.example"}})
	if err != nil || len(a.Certificate().PermittedDNSDomains) != 1 {
		t.Errorf("%v", err)
	}
	if b, err := c.Decryption().MakeAuthority(app.AuthorityOptions{}); err != nil || b.Fingerprint() != a.Fingerprint() {
		t.Errorf("another one is made: %v", err)
	}
}

// A damaged authority is replaced, and what cannot be made leaves the old one.
func TestReplacingWhatIsThere(t *testing.T) {
	s := anyPort()
	s.Decrypt.CA = t.TempDir()
	if err := os.Chmod(s.Decrypt.CA, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(app.CAFile(s.Decrypt.CA), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newController(t, app.Options{Settings: &s})
	a, err := c.Decryption().ReplaceAuthority(app.AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Decryption().ReplaceAuthority(app.AuthorityOptions{PermittedDomains: []string{"127.0.0.1"}}); err == nil {
		t.Error("an address is taken for a domain")
	}
	if now, err := c.Decryption().Authority(); err != nil || now.Fingerprint() != a.Fingerprint() {
		t.Errorf("%v", err)
	}
	if kept := c.Decryption().ReplacedAuthorities(); len(kept) != 0 {
		t.Errorf("kept %v", kept)
	}
	for range 40 {
		if _, err := c.Decryption().ReplaceAuthority(app.AuthorityOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.Decryption().ReplacedAuthorities()); n != 32 {
		t.Errorf("%d certificates are kept", n)
	}
}
