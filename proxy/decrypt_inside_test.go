package proxy_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

func sha256Of(c tls.Certificate) [32]byte { return sha256.Sum256(c.Certificate[0]) }

// clientHello is what crypto/tls sends first.
func clientHello(t *testing.T, protocols []string) []byte {
	t.Helper()
	ours, theirs := net.Pipe()
	sent := make(chan []byte)
	go func() {
		b := make([]byte, 8<<10)
		n, _ := theirs.Read(b)
		_ = theirs.Close()
		sent <- b[:n]
	}()
	_ = tls.Client(ours, &tls.Config{ServerName: "a.example", NextProtos: protocols}).Handshake()
	return <-sent
}

// Bodies that end with the connection are whole only if TLS says so.
func TestCloseDelimitedBodiesInside(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nX: y\r\n\r\n"
	const passed = "HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\n\r\n"
	t.Run("close_notify", func(t *testing.T) {
		o := openAll(t, nil)
		c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
		c.Send(insideGet)
		at.Expect(insideGet)
		at.Send(head + "body")
		at.Close()
		c.Expect(passed + "body")
		c.ExpectNotifiedEnd()
		if row := o.Finished(2); row.Failure != flow.FailureNone || row.ResponseSize != 4 {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("cut off", func(t *testing.T) {
		o := openAll(t, nil)
		c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
		c.Send(insideGet)
		at.Expect(insideGet)
		at.Send(head + "body")
		at.Cut()
		c.Expect(passed + "body")
		c.ExpectBareEnd()
		if row := o.Finished(2); row.Failure != flow.FailureTruncated || !strings.Contains(said(row.Reason), "close_notify") {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("reset", func(t *testing.T) {
		o := openAll(t, nil)
		c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
		c.Send(insideGet)
		at.Expect(insideGet)
		at.Send(head + "body")
		c.Expect(passed + "body")
		at.Reset()
		c.ExpectReset()
		if row := o.Finished(2); row.Failure != flow.FailureTruncated {
			t.Errorf("row %+v", row)
		}
	})
}

func TestWebSocketInside(t *testing.T) {
	o := openAll(t, nil)
	c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
	const ask = "GET /ws HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
	const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: y\r\n\r\n"
	c.Send(ask + "glued frame")
	at.Expect(ask)
	at.Send(switching + "glued answer")
	c.Expect(switching + "glued answer")
	at.Expect("glued frame")
	c.Send("\x00more")
	at.Expect("\x00more")
	at.Close()
	c.ExpectNotifiedEnd()
	c.Close()
	if row := o.Finished(2); row.Kind != flow.KindUpgraded || row.Failure != flow.FailureNone || row.RequestSize != 16 ||
		row.ResponseSize != 12 || row.Scheme != "https" {
		t.Errorf("row %+v", row)
	}
	if row := o.Finished(1); !row.Phase.Final() {
		t.Errorf("row %+v", row)
	}
}

func TestBodiesInsideStream(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		o := openAll(t, nil)
		client, server := o.client("http/1.1"), o.server("http/1.1")
		client.MaxVersion = version
		c, at, _ := o.shake(client, server)
		c.Quiet()
		at.Quiet()
		body := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
		go c.SendBytes([]byte(fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body)))
		at.ExpectHead()
		at.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		c.ExpectHead() // before the body has ended
		for range 3 {
			at.Send("5\r\nhello\r\n")
			c.Expect("5\r\nhello\r\n") // each piece comes through immediately
		}
		if !bytes.Equal(at.ExpectN(len(body)), body) {
			t.Error("altered on the way up")
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			at.SendBytes([]byte(fmt.Sprintf("%x\r\n%s\r\n0\r\nTrailer: t\r\n\r\n", len(body), body)))
		}()
		if got := c.ExpectThrough("Trailer: t\r\n\r\n"); len(got) < len(body) {
			t.Errorf("%d bytes came down", len(got))
		}
		<-done
		x := o.Exchange(2)
		if x.RequestSize != int64(len(body)) || x.ResponseSize != int64(len(body))+15 || x.ResponseBody.State != flow.BodyCut ||
			string(x.ResponseTrailer) != "Trailer: t\r\n" {
			t.Errorf("row %+v", x.Row)
		}
	}
}

func TestStrictnessInside(t *testing.T) {
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"both framings":      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"no Host":            {"GET / HTTP/1.1\r\n\r\n", 400},
		"authority-form":     {"GET a.example:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"CONNECT":            {"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n", 501},
		"bare line feed":     {"GET / HTTP/1.1\nHost: a\n\n", 400},
		"TLS inside TLS":     {"\x16\x03\x01\x00\x05", 400},
		"HTTP/2 without h2":  {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		"space in the field": {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
	} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			client, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
			client.Send(c.request)
			head := client.ExpectStatus(c.status)
			client.ExpectN(contentLength(t, head))
			client.Close()
			if row := o.Finished(2); row.Failure != flow.FailureBadRequest || row.Scheme != "https" || row.Host != o.Text("{origin}") {
				t.Errorf("row %+v", row)
			}
			_ = at
		})
	}
}

// A client that takes up a session with Posthouse does so with the origin, over a
// connection that is this client's alone.
func TestLaterConnectionsTakeUpSessions(t *testing.T) {
	o := openAll(t, nil)
	server := o.server("http/1.1")
	client := o.client("http/1.1")
	client.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	exchange := func(c, at *proxytest.Conn) {
		t.Helper()
		c.Send(insideGet)
		at.Expect(insideGet)
		at.Send(ok2)
		c.Expect(ok2)
	}
	c, at, _ := o.shake(client, server)
	exchange(c, at)
	o.Finished(2)
	c2, at2, agreed := o.shake(client, server)
	if !agreed.DidResume || !at2.TLS().ConnectionState().DidResume {
		t.Errorf("taken up by the client: %v, by the origin: %v", agreed.DidResume, at2.TLS().ConnectionState().DidResume)
	}
	exchange(c2, at2)
	if x := o.Exchange(4); !x.Secure.Origin.Resumed || !x.Secure.Client.Resumed || len(x.Secure.Chain) == 0 || x.Secure.Deviation != 0 {
		t.Errorf("%+v", x.Secure)
	}
	// The origin ends it: the next request has another one, asked with the same hello.
	at2.Close()
	c2.Send(insideGet)
	at3 := o.origin.Accept()
	at3.StartServerTLS(server)
	at3.Expect(insideGet)
	at3.Send(ok2)
	c2.Expect(ok2)
	if x := o.Exchange(5); x.Timing.Reused {
		t.Errorf("%+v", x.Row)
	}
	exchange(c, at) // and the first client has its own all the while
	c2.Close()
	at3.ExpectGone() // which ends with the client's
	o.origin.NotAsked()
}

// Connections are shared only between clients that ask for the same thing.
func TestConnectionsAreKeptApart(t *testing.T) {
	o := openAll(t, nil)
	server := o.server("http/1.1")
	other := o.client("http/1.1")
	other.ServerName = "b.example"
	for _, client := range []*tls.Config{o.client("http/1.1"), other, o.client()} {
		c, at, _ := o.shake(client, server)
		if got := at.TLS().ConnectionState().ServerName; got != client.ServerName {
			t.Errorf("SNI %q for %q", got, client.ServerName)
		}
		c.Send(insideGet)
		at.Expect(insideGet)
		at.Send(ok2)
		c.Expect(ok2)
	}
}

// What an origin sends unasked is no answer to the next request.
func TestSurplusInsideIsNoAnswer(t *testing.T) {
	o := openAll(t, nil)
	server := o.server("http/1.1")
	c, at, _ := o.shake(o.client("http/1.1"), server)
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
	c.Expect(ok2)
	c.Send(insideGet)
	at2 := o.origin.Accept()
	at2.StartServerTLS(server)
	at2.Expect(insideGet)
	at2.Send(ok2)
	c.Expect(ok2)
}

func TestNoSNIGoesOnAsNone(t *testing.T) {
	o := openAll(t, nil)
	client := o.client("http/1.1")
	client.ServerName = "127.0.0.1" // crypto/tls sends no SNI for an address
	_, at, _ := o.shake(client, o.server("http/1.1"))
	if got := at.TLS().ConnectionState().ServerName; got != "" {
		t.Errorf("the origin got SNI %q", got)
	}
}

func TestNeverRecordedHosts(t *testing.T) {
	o := openAll(t, func(d *decrypt.Options, _ *proxy.Config) { d.NeverRecord = []string{"127.0.0.1"} })
	c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
	c.Send(insideGet)
	at.Expect(insideGet)
	at.Send(ok2)
	c.Expect(ok2)
	x := o.Exchange(2)
	if x.Status != 200 || x.ResponseSize != 2 || len(x.RequestHead)+len(x.ResponseHead)+len(x.ResponseBody.Bytes) > 0 ||
		strings.Contains(x.Path, "a") {
		t.Errorf("%+v", x)
	}
}

// A head that is refused is not recorded either.
func TestNeverRecordedHostsThatAreRefused(t *testing.T) {
	never := func(d *decrypt.Options, _ *proxy.Config) { d.NeverRecord = []string{"127.0.0.1"} }
	const bad = " HTTP/1.1\r\nHost: {origin}\r\nCookie: secret\r\nBad Name: x\r\n\r\n"
	bare := func(o *opener, n flow.ID) {
		t.Helper()
		if x := o.Exchange(n); x.Status != 400 || len(x.RequestHead)+len(x.ResponseHead)+len(x.ResponseBody.Bytes) > 0 ||
			strings.Contains(x.Path, "a") {
			t.Errorf("%+v", x)
		}
	}
	t.Run("inside TLS", func(t *testing.T) {
		o := openAll(t, never)
		c, _, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
		c.Send("GET /a" + bad)
		c.ExpectStatus(400)
		bare(o, 2)
	})
	t.Run("plain in a tunnel", func(t *testing.T) {
		o := openAll(t, never)
		c := o.connect()
		o.origin.Accept()
		c.Send("GET /a" + bad)
		c.ExpectStatus(400)
		bare(o, 2)
	})
	t.Run("plain", func(t *testing.T) {
		o := openAll(t, never)
		for n, first := range []string{"GET http://{origin}/a", "GET ftp://{origin}/a", "GET http://u@{origin}/a"} {
			c := o.Client()
			c.Send(first + bad)
			c.ExpectStatus(400)
			bare(o, flow.ID(n+1))
		}
	})
}

func TestShutdownInside(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		o := openAll(t, nil)
		c, _, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
		if err := o.Shutdown(5 * time.Second); err != nil {
			t.Error(err)
		}
		c.ExpectNotifiedEnd()
	})
	t.Run("under way", func(t *testing.T) {
		o := openAll(t, nil)
		c, at, _ := o.shake(o.client("http/1.1"), o.server("http/1.1"))
		c.Send(insideGet)
		at.Expect(insideGet)
		ended := make(chan error, 1)
		go func() { ended <- o.Shutdown(5 * time.Second) }()
		at.Send(ok2)
		if head := c.ExpectStatus(200); contentLength(t, head) != 2 {
			t.Errorf("%q", head)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for name, begin := range map[string]func(o *opener, c *proxytest.Conn){
		"waiting for the ClientHello": func(o *opener, c *proxytest.Conn) { o.origin.Accept() },
		"in the origin's handshake": func(o *opener, c *proxytest.Conn) {
			c.SendBytes(clientHello(t, []string{"h2"}))
			o.origin.Accept().ExpectN(1)
		},
		"in the client's handshake": func(o *opener, c *proxytest.Conn) {
			c.SendBytes(clientHello(t, []string{"http/1.1"}))
			o.origin.Accept().StartServerTLS(o.server("http/1.1"))
			c.ExpectN(1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := openAll(t, nil)
			c := o.connect()
			begin(o, c)
			start := time.Now()
			_ = o.Shutdown(50 * time.Millisecond)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
			if row := o.Finished(1); row.Failure != flow.FailureShutdown {
				t.Errorf("row %+v", row)
			}
		})
	}
}
