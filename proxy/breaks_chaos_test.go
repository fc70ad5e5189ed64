//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/proxytest/h2test"
)

// Whatever becomes of messages that wait, in any order, HTTP/2 stays in order at both ends, bodies are what they
// should be, and nothing is held in the end. BREAKS_SEEDS is how many orders are tried, BREAKS_SEED the first of them.
func TestBreakpointsOverHTTP2InAnyOrder(t *testing.T) {
	number := func(name string, otherwise uint64) uint64 {
		if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
			return n
		}
		return otherwise
	}
	first := number("BREAKS_SEED", 1)
	for seed := first; seed < first+number("BREAKS_SEEDS", 3); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { (&anyOrder{t: t, seed: seed}).run() })
	}
}

// anyOrder is one order of things.
type anyOrder struct {
	t     *testing.T
	seed  uint64
	route *h2test.Route
	q     *breakpoints.Queue
}

const anyOrderRules = "[[rule]]\nwhen = 'path:/w'\nbreak = 'both'\n" +
	"[[rule]]\nwhen = 'path:/delay'\ndelay.request = '5ms'\ndelay.response = '3ms'\n" +
	"[[rule]]\nwhen = 'path:/rep'\nresponse.body = { replace = [{ find = 'zzzzzz', with = 'y' }] }\n"

// cuts reports whether connections are cut under way, of the client alone or of the origin too.
func (o *anyOrder) cuts(origin bool) bool { return o.seed%3 == 2 || !origin && o.seed%3 == 1 }

// cut has a connection end at a moment that its seed chooses.
func (o *anyOrder) cut(c *tls.Conn) {
	moment := crc32.ChecksumIEEE(fmt.Append(nil, o.seed, c.RemoteAddr(), c.LocalAddr())) % 1000
	time.AfterFunc(200*time.Millisecond+time.Duration(moment)*time.Millisecond, func() { _ = c.NetConn().Close() })
}

func (o *anyOrder) run() {
	t := o.t
	o.route, o.q = h2Breaks(t, anyOrderRules)
	o.q.Set(true, time.Duration(20+o.seed%200)*time.Millisecond)
	o.route.Serve(func(c *tls.Conn) {
		if o.cuts(true) {
			o.cut(c)
		}
		server := &http2.Server{MaxUploadBufferPerStream: 1 << 16, MaxUploadBufferPerConnection: 1 << 16}
		h2test.ServeConn(c, server, serveAnyOrder)
	})
	transport := &http2.Transport{DialTLSContext: func(context.Context, string, string, *tls.Config) (net.Conn, error) {
		c, err := o.route.DialTLS(o.route.ClientTLS("h2"))
		if err == nil && o.cuts(false) {
			o.cut(c)
		}
		return c, err
	}}
	stop := make(chan struct{})
	var decider, askers sync.WaitGroup
	decider.Go(func() { decideAnything(o.q, rand.New(rand.NewPCG(o.seed, 1)), stop) })
	for n := range 12 {
		rnd := rand.New(rand.NewPCG(o.seed, uint64(n+2)))
		askers.Go(func() {
			for i := range 10 {
				err := askAnything(transport, rnd, fmt.Sprintf("%d-%d", n, i))
				if wrong := (wrongBody{}); errors.As(err, &wrong) || err != nil && !o.cuts(false) {
					t.Error(err)
				}
			}
		})
	}
	all := make(chan struct{})
	go func() { askers.Wait(); close(all) }()
	select {
	case <-all:
	case <-time.After(eventually.Patience):
		t.Fatalf("it hangs; %d wait", o.q.Waiting())
	}
	if o.seed%5 == 2 {
		if err := o.route.Proxy.Shutdown(proxytest.Deadline); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	decider.Wait()
	transport.CloseIdleConnections()
	nothingHeld(t, o.q)
}

// filled is a body that tells whether it is another.
func filled(n int, seed uint32) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed >> 24)
	}
	return b
}

// serveAnyOrder answers as the path says.
func serveAnyOrder(w http.ResponseWriter, r *http.Request) {
	says := func(part string) bool { return strings.Contains(r.URL.Path, part) }
	if says("/early") {
		w.WriteHeader(203)
		return
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil || says("/abort") {
		panic(http.ErrAbortHandler)
	}
	n, _ := strconv.Atoi(r.URL.Query().Get("n"))
	switch {
	case says("/304"):
		w.WriteHeader(304)
		return
	case says("/len"):
		w.Header().Set("Content-Length", strconv.Itoa(n))
	case says("/trail"):
		w.Header().Set("Trailer", "X-T")
		defer w.Header().Set("X-T", "end")
	}
	for out := filled(n, uint32(n)); len(out) > 0; {
		piece := min(len(out), 5000)
		if _, err := w.Write(out[:piece]); err != nil {
			return
		}
		if out = out[piece:]; says("/slow") {
			w.(http.Flusher).Flush()
		}
	}
}

// decideAnything decides of what waits whatever it likes, or nothing.
func decideAnything(q *breakpoints.Queue, rnd *rand.Rand, stop chan struct{}) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if rnd.IntN(200) == 0 {
			q.AllGo()
		}
		list := q.List()
		if len(list) == 0 {
			continue
		}
		m := list[rnd.IntN(len(list))]
		with := func(line string) []byte { return append(bytes.Clone(m.Head[:len(m.Head)-2]), line+"\r\n\r\n"...) }
		switch rnd.IntN(8) {
		case 0:
			_ = m.Abort()
		case 1:
			_ = m.GoUnchanged()
		case 2:
			_ = m.Answer(breakpoints.Edit{Head: []byte("HTTP/1.1 299 x\r\n\r\n"), Body: filled(rnd.IntN(200000), 5)})
		case 3:
			_ = m.Go(breakpoints.Edit{Head: with("x-edited: head")})
		case 4, 5:
			n := []int{0, 1, 70000, 300000, 3 << 20}[rnd.IntN(5)]
			_ = m.Go(breakpoints.Edit{Head: with(fmt.Sprint("x-edited: ", n)), NewBody: true, Body: filled(n, 9)})
		}
	}
}

// wrongBody says that a body is another than it should be.
type wrongBody struct{ string }

func (w wrongBody) Error() string { return w.string }

// askAnything asks for something, and reports what came in another form than it may.
func askAnything(transport *http2.Transport, rnd *rand.Rand, id string) error {
	path, parts := "", []string{"/len", "/slow", "/trail", "/early", "/abort", "/304", "/delay", "/rep"}
	if rnd.IntN(4) > 0 {
		path = "/w"
	}
	for range rnd.IntN(3) {
		path += parts[rnd.IntN(len(parts))]
	}
	n, method := []int{0, 10, 3000, 70000, 400000, 1500000}[rnd.IntN(6)], []string{"GET", "POST", "HEAD", "PUT"}[rnd.IntN(4)]
	var body io.Reader
	if method == "POST" || method == "PUT" {
		body = bytes.NewReader(filled([]int{0, 5, 20000, 200000, 1200000}[rnd.IntN(5)], 7))
		if rnd.IntN(2) == 0 {
			body = io.MultiReader(body) // of a length that is not told
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if rnd.IntN(5) == 0 {
		defer time.AfterFunc(time.Duration(rnd.IntN(50))*time.Millisecond, cancel).Stop()
	}
	url := fmt.Sprintf("https://a.example%s/%s?n=%d", path, id, n)
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	var got []byte
	resp, err := transport.RoundTrip(req)
	if err == nil {
		got, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	var reset http2.StreamError
	switch {
	case errors.As(err, &reset) && reset.Code == http2.ErrCodeInternal, errors.Is(err, context.Canceled):
		return nil // aborted, here or there
	case err != nil:
		return fmt.Errorf("%s %s: %w", method, url, err)
	case resp.StatusCode == 502:
		return fmt.Errorf("%s %s: %s", method, url, got)
	case resp.StatusCode == 299, resp.StatusCode == 203:
		return nil
	}
	return expectBody(method, url, n, resp, got)
}

func expectBody(method, url string, n int, resp *http.Response, got []byte) error {
	want := filled(n, uint32(n))
	if edited, err := strconv.Atoi(resp.Header.Get("X-Edited")); err == nil {
		want = filled(edited, 9)
	} else if method == "HEAD" || resp.StatusCode == 304 {
		want = nil
	}
	if !bytes.Equal(got, want) {
		return wrongBody{fmt.Sprintf("%s %s: %d, %d bytes of %d, or others", method, url, resp.StatusCode, len(got), len(want))}
	}
	return nil
}
