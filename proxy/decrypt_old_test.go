package proxy_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"os/exec"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
)

// oldOrigin is how an origin speaks TLS that has an RSA key and takes whatever comes.
func (o *opener) oldOrigin() *tls.Config {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		o.t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{o.issuer.IssueFor(o.t, key, nil)}, MinVersion: tls.VersionTLS10}
	for _, c := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, c.ID)
	}
	return config
}

// Clients that know RSA keys alone are shown one, and those that know RSA key exchange or
// old ciphers alone are answered with it.
func TestClientsThatKnowRSAAlone(t *testing.T) {
	for name, cipher := range map[string]uint16{
		"ECDHE":                    tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		"ECDHE CBC":                tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
		"RSA key exchange":         tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
		"RSA key exchange, CBC":    tls.TLS_RSA_WITH_AES_128_CBC_SHA,
		"RSA key exchange, 3DES":   tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
		"RSA key exchange, SHA256": tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
	} {
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS12} {
			newer := cipher == tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 || cipher == tls.TLS_RSA_WITH_AES_128_GCM_SHA256 ||
				cipher == tls.TLS_RSA_WITH_AES_128_CBC_SHA256
			if newer && version < tls.VersionTLS12 {
				continue
			}
			t.Run(name+"/"+tls.VersionName(version), func(t *testing.T) {
				o := openAll(t, nil)
				client := o.client("http/1.1")
				client.MinVersion, client.MaxVersion, client.CipherSuites = tls.VersionTLS10, version, []uint16{cipher}
				c, at, agreed := o.shake(client, o.oldOrigin())
				if _, is := agreed.PeerCertificates[0].PublicKey.(*rsa.PublicKey); !is || agreed.CipherSuite != cipher {
					t.Errorf("the client agreed on %+v", agreed)
				}
				c.Send(insideGet)
				at.Expect(insideGet)
				at.Send(ok2)
				c.Expect(ok2)
				if row := o.Finished(2); row.TLS.Outcome != flow.TLSDecrypted || row.TLS.Deviation != 0 {
					t.Errorf("row %+v", row)
				}
			})
		}
	}
}

// openssl says what crypto/tls cannot be made to say: signatures by SHA-1 alone, RSA alone
// in TLS 1.3, and the old versions as OpenSSL has them.
func TestOldClientsOfOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	for name, args := range map[string][]string{
		"TLS 1.0, RSA":            {"-tls1", "-cipher", "aRSA:@SECLEVEL=0"},
		"TLS 1.1, RSA":            {"-tls1_1", "-cipher", "aRSA:@SECLEVEL=0"},
		"TLS 1.0, RSA exchange":   {"-tls1", "-cipher", "kRSA:@SECLEVEL=0"},
		"TLS 1.2, RSA, CBC":       {"-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA:@SECLEVEL=0"},
		"TLS 1.2, RSA by SHA-1":   {"-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "-sigalgs", "RSA+SHA1"},
		"TLS 1.3, RSA signatures": {"-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256"},
	} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			o.serve(o.oldOrigin(), answers)
			all := append([]string{"s_client", "-proxy", o.Addr(), "-connect", o.origin.Addr(), "-servername", "a.example",
				"-ign_eof", "-quiet"}, args...)
			cmd := exec.Command(openssl, all...)
			cmd.Stdin = strings.NewReader("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
			out, err := cmd.CombinedOutput()
			if !strings.Contains(string(out), "HTTP/1.1 200 OK") {
				t.Errorf("%v: %s", err, out)
			}
			if row := o.Row(func(r flow.Row) bool { return r.Scheme == "https" && r.Phase.Final() }); row.Status != 200 {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// Posthouse's own hello offers RSA key exchange, as browsers do.
func TestOwnHelloOffersRSAKeyExchange(t *testing.T) {
	o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) { d.OwnHello = true })
	server := o.oldOrigin()
	server.MaxVersion, server.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
	c, at, _ := o.shake(o.client("http/1.1"), server)
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	if x := o.Exchange(2); x.Secure.Origin.Cipher != tls.TLS_RSA_WITH_AES_128_CBC_SHA {
		t.Errorf("%+v", x.Secure)
	}
}
