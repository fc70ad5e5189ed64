package app

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/adrg/xdg"

	"posthouse/app/settings"
	"posthouse/proxy/ca"
)

func TestReachable(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:9876": "127.0.0.1:9876", "0.0.0.0:9876": "127.0.0.1:9876", "[::]:9876": "[::1]:9876", ":9876": "127.0.0.1:9876",
		"192.0.2.7:1": "192.0.2.7:1", "[::1]:5": "[::1]:5", "desk.example:80": "desk.example:80", "nonsense": "nonsense",
	} {
		if got := reachable(addr); got != want {
			t.Errorf("%s is reached at %s, want %s", addr, got, want)
		}
	}
}

func environmentOf(t *testing.T, hosts []string, dir string) *Controller {
	t.Helper()
	data := xdg.DataHome
	xdg.DataHome = t.TempDir()
	t.Cleanup(func() { xdg.DataHome = data })
	s := settings.Default()
	s.Decrypt.Hosts, s.Decrypt.CA = hosts, dir
	c := New(Options{Settings: &s})
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	return c
}

// The variables name files only while decryption is on and there is a CA.
func TestEnvironmentNamesTheCA(t *testing.T) {
	roots := filepath.Join(t.TempDir(), "roots.pem")
	other, err := ca.Open(t.TempDir(), ca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(roots, other.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", roots) // the system's roots, as far as this test goes
	dir := t.TempDir()
	if o, err := environmentOf(t, []string{"*"}, dir).Environment(); err != nil || o.CA != "" || o.Bundle != "" {
		t.Errorf("without a CA: %+v, %v", o, err)
	}
	authority, err := ca.Open(dir, ca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if o, err := environmentOf(t, nil, dir).Environment(); err != nil || o.CA != "" || o.Bundle != "" || o.Proxy != "127.0.0.1:9876" {
		t.Errorf("without decryption: %+v, %v", o, err)
	}
	o, err := environmentOf(t, []string{"*"}, dir).Environment()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{o.CA: 1, o.Bundle: 2} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n, ours := 0, false
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
				n++
				ours = ours || cert.Equal(authority.Certificate())
			}
		}
		if n != want || !ours {
			t.Errorf("%s holds %d certificates, want %d; ours is there: %v", path, n, want, ours)
		}
	}
}

// What cannot be written is said, and the rest can be used.
func TestEnvironmentSaysWhatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if _, err := ca.Open(dir, ca.Options{}); err != nil {
		t.Fatal(err)
	}
	c := environmentOf(t, []string{"*"}, dir)
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	xdg.DataHome = blocked // where no folder can be made
	if o, err := c.Environment(); err == nil || o.CA != "" || o.Bundle != "" || o.Proxy == "" {
		t.Errorf("%+v, %v", o, err)
	}
}
