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
	"posthouse/proxy/proxytest/eventually"
)

func filled(n int, seed uint32) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed >> 24)
	}
	return b
}

// Whatever becomes of messages that wait, in any order, HTTP/2 stays in order at both ends.
func TestBreakpointsOverHTTP2InAnyOrder(t *testing.T) {
	seeds := 4
	if s := os.Getenv("CHAOS"); s != "" {
		seeds, _ = strconv.Atoi(s)
	}
	base := uint64(time.Now().UnixNano())
	if s := os.Getenv("CHAOSSEED"); s != "" {
		base, _ = strconv.ParseUint(s, 10, 64)
	}
	for i := range seeds {
		seed := base + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) { chaos(t, seed) })
	}
}

func chaos(t *testing.T, seed uint64) {
	route, q := h2Breaks(t, "[[rule]]\nwhen = 'path:/w'\nbreak = 'both'\n[[rule]]\nwhen='path:/delay'\ndelay.request='5ms'\ndelay.response='3ms'\n"+
		"[[rule]]\nwhen = 'path:/rep'\nresponse.body = { replace = [{ find = 'zzzzzz', with = 'y' }] }\n")
	q.Set(true, time.Duration(20+seed%200)*time.Millisecond)
	var servers sync.WaitGroup
	route.Serve(func(c *tls.Conn) {
		servers.Add(1)
		defer servers.Done()
		s := &http2.Server{MaxUploadBufferPerStream: 1 << 16, MaxUploadBufferPerConnection: 1 << 16}
		s.ServeConn(c, &http2.ServeConnOpts{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := r.URL.Path
			if strings.Contains(path, "/early") {
				w.Header().Set("X-Early", "1")
				w.WriteHeader(203)
				_, _ = w.Write([]byte("early"))
				return
			}
			body, err := io.ReadAll(r.Body)
			if strings.Contains(path, "/abort") || err != nil {
				panic(http.ErrAbortHandler)
			}
			n, _ := strconv.Atoi(r.URL.Query().Get("n"))
			w.Header().Set("X-Sum", fmt.Sprint(len(body), crc32.ChecksumIEEE(body)))
			w.Header().Set("X-Method", r.Method)
			if strings.Contains(path, "/len") {
				w.Header().Set("Content-Length", strconv.Itoa(n))
			}
			if strings.Contains(path, "/trail") {
				w.Header().Set("Trailer", "X-T")
				defer w.Header().Set("X-T", "end")
			}
			if strings.Contains(path, "/304") {
				w.Header().Del("Content-Length")
				w.WriteHeader(304)
				return
			}
			out := filled(n, uint32(n))
			for len(out) > 0 {
				k := min(len(out), 5000)
				if _, err := w.Write(out[:k]); err != nil {
					return
				}
				out = out[k:]
				if strings.Contains(path, "/slow") {
					w.(http.Flusher).Flush()
					time.Sleep(time.Millisecond)
				}
			}
		})})
	})
	tr := &http2.Transport{DialTLSContext: func(context.Context, string, string, *tls.Config) (net.Conn, error) {
		return route.DialTLS(route.ClientTLS("h2"))
	}}
	decided := make(chan struct{})
	stop := make(chan struct{})
	go func() { decide(q, rand.New(rand.NewPCG(seed, 2)), stop); close(decided) }()
	var group sync.WaitGroup
	var mu sync.Mutex
	count := map[string]int{}
	for w := range 12 {
		rnd := rand.New(rand.NewPCG(seed, uint64(w+10)))
		group.Go(func() {
			for i := range 12 {
				s := chaosAsk(tr, rnd, fmt.Sprintf("%d-%d", w, i))
				mu.Lock()
				count[s]++
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(60 * time.Second):
		t.Fatalf("it hangs: %v; %d waiting", count, q.Waiting())
	}
	close(stop)
	<-decided
	tr.CloseIdleConnections()
	for s := range count {
		if strings.HasPrefix(s, "BAD") {
			t.Error(s)
		}
	}
	if os.Getenv("CHAOS") != "" {
		t.Log(count)
	}
	eventually.Holds(t, "all is over", func() bool { return route.Proxy.Store.Stats().Active <= 1 })
	nothingHeld(t, q)
}

func decide(q *breakpoints.Queue, rnd *rand.Rand, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Millisecond):
		}
		if rnd.IntN(200) == 0 {
			q.AllGo()
		}
		list := q.List()
		if len(list) == 0 {
			continue
		}
		m := list[rnd.IntN(len(list))]
		switch rnd.IntN(8) {
		case 0:
			_ = m.Abort()
		case 1:
			_ = m.GoUnchanged()
		case 2:
			_ = m.Answer(breakpoints.Edit{Head: []byte("HTTP/1.1 299 x\r\nX-Own: 1\r\n\r\n"), Body: filled(rnd.IntN(200000), 5)})
		case 3:
			e := breakpoints.Edit{Head: append(bytes.Clone(m.Head[:len(m.Head)-2]), "x-edited: head\r\n\r\n"...)}
			_ = m.Go(e)
		case 4, 5:
			n := []int{0, 1, 70000, 300000, 3 << 20}[rnd.IntN(5)]
			e := breakpoints.Edit{Head: append(bytes.Clone(m.Head[:len(m.Head)-2]), ("x-edited: " + fmt.Sprint(n) + "\r\n\r\n")...), NewBody: true, Body: filled(n, 9)}
			_ = m.Go(e)
		default:
		}
	}
}

func chaosAsk(tr *http2.Transport, rnd *rand.Rand, id string) string {
	parts := []string{"/len", "/slow", "/trail", "/early", "/abort", "/304", "/delay", "/rep"}
	path := ""
	if rnd.IntN(4) > 0 {
		path = "/w"
	}
	for range rnd.IntN(3) {
		path += parts[rnd.IntN(len(parts))]
	}
	n := []int{0, 10, 3000, 70000, 400000, 1500000}[rnd.IntN(6)]
	method := []string{"GET", "POST", "HEAD", "PUT"}[rnd.IntN(4)]
	var body io.Reader
	k := 0
	if method != "GET" && method != "HEAD" {
		k = []int{0, 5, 20000, 200000, 1200000}[rnd.IntN(5)]
		body = bytes.NewReader(filled(k, 7))
		if rnd.IntN(2) == 0 {
			body = io.MultiReader(body) // of no length
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if rnd.IntN(5) == 0 {
		time.AfterFunc(time.Duration(rnd.IntN(50))*time.Millisecond, cancel)
	}
	url := fmt.Sprintf("https://a.example%s/%s?n=%d", path, id, n)
	req, _ := http.NewRequestWithContext(ctx, method, url, body)
	resp, err := tr.RoundTrip(req)
	what := func(err error) string {
		var s http2.StreamError
		switch {
		case errors.As(err, &s):
			return "stream " + s.Code.String()
		case errors.Is(err, context.Canceled):
			return "canceled"
		}
		return "BAD " + method + " " + path + " " + err.Error()
	}
	if err != nil {
		return what(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return "body " + what(err)
	}
	switch {
	case resp.StatusCode == 299:
		return "own"
	case resp.StatusCode == 203:
		return "early"
	}
	want := filled(n, uint32(n))
	if method == "HEAD" || resp.StatusCode == 304 {
		want = nil
	}
	edited := resp.Header.Get("X-Edited")
	if edited != "" && edited != "head" {
		k, _ := strconv.Atoi(edited)
		want = filled(k, 9)
	}
	if !bytes.Equal(got, want) {
		return fmt.Sprintf("BAD %s %s n %d edited %q: %d bytes of %d, %d", method, url, n, edited, len(got), len(want), resp.StatusCode)
	}
	return fmt.Sprint(resp.StatusCode)
}
