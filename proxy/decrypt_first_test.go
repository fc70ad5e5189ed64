package proxy_test

import (
	"crypto/tls"
	"errors"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/proxytest"
)

// gatedMinter tells when it is asked, and waits until it may answer.
type gatedMinter struct {
	decrypt.Minter
	asked, may chan struct{}
}

func (m *gatedMinter) Leaf(host string) (*tls.Certificate, error) {
	select {
	case m.asked <- struct{}{}:
	default:
	}
	select {
	case <-m.may:
		return m.Minter.Leaf(host)
	case <-time.After(proxytest.Deadline):
		return nil, errors.New("it was never allowed to go on")
	}
}

func gated(t *testing.T) (*opener, *gatedMinter) {
	m := &gatedMinter{asked: make(chan struct{}, 1), may: make(chan struct{})}
	o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) {
		m.Minter = d.Minter
		d.Minter = m
	})
	return o, m
}

// On a first visit the certificate is made while the origin is asked: here the
// origin says nothing before the making has begun, and the making ends only
// once the origin's handshake has.
func TestCertificateIsMadeWhileTheOriginIsAsked(t *testing.T) {
	o, m := gated(t)
	c := o.connect()
	shaken := make(chan error, 1)
	go func() { _, err := c.TryClientTLS(o.client("http/1.1")); shaken <- err }()
	at := o.origin.Accept()
	select {
	case <-m.asked:
	case <-time.After(proxytest.Deadline):
		t.Fatal("no certificate was asked for before the origin spoke")
	}
	at.StartServerTLS(o.server("http/1.1"))
	close(m.may)
	if err := <-shaken; err != nil {
		t.Fatal(err)
	}
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
}

// An origin that fails meanwhile is told of all the same, under the certificate.
func TestOriginFailsWhileTheCertificateIsMade(t *testing.T) {
	o, m := gated(t)
	c := o.connect()
	shaken := make(chan error, 1)
	go func() { _, err := c.TryClientTLS(o.client("http/1.1")); shaken <- err }()
	o.origin.Accept().Close()
	close(m.may)
	if err := <-shaken; err != nil {
		t.Fatal(err)
	}
	c.Send(insideGet)
	c.ExpectStatus(502)
}
