package proxy_test

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

// In these tests 127.0.0.7 plays another device, which is allowed. All origins are
// on this computer's loopback.

const device = "127.0.0.7"

func lending(r proxy.Rights) proxy.Config {
	return proxy.Config{Allow: prefixes(device + "/32"), Lend: r}
}

func TestOtherDevicesDoNotReachLoopback(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true, Config: lending(proxy.Rights{Credentials: true})})
	origin := p.Origin()
	port := origin.Addr()[strings.LastIndexByte(origin.Addr(), ':'):]
	row := flow.ID(0)
	for _, host := range []string{"127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST.", "a.localhost", "[::1]", "[::ffff:127.0.0.1]",
		"0.0.0.0", "[::]", "169.254.169.254", "[fe80::1%25lo]"} {
		for _, request := range []string{"GET http://" + host + port + "/ HTTP/1.1\r\nHost: x\r\n\r\n",
			"CONNECT " + host + port + " HTTP/1.1\r\nHost: x\r\n\r\n"} {
			client := p.ClientFrom(device)
			client.Send(request)
			head := client.ExpectStatus(403)
			body := string(client.ExpectN(contentLength(t, head)))
			row++
			if got := p.Finished(row); got.Failure != flow.FailureNotAllowed || got.Remote.IsValid() ||
				!strings.Contains(body, "lan.loopback") {
				t.Errorf("%q: %q, row %+v", request, body, got)
			}
		}
	}
	origin.NotAsked()
	// This computer's own clients do, and so does a device once it may.
	for _, who := range []string{"127.0.0.1", device} {
		client := p.ClientFrom(who)
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send(ok2)
		client.Expect(ok2)
		at.Close()
		p.Server.Configure(lending(proxy.Rights{Loopback: true, Credentials: true}))
	}
}

// A connection that one of this computer's clients made is not lent to a device.
func TestKeptConnectionsAreNotLentToDevices(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true, Config: lending(proxy.Rights{})})
	origin := p.Origin()
	client := p.Client()
	client.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2)
	p.Finished(1)
	other := p.ClientFrom(device)
	other.Send(getHead)
	other.ExpectStatus(403)
	client.Send(getHead)
	at.ExpectHead() // it was kept all the while
	at.Send(ok2)
	client.Expect(ok2)
}

// An upstream proxy resolves names itself: what is written is judged.
func TestLoopbackThroughAnUpstreamProxy(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true})
	up := p.Origin()
	for _, scheme := range []string{"http://", "socks5://"} {
		config := chainTo(t, scheme+up.Addr())
		config.Allow = prefixes(device + "/32")
		p.Server.Configure(config)
		for _, host := range []string{"127.0.0.1:81", "localhost:81", "127.1:81", "2130706433:81", "0x7f.1:81", "[::1]:81",
			"169.254.169.254:80"} {
			for _, request := range []string{"GET http://" + host + "/ HTTP/1.1\r\nHost: x\r\n\r\n",
				"CONNECT " + host + " HTTP/1.1\r\nHost: x\r\n\r\n"} {
				client := p.ClientFrom(device)
				client.Send(request)
				client.ExpectStatus(403)
			}
		}
		up.NotAsked()
	}
}

// The login of the upstream proxy, and connections made with it, are this computer's.
func TestDevicesAreNotLentTheUpstreamLogin(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true})
	up := p.Origin()
	config := chainTo(t, "http://user:pass@"+up.Addr())
	config.Allow = prefixes(device + "/32")
	p.Server.Configure(config)
	const get = "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	const login = "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"
	client := p.Client()
	client.Send(get + "\r\n")
	at := up.Accept()
	at.Expect(get + login + "\r\n")
	at.Send(ok2)
	client.Expect(ok2)
	p.Finished(1)

	other := p.ClientFrom(device)
	other.Send(get + "Proxy-Authorization: Basic eDp5\r\n\r\n") // nor is its own passed on
	bare := up.Accept()
	bare.Expect(get + "\r\n")
	bare.Send("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
	head := other.ExpectStatus(502)
	if body := string(other.ExpectN(contentLength(t, head))); !strings.Contains(body, "lan.credentials") {
		t.Errorf("body %q", body)
	}
	if row := p.Finished(2); row.Failure != flow.FailureUpstreamAuth {
		t.Errorf("row %+v", row)
	}
	tunnel := p.ClientFrom(device)
	tunnel.Send("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n")
	asked := up.Accept()
	if head := asked.ExpectHead(); strings.Contains(head, "Authorization") {
		t.Errorf("the tunnel was asked for with %q", head)
	}
	asked.Send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
	tunnel.ExpectStatus(502)

	config.Lend.Credentials = true
	p.Server.Configure(config)
	other = p.ClientFrom(device)
	other.Send(get + "\r\n")
	at.Expect(get + login + "\r\n") // over the connection that has it
}

// SOCKS5 has its login on the connection itself.
func TestDevicesAreNotLentTheSOCKSLogin(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true})
	up := p.Origin()
	config := chainTo(t, "socks5://user:pass@"+up.Addr())
	config.Allow = prefixes(device + "/32")
	p.Server.Configure(config)
	other := p.ClientFrom(device)
	other.Send("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
	at := up.Accept()
	at.Expect("\x05\x01\x00")
	at.Send("\x05\xff")
	head := other.ExpectStatus(502)
	if body := string(other.ExpectN(contentLength(t, head))); !strings.Contains(body, "lan.credentials") {
		t.Errorf("body %q", body)
	}
}

// The user's client certificate, and connections made with it, are this computer's.
func TestDevicesAreNotLentClientCertificates(t *testing.T) {
	issuer := proxytest.NewAuthority(t, "Clients' CA")
	config := lending(proxy.Rights{Loopback: true})
	o := openAll(t, func(d *decrypt.Options, c *proxy.Config) {
		*c = config
		d.ClientCertificates = []decrypt.ClientCertificate{{Host: "*.example",
			Certificate: issuer.Issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "the user" })}}
	})
	server := o.server("http/1.1")
	server.ClientAuth, server.ClientCAs = tls.VerifyClientCertIfGiven, issuer.Pool()
	shown := func(at *proxytest.Conn) int { return len(at.TLS().ConnectionState().PeerCertificates) }
	exchange := func(c, at *proxytest.Conn) {
		t.Helper()
		c.Send(insideGet)
		at.Expect(insideGet)
		at.Send(ok2)
		c.Expect(ok2)
	}
	c, at, _ := o.shake(o.client("http/1.1"), server)
	if shown(at) != 1 {
		t.Fatal("this computer's client shows none")
	}
	exchange(c, at)
	c.Close()
	o.Finished(1)

	// A device: what was kept is not lent to it, and its own connection has none.
	guest := o.open(o.ClientFrom(device))
	g, with, _ := o.shakeOn(guest, o.client("http/1.1"), server)
	if shown(with) != 0 {
		t.Error("the certificate is shown for a device")
	}
	if with.TLS().ConnectionState().DidResume {
		t.Error("a session that was begun with the certificate is taken up")
	}
	exchange(g, with)
	g.Close()

	// What it left behind is not this computer's either.
	again, at, _ := o.shake(o.client("http/1.1"), server)
	if shown(at) != 1 {
		t.Error("this computer's next client shows none")
	}
	exchange(again, at)
}

// Where an origin insists, the device is told which setting lends it.
func TestDevicesAreToldOfTheCertificateTheyAreNotLent(t *testing.T) {
	issuer := proxytest.NewAuthority(t, "Clients' CA")
	o := openAll(t, func(d *decrypt.Options, c *proxy.Config) {
		*c = lending(proxy.Rights{Loopback: true})
		d.ClientCertificates = []decrypt.ClientCertificate{{Host: "*.example", Certificate: issuer.Issue(t, nil)}}
	})
	server := o.server("http/1.1")
	server.ClientAuth, server.ClientCAs = tls.RequireAndVerifyClientCert, issuer.Pool()
	o.serve(server, func(at *proxytest.Conn) { _, _ = at.Rest() })
	client := o.open(o.ClientFrom(device))
	client.StartClientTLS(o.client("http/1.1"))
	if row, page := o.page(client, 502); !strings.Contains(page, "lan.credentials") || row.TLS.Problem != flow.ProblemClientCertificate {
		t.Errorf("page %q, row %+v", page, row)
	}
}

// A host that is this computer's is refused to a device before its tunnel is opened, also
// when a client of this computer has it open.
func TestLoopbackInsideAnOpenedTunnel(t *testing.T) {
	for _, r := range []proxy.Rights{{}, {Credentials: true}} {
		o := openAll(t, func(_ *decrypt.Options, c *proxy.Config) { *c = lending(r) })
		first, _, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
		client := o.ClientFrom(device)
		client.Send("CONNECT " + o.origin.Addr() + " HTTP/1.1\r\nHost: " + o.origin.Addr() + "\r\n\r\n")
		client.ExpectStatus(403)
		o.origin.NotAsked()
		first.Close()
	}
}

// What is lent no longer ends with the setting, for devices alone.
func TestWhatIsNotLentAnyMoreEnds(t *testing.T) {
	config := lending(proxy.Rights{Loopback: true, Credentials: true})
	p := proxytest.StartWith(t, proxytest.Options{Guarded: true, Config: config})
	origin := p.Origin()
	tunnel := func(from string) (c, at *proxytest.Conn) {
		c = p.ClientFrom(from)
		c.Send(connect)
		c.ExpectStatus(200)
		return c, origin.Accept()
	}
	theirs, far := tunnel(device)
	ours, at := tunnel("127.0.0.1")
	config.Lend.Loopback = false
	p.Server.Configure(config)
	theirs.ExpectGone()
	far.ExpectGone()
	ours.Send("still here")
	at.Expect("still here")
	if row := p.Finished(1); row.Failure != flow.FailureNotAllowed {
		t.Errorf("row %+v", row)
	}
}
