//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// traffic is an origin and a client that goes to it through the proxy.
type traffic struct {
	origin *httptest.Server
	client *http.Client
	sent   int
}

func newTraffic(port int) *traffic {
	t := &traffic{origin: httptest.NewServer(http.HandlerFunc(answer))}
	proxy := &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	t.client = &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), MaxIdleConnsPerHost: 64}}
	return t
}

func answer(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Query().Get("n"))
	w.Header().Set("Content-Type", []string{"application/json", "text/html", "image/png"}[n%3])
	w.WriteHeader([]int{200, 200, 404, 201, 500}[n%5])
	_, _ = fmt.Fprintf(w, `{"number":%d,"names":["one","two"]}`, n)
}

func (t *traffic) close() {
	t.client.CloseIdleConnections()
	t.origin.Close()
}

// send makes so many requests at a rate and tells how long each took.
func (t *traffic) send(rate, count, clients int) []time.Duration {
	numbers := make(chan int)
	all := make([][]time.Duration, clients)
	var done sync.WaitGroup
	for c := range clients {
		done.Go(func() {
			for n := range numbers {
				begun := time.Now()
				answer, err := t.client.Get(t.origin.URL + []string{"/v1/users", "/", "/static/app.js"}[n%3] + "?n=" + strconv.Itoa(n))
				if err != nil {
					continue
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				all[c] = append(all[c], time.Since(begun))
			}
		})
	}
	begun := time.Now()
	for i := range count {
		time.Sleep(time.Until(begun.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		numbers <- t.sent + i
	}
	close(numbers)
	done.Wait()
	t.sent += count
	return slices.Concat(all...)
}

// quantile is a value that so many percent do not exceed.
func quantile(values []time.Duration, percent int) time.Duration {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	return values[(len(values)-1)*percent/100]
}
