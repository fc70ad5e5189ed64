//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
)

func TestH2Cancellation(t *testing.T) {
	t.Run("by the client", func(t *testing.T) {
		ended := make(chan struct{})
		p := openH2(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "begun")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			close(ended)
		}, nil)
		cc := p.dial()
		ctx, cancel := context.WithCancel(t.Context())
		req, _ := http.NewRequestWithContext(ctx, "GET", p.url+"/", nil)
		res, err := cc.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadFull(res.Body, make([]byte, 5))
		cancel()
		select {
		case <-ended:
		case <-time.After(proxytest.Deadline):
			t.Fatal("the origin was not told")
		}
		if row := p.Finished(2); row.Failure != flow.FailureClientGone {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("by the origin, in the body", func(t *testing.T) {
		p := openH2(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "begun")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, nil)
		cc := p.dial()
		req, _ := http.NewRequest("GET", p.url+"/", nil)
		res, err := cc.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		var reset http2.StreamError
		if _, err = io.ReadAll(res.Body); !errors.As(err, &reset) {
			t.Errorf("the client saw %v", err)
		}
		if row := p.Finished(2); row.Failure != flow.FailureTruncated || !strings.Contains(said(row.Reason), "reset the stream") {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("by the origin, before the head", func(t *testing.T) {
		p := openH2(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil)
		req, _ := http.NewRequest("GET", p.url+"/", nil)
		var reset http2.StreamError
		if _, err := p.dial().RoundTrip(req); !errors.As(err, &reset) {
			t.Errorf("the client saw %v", err)
		}
		if row := p.Finished(2); row.Failure != flow.FailureOriginClosed {
			t.Errorf("row %+v", row)
		}
	})
	t.Run("the origin's connection ends", func(t *testing.T) {
		var p *h2Pair
		var first atomic.Bool
		p = openH2(t, func(w http.ResponseWriter, r *http.Request) {
			if first.CompareAndSwap(false, true) {
				w.Header().Set("Connection", "close") // GOAWAY behind this stream
			}
			_, _ = io.WriteString(w, "ok")
		}, nil)
		for range 2 { // the client is told, and opens another
			if _, body := p.get(p.dial(), "/"); body != "ok" {
				t.Errorf("%q", body)
			}
		}
		if n := p.dials.Load(); n != 2 {
			t.Errorf("%d connections to the origin", n)
		}
	})
}
