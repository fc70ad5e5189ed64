//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/proxytest"
)

// endless is a body that counts what was taken of it.
type endless struct {
	taken atomic.Int64
	ended chan struct{}
}

func (e *endless) Read(p []byte) (int, error) {
	select {
	case <-e.ended:
		return 0, io.EOF
	default:
		e.taken.Add(int64(len(p)))
		return len(p), nil
	}
}

func (e *endless) Close() error { return nil }

// takeNothing speaks as much HTTP/2 as lets a body come, and then reads no more.
func takeNothing(conn net.Conn) {
	framer := http2.NewFramer(conn, conn)
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1<<31 - 1})
	_ = framer.WriteWindowUpdate(0, 1<<30)
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	for {
		f, err := framer.ReadFrame()
		if err != nil {
			return
		}
		if f, ok := f.(*http2.SettingsFrame); ok && !f.IsAck() {
			_ = framer.WriteSettingsAck()
		}
		if f.Header().Type == http2.FrameData {
			return
		}
	}
}

// openStuckH2 returns when a request's body fills all that is between the proxy and
// an origin that takes nothing.
func openStuckH2(t *testing.T, head time.Duration) *h2Pair {
	p := &h2Pair{url: "https://a.example", opener: openAll(t,
		func(_ *decrypt.Options, config *proxy.Config) { config.Timeouts.ClientHead = head })}
	config := p.server("h2")
	done := make(chan struct{})
	p.origin.Serve(func(at *proxytest.Conn) {
		_ = at.Net.SetReadBuffer(16 << 10)
		_ = at.Net.SetDeadline(time.Time{})
		if conn := tls.Server(at.Net, config); conn.Handshake() == nil {
			takeNothing(conn)
		}
		<-done
	})
	cc := p.dial()
	body := &endless{ended: make(chan struct{})}
	req, err := http.NewRequest("POST", p.url+"/", body)
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		if res, err := cc.RoundTrip(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	t.Cleanup(func() {
		close(body.ended)
		_ = cc.Close()
		close(done)
		<-asked
	})
	for was := int64(-1); was <= 0 || was != body.taken.Load(); {
		was = body.taken.Load()
		time.Sleep(300 * time.Millisecond) // nothing was taken all the time: the write does not end
	}
	return p
}

// An origin that lets a large body come and then takes nothing holds its own
// connection up, and nothing else: limits of others are kept meanwhile.
func TestH2OriginThatTakesNothingHoldsUpNobodyElse(t *testing.T) {
	const limit = 2 * time.Second // longer than the sweeper takes to look at connections of HTTP/2
	other := openStuckH2(t, limit).Client()
	other.Send("GET / HT")
	begun := time.Now()
	head := make([]byte, len("HTTP/1.1 408"))
	if _, err := io.ReadFull(other.Net, head); err != nil || string(head) != "HTTP/1.1 408" {
		t.Fatalf("%q, %v after %v", head, err, time.Since(begun))
	}
	if took := time.Since(begun); took > limit+3*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestH2StopDoesNotWaitForAnOriginThatTakesNothing(t *testing.T) {
	p := openStuckH2(t, time.Minute)
	begun := time.Now()
	_ = p.Shutdown(0) // it may say that something was cut
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}
