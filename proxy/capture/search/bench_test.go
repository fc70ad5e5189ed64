package search_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/capture/search"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/cputime"
	"posthouse/proxy/proxytest/eventually"
)

// benchSize is how much raw text is searched: as many MiB as POSTHOUSE_MIB says.
func benchSize() int64 {
	if n, err := strconv.Atoi(os.Getenv("POSTHOUSE_MIB")); err == nil && n > 0 {
		return int64(n) << 20
	}
	return 32 << 20
}

// writeTraffic has a history keep JSON of words, UUIDs and numbers, of some 1.5 KB an exchange with its
// heads, until that is so many bytes; it returns how many they were as they passed.
func writeTraffic(tb testing.TB, folder string, size int64, zipped bool) (raw int64) {
	h, err := history.Open(history.Options{Folder: folder, Budget: 20 << 30})
	if err != nil {
		tb.Fatal(err)
	}
	store := capture.New(capture.Options{Budget: 256 << 20})
	h.Follow(store)
	r := rand.New(rand.NewPCG(1, 2))
	var words []string
	for range 4000 {
		b := make([]byte, 3+r.IntN(8))
		for i := range b {
			b[i] = "etaoinshrdlucmfwypvbgkqjxz"[min(r.IntN(26), r.IntN(26))]
		}
		words = append(words, string(b))
	}
	zipf := rand.NewZipf(r, 1.1, 2, uint64(len(words)-1))
	word := func() string { return words[zipf.Uint64()] }
	var body, packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	n := uint64(0)
	for ; raw < size; n++ {
		body.Reset()
		for body.Len() < 1000 {
			fmt.Fprintf(&body, `{"id":"%08x-%04x-%012x","name":"%s %s","price":%d.%02d,"note":"%s %s %s"},`, r.Uint32(), r.IntN(1<<16),
				r.Int64N(1<<48), word(), word(), r.IntN(1000), r.IntN(100), word(), word(), word())
		}
		out, coding := body.Bytes(), ""
		if zipped {
			packed.Reset()
			z.Reset(&packed)
			_, _ = z.Write(out)
			_ = z.Close()
			out, coding = packed.Bytes(), "Content-Encoding: gzip\r\n"
		}
		raw += record(store, fmt.Sprintf("/%s/%s?id=%d", word(), word(), n), coding, out, body.Len())
		for n%512 == 0 && h.Stats().Lag > 0.1 {
			time.Sleep(time.Millisecond)
		}
	}
	eventually.Within(tb, time.Hour, "filters are made", func() bool {
		s := h.Stats()
		return s.Lag == 0 && !s.Filtering && s.Rows+s.NotOnDisk.Late >= n
	})
	if err := h.Close(); err != nil {
		tb.Fatal(err)
	}
	return raw
}

func record(store *capture.Store, path, coding string, body []byte, plain int) (raw int64) {
	span := func(off, n int) capture.Span { return capture.Span{Off: uint32(off), Len: uint32(n)} }
	head := []byte("GET " + path + " HTTP/1.1\r\nHost: api.example.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
		"Accept: */*\r\n\r\n")
	resp := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nServer: nginx\r\n" + coding + "\r\n")
	at := bytes.Index(head, []byte("api.example"))
	x := store.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: head, Method: span(0, 3), Path: span(4, len(path)),
		Host: span(at, len("api.example.test")), Scheme: "http"})
	x.ResponseHead(200, resp, capture.Span{}, time.Now())
	x.ResponseBody(body)
	x.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
	return int64(len(head) + len(resp) + plain)
}

// BenchmarkSearch searches a history as the window does: for a word that filters rule out, for one
// of which they know nothing, and for a regular expression without a text; in plain and in coded
// bodies. How late a goroutine is that wants to run meanwhile, as the window's does, is told too.
func BenchmarkSearch(b *testing.B) {
	for _, zipped := range []bool{false, true} {
		folder := b.TempDir()
		size := writeTraffic(b, folder, benchSize(), zipped)
		h, err := history.Open(history.Options{Folder: folder, Budget: 20 << 30})
		if err != nil {
			b.Fatal(err)
		}
		tiers := history.NewTiers(capture.New(capture.Options{FirstID: h.LastID() + 1}))
		tiers.Attach(h, history.Range{})
		for _, c := range []struct{ name, text string }{{"filtered", "zebraquuxes"}, {"unfiltered", `body:/"price":"note"/`},
			{"expression", `body:/q\d{3}xz/`}} {
			name := c.name + map[bool]string{true: "-gzip"}[zipped]
			q, err := query.ParseAnywhere(c.text)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(name, func(b *testing.B) { benchSearch(b, q, tiers, size) })
		}
		if err := h.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func benchSearch(b *testing.B, q *query.Query, tiers *history.Tiers, size int64) {
	b.SetBytes(size)
	idle := latest(func() { time.Sleep(300 * time.Millisecond) })
	begun := cputime.Used()
	busy := latest(func() {
		for b.Loop() {
			r := search.Run(b.Context(), q, []search.Place{{Source: search.OnDisk(tiers)}}, func(search.Hit) {}, nil, nil)
			if r.Hits > 0 || r.Unknown > 0 || r.Err != nil || r.Unreadable > 0 {
				b.Fatalf("%+v", r)
			}
		}
	})
	cputime.ReportBytes(b, begun, size)
	b.ReportMetric(float64(idle.Microseconds()), "late-idle-µs")
	b.ReportMetric(float64(busy.Microseconds()), "late-µs")
}

// latest is how late a goroutine is that wants to run each millisecond meanwhile, at the 99th percentile.
func latest(meanwhile func()) time.Duration {
	stop, late := make(chan struct{}), make(chan []time.Duration)
	go func() { late <- waits(stop) }()
	meanwhile()
	close(stop)
	all := <-late
	slices.Sort(all)
	return all[len(all)*99/100]
}

// waits wants to run each millisecond, and says how late it was.
func waits(stop <-chan struct{}) (all []time.Duration) {
	ticker := time.NewTimer(time.Millisecond)
	defer ticker.Stop()
	for {
		due := time.Now().Add(time.Millisecond)
		ticker.Reset(time.Millisecond)
		select {
		case <-stop:
			return append(all, 0)
		case <-ticker.C:
			all = append(all, time.Since(due))
		}
	}
}
