package proxy_test

import (
	"fmt"
	"testing"

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
	client = o.Client()
	client.Send("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
	at = o.acceptSOCKS()
	client.ExpectStatus(200)
	shaken := make(chan error, 1)
	go func() {
		_, err := client.TryClientTLS(o.client("http/1.1"))
		shaken <- err
	}()
	at.StartServerTLS(o.server("http/1.1"))
	if err := <-shaken; err != nil {
		o.t.Fatal(err)
	}
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
