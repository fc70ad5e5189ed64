package proxy_test

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/proxytest"
)

// exchanger sends one small request through a proxy and reads its answer,
// without a heap allocation on either side.
type exchanger struct {
	p       *proxytest.Proxy
	origin  *proxytest.Origin
	client  net.Conn
	request []byte
	answer  []byte
}

func newExchanger(t testing.TB, options proxytest.Options) *exchanger {
	p := proxytest.StartWith(t, options)
	body := bytes.Repeat([]byte("x"), 1024)
	response := append([]byte("HTTP/1.1 200 OK\r\nServer: test\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n"), body...)
	origin := p.Origin()
	origin.Serve(func(c *proxytest.Conn) {
		buf := make([]byte, 8<<10)
		for {
			n, err := c.Net.Read(buf)
			if err != nil || !bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) {
				return
			}
			if _, err := c.Net.Write(response); err != nil {
				return
			}
		}
	})
	client := p.Client()
	_ = client.Net.SetDeadline(time.Time{})
	return &exchanger{
		p: p, origin: origin,
		client: client.Net,
		request: []byte(p.Text("GET http://{origin}/some/path?q=1 HTTP/1.1\r\nHost: {origin}\r\nUser-Agent: test/1.0\r\nAccept: " +
			"*/*\r\n\r\n")),
		answer: make([]byte, len(response)),
	}
}

// through makes the origin an upstream proxy, for a name that it need not resolve.
func (e *exchanger) through(t testing.TB) {
	e.p.Server.Configure(chainTo(t, "http://u:p@"+e.origin.Addr(), "10.0.0.0/8", "*.example", "<local>"))
	e.request = []byte("GET http://some.test/some/path?q=1 HTTP/1.1\r\nHost: some.test\r\nUser-Agent: test/1.0\r\nAccept: */*\r\n\r\n")
}

func (e *exchanger) exchange(t testing.TB) {
	if _, err := e.client.Write(e.request); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(e.client, e.answer); err != nil {
		t.Fatal(err)
	}
}

// Forwarding allocates nothing in steady state; recording a written, small number.
func TestAllocationsPerExchange(t *testing.T) {
	for name, c := range map[string]struct {
		options capture.Options
		most    float64
	}{
		"recording off": {capture.Options{RecordingOff: true}, 0},
		"recording on":  {capture.Options{}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			e := newExchanger(t, proxytest.Options{Capture: c.options})
			for range 2000 {
				e.exchange(t)
			}
			if n := testing.AllocsPerRun(2000, func() { e.exchange(t) }); n > c.most && !raceDetector {
				t.Errorf("%v allocations per exchange, want at most %v", n, c.most)
			}
		})
	}
}

func BenchmarkExchange(b *testing.B) {
	for _, off := range []bool{false, true} {
		name := "recording"
		if off {
			name = "recording off"
		}
		b.Run(name, func(b *testing.B) {
			e := newExchanger(b, proxytest.Options{Capture: capture.Options{RecordingOff: off}})
			b.ReportAllocs()
			for b.Loop() {
				e.exchange(b)
			}
		})
	}
}
