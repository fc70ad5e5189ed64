package proxy_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

const short = 250 * time.Millisecond

func withTimeouts(t *testing.T, timeouts proxy.Timeouts) *proxytest.Proxy {
	return proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Timeouts: timeouts}})
}

// Each stage has its own limit, and each row says which one it was.
func TestTimeouts(t *testing.T) {
	t.Run("request head", func(t *testing.T) {
		t.Parallel()
		p := withTimeouts(t, proxy.Timeouts{ClientHead: short})
		client := p.Client()
		client.Send("GET http://x/ HTTP/1.1\r\nHo")
		client.ExpectStatus(408)
		if row := p.Finished(1); row.Failure != flow.FailureClientTimeout {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("nothing at all", func(t *testing.T) {
		t.Parallel()
		p := withTimeouts(t, proxy.Timeouts{ClientHead: short})
		p.Client().ExpectEnd()
	})
	t.Run("between requests", func(t *testing.T) {
		t.Parallel()
		p := withTimeouts(t, proxy.Timeouts{ClientIdle: short})
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send(ok2)
		client.Expect(ok2)
		client.ExpectEnd()
	})
	t.Run("request body", func(t *testing.T) {
		t.Parallel()
		p := withTimeouts(t, proxy.Timeouts{ClientBody: short})
		origin, client := p.Origin(), p.Client()
		client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 9\r\n\r\nhalf")
		at := origin.Accept()
		at.ExpectThrough("half")
		client.ExpectStatus(408)
		at.ExpectGone()
		if row := p.Finished(1); row.Failure != flow.FailureClientTimeout {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("response head", func(t *testing.T) {
		t.Parallel()
		p := withTimeouts(t, proxy.Timeouts{Response: short})
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send("HTTP/1.1 200")
		client.Expect("")
		head := client.ExpectStatus(504)
		client.ExpectN(contentLength(t, head))
		at.ExpectGone()
		if row := p.Finished(1); row.Failure != flow.FailureResponseTimeout || row.Status != 504 {
			t.Errorf("row %+v", row)
		}
		client.Send(getHead) // the client is not to blame: it goes on
		next := origin.Accept()
		next.ExpectHead()
		next.Send(ok2)
		client.Expect(ok2)
	})
	t.Run("response body", func(t *testing.T) {
		t.Parallel()
		p := withTimeouts(t, proxy.Timeouts{OriginBody: short})
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
		client.ExpectThrough("half")
		client.ExpectGone()
		at.ExpectGone()
		if row := p.Finished(1); row.Failure != flow.FailureTruncated {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("idle tunnel", func(t *testing.T) {
		t.Parallel()
		p := withTimeouts(t, proxy.Timeouts{TunnelIdle: short})
		client, at := openTunnel(t, p, "")
		client.ExpectGone()
		at.ExpectGone()
	})
}

// A client that sends a byte now and then does not put the head's limit off.
func TestSlowHeadIsNotPutOff(t *testing.T) {
	p := withTimeouts(t, proxy.Timeouts{ClientHead: short})
	client := p.Client().Quiet()
	late := time.Now().Add(proxytest.Deadline)
	got := make(chan string, 1)
	go func() { got <- client.ExpectHead() }()
	for time.Now().Before(late) {
		select {
		case head := <-got:
			if !strings.HasPrefix(head, "HTTP/1.1 408 ") {
				t.Errorf("answered %q", head)
			}
			return
		case <-time.After(short / 10):
			_, _ = client.Net.Write([]byte("G"))
		}
	}
	t.Error("the head was waited for without end")
}

// A client that leaves frees its origin immediately, whatever the exchange is doing.
func TestClientLeaves(t *testing.T) {
	t.Run("while the origin is silent", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		client.Reset()
		at.ExpectGone()
		if row := p.Finished(1); row.Failure != flow.FailureClientGone {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("in the response", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept().Quiet()
		at.ExpectHead()
		at.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
		client.ExpectStatus(200)
		client.Reset()
		for at.TrySend(strings.Repeat("x", 64<<10)) == nil {
		}
		if row := p.Finished(1); row.Failure != flow.FailureClientGone {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("in the upload", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 9\r\n\r\nhalf")
		at := origin.Accept()
		at.ExpectThrough("half")
		client.Reset()
		at.ExpectReset()
		if row := p.Finished(1); row.Failure != flow.FailureClientGone {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("ends the upload early", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 9\r\n\r\nhalf")
		at := origin.Accept()
		at.ExpectThrough("half")
		client.CloseWrite()
		at.ExpectReset()
		client.ExpectStatus(400)
	})
	t.Run("in the request head", func(t *testing.T) {
		p := proxytest.Start(t)
		client := p.Client()
		client.Send("GET http://x")
		client.Close()
		if row := p.Finished(1); row.Failure != flow.FailureClientGone {
			t.Errorf("row %+v", row)
		}
	})
}

// Connections over the limit are told so, and the ones inside it go on.
func TestTooManyConnections(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Limits: proxy.Limits{MaxConnections: 2}}})
	origin := p.Origin()
	var inside []*proxytest.Conn
	for range 2 {
		client := p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send(ok2)
		client.Expect(ok2)
		inside = append(inside, client)
		at.Close()
	}
	outside := p.Client()
	outside.Send(getHead)
	head := outside.ExpectStatus(503)
	outside.ExpectN(contentLength(t, head))
	outside.ExpectEnd()
	if row := p.Finished(3); row.Failure != flow.FailureLimit {
		t.Errorf("row %+v", row)
	}
	inside[0].Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	inside[0].Expect(ok2)
}

// A connection over the limit is not held as long as any other.
func TestConnectionsOverTheLimitAreAnsweredAtOnce(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Limits: proxy.Limits{MaxConnections: 1}}})
	p.Client().Send("GET http://x/ HTTP/1.1\r\nHost: ")
	over := p.Client()
	over.Send("GET http://x/ HTTP/1.1\r\nHost: ")
	over.ExpectStatus(503)
}

// A kept connection that the origin has closed costs a repeatable request
// nothing (RFC 9110 section 9.2.2); for others the client's is closed too.
func TestStaleConnections(t *testing.T) {
	warm := func(t *testing.T) (*proxytest.Origin, *proxytest.Conn, *proxytest.Conn) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		at.Send(ok2)
		client.Expect(ok2)
		return origin, client, at
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"} {
		t.Run(method, func(t *testing.T) {
			origin, client, at := warm(t)
			client.Send(method + " http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi")
			at.ExpectThrough("hi")
			at.Close()
			next := origin.Accept()
			next.Expect(method + " / HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi")
			next.Send("HTTP/1.1 204 No Content\r\n\r\n")
			client.Expect("HTTP/1.1 204 No Content\r\n\r\n")
		})
	}
	for _, method := range []string{"POST", "PATCH", "ODD"} {
		t.Run(method, func(t *testing.T) {
			origin, client, at := warm(t)
			client.Send(method + " http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi")
			at.ExpectThrough("hi")
			at.Close()
			client.ExpectGone()
			origin.NotAsked()
		})
	}
	t.Run("only once", func(t *testing.T) {
		origin, client, at := warm(t)
		client.Send(getHead)
		at.ExpectHead()
		at.Close()
		next := origin.Accept()
		next.ExpectHead()
		next.Close()
		client.ExpectStatus(502)
		origin.NotAsked()
	})
	t.Run("not after a part of an answer", func(t *testing.T) {
		origin, client, at := warm(t)
		client.Send(getHead)
		at.ExpectHead()
		at.Send("H")
		at.Close()
		client.ExpectStatus(502)
		origin.NotAsked()
	})
	t.Run("closed while idle", func(t *testing.T) {
		origin, client, at := warm(t)
		at.Close()
		client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 2\r\n\r\nhi")
		next := origin.Accept()
		next.ExpectThrough("hi")
		next.Send(ok2)
		client.Expect(ok2)
	})
}

// Shutdown lets exchanges and tunnels end, and cuts what does not.
func TestShutdown(t *testing.T) {
	t.Run("drains", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client, idle := p.Origin(), p.Client(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		ended := make(chan error)
		go func() { ended <- p.Shutdown(proxytest.Deadline) }()
		idle.ExpectEnd() // shows that the shutdown is under way
		at.Send(ok2)
		client.Expect(ok2by)
		client.ExpectEnd()
		if err := <-ended; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	t.Run("cuts", func(t *testing.T) {
		p := proxytest.Start(t)
		origin, client := p.Origin(), p.Client()
		client.Send(getHead)
		at := origin.Accept()
		at.ExpectHead()
		body := p.Client()
		body.Send(getHead)
		bodyAt := origin.Accept()
		bodyAt.ExpectHead()
		bodyAt.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
		body.ExpectThrough("half")
		upload := p.Client()
		upload.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 9\r\n\r\nhalf")
		uploadAt := origin.Accept()
		uploadAt.ExpectThrough("half")
		tunnel := p.Client()
		tunnel.Send(connect)
		tunnelAt := origin.Accept()
		tunnel.ExpectStatus(200)
		if err := p.Shutdown(50 * time.Millisecond); err == nil {
			t.Error("Shutdown cut four exchanges and said nothing")
		}
		for _, c := range []*proxytest.Conn{at, bodyAt, uploadAt, tunnelAt, body, tunnel} {
			c.ExpectGone()
		}
		for id := flow.ID(1); id <= 4; id++ {
			if row := p.Finished(id); row.Failure != flow.FailureShutdown {
				t.Errorf("row %+v", row)
			}
		}
	})
	t.Run("twice, and serving after", func(t *testing.T) {
		p := proxytest.Start(t)
		if err := p.Shutdown(time.Second); err != nil {
			t.Error(err)
		}
		if err := p.Server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Server.Serve(ln); err != proxy.ErrServerClosed {
			t.Errorf("Serve after Shutdown: %v", err)
		}
	})
	t.Run("while dialing", func(t *testing.T) {
		p := proxytest.Start(t)
		client := p.Client()
		client.Send("GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n") // TEST-NET-1: no answer, or none at all
		p.Row(func(r flow.Row) bool { return r.ID == 1 })
		if err := p.Shutdown(50 * time.Millisecond); err != nil && !strings.Contains(err.Error(), "cut") {
			t.Error(err)
		}
	})
}

// Thousands of hosts leave a bounded number of idle connections.
func TestThousandsOfHosts(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Capture: capture.Options{RecordingOff: true}})
	origin := p.Origin()
	origin.Serve(func(c *proxytest.Conn) {
		c.Quiet()
		c.ExpectHead()
		c.Send(ok2)
		_, _ = c.Rest()
	})
	client := p.Client().Quiet()
	for i := range 2000 {
		host := fmt.Sprintf("127.%d.%d.1:%d", i/200, 1+i%200, origin.Port())
		client.Send("GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
		if head := client.ExpectHead(); !strings.HasPrefix(head, "HTTP/1.1 200") {
			client.ExpectN(contentLength(t, head))
			continue
		}
		client.ExpectN(2)
	}
	if n := p.Server.IdleOrigins(); n > 512 {
		t.Errorf("%d idle connections", n)
	}
}
