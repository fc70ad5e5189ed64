package proxy_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
)

// The row tells by which hello the client is known, and that the origin got the same.
func TestRowsHaveTheFingerprintOfBothSides(t *testing.T) {
	for _, own := range []bool{false, true} {
		o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) { d.OwnHello = own })
		client := o.client("h2", "http/1.1")
		client.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
		c, at, _ := o.shake(client, o.server("http/1.1"))
		c.Send(insideGet)
		at.Expect(insideGet)
		at.Send(ok2)
		c.Expect(ok2)
		row := o.Finished(2)
		came, sent := row.TLS.ClientJA4.String(), row.TLS.OriginJA4.String()
		if !strings.HasPrefix(came, "t13") || (came == sent) == own || row.TLS.Deviation != 0 || len(sent) != 36 {
			t.Errorf("own %v: came %q, sent %q, deviation %v", own, came, sent, row.TLS.Deviation.Codes())
		}
	}
}

// A client that speaks no later version than TLS 1.0 or 1.1 is answered, and so is an
// origin that speaks no later one.
func TestOldVersionsAreSpoken(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
		for _, cipher := range []uint16{0, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA} {
			o := openAll(t, nil)
			client, server := o.client("http/1.1"), o.server("http/1.1")
			client.MinVersion, client.MaxVersion, server.MinVersion = tls.VersionTLS10, version, tls.VersionTLS10
			if cipher != 0 {
				client.CipherSuites = []uint16{cipher}
			}
			c, at, agreed := o.shake(client, server)
			if got := at.TLS().ConnectionState().Version; agreed.Version != version || got != version {
				t.Errorf("the client agreed on %x, the origin on %x, want %x", agreed.Version, got, version)
			}
			c.Send(insideGet)
			at.Expect(insideGet)
			at.Send(ok2)
			c.Expect(ok2)
		}
	}
}

// An origin that knows RSA key exchange alone is reached by a client that offers it.
func TestRSAKeyExchangeWithOrigins(t *testing.T) {
	o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) { d.Insecure = true })
	client, server := o.client("http/1.1"), o.server("http/1.1")
	client.MaxVersion = tls.VersionTLS12
	client.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA}
	server.Certificates = []tls.Certificate{rsaCertificate(t)}
	server.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
	c, at, _ := o.shake(client, server)
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	if x := o.Exchange(2); x.Secure.Origin.Cipher != tls.TLS_RSA_WITH_AES_128_CBC_SHA || x.Secure.Outcome != flow.TLSBadCertificate {
		t.Errorf("%+v", x.Secure)
	}
}

func rsaCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), DNSNames: []string{"a.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
