package proxy_test

import (
	"bytes"
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/proxytest"
)

func benchmarkInside(b *testing.B, fresh, own bool) {
	ca, issuer := proxytest.NewAuthority(b, "CA"), proxytest.NewAuthority(b, "Origins' CA")
	policy, err := decrypt.New(decrypt.Options{Hosts: []string{"*"}, Minter: ca, Roots: issuer.Pool(), OwnHello: own})
	if err != nil {
		b.Fatal(err)
	}
	p := proxytest.StartWith(b, proxytest.Options{Config: proxy.Config{Decrypt: policy}, Capture: capture.Options{}})
	body := strings.Repeat("x", 1024)
	answer := []byte("HTTP/1.1 200 OK\r\nServer: test\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + body)
	config := &tls.Config{Certificates: []tls.Certificate{issuer.Issue(b, nil)}, NextProtos: []string{"http/1.1"},
		SessionTicketsDisabled: true} // what differs is the hello alone
	origin := p.Origin()
	origin.Serve(func(at *proxytest.Conn) {
		conn := tls.Server(at.Net, config)
		buf := make([]byte, 8<<10)
		for {
			if n, err := conn.Read(buf); err != nil || !bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) {
				return
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	})
	client := &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", NextProtos: []string{"http/1.1"}}
	open := func() *tls.Conn {
		c, err := net.Dial("tcp", p.Addr())
		if err != nil {
			b.Fatal(err)
		}
		_, _ = c.Write([]byte(p.Text(connect)))
		if _, err := c.Read(make([]byte, 200)); err != nil {
			b.Fatal(err)
		}
		return tls.Client(c, client)
	}
	request := []byte("GET /some/path?q=1 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test/1.0\r\nAccept: */*\r\n\r\n")
	got := make([]byte, len(answer))
	conn := open()
	b.ReportAllocs()
	for b.Loop() {
		if fresh {
			_ = conn.Close()
			conn = open()
		}
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		for n := 0; n < len(got); {
			m, err := conn.Read(got[n:])
			if err != nil {
				b.Fatal(err)
			}
			n += m
		}
	}
	_ = conn.Close()
}

func BenchmarkExchangeInside(b *testing.B)      { benchmarkInside(b, false, false) }
func BenchmarkConnectionDecrypted(b *testing.B) { benchmarkInside(b, true, false) }
func BenchmarkConnectionOwnHello(b *testing.B)  { benchmarkInside(b, true, true) }
