package compare_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/compare"
	"posthouse/proxy/flow"
)

// figures is how many rows the lists of TestListFigures have.
const figures = 100_000

// traffic is a list of so many exchanges as an API has them, made when asked for: nothing
// of it is held. Those of another run differ in Date, in every hundredth ETag and body, and
// in every fiftieth path.
func traffic(rows int, run string) *compare.List {
	words := strings.Repeat("words of it ", 60)
	get := func(id flow.ID) (flow.Exchange, bool) {
		i := int(id)
		x := flow.Exchange{Row: flow.Row{ID: id, Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "GET", Scheme: "https",
			Host: fmt.Sprintf("host%d.example.test", i%40), Path: fmt.Sprintf("/api/v1/things/%d/part%d?page=%d", i, i%97, i%7),
			Proto: "HTTP/1.1", Status: 200, Duration: time.Duration(i%200) * time.Millisecond}}
		if i%50 == 0 {
			x.Path = "/api/" + run + strings.Repeat("x", i/50%40)
		}
		etag, price := fmt.Sprint(i), i
		if i%100 == 1 {
			etag, price = run, i+len(run)
		}
		x.RequestHead = []byte("GET " + x.Path + " HTTP/1.1\r\nHost: " + x.Host + "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
			"Accept: application/json\r\nAccept-Language: en\r\nCookie: session=0123456789abcdef; theme=dark\r\n\r\n")
		x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nDate: " + run + "\r\nContent-Type: application/json\r\nETag: \"" + etag +
			"\"\r\nCache-Control: no-store\r\nServer: nginx\r\nVary: Accept\r\n\r\n")
		body := fmt.Sprintf(`{"id":%d,"price":%d,"name":"a thing of some kind","tags":["one","two","three"],"text":"%s"}`, i, price, words)
		x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}
		x.ResponseSize = int64(len(body))
		return x, true
	}
	return &compare.List{Get: get, Each: func(ctx context.Context, visit func(*flow.Row)) {
		for i := range rows {
			x, _ := get(flow.ID(i + 1))
			visit(&x.Row)
		}
	}}
}

// 100,000 rows on each side are compared in some seconds, and what the result holds is
// bounded by what stands at MaxRows.
func TestListFigures(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	a, b := traffic(figures, "monday"), traffic(figures, "tuesday")
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	calls := 0
	o := compare.ListOptions{Options: compare.Options{Fields: compare.DefaultFields}, Progress: func(compare.ListProgress) { calls++ }}
	r := compared(t, a, b, o)
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%v, %.1f MiB held, %d calls of progress, %v", took, float64(held)/(1<<20), calls, r.Counts)
	if want := [compare.PairKinds]int{2000, 2000, 1000, 0, 97000}; r.Counts.Kinds != want {
		t.Errorf("%v, want %v", r.Counts.Kinds, want)
	}
	if held > 64<<20 {
		t.Errorf("%d bytes are held", held)
	}
	if took > 60*time.Second { // 2 s where nothing else runs
		t.Errorf("took %v", took)
	}
	runtime.KeepAlive(r)
}

// In another order and of another size every row is in exactly one pair.
func TestEveryRowIsInOnePair(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var sides [2]*compare.List
		var sizes [2]int
		for i := range sides {
			var all []flow.Exchange
			for id := range flow.ID(rnd.IntN(60)) {
				all = append(all, exchange(id+1, "a.example", fmt.Sprintf("GET /%c/%d 200 1 x", 'a'+rnd.IntN(3), rnd.IntN(4))))
			}
			rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			sides[i], sizes[i] = list(all...), len(all)
		}
		r := compared(t, sides[0], sides[1], compare.ListOptions{})
		var seen [2]map[flow.ID]bool
		last := flow.ID(0)
		for i := range seen {
			seen[i] = map[flow.ID]bool{}
		}
		for _, p := range r.Pairs {
			for i, id := range [2]flow.ID{p.A, p.B} {
				if id != 0 && seen[i][id] {
					t.Fatalf("%d is in two pairs", id)
				}
				if id != 0 {
					seen[i][id] = true
				}
			}
			if p.B != 0 {
				if p.B < last {
					t.Fatalf("%d stands behind %d", p.B, last)
				}
				last = p.B
			}
		}
		if len(seen[0]) != sizes[0] || len(seen[1]) != sizes[1] {
			t.Fatalf("%d and %d of %v", len(seen[0]), len(seen[1]), sizes)
		}
	}
}
