package proxy_test

import (
	"crypto/tls"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/clienthello"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/proxytest"
)

// secureOrigin is a proxy whose own requests trust the certificate of an origin.
func secureOrigin(t *testing.T) (*proxytest.Proxy, *proxytest.Origin, *tls.Config) {
	t.Helper()
	issuer := proxytest.NewAuthority(t, "Origins' CA")
	policy, err := decrypt.New(decrypt.Options{Roots: issuer.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{OwnTLS: func() *decrypt.Policy { return policy }}})
	return p, p.Origin(), &tls.Config{Certificates: []tls.Certificate{issuer.Issue(t, nil)}}
}

// secureMessage is one over TLS.
func secureMessage(p *proxytest.Proxy, head, body string) outgoing.Message {
	m := composed(p, head, body)
	m.Scheme, m.ServerName = "https", "a.example"
	return m
}

// Inside TLS a request of Posthouse's own goes over the connection that an earlier one has
// left, a POST where both are of one client; with NewConn it does not, and leaves none.
func TestOwnRequestsInsideTLSShareConnections(t *testing.T) {
	p, origin, server := secureOrigin(t)
	const get, post = "GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n", "POST /b HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\n"
	answered := func(m outgoing.Message, want string, reused bool, at *proxytest.Conn) *proxytest.Conn {
		t.Helper()
		s := send(t, p, m)
		if at == nil {
			at = origin.Accept()
			at.StartServerTLS(server)
		}
		at.Expect(want)
		at.Send(ok2)
		if r := result(t, s); r.Row.Status != 200 || r.Row.Timing.Reused != reused || r.Row.TLS.OriginJA4 == (flow.JA4{}) {
			t.Errorf("%.8s fared %+v", want, r.Row)
		}
		return at
	}
	first := answered(secureMessage(p, get, ""), get, false, nil)
	answered(secureMessage(p, get, ""), get, true, first)

	m := secureMessage(p, post, "hi")
	second := answered(m, post+"hi", false, nil) // it could not be sent twice
	m.Client = outgoing.NewClient()
	third := answered(m, post+"hi", false, nil) // nor does another client's connection carry it
	answered(m, post+"hi", true, third)

	m.NewConn = true
	alone := answered(m, post+"hi", false, nil)
	alone.ExpectGone()
	for _, one := range []*proxytest.Conn{first, second, third} {
		one.Close()
	}
}

// Another name in TLS, or another ClientHello, needs another connection.
func TestOwnRequestsInsideOtherTLSShareNone(t *testing.T) {
	o := openAll(t, func(_ *decrypt.Options, c *proxy.Config) { c.Hellos = new(clienthello.Kept) })
	const get = "GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n"
	client := o.client("http/1.1")
	client.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	c, at, _ := o.shake(client, o.server("http/1.1"))
	c.Send(get)
	at.Expect(get)
	at.Send(ok2)
	c.Expect(ok2)
	x := o.Exchange(2)
	m, err := outgoing.FromExchange(&x)
	if err != nil {
		t.Fatal(err)
	}
	own := m
	own.Hello = outgoing.HelloOwn
	named := m
	named.ServerName = "b.example"
	for _, one := range []struct {
		m      outgoing.Message
		reused bool
	}{{m, false}, {m, true}, {own, false}, {own, true}, {named, false}} {
		s := send(t, o.Proxy, one.m)
		if !one.reused {
			at = o.origin.Accept()
			at.StartServerTLS(o.server("http/1.1"))
		}
		at.Expect(get)
		at.Send(ok2)
		if r := result(t, s); r.Row.Timing.Reused != one.reused || one.m.Hello == outgoing.HelloMirrored &&
			r.Row.TLS.OriginJA4 != x.TLS.OriginJA4 {
			t.Errorf("it fared %+v", r.Row)
		}
	}
}
