package proxy_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/eventually"
)

// flood writes piece again and again until the peer takes no more, and returns
// how many bytes it took.
func flood(c net.Conn, piece string) (sent int) {
	b := []byte(strings.Repeat(piece, 1+16<<10/len(piece)))
	for sent < 1<<30 {
		_ = c.SetWriteDeadline(time.Now().Add(proxytest.Deadline))
		n, err := c.Write(b)
		if sent += n; err != nil {
			break
		}
	}
	return sent
}

// What has no end is answered while it still comes, and little of it is held.
func TestEndlessRequests(t *testing.T) {
	const chunked = "POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nTransfer-Encoding: chunked\r\n\r\n"
	for name, c := range map[string]struct {
		start, piece string
		status       int
	}{
		"request line":      {"GET http://x/", "a", 414},
		"method":            {"", "A", 414},
		"fields":            {"GET http://x/ HTTP/1.1\r\nHost: x\r\n", "A: 1\r\n", 431},
		"one field":         {"GET http://x/ HTTP/1.1\r\nHost: x\r\nA: ", "a", 431},
		"empty lines":       {"", "\r\n", 400},
		"chunk size":        {chunked, "0", 400},
		"chunk extension":   {chunked + "1;", "a", 400},
		"chunk extensions":  {chunked, "1;" + strings.Repeat("a", 4000) + "\r\nx\r\n", 400},
		"trailers":          {chunked + "0\r\n", "A: 1\r\n", 431},
		"one trailer":       {chunked + "0\r\nA: ", "a", 431},
		"names to drop":     {"GET http://x/ HTTP/1.1\r\nHost: x\r\nConnection: ", "a,", 431},
		"junk of no format": {"", "\x80", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client().Quiet()
			origin.Serve(func(c *proxytest.Conn) { _, _ = c.Quiet().Rest() })
			client.Send(c.start)
			done := make(chan struct{})
			go func() {
				defer close(done)
				flood(client.Net, c.piece)
			}()
			client.ExpectStatus(c.status)
			<-done
			if row := p.Finished(1); row.Failure != flow.FailureBadRequest {
				t.Errorf("row %+v", row)
			}
		})
	}
}

func TestEndlessResponses(t *testing.T) {
	for name, c := range map[string]struct{ start, piece string }{
		"status line":      {"HTTP/1.1 200 ", "a"},
		"fields":           {"HTTP/1.1 200 OK\r\n", "A: 1\r\n"},
		"one field":        {"HTTP/1.1 200 OK\r\nA: ", "a"},
		"interim":          {"", "HTTP/1.1 102 Processing\r\n\r\n"},
		"chunk size":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0"},
		"chunk extension":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "a"},
		"chunk extensions": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;" + strings.Repeat("a", 4000) + "\r\nx\r\n"},
		"trailers":         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: 1\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := proxytest.Start(t)
			origin, client := p.Origin(), p.Client().Quiet()
			client.Send("POST http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\n\r\n")
			at := origin.Accept().Quiet()
			at.ExpectHead()
			at.Send(c.start)
			took := make(chan int, 1)
			go func() { took <- flood(at.Net, c.piece) }()
			head := client.ExpectHead()
			for strings.HasPrefix(head, "HTTP/1.1 1") {
				head = client.ExpectHead()
			}
			chunked := strings.Contains(c.start, "chunked")
			if !chunked && !strings.HasPrefix(head, "HTTP/1.1 502 ") {
				t.Errorf("answered %.60q", head)
			}
			if chunked {
				if got, _ := client.Rest(); bytes.HasSuffix(got, []byte("0\r\n\r\n")) {
					t.Error("it looks whole")
				}
			}
			if n := <-took; n == 1<<30 {
				t.Error("the origin could go on")
			}
			if row := p.Finished(1); row.Failure != flow.FailureBadResponse {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// Long heads share one budget: those that find no room are told so, and the
// others, and all once there is room again, are served.
func TestLongHeadsAreBoundedTogether(t *testing.T) {
	const heads = 200 // of up to 1 MiB each; 128 fit
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Limits: proxy.Limits{MaxHead: 1 << 20}},
		Capture: capture.Options{RecordingOff: true}})
	origin := p.Origin()
	var waiting []*proxytest.Conn
	answered := make(chan string, heads)
	for range heads {
		c := p.Client().Quiet()
		c.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nA: " + strings.Repeat("a", 65<<10))
		waiting = append(waiting, c)
		go func() {
			b, _ := read(c.Net, 12)
			answered <- string(b)
		}()
	}
	for range heads - 128 {
		if got := <-answered; got != "HTTP/1.1 503" {
			t.Fatalf("answered %q", got)
		}
	}
	short := p.Client()
	short.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	short.Expect(ok2)
	for _, c := range waiting {
		c.Close()
	}
	for range 128 {
		<-answered
	}
	eventually.Holds(t, "room for a long head", func() bool { // places are given back one by one
		long := p.Client().Quiet()
		defer long.Close()
		long.Send("HEAD http:///x HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 100<<10) + "\r\n\r\n")
		return strings.HasPrefix(long.ExpectHead(), "HTTP/1.1 400 ") // the head was read to its end
	})
}

// A long head that is mended is held twice while its answer passes, and counts twice.
func TestLongMendedHeadsCountTwice(t *testing.T) {
	const fit = 64 // of up to 1 MiB each, twice
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Limits: proxy.Limits{MaxHead: 1 << 20}},
		Capture: capture.Options{RecordingOff: true}})
	origin := p.Origin()
	answer := func(end string) (at *proxytest.Conn, status string) {
		c := p.Client().Quiet()
		c.Send(getHead)
		at = origin.Accept().Quiet()
		at.ExpectHead()
		_ = at.TrySend("HTTP/1.1 200 OK" + end + "A: " + strings.Repeat("a", 65<<10) + end + "Content-Length: 1" + end + end)
		return at, c.ExpectHead()[:12]
	}
	var held []*proxytest.Conn
	for i := range fit {
		at, status := answer("\n")
		if status != "HTTP/1.1 200" {
			t.Fatalf("the one after %d is answered %q", i, status)
		}
		held = append(held, at)
	}
	if _, status := answer("\n"); status != "HTTP/1.1 503" {
		t.Errorf("one too many is answered %q", status)
	}
	held[0].Close() // which gives two places back
	eventually.Holds(t, "room for two long heads", func() bool {
		at, status := answer("\n")
		defer at.Close()
		return status == "HTTP/1.1 200"
	})
	held[1].Close()
	eventually.Holds(t, "room for one that is not mended beside another", func() bool {
		at, status := answer("\r\n")
		defer at.Close()
		return status == "HTTP/1.1 200"
	})
}

// Thousands of idle connections cost next to nothing, and leave nothing behind.
func TestThousandsOfIdleConnections(t *testing.T) {
	const count = 2000
	const most = 12 << 10 // bytes each, the test's own end included
	p := proxytest.Start(t)
	origin := p.Origin()
	first := p.Client()
	first.Send(getHead)
	at := origin.Accept()
	at.ExpectHead()
	at.Send(ok2)
	first.Expect(ok2)
	memoryBefore, routinesBefore := memory(), runtime.NumGoroutine()
	conns := make([]net.Conn, 0, count)
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	for i := range count {
		c, err := net.Dial("tcp", p.Addr())
		if err != nil {
			t.Skipf("only %d connections can be opened here: %v", i, err)
		}
		conns = append(conns, c)
	}
	eventually.Holds(t, "the connections to be accepted", func() bool { return runtime.NumGoroutine() >= routinesBefore+count })
	if each := (memory() - memoryBefore) / count; each > most && !raceDetector {
		t.Errorf("%d bytes each, want at most %d", each, most)
	}
	first.Send(getHead) // the busy ones go on beside them
	at.ExpectHead()
	at.Send(ok2)
	first.Expect(ok2)
	for _, c := range conns {
		_ = c.Close()
	}
	eventually.Holds(t, "the connections to be closed", func() bool { return runtime.NumGoroutine() <= routinesBefore+2 })
}

// A body that would become huge when decoded passes and is recorded as it came:
// nothing on the data path decodes.
func TestZipBombPassesAsItCame(t *testing.T) {
	var bomb bytes.Buffer
	z, _ := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	zeros := make([]byte, 1<<20)
	for range 16 {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	p := proxytest.Start(t)
	origin, client := p.Origin(), p.Client().Quiet()
	before := memory()
	origin.Serve(func(c *proxytest.Conn) {
		for c.Quiet(); ; {
			if _, ok := c.NextHead(); !ok {
				return
			}
			c.Send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", bomb.Len()))
			c.SendBytes(bomb.Bytes())
		}
	})
	for range 20 {
		client.Send(getHead)
		client.ExpectStatus(200)
		if !bytes.Equal(client.ExpectN(bomb.Len()), bomb.Bytes()) {
			t.Fatal("altered")
		}
	}
	if grown := memory() - before; grown > 4<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
	if x := p.Exchange(20); !bytes.Equal(x.ResponseBody.Bytes, bomb.Bytes()) {
		t.Errorf("%d bytes recorded of %d", len(x.ResponseBody.Bytes), bomb.Len())
	}
}
