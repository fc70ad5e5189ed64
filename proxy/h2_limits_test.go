//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

func TestH2Limits(t *testing.T) {
	t.Run("a slow client holds little", func(t *testing.T) {
		var sent atomic.Int64
		p := openH2(t, func(w http.ResponseWriter, r *http.Request) {
			piece := make([]byte, 64<<10)
			for r.Context().Err() == nil {
				n, err := w.Write(piece)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}, nil)
		req, _ := http.NewRequest("GET", p.url+"/", nil)
		res, err := p.dial().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		last := int64(-1)
		for now := sent.Load(); now != last; now = sent.Load() { // nothing is read: it comes to a halt
			last = now
			time.Sleep(200 * time.Millisecond)
		}
		if last > 24<<20 {
			t.Errorf("%d bytes were taken from the origin", last)
		}
	})
	t.Run("large heads", func(t *testing.T) {
		p := openH2(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") },
			func(_ *decrypt.Options, config *proxy.Config) { config.Limits.MaxHead = 16 << 10 })
		cc := p.dial()
		req, _ := http.NewRequest("GET", p.url+"/", nil)
		req.Header.Set("X-Large", strings.Repeat("x", 64<<10))
		if res, err := cc.RoundTrip(req); err == nil && res.StatusCode != 431 {
			t.Errorf("status %d", res.StatusCode)
		}
	})
	t.Run("rapid reset", func(t *testing.T) {
		p := openH2(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, nil)
		c := p.connect()
		conn := tls.Client(c.Net, p.client("h2"))
		framer := h2Client(t, conn)
		go func() { _, _ = io.Copy(io.Discard, c.Net) }() // its answers do not matter
		block := append([]byte{0x82, 0x87, 0x84, 0x01, 9}, "a.example"...)
		var err error
		for id := uint32(1); id < 40_000 && err == nil; id += 2 {
			_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true, EndStream: true})
			err = framer.WriteRSTStream(id, http2.ErrCodeCancel)
		}
		_ = conn.Close()
		p.Finished(1)
		if n := p.Store.Stats().Captured; n > 3000 {
			t.Errorf("the client went on, %d streams", n)
		}
	})
}

func TestH2Shutdown(t *testing.T) {
	begun := make(chan struct{})
	end := make(chan struct{})
	p := openH2(t, func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-end
		_, _ = io.WriteString(w, "ok")
	}, nil)
	cc := p.dial()
	got := make(chan string, 1)
	go func() {
		req, _ := http.NewRequest("GET", p.url+"/", nil)
		res, err := cc.RoundTrip(req)
		if err != nil {
			got <- err.Error()
			return
		}
		body, _ := io.ReadAll(res.Body)
		got <- string(body)
	}()
	<-begun
	ended := make(chan error, 1)
	go func() { ended <- p.Shutdown(proxytest.Deadline) }()
	close(end)
	if text := <-got; text != "ok" {
		t.Errorf("%q", text)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	t.Run("cut", func(t *testing.T) {
		asked := make(chan struct{})
		p := openH2(t, func(w http.ResponseWriter, r *http.Request) {
			close(asked)
			<-r.Context().Done()
		}, nil)
		cc := p.dial()
		go func() {
			req, _ := http.NewRequest("GET", p.url+"/", nil)
			_, _ = cc.RoundTrip(req)
		}()
		<-asked // what the origin has not seen yet is turned away, not cut
		if err := p.Shutdown(50 * time.Millisecond); err == nil {
			t.Error("nothing was cut")
		}
		if row := p.Finished(2); row.Failure != flow.FailureShutdown {
			t.Errorf("row %+v", row)
		}
	})
}

func TestH2OriginIsLate(t *testing.T) {
	p := openH2(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		func(_ *decrypt.Options, config *proxy.Config) { config.Timeouts.Response = 200 * time.Millisecond })
	res, body := p.get(p.dial(), "/")
	if res.StatusCode != 504 || !strings.Contains(body, "did not answer in time") {
		t.Errorf("%d %q", res.StatusCode, body)
	}
	if row := p.Finished(2); row.Failure != flow.FailureResponseTimeout {
		t.Errorf("row %+v", row)
	}
}

// Time that a client takes to take a body is not the origin's.
func TestH2ClientDoesNotTakeTheBody(t *testing.T) {
	left := make(chan struct{})
	p := openH2(t, func(w http.ResponseWriter, _ *http.Request) {
		defer close(left)
		for piece := make([]byte, 1<<20); ; {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}, func(_ *decrypt.Options, config *proxy.Config) { config.Timeouts.OriginBody = 300 * time.Millisecond })
	cc := p.dial()
	req, err := http.NewRequest("GET", p.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := cc.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	row := p.Row(func(r flow.Row) bool { return r.Path == "/" && r.Phase.Final() })
	if row.Failure != flow.FailureClientGone || !strings.Contains(said(row.Reason), "did not take the answer in time") {
		t.Errorf("row %+v", row)
	}
	<-left
	if _, err := io.Copy(io.Discard, res.Body); err == nil {
		t.Error("the client takes it for whole")
	}
}
