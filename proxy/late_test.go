package proxy_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
)

const mocks = "[[rule]]\nname='Mock'\nwhen='path:/mock'\nanswer.text='mock'"

// mocked asks for what the rule answers.
func mocked(client *proxytest.Conn) {
	client.Send("GET /mock HTTP/1.1\r\nHost: a.example\r\n\r\n")
	client.ExpectStatus(200)
	client.Expect("mock")
}

// inside is a client that speaks TLS in a tunnel whose origin is left to the first request that needs it.
func (o *opener) inside(protocols ...string) *proxytest.Conn {
	o.t.Helper()
	client := o.connect()
	client.StartClientTLS(o.client(protocols...))
	return client
}

// shakes is the origin of a request that has it dialled.
func (o *opener) shakes(protocols ...string) *proxytest.Conn {
	o.t.Helper()
	at := o.origin.Accept()
	at.StartServerTLS(o.server(protocols...))
	return at
}

// A host that is not there is not even looked up where a rule answers one path; another path fails as ever,
// and what a rule answers goes on.
func TestRulesAnswerWithoutALookup(t *testing.T) {
	o := openRuled(t, mocks)
	var names atomic.Int32
	o.Server.SetResolver(&net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		names.Add(1)
		return nil, errors.New("no name server")
	}})
	client := o.connectTo("not-there-yet.invalid:443")
	client.ExpectStatus(200)
	if agreed := client.StartClientTLS(o.client("h2", "http/1.1")); agreed.NegotiatedProtocol != "http/1.1" {
		t.Error(agreed.NegotiatedProtocol)
	}
	mocked(client)
	if n := names.Load(); n != 0 {
		t.Errorf("%d lookups", n)
	}
	client.Send("GET /other HTTP/1.1\r\nHost: a.example\r\n\r\n")
	client.ExpectStatus(502)
	client.ExpectThrough(".\n")
	if names.Load() == 0 {
		t.Error("it was not looked up")
	}
	mocked(client)
	if row := o.Finished(3); row.Failure != flow.FailureResolve || row.Effects != 0 {
		t.Errorf("%+v", row)
	}
	if row := o.Finished(4); row.Failure != 0 || row.TLS.Outcome != flow.TLSDecrypted || row.Remote.IsValid() {
		t.Errorf("%+v", row)
	}
	client.Close()
	row := o.Finished(1)
	if did := codesOf(o.Exchange(1).Ruled.Did); row.Failure != 0 || row.Remote.IsValid() ||
		!slices.Equal(did, []flow.ReasonCode{reason.RuleDialLater}) {
		t.Errorf("%+v %v", row, o.Exchange(1).Ruled)
	}
}

// The first request that no rule answers has the origin dialled, once, with the client's TLS; its row has the times.
func TestTheFirstRequestThatNeedsItDials(t *testing.T) {
	for name, protocols := range map[string][]string{"ALPN": {"http/1.1"}, "none": nil} {
		t.Run(name, func(t *testing.T) {
			o := openRuled(t, mocks)
			client := o.inside(protocols...)
			mocked(client)
			o.origin.NotAsked()
			client.Send(insideGet)
			at := o.shakes(protocols...)
			if sni := at.TLS().ConnectionState().ServerName; sni != "a.example" {
				t.Errorf("SNI %q", sni)
			}
			for i := range 2 {
				if i > 0 {
					client.Send(insideGet)
				}
				at.Expect(insideGet)
				at.Send(ok2)
				client.Expect(ok2)
				mocked(client)
			}
			o.origin.NotAsked()
			row := o.Finished(3)
			if row.Failure != 0 || row.Timing.Dialed == 0 || row.Timing.Connected < row.Timing.Dialed || row.Timing.Reused ||
				row.Remote.String() != o.origin.Addr() || row.TLS.Outcome != flow.TLSDecrypted {
				t.Errorf("%+v", row)
			}
			if row := o.Finished(5); !row.Timing.Reused {
				t.Errorf("%+v", row)
			}
			if x := o.Exchange(3); x.Secure.Origin.Version != tls.VersionTLS13 || x.Secure.Client.Version != tls.VersionTLS13 {
				t.Errorf("%+v", x.Secure)
			}
		})
	}
}

// A client is told HTTP/1.1 of an origin that is not known; if that prefers HTTP/2 it is asked once more, the
// row says so, and the next client is told HTTP/2.
func TestWhatAnOriginChoseIsRemembered(t *testing.T) {
	o := openRuled(t, mocks)
	client := o.inside("h2", "http/1.1")
	client.Send(insideGet)
	o.shakes("h2", "http/1.1").ExpectGone()
	at := o.shakes("h2", "http/1.1")
	at.Expect(insideGet)
	at.Send(ok2)
	client.Expect(ok2)
	if row := o.Finished(2); row.TLS.Deviation != flow.DeviationProtocol {
		t.Errorf("%+v", row.TLS)
	}
	for protocol, want := range map[string]string{"h2": "h2", "http/1.1": "http/1.1"} {
		next := o.connect()
		offered := []string{protocol, "http/1.1"}
		if agreed := next.StartClientTLS(o.client(slices.Compact(offered)...)); agreed.NegotiatedProtocol != want {
			t.Errorf("%s: %q", protocol, agreed.NegotiatedProtocol)
		}
	}
	o.origin.NotAsked()
	client.Close()
}

// A certificate is judged at the late dial: nothing of the request goes out before.
func TestTheLateOriginIsJudged(t *testing.T) {
	o := openRuled(t, mocks)
	client := o.inside("http/1.1")
	mocked(client)
	client.Send(insideGet)
	at := o.origin.Accept()
	_, _ = at.TryServerTLS(&tls.Config{Certificates: []tls.Certificate{(*proxytest.Authority)(nil).Issue(t, nil)}})
	client.ExpectStatus(502)
	if rest, _ := at.Rest(); len(rest) > 0 {
		t.Errorf("it got %q", rest)
	}
	if row := o.Finished(3); row.Failure != flow.FailureTLS || row.TLS.Outcome != flow.TLSBadCertificate {
		t.Errorf("%+v", row)
	}
}

// What failed is the request's alone: the connection is answered by rules still, and the origin asked again.
func TestALateOriginThatFailsIsAskedAgain(t *testing.T) {
	o := openRuled(t, mocks)
	client := o.inside("http/1.1")
	client.Send(insideGet)
	o.origin.Accept().Close()
	client.ExpectStatus(502)
	client.ExpectThrough(".\n")
	mocked(client)
	client.Send(insideGet)
	at := o.shakes("http/1.1")
	at.Expect(insideGet)
	at.Send(ok2)
	client.Expect(ok2)
	if row := o.Finished(2); row.Failure != flow.FailureTLS || row.TLS.Outcome != flow.TLSFailed {
		t.Errorf("%+v", row)
	}
	if row := o.Finished(3); row.TLS.Outcome != flow.TLSDecrypted {
		t.Errorf("%+v", row)
	}
	if row := o.Finished(4); row.Failure != 0 || row.TLS.Outcome != flow.TLSDecrypted {
		t.Errorf("%+v", row)
	}
}

// A rule that is taken away while the connection is open leaves its requests to the origin.
func TestRulesAreTakenFromALateOrigin(t *testing.T) {
	o := openRuled(t, mocks)
	client := o.inside("http/1.1")
	mocked(client)
	o.Server.Configure(proxy.Config{Decrypt: o.policy})
	client.Send("GET /mock HTTP/1.1\r\nHost: a.example\r\n\r\n")
	at := o.shakes("http/1.1")
	at.Expect("GET /mock HTTP/1.1\r\nHost: a.example\r\n\r\n")
	at.Send(ok2)
	client.Expect(ok2)
}

// An origin that asks for a client certificate gets the user's.
func TestALateOriginIsShownACertificate(t *testing.T) {
	issuer := proxytest.NewAuthority(t, "Clients' CA")
	o := openAll(t, func(d *decrypt.Options, c *proxy.Config) {
		d.ClientCertificates = []decrypt.ClientCertificate{{Host: "*.example", Certificate: issuer.Issue(t, func(c *x509.Certificate) {
			c.Subject.CommonName = "this one"
		})}}
		c.Rules = ruleSet(t, mocks)
	})
	client := o.inside("http/1.1")
	mocked(client)
	client.Send(insideGet)
	config := o.server("http/1.1")
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, issuer.Pool()
	at := o.origin.Accept()
	if name := at.StartServerTLS(config).PeerCertificates[0].Subject.CommonName; name != "this one" {
		t.Error(name)
	}
	at.Expect(insideGet)
}

// Through an upstream proxy the origin is left to the first request too, unless the client may have to log in
// there: then the proxy's answer is the answer to CONNECT.
func TestLateOriginsThroughProxies(t *testing.T) {
	for _, scheme := range []string{"socks5://", "http://", "http://user:secret@"} {
		t.Run(scheme, func(t *testing.T) {
			o := openAll(t, nil)
			config := chainTo(t, scheme+o.origin.Addr())
			config.Decrypt, config.Rules = o.policy, ruleSet(t, mocks)
			o.Server.Configure(config)
			client := o.connectTo("a.example:443")
			if scheme == "http://" {
				at := o.origin.Accept()
				at.ExpectHead()
				at.Send("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
				client.ExpectStatus(407)
				return
			}
			client.ExpectStatus(200)
			client.StartClientTLS(o.client("http/1.1"))
			mocked(client)
			o.origin.NotAsked()
			client.Send(insideGet)
			at := o.acceptThrough(scheme)
			at.StartServerTLS(o.server("http/1.1"))
			at.Expect(insideGet)
			at.Send(ok2)
			client.Expect(ok2)
		})
	}
}

// A client that says nothing when its tunnel is open may wait for the origin to speak first: before TLS, and
// inside it where no protocol was agreed on.
func TestLateOriginsThatSpeakFirst(t *testing.T) {
	t.Run("plain", func(t *testing.T) {
		o := openRuled(t, mocks)
		client := o.connect()
		at := o.origin.Accept()
		at.Send("220 hello\r\n")
		client.Expect("220 hello\r\n")
		client.Send("QUIT\r\n")
		at.Expect("QUIT\r\n")
	})
	t.Run("TLS", func(t *testing.T) {
		o := openRuled(t, mocks)
		client := o.inside()
		at := o.shakes()
		at.Send("220 hello\r\n")
		client.Expect("220 hello\r\n")
		client.Send("QUIT\r\n")
		at.Expect("QUIT\r\n")
	})
	t.Run("HTTP all the same", func(t *testing.T) {
		o := openRuled(t, mocks)
		client := o.inside()
		at := o.shakes()
		mocked(client)
		client.Send(insideGet)
		at.Expect(insideGet)
		at.Send(ok2)
		client.Expect(ok2)
	})
	t.Run("not there", func(t *testing.T) {
		o := openRuled(t, mocks)
		client := o.connectTo("nowhere.invalid:443")
		client.ExpectStatus(200)
		client.StartClientTLS(o.client())
		client.Silence(proxy.LateWait + proxy.LateWait/2)
		mocked(client)
		client.Send(insideGet)
		client.ExpectStatus(502)
	})
}

// What is none of HTTP passes as ever.
func TestLateOriginsOfOtherProtocols(t *testing.T) {
	t.Run("SSH", func(t *testing.T) {
		o := openRuled(t, mocks)
		client := o.connect()
		client.Send("SSH-2.0-x\r\n")
		o.origin.Accept().Expect("SSH-2.0-x\r\n")
	})
	t.Run("another ALPN", func(t *testing.T) {
		o := openRuled(t, mocks)
		client := o.connect()
		go func() {
			_, _ = client.TryClientTLS(&tls.Config{RootCAs: o.issuer.Pool(), ServerName: "a.example", NextProtos: []string{"imap"}})
		}()
		if at := o.shakes("imap"); at.TLS().ConnectionState().NegotiatedProtocol != "imap" {
			t.Error(at.TLS().ConnectionState())
		}
	})
	t.Run("inside TLS", func(t *testing.T) {
		o := openRuled(t, mocks)
		client := o.inside()
		client.Send("NICK x\r\n")
		at := o.shakes()
		at.Expect("NICK x\r\n")
		at.Send(":hi\r\n")
		client.Expect(":hi\r\n")
	})
	t.Run("not there", func(t *testing.T) {
		o := openRuled(t, mocks)
		client := o.connectTo("nowhere.invalid:443")
		client.ExpectStatus(200)
		client.Send("SSH-2.0-x\r\n")
		client.ExpectGone()
		if row := o.Finished(1); row.Failure != flow.FailureResolve {
			t.Errorf("%+v", row)
		}
	})
	t.Run("plain HTTP", func(t *testing.T) {
		o := openRuled(t, mocks)
		client := o.connect()
		mocked(client)
		o.origin.NotAsked()
		client.Send(insideGet)
		at := o.origin.Accept()
		if head := at.ExpectHead(); !strings.HasPrefix(head, "GET /a?b ") {
			t.Error(head)
		}
	})
}
