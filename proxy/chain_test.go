package proxy_test

import (
	"bufio"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/upstream"
)

// chainTo is a configuration that goes through the proxy at url, loopback included.
func chainTo(t testing.TB, url string, bypass ...string) proxy.Config {
	t.Helper()
	p, err := upstream.ParseProxy(url)
	if err != nil {
		t.Fatal(err)
	}
	c, err := upstream.NewChain(p, append(bypass, "<-loopback>"))
	if err != nil {
		t.Fatal(err)
	}
	return proxy.Config{Upstream: c}
}

// chained starts a proxy whose upstream is a scripted origin; {origin} is the upstream.
func chained(t testing.TB, scheme string, bypass ...string) (*proxytest.Proxy, *proxytest.Origin) {
	p := proxytest.Start(t)
	up := p.Origin()
	p.Server.Configure(chainTo(t, scheme+up.Addr(), bypass...))
	return p, up
}

func viaToken(t *testing.T, head string) string {
	t.Helper()
	_, rest, found := strings.Cut(head, "\r\nVia: 1.1 posthouse-")
	if !found {
		t.Fatalf("no Via in %q", head)
	}
	return "Via: 1.1 posthouse-" + rest[:8] + "\r\n"
}

func TestPlainRequestsPassInAbsoluteForm(t *testing.T) {
	for name, c := range map[string]struct{ request, asked string }{
		"bytes stay": {
			"GET http://Example.test/a%2Fb//c?q=|&r HTTP/1.1\r\nHost: Example.test\r\nx-lower:  two  \r\nX-Dup: 1\r\nX-Dup: 2\r\n\r\n",
			"GET http://Example.test/a%2Fb//c?q=|&r HTTP/1.1\r\nHost: Example.test\r\nx-lower:  two  \r\nX-Dup: 1\r\nX-Dup: 2\r\n\r\n"},
		"the client's own hop ends here, but for its login": {
			"GET http://a.test:81/ HTTP/1.1\r\nProxy-Connection: keep-alive\r\nHost: a.test:81\r\nProxy-Authorization: Basic " +
				"eDp5\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n",
			"GET http://a.test:81/ HTTP/1.1\r\nHost: a.test:81\r\nProxy-Authorization: Basic eDp5\r\n\r\n"},
		"userinfo and fragment go": {
			"GET HTTP://u:p@a.test/x#y HTTP/1.1\r\nHost: a.test\r\n\r\n",
			"GET HTTP://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n"},
		"an empty path stays": {
			"OPTIONS http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n",
			"OPTIONS http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n"},
		"Host follows the target": {
			"GET http://a.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n",
			"GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"},
		"a body": {
			"POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc",
			"POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc"},
	} {
		t.Run(name, func(t *testing.T) {
			p, up := chained(t, "http://")
			client := p.Client()
			client.Send(c.request)
			at := up.Accept()
			at.Expect(c.asked)
			at.Send(ok2)
			client.Expect(ok2)
			x := p.Exchange(1)
			if x.Upstream != "http://"+up.Addr() || x.Remote.String() != up.Addr() || x.Status != 200 {
				t.Errorf("upstream %q, remote %v, status %d", x.Upstream, x.Remote, x.Status)
			}
		})
	}
}

// One connection to the upstream proxy carries requests for any host, and
// none is ever used for what does not go through it.
func TestConnectionsOfDifferentWaysAreNotMixed(t *testing.T) {
	p, up := chained(t, "http://u:p@")
	client := p.Client()
	ask := func(target string) {
		client.Send("GET " + target + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(target, "http://") + "\r\n\r\n")
	}
	ask("http://a.test")
	first := up.Accept()
	login := "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("u:p")) + "\r\n"
	first.Expect("GET http://a.test HTTP/1.1\r\nHost: a.test\r\n" + login + "\r\n")
	first.Send(ok2)
	client.Expect(ok2)
	ask("http://b.test")
	first.ExpectHead() // the same connection
	first.Send(ok2)
	client.Expect(ok2)

	p.Finished(2) // and the connection is kept

	// Directly to the very address of the upstream proxy: another connection.
	p.Server.Configure(proxy.Config{})
	first.ExpectEnd() // nothing asks for it now
	ask("http://{origin}")
	direct := up.Accept()
	direct.Expect("GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	direct.Send(ok2)
	client.Expect(ok2)

	// Other credentials: another connection too.
	p.Server.Configure(chainTo(t, "http://u:other@"+up.Addr()))
	ask("http://a.test")
	other := up.Accept()
	other.ExpectHead()
	other.Send(ok2)
	client.Expect(ok2)
}

func TestTunnelsGoThroughAnHTTPProxy(t *testing.T) {
	p, up := chained(t, "http://us%40er:p%3Aw@")
	client := p.Client()
	client.Send("CONNECT secret.test:443 HTTP/1.1\r\nHost: secret.test:443\r\nUser-Agent: x/1\r\nProxy-Connection: keep-alive\r\n\r\nearly")
	at := up.Accept()
	head := at.ExpectHead()
	login := base64.StdEncoding.EncodeToString([]byte("us@er:p:w"))
	want := "CONNECT secret.test:443 HTTP/1.1\r\nHost: secret.test:443\r\nUser-Agent: x/1\r\nProxy-Authorization: Basic " + login + "\r\n" +
		viaToken(t, head) + "\r\n"
	if head != want {
		t.Errorf("got\n%q, want\n%q", head, want)
	}
	// Framing fields mean nothing in an answer to CONNECT (RFC 9110 section 9.3.6).
	at.Send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nglued")
	client.Expect("HTTP/1.1 200 Connection Established\r\n\r\nglued")
	at.Expect("early")
	client.Send("up")
	at.Expect("up")
	at.Close()
	client.ExpectEnd()
	client.Close()
	row := p.Finished(1)
	if row.Upstream != "http://"+up.Addr() || row.Remote.String() != up.Addr() || row.Kind != flow.KindTunnel {
		t.Errorf("row %+v", row)
	}
}

func TestSOCKS(t *testing.T) {
	p, up := chained(t, "socks5://user:pass@")
	client := p.Client()
	login := func(at *proxytest.Conn) {
		at.Expect("\x05\x02\x00\x02")
		at.Send("\x05\x02")
		at.Expect("\x01\x04user\x04pass")
		at.Send("\x01\x00")
	}
	client.Send("GET http://Name.test:81/x HTTP/1.1\r\nHost: Name.test:81\r\n\r\n")
	at := up.Accept()
	login(at)
	at.Expect("\x05\x01\x00\x03\x09Name.test\x00\x51") // the name is left to the proxy
	at.Send("\x05\x00\x00\x01\x01\x02\x03\x04\x00\x50")
	at.Expect("GET /x HTTP/1.1\r\nHost: Name.test:81\r\n\r\n")
	at.Send(ok2)
	client.Expect(ok2)
	// The connection leads to that origin alone.
	client.Send("GET http://name.test:81/y HTTP/1.1\r\nHost: name.test:81\r\n\r\n")
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2)

	client.Send("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n")
	tunnel := up.Accept()
	login(tunnel)
	tunnel.Expect("\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\xbb")
	tunnel.Send("\x05\x00\x00\x03\x03abc\x00\x50first words")
	client.Expect("HTTP/1.1 200 Connection Established\r\n\r\nfirst words")
	if row := p.Row(func(r flow.Row) bool { return r.ID == 3 }); row.Upstream != "socks5://"+up.Addr() {
		t.Errorf("row %+v", row)
	}
}

// secureProxy is an HTTPS proxy made of net/http, which the judges of the wire are.
func secureProxy(t *testing.T) (*httptest.Server, *x509.CertPool) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "CONNECT" {
			_, _ = io.WriteString(w, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
			return
		}
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		_, _ = io.Copy(conn, rw) // an echo, half-close included
	}))
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, roots
}

func TestHTTPSProxy(t *testing.T) {
	s, roots := secureProxy(t)
	p := proxytest.Start(t)
	config := chainTo(t, strings.Replace(s.URL, "https://", "https://u:p@", 1))
	config.Upstream.Proxy.Roots = roots
	p.Server.Configure(config)
	client := p.Client()
	for range 3 {
		client.Send("GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
		head := client.ExpectStatus(200)
		if got := string(client.ExpectN(contentLength(t, head))); got != "GET http://a.test/x Basic dTpw" {
			t.Errorf("the proxy was asked %q", got)
		}
	}
	if row := p.Finished(3); !row.Timing.Reused || row.Upstream != s.URL {
		t.Errorf("row %+v", row)
	}
	client.Send("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n")
	client.ExpectStatus(200)
	client.Send("there and back")
	client.Expect("there and back")
	client.CloseWrite()
	client.ExpectEnd()
}

func TestHTTPSProxyOfAnUnknownSigner(t *testing.T) {
	s, _ := secureProxy(t)
	s.Config.ErrorLog = nil
	p := proxytest.Start(t)
	p.Server.Configure(chainTo(t, s.URL))
	client := p.Client()
	client.Send("GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
	client.ExpectStatus(502)
	if row := p.Finished(1); row.Failure != flow.FailureUpstream || !strings.Contains(said(row.Reason), "TLS handshake failed") {
		t.Errorf("row %+v", row)
	}
}

func TestUpstreamThatIsPosthouseItself(t *testing.T) {
	p := proxytest.Start(t)
	p.Server.Configure(chainTo(t, "http://"+p.Addr()))
	for _, request := range []string{"GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"} {
		client := p.Client()
		client.Send(request)
		client.ExpectStatus(508)
	}
}

// A round through another proxy ends after a bounded number of turns.
func TestRoundsThroughAnotherProxyEnd(t *testing.T) {
	p := proxytest.Start(t)
	between := relayTo(t, p.Addr())
	p.Server.Configure(chainTo(t, "http://"+between))
	for i, request := range []string{"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n",
		"GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"} {
		client := p.Client()
		client.Send(request)
		head := client.ExpectHead()
		if !strings.HasPrefix(head, "HTTP/1.1 508 ") {
			t.Errorf("answered %q", head)
		}
		if turns := p.Store.Stats().Captured; turns > uint64(2+12*i) {
			t.Errorf("%d turns", turns)
		}
	}
}

// relayTo is a TCP relay: a proxy in between that changes nothing.
func relayTo(t *testing.T, addr string) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			o, err := net.Dial("tcp", addr)
			if err != nil {
				_ = c.Close()
				continue
			}
			go func() { _, _ = io.Copy(o, c); _ = o.(*net.TCPConn).CloseWrite() }()
			go func() { _, _ = io.Copy(c, o); _ = c.Close(); _ = o.Close() }()
		}
	}()
	return ln.Addr().String()
}

func TestBypassedHostsAreAskedDirectly(t *testing.T) {
	p := proxytest.Start(t)
	origin, up := p.Origin(), p.Origin()
	p.Server.Configure(chainTo(t, "http://"+up.Addr(), "127.0.0.0/8"))
	client := p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.Expect("GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at.Send(ok2)
	client.Expect(ok2)
	if row := p.Finished(1); row.Upstream != "" {
		t.Errorf("upstream %q", row.Upstream)
	}
	client.Send("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
	up.Accept().ExpectHead()
}

// Loopback never goes through another proxy unless that is asked for.
func TestLoopbackIsAskedDirectly(t *testing.T) {
	p := proxytest.Start(t)
	origin, up := p.Origin(), p.Origin()
	parsed, _ := upstream.ParseProxy("http://" + up.Addr())
	chain, _ := upstream.NewChain(parsed, nil)
	p.Server.Configure(proxy.Config{Upstream: chain})
	client := p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	client.Expect(ok2)
}

// What an HTTPS proxy sends without being asked is no answer to the next request.
func TestBytesNobodyAskedForBehindTLS(t *testing.T) {
	connections := make(chan string, 10)
	s := httptest.NewUnstartedServer(nil)
	s.Config.ConnState = nil
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections <- r.RemoteAddr
		conn, rw, _ := w.(http.Hijacker).Hijack()
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, ok2+"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
		_, _ = bufio.NewReader(rw).ReadByte()
	})
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	p := proxytest.Start(t)
	config := chainTo(t, s.URL)
	config.Upstream.Proxy.Roots = roots
	p.Server.Configure(config)
	client := p.Client()
	for range 2 {
		client.Send("GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
		client.Expect(ok2)
	}
	if first, second := <-connections, <-connections; first == second {
		t.Error("the connection was used again")
	}
}

// Going through an HTTP proxy allocates nothing in steady state either.
func TestChainedExchangesAllocateNothing(t *testing.T) {
	e := newExchanger(t, proxytest.Options{Capture: capture.Options{RecordingOff: true}})
	e.through(t)
	for range 2000 {
		e.exchange(t)
	}
	if n := testing.AllocsPerRun(2000, func() { e.exchange(t) }); n > 0 && !raceDetector {
		t.Errorf("%v allocations per exchange", n)
	}
}
