package faithful_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/proxytest/h2test"
)

const (
	soakClients = 6
	soakStreams = 12 // beside each other on one connection
)

// soakRounds are what each stream asks, one after the other.
func soakRounds() int {
	if race {
		return 4
	}
	return 25
}

// pattern is a body that shows where bytes were lost, doubled or of another stream.
func pattern(seed, n int) []byte {
	b := make([]byte, 0, n+16)
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "%d.%d,", seed, i)
	}
	return b[:n]
}

// soaked is the origin: what it does stands in the path.
func soaked(w http.ResponseWriter, r *http.Request) {
	seed, _ := strconv.Atoi(r.URL.Query().Get("seed"))
	size, _ := strconv.Atoi(r.URL.Query().Get("size"))
	switch r.URL.Path {
	case "/echo":
		got, err := io.ReadAll(r.Body)
		if err == nil && bytes.Equal(got, pattern(seed, size)) {
			w.Header().Set("Trailer", "Sum")
			_, _ = w.Write(got)
			w.Header().Set("Sum", strconv.Itoa(len(got)))
			return
		}
		w.WriteHeader(http.StatusBadRequest)
	case "/download", "/left": // the client leaves the second one
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(pattern(seed, size))
	case "/early":
		w.WriteHeader(http.StatusForbidden)
	case "/abort":
		_, _ = w.Write(pattern(seed, size/2))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case "/hints":
		for range 5 {
			w.WriteHeader(http.StatusEarlyHints)
		}
	}
}

// askSoaked makes one request and judges its answer.
func askSoaked(ctx context.Context, client *http.Client, seed int) error {
	random := rand.New(rand.NewPCG(1, uint64(seed)))
	path := []string{"/echo", "/download", "/left", "/early", "/abort", "/hints", "/echo"}[random.IntN(7)]
	size := random.IntN(1 << uint(4+random.IntN(15)))
	sent := pattern(seed, size)
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	req, err := http.NewRequestWithContext(ctx, "POST", fmt.Sprintf("https://%s%s?seed=%d&size=%d", h2test.Host, path, seed, size),
		bytes.NewReader(sent))
	if err != nil {
		return err
	}
	if path == "/hints" || path == "/download" {
		req.Method, req.Body, req.ContentLength, req.GetBody = "GET", nil, 0, nil
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%s of %d: %w", path, size, err)
	}
	defer func() { _ = res.Body.Close() }()
	if path == "/left" {
		_, _ = io.CopyN(io.Discard, res.Body, int64(size/3))
		return nil
	}
	got, err := io.ReadAll(res.Body)
	var reset http2.StreamError
	switch {
	case path == "/abort":
		if err == nil || errors.As(err, &reset) && reset.Code != http2.ErrCodeInternal {
			return fmt.Errorf("aborted, and ended with %v", err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("%s of %d: %w", path, size, err)
	case path == "/echo" && (!bytes.Equal(got, sent) || res.Trailer.Get("Sum") != strconv.Itoa(size)),
		path == "/download" && !bytes.Equal(got, sent):
		return fmt.Errorf("%s of %d: status %d, %d bytes, trailers %v", path, size, res.StatusCode, len(got), res.Trailer)
	case path == "/early" && res.StatusCode != http.StatusForbidden, path == "/hints" && res.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: status %d", path, res.StatusCode)
	}
	return nil
}

// soakEnds are how exchanges may end here: the client leaves some, the origin breaks off some.
var soakEnds = []flow.Failure{flow.FailureNone, flow.FailureClientGone, flow.FailureTruncated}

// TestSoak has net/http's clients and x/net's server exchange bodies of all sizes, leave
// and abort, many at the same time: every byte is where it belongs, every row ends.
func TestSoak(t *testing.T) {
	h2test.Everywhere(t, nil, func(t *testing.T, route *h2test.Route) {
		route.ServeHTTP(soaked)
		ctx, cancel := context.WithTimeout(t.Context(), eventually.Patience)
		defer cancel()
		var wg sync.WaitGroup
		for c := range soakClients {
			protocols := &http.Protocols{}
			protocols.SetHTTP2(true)
			transport := &http.Transport{Protocols: protocols, DisableCompression: true,
				DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return route.DialTLS(route.ClientTLS("h2")) }}
			client := &http.Client{Transport: transport}
			wg.Go(func() {
				var streams sync.WaitGroup
				for s := range soakStreams {
					streams.Go(func() {
						for i := range soakRounds() {
							if err := askSoaked(ctx, client, 1+i+soakRounds()*(s+soakStreams*c)); err != nil && !t.Failed() {
								t.Error(err)
							}
						}
					})
				}
				streams.Wait()
				transport.CloseIdleConnections()
			})
		}
		wg.Wait()
		if route.Proxy == nil {
			return
		}
		// A tunnel may stay: a client's connection is not idle yet when it has just left a stream.
		open := func() (rows []flow.Row) {
			for _, row := range route.Proxy.Store.Changes(capture.Cursor{}, 0).Rows {
				if !row.Phase.Final() && row.Kind != flow.KindTunnel {
					rows = append(rows, row)
				}
			}
			return rows
		}
		if !eventually.Wait(10*time.Second, func() bool { return len(open()) == 0 }) {
			t.Errorf("not ended: %+v", open())
		}
		requests := uint64(soakClients * soakStreams * soakRounds())
		if n := route.Proxy.Store.Stats().Captured; n < requests {
			t.Errorf("%d rows of %d requests", n, requests)
		}
		for _, row := range route.Proxy.Store.Changes(capture.Cursor{}, 0).Rows {
			if !slices.Contains(soakEnds, row.Failure) {
				t.Errorf("row %+v", row)
			}
		}
	})
}
