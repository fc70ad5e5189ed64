//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
)

// Two hundred requests of a real client to a real server, of which every third waits a little,
// some with their response: each gets its own body back, whatever its number became.
func TestHTTP2ManyOfWhichSomeWait(t *testing.T) {
	const rule = "[[rule]]\nwhen='path:/wait'\ndelay.request='3ms'\n[[rule]]\nwhen='path:late'\ndelay.response='2ms'\n"
	r := newRelayed(t, Config{Rules: loadedRules(t, rule)}, true)
	var served sync.WaitGroup
	served.Go(func() {
		(&http2.Server{MaxConcurrentStreams: 250}).ServeConn(r.origin, &http2.ServeConnOpts{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				body, err := io.ReadAll(req.Body)
				if err != nil {
					return
				}
				w.Header().Set("Trailer", "X-Path")
				_, _ = w.Write(body)
				w.Header().Set("X-Path", req.URL.Path)
			})})
	})
	conn, err := (&http2.Transport{AllowHTTP: true}).NewClientConn(r.client)
	must(t, err)
	var asking sync.WaitGroup
	for i := range 200 {
		path := fmt.Sprintf("/go/%d", i)
		switch i % 6 {
		case 0:
			path = fmt.Sprintf("/wait/%d", i)
		case 3:
			path = fmt.Sprintf("/wait/late/%d", i)
		case 4:
			path = fmt.Sprintf("/late/%d", i)
		}
		asking.Go(func() { echoed(t, conn, path, bytes.Repeat([]byte(path), 1+i*13)) })
	}
	asking.Wait()
	h := r.conn.http2.Load()
	h.mu.Lock()
	if !h.numbers.apart() || len(h.numbers.back) != 0 || h.up.lines.bytes != 0 || h.down.lines.bytes != 0 || len(h.streams) != 0 {
		t.Errorf("%d numbers, %d and %d bytes, %d streams are left", len(h.numbers.back), h.up.lines.bytes, h.down.lines.bytes,
			len(h.streams))
	}
	h.mu.Unlock()
	r.close()
	served.Wait()
}

// echoed asks an origin that sends back what it gets, and its path behind it.
func echoed(t *testing.T, conn *http2.ClientConn, path string, body []byte) {
	req, err := http.NewRequest("POST", "http://a.example"+path, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	resp, err := conn.RoundTrip(req)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || !bytes.Equal(got, body) || !strings.HasSuffix(path, resp.Trailer.Get("X-Path")) {
		t.Errorf("%s: %d bytes of %d, trailer %q, %v", path, len(got), len(body), resp.Trailer, err)
	}
}
