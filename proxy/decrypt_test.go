package proxy_test

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// opener is a proxy that opens tunnels, and who the parties trust.
type opener struct {
	*proxytest.Proxy
	t      *testing.T
	ca     *proxytest.Authority // of the proxy
	issuer *proxytest.Authority // of the origins
	origin *proxytest.Origin
	policy *decrypt.Policy
}

func openAll(t *testing.T, change func(*decrypt.Options, *proxy.Config)) *opener {
	o := &opener{t: t, ca: proxytest.NewAuthority(t, "Posthouse test CA"), issuer: proxytest.NewAuthority(t, "Origins' CA")}
	options := decrypt.Options{Hosts: []string{"*"}, Minter: o.ca, Roots: o.issuer.Pool()}
	var config proxy.Config
	if change != nil {
		change(&options, &config)
	}
	policy, err := decrypt.New(options)
	if err != nil {
		t.Fatal(err)
	}
	config.Decrypt, o.policy = policy, policy
	o.Proxy = proxytest.StartWith(t, proxytest.Options{Config: config, Guarded: config.Allow != nil})
	o.origin = o.Origin()
	return o
}

func (o *opener) connect() *proxytest.Conn {
	o.t.Helper()
	return o.open(o.Client())
}

// open opens a tunnel to the origin.
func (o *opener) open(client *proxytest.Conn) *proxytest.Conn {
	o.t.Helper()
	client.Send(connect)
	client.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	return client
}

// server is how the origin speaks TLS.
func (o *opener) server(protocols ...string) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{o.issuer.Issue(o.t, nil)}, NextProtos: protocols}
}

// client is how the client speaks TLS.
func (o *opener) client(protocols ...string) *tls.Config {
	return &tls.Config{RootCAs: o.ca.Pool(), ServerName: "a.example", NextProtos: protocols}
}

// shake opens a tunnel and both TLS connections, the origin's first.
func (o *opener) shake(client, server *tls.Config) (c, at *proxytest.Conn, agreed tls.ConnectionState) {
	o.t.Helper()
	return o.shakeOn(o.connect(), client, server)
}

// shakeOn is shake in an open tunnel.
func (o *opener) shakeOn(c *proxytest.Conn, client, server *tls.Config) (_, at *proxytest.Conn, agreed tls.ConnectionState) {
	o.t.Helper()
	shaken := make(chan tls.ConnectionState, 1)
	go func() {
		defer close(shaken)
		state, err := c.TryClientTLS(client)
		if err != nil {
			o.t.Errorf("the client: %v", err)
			return
		}
		shaken <- state
	}()
	at = o.origin.Accept()
	at.StartServerTLS(server)
	agreed, ok := <-shaken
	if !ok {
		o.t.FailNow()
	}
	return c, at, agreed
}

const insideGet = "GET /a?b HTTP/1.1\r\nhost: other.example\r\nX-Odd:  Case \r\nAccept: */*\r\n\r\n"

func TestDecryptedExchange(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			client, server := o.client("h2", "http/1.1"), o.server("http/1.1")
			client.MaxVersion, server.MaxVersion = version, version
			c, at, agreed := o.shake(client, server)
			if agreed.NegotiatedProtocol != "http/1.1" || agreed.Version != version {
				t.Errorf("the client agreed on %q, %x", agreed.NegotiatedProtocol, agreed.Version)
			}
			if sni := at.TLS().ConnectionState().ServerName; sni != "a.example" {
				t.Errorf("the origin got SNI %q", sni)
			}
			for range 3 {
				c.Send(insideGet)
				at.Expect(insideGet)
				at.Send(ok2)
				c.Expect(ok2)
			}
			x := o.Exchange(2)
			if x.Scheme != "https" || x.Host != o.Text("{origin}") || x.Path != "/a?b" || x.Status != 200 ||
				string(x.RequestHead) != insideGet ||
				x.Timing.Reused || x.Proto != "HTTP/1.1" || string(x.ResponseBody.Bytes) != "ok" ||
				x.Remote.String() != o.Text("{origin}") {
				t.Errorf("exchange %+v", x)
			}
			ja4 := x.Secure.Client.JA4 // what the origin got has the same
			if want := (flow.TLS{Seen: true, Outcome: flow.TLSDecrypted, SNI: "a.example", ALPN: "http/1.1",
				Version: tls.VersionName(version), ClientJA4: ja4, OriginJA4: ja4}); x.TLS != want || ja4 == (flow.JA4{}) {
				t.Errorf("TLS %+v", x.TLS)
			}
			if s := x.Secure; s.Client.Version != version || s.Origin.Version != version || s.Origin.ALPN != "http/1.1" ||
				s.Trust != flow.TrustRoots || len(s.Chain) != 1 || s.Client.CipherName() == "" {
				t.Errorf("secure %+v", s)
			}
			if r := o.Exchange(3); !r.Timing.Reused {
				t.Error("the second request shows no reused connection")
			}
			c.Close()
			_ = at
			if row := o.Finished(1); row.Kind != flow.KindTunnel || row.Failure != flow.FailureNone ||
				row.TLS.Outcome != flow.TLSDecrypted || row.TLS.ALPN != "h2, http/1.1" {
				t.Errorf("the tunnel's row %+v", row)
			}
		})
	}
}

// What is excepted, or on no list, is a tunnel as before.
func TestOnlyChosenHostsAreDecrypted(t *testing.T) {
	o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) { d.Hosts = []string{"*", "-127.0.0.1"} })
	c := o.connect()
	at := o.origin.Accept()
	c.Send("\x16\x03 any bytes")
	at.Expect("\x16\x03 any bytes")
}

func TestWhatIsNotTLSOrNotHTTPIsPassedOn(t *testing.T) {
	t.Run("plain text from the client", func(t *testing.T) {
		o := openAll(t, nil)
		c := o.connect()
		at := o.origin.Accept()
		c.Send("GET / HTTP/1.1\nhost : x\n\n")
		at.Expect("GET / HTTP/1.1\nhost : x\n\n")
		at.Send("hello")
		c.Expect("hello")
	})
	t.Run("the origin speaks first", func(t *testing.T) {
		o := openAll(t, nil)
		c := o.connect()
		at := o.origin.Accept()
		at.Send("220 mail.example\r\n")
		c.Expect("220 mail.example\r\n")
		c.Send("EHLO x\r\n")
		at.Expect("EHLO x\r\n")
	})
	t.Run("another protocol by ALPN", func(t *testing.T) {
		o := openAll(t, nil)
		client := o.client("imap")
		client.RootCAs = o.issuer.Pool() // the client sees the origin's own certificate
		c, at, _ := o.shake(client, o.server("imap"))
		c.Send("a1 NOOP\r\n")
		at.Expect("a1 NOOP\r\n")
	})
	t.Run("TLS without ALPN, the client first", func(t *testing.T) {
		o := openAll(t, nil)
		c, at, _ := o.shake(o.client(), o.server())
		c.Send("\x00\x01binary")
		at.Expect("\x00\x01binary")
		at.Send("back")
		c.Expect("back")
		at.Close()
		c.ExpectNotifiedEnd()
		c.Close()
		if row := o.Finished(1); row.RequestSize != 8 || row.ResponseSize != 4 || row.TLS.Outcome != flow.TLSDecrypted {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("TLS without ALPN, text", func(t *testing.T) {
		o := openAll(t, nil)
		c, at, _ := o.shake(o.client(), o.server())
		c.Send("EHLO client.example\r\n")
		at.Expect("EHLO client.example\r\n")
	})
	t.Run("TLS without ALPN, the origin first", func(t *testing.T) {
		o := openAll(t, nil)
		c, at, _ := o.shake(o.client(), o.server())
		at.Send("* OK IMAP ready\r\n")
		c.Expect("* OK IMAP ready\r\n")
		c.Send("a1 NOOP\r\n")
		at.Expect("a1 NOOP\r\n")
	})
	t.Run("ALPN of HTTP/1.0 alone", func(t *testing.T) {
		o := openAll(t, nil)
		c, at, _ := o.shake(o.client("http/1.0"), o.server("http/1.0"))
		c.Send("GET /old HTTP/1.0\r\n\r\n")
		at.ExpectHead()
		at.Send(ok2)
		c.ExpectStatus(200)
		if row := o.Finished(2); row.Path != "/old" || row.TLS.Outcome != flow.TLSDecrypted {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("TLS without ALPN, HTTP", func(t *testing.T) {
		o := openAll(t, nil)
		c, at, _ := o.shake(o.client(), o.server())
		c.Send(insideGet)
		at.Expect(insideGet)
		at.Send(ok2)
		c.Expect(ok2)
	})
}

// Origins' certificates that do not pass: a page inside the connection, and a row that says why.
func TestBadCertificates(t *testing.T) {
	other := proxytest.NewAuthority(t, "Somebody else")
	for name, c := range map[string]struct {
		make   func(o *opener) tls.Certificate
		want   flow.Problem
		detail string
	}{
		"self-signed": {func(o *opener) tls.Certificate { return (*proxytest.Authority)(nil).Issue(t, nil) }, flow.ProblemSelfSigned,
			"self-signed"},
		"unknown": {func(o *opener) tls.Certificate { return other.Issue(t, nil) }, flow.ProblemUnknownAuthority,
			"its issuer, Somebody else, is not trusted"},
		"expired": {func(o *opener) tls.Certificate {
			return o.issuer.Issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
		}, flow.ProblemExpired, "it expired on "},
		"not yet valid": {func(o *opener) tls.Certificate {
			return o.issuer.Issue(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })
		}, flow.ProblemNotYetValid, "it is valid only from "},
		"wrong host": {func(o *opener) tls.Certificate {
			return o.issuer.Issue(t, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"b.test"}, nil })
		}, flow.ProblemWrongHost, "it is for b.test and not for this host"},
		"for clients only": {func(o *opener) tls.Certificate {
			return o.issuer.Issue(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
		}, flow.ProblemUnusable, "it breaks a rule"},
		"expired, self-signed and for another": {func(o *opener) tls.Certificate {
			return (*proxytest.Authority)(nil).Issue(t, func(c *x509.Certificate) {
				c.NotAfter, c.DNSNames = time.Now().Add(-time.Minute), []string{"b.test"}
			})
		}, flow.ProblemExpired | flow.ProblemWrongHost | flow.ProblemSelfSigned, "self-signed"},
	} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			certificate := c.make(o)
			client := o.connect()
			failed := make(chan error, 1)
			at := make(chan *proxytest.Conn, 1)
			go func() {
				conn := o.origin.Accept()
				at <- conn
				_, err := conn.TryServerTLS(&tls.Config{Certificates: []tls.Certificate{certificate}, MaxVersion: tls.VersionTLS12})
				failed <- err
			}()
			if agreed := client.StartClientTLS(o.client("h2", "http/1.1")); agreed.NegotiatedProtocol != "http/1.1" {
				t.Errorf("the client agreed on %q", agreed.NegotiatedProtocol)
			}
			<-at
			if err := <-failed; err == nil {
				t.Error("the origin's handshake went well")
			}
			client.Send(insideGet)
			head := client.ExpectStatus(502)
			page := string(client.ExpectN(contentLength(t, head)))
			if !strings.Contains(page, c.detail) || !strings.Contains(page, "fingerprint") {
				t.Errorf("page %q", page)
			}
			client.ExpectNotifiedEnd()
			client.Close()
			x := o.Exchange(2)
			if x.Failure != flow.FailureTLS || x.TLS.Outcome != flow.TLSBadCertificate || x.TLS.Problem != c.want ||
				!strings.Contains(said(x.Reason), c.detail) || x.Status != 502 {
				t.Errorf("row %+v", x.Row)
			}
			if len(x.Secure.Chain) != 1 || x.Secure.Fingerprint == ([32]byte{}) {
				t.Errorf("secure %+v", x.Secure)
			}
			if row := o.Finished(1); row.Failure != flow.FailureTLS || row.TLS.Problem != c.want {
				t.Errorf("the tunnel's row %+v", row)
			}
		})
	}
}
