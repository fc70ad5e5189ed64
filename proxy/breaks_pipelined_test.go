package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/breakpoints"
)

// Requests that are sent without waiting for answers are answered in order, each its own, whatever is decided of
// them and of their responses.
func TestBreakpointsOfAHundredPipelinedRequests(t *testing.T) {
	seeds := 2
	if n, err := strconv.Atoi(os.Getenv("BREAKS_SEEDS")); err == nil {
		seeds = n
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { pipelined(t, uint64(seed)) })
	}
}

func pipelined(t *testing.T, seed uint64) {
	p, q := atBreaks(t, "[[rule]]\nwhen = 'path:/w'\nbreak = 'both'\n"+
		"[[rule]]\nwhen = 'path:/own'\nanswer.text = 'own'\n"+
		"[[rule]]\nwhen = 'path:/rep'\nresponse.body = { replace = [{ find = 'got', with = 'made' }] }\n")
	q.Set(true, 30*time.Millisecond)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(r.URL.Path, "/chunked") {
			w.(http.Flusher).Flush()
		}
		_, _ = fmt.Fprintf(w, "got %s %d", r.URL.Path, len(body))
	}))
	defer origin.Close()
	host := strings.TrimPrefix(origin.URL, "http://")
	sent, want := aHundred(rand.New(rand.NewPCG(seed, 1)), host)
	stop := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() { decidePipelined(q, rand.New(rand.NewPCG(seed, 2)), stop) })
	c, err := net.Dial("tcp", p.Addr())
	must(t, err)
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(40 * time.Second))
	others.Go(func() { _, _ = c.Write(sent) })
	r := bufio.NewReader(c)
	for i, one := range want {
		method, rest, _ := strings.Cut(one, " ")
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			t.Fatal(i, one, err)
		}
		body, err := io.ReadAll(resp.Body)
		path, _, _ := strings.Cut(rest, " ")
		fits := []string{"got " + rest, "got " + path + " 7", "made " + rest, "made " + path + " 7"}
		switch {
		case method == "HEAD":
			fits = []string{""}
		case resp.Header.Get("X-Edited") != "", resp.StatusCode == 299:
			fits = []string{"edited " + path}
		case strings.HasPrefix(path, "/own"):
			fits = []string{"own"}
		}
		if err != nil || !slices.Contains(fits, string(body)) {
			t.Fatalf("%d, %s: %d %q %v", i, one, resp.StatusCode, body[:min(len(body), 100)], err)
		}
	}
	close(stop)
	others.Wait()
	nothingHeld(t, q)
}

func decidePipelined(q *breakpoints.Queue, rnd *rand.Rand, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(500 * time.Microsecond):
		}
		for _, m := range q.List() {
			with := append(bytes.Clone(m.Head[:len(m.Head)-2]), "X-Edited: 1\r\n\r\n"...)
			body := []byte("edited " + m.Row.Path)
			switch n := rnd.IntN(5); {
			case n == 0:
				_ = m.GoUnchanged()
			case n == 1 && m.Part == breakpoints.Request && m.Row.Method != "POST":
				_ = m.Answer(breakpoints.Edit{Head: []byte("HTTP/1.1 299 x\r\n\r\n"), Body: body})
			case n == 2 && m.Part == breakpoints.Request && m.Row.Method == "POST":
				_ = m.Go(breakpoints.Edit{Head: m.Head, NewBody: true, Body: []byte("7 bytes")})
			case n < 4 && m.Part == breakpoints.Response:
				_ = m.Go(breakpoints.Edit{Head: with, NewBody: true, Body: body})
			}
		}
	}
}

// aHundred are requests in one piece, and what each is: method, path, bytes of its body.
func aHundred(rnd *rand.Rand, host string) ([]byte, []string) {
	var sent bytes.Buffer
	var want []string
	for i := range 100 {
		path := []string{"", "/w", "/w", "/w/rep", "/rep", "/own", "/w/chunked", "/chunked/rep"}[rnd.IntN(8)] + fmt.Sprint("/", i)
		body := strings.Repeat("b", []int{0, 1, 3000, 70000}[rnd.IntN(4)])
		method := []string{"POST", "GET", "HEAD"}[rnd.IntN(3)]
		if strings.HasPrefix(path, "/own") && method == "POST" {
			method = "GET" // what is answered without its body being read closes
		}
		fmt.Fprintf(&sent, "%s http://%s%s HTTP/1.1\r\nHost: %s\r\n", method, host, path, host)
		switch {
		case method != "POST":
			body = ""
			fmt.Fprint(&sent, "\r\n")
		case rnd.IntN(2) == 0:
			fmt.Fprintf(&sent, "Content-Length: %d\r\n\r\n%s", len(body), body)
		case len(body) > 0:
			fmt.Fprintf(&sent, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
		default:
			fmt.Fprint(&sent, "Transfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\r\n\r\n")
		}
		want = append(want, method+" "+path+" "+strconv.Itoa(len(body)))
	}
	return sent.Bytes(), want
}
