//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/eventually"
)

// vanishingH2 is an origin that speaks HTTP/2, and its connections.
type vanishingH2 struct {
	*h2Pair
	mu    sync.Mutex
	conns []*proxytest.Conn
}

func openVanishingH2(t *testing.T, handler http.HandlerFunc) *vanishingH2 {
	v := &vanishingH2{h2Pair: &h2Pair{opener: openAll(t, nil), url: "https://a.example"}}
	v.Server.SetDeadAfter(time.Second)
	config := v.server("h2", "http/1.1")
	v.origin.Serve(func(at *proxytest.Conn) {
		v.mu.Lock()
		v.conns = append(v.conns, at)
		v.mu.Unlock()
		_ = at.Net.SetDeadline(time.Time{})
		conn := tls.Server(at.Net, config)
		if conn.Handshake() != nil {
			return
		}
		(&http2.Server{}).ServeConn(conn, &http2.ServeConnOpts{Handler: handler})
	})
	return v
}

func (v *vanishingH2) opened() []*proxytest.Conn {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.conns
}

// A connection that the client's session has used before, and whose other end has
// vanished: seconds, not a minute and more until a ping is missed.
func TestH2VanishedOriginIsReplaced(t *testing.T) {
	v := openVanishingH2(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	cc := v.dial()
	v.get(cc, "/")
	v.get(cc, "/")
	vanish(t, v.opened()[0])
	begun := time.Now()
	req, err := http.NewRequest("GET", v.url+"/again", nil)
	if err != nil {
		t.Fatal(err)
	}
	var reset http2.StreamError
	if _, err := cc.RoundTrip(req); !errors.As(err, &reset) || reset.Code != http2.ErrCodeRefusedStream || cc.CanTakeNewRequest() {
		t.Errorf("the client is told %v", err) // and asks again over another connection
	}
	v.get(v.dial(), "/again")
	if took := time.Since(begun); took > 20*time.Second || len(v.opened()) != 2 {
		t.Errorf("it took %v, over %d connections", took, len(v.opened()))
	}
}

// What may have been worked on is not sent again, and answered with words.
func TestH2VanishedOriginIsTold(t *testing.T) {
	v := openVanishingH2(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	cc := v.dial()
	v.get(cc, "/")
	v.get(cc, "/")
	vanish(t, v.opened()[0])
	req, err := http.NewRequest("POST", v.url+"/order", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := cc.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 504 || len(v.opened()) != 1 {
		t.Errorf("%d, over %d connections", res.StatusCode, len(v.opened()))
	}
	row := v.Row(func(r flow.Row) bool { return r.Path == "/order" && r.Phase.Final() })
	if row.Failure != flow.FailureResponseTimeout || !strings.Contains(said(row.Reason), "vanished") {
		t.Errorf("row %+v", row)
	}
}

// After sleep a connection without a stream is gone, also one that a client's
// session holds.
func TestH2SleepClosesQuietConnections(t *testing.T) {
	v := openVanishingH2(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	cc := v.dial()
	v.get(cc, "/")
	v.Server.Slept(time.Hour)
	eventually.Holds(t, "the client is told", func() bool { return !cc.CanTakeNewRequest() })
	v.get(v.dial(), "/")
	if n := len(v.opened()); n != 2 {
		t.Errorf("%d connections to the origin", n)
	}
}
