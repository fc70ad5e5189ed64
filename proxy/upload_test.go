package proxy_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/proxytest"
)

// The request head's memory goes back to the pool when an upload begins:
// whether the client waits for a 100 must be known before (run with -race).
func TestExpectIsNotReadAfterTheUploadBegan(t *testing.T) {
	p := proxytest.Start(t)
	o := p.Origin()
	o.Serve(func(c *proxytest.Conn) {
		c.Quiet()
		for {
			head, ok := c.NextHead()
			if !ok {
				return
			}
			if strings.Contains(head, "Expect") {
				c.Send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
			} else {
				c.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
			}
		}
	})
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			c, err := net.Dial("tcp", p.Addr())
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			b := make([]byte, 4096)
			for {
				select {
				case <-stop:
					return
				default:
				}
				_, _ = fmt.Fprintf(c, "GET http://%s/ HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n", o.Addr(), strings.Repeat("y", 300))
				_, _ = c.Read(b)
			}
		})
	}
	for range 300 {
		c := p.Client().Quiet()
		c.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 20000\r\nExpect: 100-continue\r\n\r\n")
		if head := c.ExpectStatus(417); !strings.Contains(head, "Connection: close") {
			t.Fatal("kept open: the next bytes could be body or request")
		}
		c.Close()
	}
	close(stop)
	wg.Wait()
}

// An origin that answers and resets before the head is written leaves the
// body unread: what follows on the client's connection is no request.
func TestBodyIsNotTakenForARequestWhenTheOriginIsGone(t *testing.T) {
	p := proxytest.Start(t)
	origin, victim := p.Origin(), p.Origin()
	victim.Serve(func(c *proxytest.Conn) {
		if _, ok := c.NextHead(); ok {
			c.Send("HTTP/1.1 200 SMUGGLED\r\nContent-Length: 0\r\n\r\n")
		}
	})
	origin.Serve(func(c *proxytest.Conn) {
		_ = c.Quiet().TrySend("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
		c.Reset()
	})
	body := "GET http://" + victim.Addr() + "/evil HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	for range 500 {
		c := p.Client().Quiet()
		c.Send(fmt.Sprintf("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: %d\r\n\r\n", len(body)))
		head := c.ExpectHead()
		if strings.HasPrefix(head, "HTTP/1.1 503 Busy") && c.TrySend(body) == nil {
			c.CloseWrite() // where the body still went out, the connection stays: end it
			if got, _ := c.Rest(); strings.Contains(string(got), "SMUGGLED") {
				t.Fatal("the body was taken for a request")
			}
		}
		c.Close()
	}
}

// D3: an origin that stops reading the upload hangs the exchange for ever.
func TestOriginThatStopsReadingIsGivenUp(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Timeouts: proxy.Timeouts{
		ClientBody: 300 * time.Millisecond, Response: time.Second, OriginBody: time.Second}}})
	o, c := p.Origin(), p.Client().Quiet()
	c.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 100000000\r\n\r\n")
	o.Accept().Quiet().ExpectHead()
	b := make([]byte, 1<<20)
	for n := 1; n > 0; {
		_ = c.Net.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		n, _ = c.Net.Write(b)
	}
	c.ExpectStatus(504)
}

// The limit on a request body does not cut an answer that is under way.
func TestAnswerUnderWaySurvivesAPauseInTheUpload(t *testing.T) {
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Timeouts: proxy.Timeouts{ClientBody: 200 * time.Millisecond}}})
	o, c := p.Origin(), p.Client()
	c.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
	at := o.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	c.ExpectStatus(200)
	for tick := time.NewTicker(50 * time.Millisecond); ; <-tick.C {
		at.Send("1\r\nx\r\n")
		c.Expect("1\r\nx\r\n") // until the test's clock says enough
		if enough(p) {
			tick.Stop()
			return
		}
	}
}

func enough(p *proxytest.Proxy) bool {
	row, ok := p.Store.Row(1)
	return ok && time.Since(row.Start) > time.Second
}
