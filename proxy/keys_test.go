package proxy_test

import (
	"fmt"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/proxytest"
)

// openThrough opens all tunnels, and goes through the proxy that the origin plays.
func openThrough(t *testing.T, scheme string) *opener {
	o := openAll(t, nil)
	config := chainTo(t, scheme+o.origin.Addr())
	config.Decrypt = o.policy
	o.Server.Configure(config)
	return o
}

// acceptSOCKS lets the proxy's next connection lead to wherever it wants. Names are
// left to a SOCKS5 proxy, so that a test may ask for any.
func (o *opener) acceptSOCKS() *proxytest.Conn {
	o.t.Helper()
	at := o.origin.Accept()
	at.Expect("\x05\x01\x00")
	at.Send("\x05\x00")
	at.ExpectN(4)
	at.ExpectN(int(at.ExpectN(1)[0]) + 2)
	at.Send("\x05\x00\x00\x01\x01\x02\x03\x04\x00\x50")
	return at
}

// decrypted opens a tunnel to a.example.
func (o *opener) decrypted() (client, at *proxytest.Conn) {
	o.t.Helper()
	client = o.connectTo("a.example:443")
	at = o.acceptSOCKS()
	client.ExpectStatus(200)
	shakeBoth(o, client, at)
	return client, at
}

// targetID is the number of the target that requests inside are for.
func (o *opener) targetID() uint64 {
	return o.policy.Target("a.example", 443, decrypt.Offer{SNI: "a.example", H1: true}).ID()
}

const secret = "GET /secret HTTP/1.1\r\nHost: a.example\r\nCookie: session=1\r\n\r\n"

// No host name makes a plain request take a decrypted site's connection.
func TestNoPlainRequestTakesADecryptedConnection(t *testing.T) {
	o := openThrough(t, "socks5://")
	client, at := o.decrypted()
	client.Send(secret)
	at.Expect(secret)
	at.Send(ok2)
	client.Expect(ok2)
	o.Finished(2)

	other := o.Client()
	host := fmt.Sprintf("tls:%d", o.targetID())
	other.Send("GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
	plain := o.acceptSOCKS()
	plain.Expect("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
	plain.Send(ok2)
	other.Expect(ok2)
}

// The other way round: what a decrypted site is sent never goes to a host in plain text.
func TestNoDecryptedRequestTakesAPlainConnection(t *testing.T) {
	o := openThrough(t, "socks5://")
	other := o.Client()
	host := fmt.Sprintf("tls:%d", o.targetID())
	other.Send("GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
	plain := o.acceptSOCKS()
	plain.ExpectHead()
	plain.Send(ok2)
	other.Expect(ok2)
	o.Finished(1)

	client, at := o.decrypted()
	client.Send(secret)
	at.Expect(secret)
	at.Send(ok2)
	client.Expect(ok2)
}

// A tunnel that is opened asks an upstream proxy once: the connection that was
// opened for it is the one that its requests use. A later client has its own.
func TestAnOpenedTunnelAsksTheUpstreamProxyOnce(t *testing.T) {
	for _, scheme := range []string{"socks5://", "http://"} {
		t.Run(scheme[:4], func(t *testing.T) {
			o := openThrough(t, scheme)
			client := o.connectTo("a.example:443")
			at := o.acceptThrough(scheme)
			client.ExpectStatus(200)
			shakeBoth(o, client, at)
			for range 2 {
				client.Send(secret)
				at.Expect(secret)
				at.Send(ok2)
				client.Expect(ok2)
			}
			o.Finished(3)
			later := o.connectTo("a.example:443")
			theirs := o.acceptThrough(scheme)
			later.ExpectStatus(200)
			shakeBoth(o, later, theirs)
			later.Send(secret)
			theirs.Expect(secret)
			theirs.Send(ok2)
			later.Expect(ok2)
			o.origin.NotAsked()
			if n := o.Server.IdleOrigins(); n != 0 {
				t.Errorf("%d connections are pooled", n)
			}
		})
	}
}

// A direct tunnel to the same target takes no connection that went through the proxy.
func TestADirectTunnelTakesNoConnectionOfTheProxys(t *testing.T) {
	o := openThrough(t, "http://")
	client := o.Client()
	client.Send(connect)
	at := o.acceptThrough("http://")
	client.ExpectStatus(200)
	shakeBoth(o, client, at)
	client.Send(secret)
	at.Expect(secret)

	o.Server.Configure(proxy.Config{Decrypt: o.policy}) // directly from now on
	at.Send(ok2)
	client.Expect(ok2) // and the connection comes back
	o.Finished(2)
	direct := o.Client()
	direct.Send(connect)
	next := o.origin.Accept()
	direct.ExpectStatus(200)
	shakeBoth(o, direct, next) // no CONNECT
	direct.Send(secret)
	next.Expect(secret)
	next.Send(ok2)
	direct.Expect(ok2)
}

func (o *opener) connectTo(target string) *proxytest.Conn {
	o.t.Helper()
	client := o.Client()
	client.Send("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n")
	return client
}

func (o *opener) acceptThrough(scheme string) *proxytest.Conn {
	o.t.Helper()
	if scheme == "socks5://" {
		return o.acceptSOCKS()
	}
	at := o.origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\n\r\n")
	return at
}

// shakeBoth speaks TLS on both sides of the proxy.
func shakeBoth(o *opener, client, at *proxytest.Conn) {
	o.t.Helper()
	shaken := make(chan error, 1)
	go func() {
		_, err := client.TryClientTLS(o.client("http/1.1"))
		shaken <- err
	}()
	at.StartServerTLS(o.server("http/1.1"))
	if err := <-shaken; err != nil {
		o.t.Fatal(err)
	}
}
