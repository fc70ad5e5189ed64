package proxy_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// serve answers TLS on every connection of the origin with script inside.
func (o *opener) serve(config *tls.Config, script func(*proxytest.Conn)) {
	o.origin.Serve(func(at *proxytest.Conn) {
		if _, err := at.TryServerTLS(config); err != nil {
			return
		}
		script(at)
	})
}

// answers serves ok2 to whatever is asked.
func answers(at *proxytest.Conn) {
	for {
		if _, ok := at.NextHead(); !ok {
			return
		}
		if at.TrySend(ok2) != nil {
			return
		}
	}
}

// A client that does not take the certificate gets a row that tells what was seen.
func TestClientRefusesTheCertificate(t *testing.T) {
	for name, c := range map[string]struct {
		refuse func(o *opener, client *proxytest.Conn)
		detail []string
	}{
		"alert, TLS 1.3": {func(o *opener, client *proxytest.Conn) {
			_, err := client.TryClientTLS(&tls.Config{RootCAs: o.issuer.Pool(), ServerName: "a.example", NextProtos: []string{"http/1.1"}})
			if err == nil {
				t.Error("the client took the certificate")
			}
		}, []string{"alert bad_certificate", "Likely"}},
		"alert, TLS 1.2": {func(o *opener, client *proxytest.Conn) {
			_, _ = client.TryClientTLS(&tls.Config{RootCAs: o.issuer.Pool(), ServerName: "a.example", MaxVersion: tls.VersionTLS12,
				NextProtos: []string{"http/1.1"}})
		}, []string{"alert bad_certificate", "Likely"}},
		"closes without a word": {func(o *opener, client *proxytest.Conn) {
			_, _ = client.TryClientTLS(&tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
				VerifyConnection: func(tls.ConnectionState) error {
					client.Close()
					return errors.New("pinned")
				}})
		}, []string{"closed after ", "Likely"}},
		"resets": {func(o *opener, client *proxytest.Conn) {
			_, _ = client.TryClientTLS(&tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"},
				VerifyConnection: func(tls.ConnectionState) error {
					client.Reset()
					return errors.New("pinned")
				}})
		}, []string{"reset after ", "Likely"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			o.serve(o.server("http/1.1"), answers)
			for i, tries := range []string{"the first try", "2 of 2 tries"} {
				client := o.connect()
				c.refuse(o, client)
				client.Close()
				row := o.Finished(flow.ID(i + 1))
				if row.Failure != flow.FailureTLS || row.TLS.Outcome != flow.TLSRefused || row.Kind != flow.KindTunnel {
					t.Errorf("row %+v", row)
				}
				for _, part := range append(c.detail, tries, "pass this host through") {
					if !strings.Contains(said(row.Reason), part) {
						t.Errorf("%q lacks %q", said(row.Reason), part)
					}
				}
			}
			if all := o.Server.Refusals(); len(all) != 1 || all[0].Host != "127.0.0.1" || all[0].Refused != 2 || all[0].Accepted != 0 {
				t.Errorf("refusals %+v", all)
			}
		})
	}
}

func TestClientLeavesAfterTheHandshake(t *testing.T) {
	o := openAll(t, nil)
	o.serve(o.server("http/1.1"), answers)
	client := o.connect()
	client.StartClientTLS(o.client("http/1.1"))
	client.Close()
	row := o.Finished(1)
	if row.Failure != flow.FailureNone || !strings.Contains(said(row.Reason), "closed after the handshake") ||
		!strings.Contains(said(row.Reason), "may pin") {
		t.Errorf("row %+v", row)
	}
	client = o.connect()
	client.StartClientTLS(o.client("http/1.1"))
	client.Send(insideGet)
	client.Expect(ok2)
	client.Close()
	if row := o.Finished(2); !row.Reason.IsZero() {
		t.Errorf("row %+v", row)
	}
	o.Finished(3)
	if all := o.Server.Refusals(); len(all) != 1 || all[0].Refused != 1 || all[0].Accepted != 1 {
		t.Errorf("refusals %+v", all)
	}
}

// page asks inside and returns the row of the request and the page that came.
func (o *opener) page(client *proxytest.Conn, status int) (flow.Row, string) {
	o.t.Helper()
	client.Send(insideGet)
	head := client.ExpectStatus(status)
	page := string(client.ExpectN(contentLength(o.t, head)))
	client.Close()
	return o.Row(func(r flow.Row) bool { return r.Scheme == "https" && r.Phase.Final() }), page
}

func TestOriginInsistsOnAClientCertificate(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			config := o.server("http/1.1")
			config.ClientAuth, config.ClientCAs, config.MaxVersion = tls.RequireAndVerifyClientCert, o.issuer.Pool(), version
			o.serve(config, answers)
			for range 2 {
				client := o.connect()
				client.StartClientTLS(o.client("h2", "http/1.1"))
				row, page := o.page(client, 502)
				if row.Failure != flow.FailureTLS || row.TLS.Problem != flow.ProblemClientCertificate ||
					row.TLS.Outcome != flow.TLSFailed ||
					!strings.Contains(said(row.Reason), "insists on a client certificate") ||
					!strings.Contains(page, "insists on a client certificate") {
					t.Errorf("page %q, row %+v", page, row)
				}
			}
		})
	}
}

func TestClientCertificateIsShown(t *testing.T) {
	issuer := proxytest.NewAuthority(t, "Clients' CA")
	o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) {
		d.ClientCertificates = []decrypt.ClientCertificate{
			{Host: "b.example", Certificate: issuer.Issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "not this one" })},
			{Host: "*.example", Certificate: issuer.Issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "this one" })},
		}
	})
	config := o.server("http/1.1")
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, issuer.Pool()
	c, at, _ := o.shake(o.client("http/1.1"), config)
	if name := at.TLS().ConnectionState().PeerCertificates[0].Subject.CommonName; name != "this one" {
		t.Errorf("the origin saw %q", name)
	}
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
}

// Origins that do not get TLS done are pages within the time to dial, never hangs.
func TestOriginsWithoutTLS(t *testing.T) {
	for name, c := range map[string]struct {
		origin func(o *opener, at *proxytest.Conn)
		status int
		detail string
	}{
		"says nothing": {func(_ *opener, at *proxytest.Conn) { _, _ = at.Rest() }, 504, "did not finish the TLS handshake in time"},
		"plain HTTP": {func(_ *opener, at *proxytest.Conn) { at.ExpectN(1); at.Send("HTTP/1.1 400 Bad Request\r\n\r\n") }, 502,
			"does not answer with TLS"},
		"closes": {func(_ *opener, at *proxytest.Conn) { at.ExpectN(1); at.Reset() }, 502,
			"closed the connection inside the TLS handshake"},
		"alert": {func(_ *opener, at *proxytest.Conn) { at.ExpectN(1); at.SendBytes([]byte{21, 3, 3, 0, 2, 2, 40}) }, 502,
			"alert handshake_failure"},
		"only TLS 1.1": {func(o *opener, at *proxytest.Conn) {
			config := o.server("http/1.1")
			config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			_, _ = at.TryServerTLS(config)
		}, 502, "alert protocol_version"},
		"asks for a certificate and waits": {func(o *opener, at *proxytest.Conn) {
			config := o.server("http/1.1")
			config.MaxVersion = tls.VersionTLS12
			config.ClientAuth = tls.RequestClientCert
			config.VerifyConnection = func(tls.ConnectionState) error {
				_, _ = at.Net.Read(make([]byte, 1)) // until the proxy gives up
				return errors.New("over")
			}
			_, _ = at.TryServerTLS(config)
		}, 504, "asked for a client certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, func(_ *decrypt.Options, config *proxy.Config) { config.Timeouts.Dial = 400 * time.Millisecond })
			o.origin.Serve(func(at *proxytest.Conn) { c.origin(o, at) })
			client := o.connect()
			client.StartClientTLS(o.client("http/1.1"))
			row, page := o.page(client, c.status)
			if row.Failure != flow.FailureTLS || row.TLS.Outcome != flow.TLSFailed || !strings.Contains(said(row.Reason), c.detail) ||
				!strings.Contains(page, c.detail) {
				t.Errorf("page %q, row %+v", page, row)
			}
		})
	}
}

// A client that stops inside its handshake is disconnected in time.
func TestClientsThatStopInTheHandshake(t *testing.T) {
	for name, part := range map[string]int{"after the CONNECT": 0, "inside the ClientHello": 40} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, func(_ *decrypt.Options, config *proxy.Config) {
				config.Timeouts.ClientHead, config.Timeouts.Dial = 300*time.Millisecond, 300*time.Millisecond
			})
			client := o.connect()
			client.SendBytes(clientHello(t, nil)[:part])
			client.ExpectGone()
			if row := o.Finished(1); row.Failure != flow.FailureTLS || !strings.Contains(said(row.Reason), "in time") {
				t.Errorf("row %+v", row)
			}
		})
	}
	t.Run("after the certificate", func(t *testing.T) {
		o := openAll(t, func(_ *decrypt.Options, config *proxy.Config) { config.Timeouts.Dial = 300 * time.Millisecond })
		o.serve(o.server("http/1.1"), answers)
		client := o.connect()
		client.SendBytes(clientHello(t, []string{"http/1.1"}))
		_, _ = client.Rest()
		if row := o.Finished(1); row.Failure != flow.FailureTLS || !strings.Contains(said(row.Reason), "in time") {
			t.Errorf("row %+v", row)
		}
	})
}

func TestPinsAndInsecure(t *testing.T) {
	for name, c := range map[string]struct {
		pin, insecure bool
		trust         flow.Trust
	}{"pinned": {pin: true, trust: flow.TrustPinned}, "insecure": {insecure: true, trust: flow.TrustInsecure}} {
		t.Run(name, func(t *testing.T) {
			certificate := (*proxytest.Authority)(nil).Issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
			o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) {
				d.Insecure = c.insecure
				if c.pin {
					d.Pins = []decrypt.Pin{{Host: "127.0.0.1", Fingerprint: sha256Of(certificate)}}
				}
			})
			client, at, _ := o.shake(o.client("http/1.1"), &tls.Config{Certificates: []tls.Certificate{certificate}})
			client.Send(insideGet)
			at.Expect(insideGet)
			at.Send(ok2)
			client.Expect(ok2)
			x := o.Exchange(2)
			if x.TLS.Outcome != flow.TLSBadCertificate || x.Secure.Trust != c.trust ||
				x.TLS.Problem != flow.ProblemExpired|flow.ProblemSelfSigned || x.Failure != flow.FailureNone {
				t.Errorf("%+v %+v", x.TLS, x.Secure)
			}
		})
	}
}
