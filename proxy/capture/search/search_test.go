package search_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/capture/search"
	"posthouse/proxy/flow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// list is a place with filters: what it says is ruled out is not visited.
type list struct {
	all     []flow.Exchange
	visited *int
	sets    *[][]string
}

func (l list) Judge(_ context.Context, q *query.Query, visit func(*history.Judged)) {
	for i := range l.all {
		row := &l.all[i].Row
		visit(&history.Judged{ID: row.ID, Alike: row, Result: q.Row(row)})
	}
}

func (l list) Row(id flow.ID) (flow.Row, bool) {
	for i := range l.all {
		if l.all[i].ID == id {
			return l.all[i].Row, true
		}
	}
	return flow.Row{}, false
}

func (l list) Scan(ctx context.Context, sets [][]string, visit func(*flow.Exchange)) (search.Scanned, error) {
	if l.sets != nil {
		*l.sets = sets
	}
	for i := range l.all {
		if ctx.Err() != nil {
			break
		}
		x := l.all[i]
		if l.visited != nil {
			*l.visited++
		}
		visit(&x)
	}
	return search.Scanned{Whole: true}, nil
}

// patient is a place that judges its last row when it is told to.
type patient struct {
	list
	goOn <-chan struct{}
}

func (p patient) Judge(ctx context.Context, q *query.Query, visit func(*history.Judged)) {
	for i := range p.all {
		if i == len(p.all)-1 {
			select {
			case <-p.goOn:
			case <-ctx.Done():
				return
			}
		}
		row := &p.all[i].Row
		visit(&history.Judged{ID: row.ID, Alike: row, Result: q.Row(row)})
	}
}

// What is found in contents does not wait until all rows are judged, and is counted once.
func TestHitsComeWhileRowsAreJudged(t *testing.T) {
	found := make(chan struct{})
	p := patient{list{all: []flow.Exchange{exchange(1, "needle"), exchange(2, "hay"), exchange(3, "hay")}}, found}
	q, err := query.ParseAnywhere("body:needle")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	report := search.Run(ctx, q, []search.Place{{Source: p}}, func(search.Hit) { close(found) }, nil, nil)
	if ctx.Err() != nil || report.Hits != 1 || report.Looked != 3 || report.Unknown != 0 {
		t.Errorf("%v, %+v", ctx.Err(), report)
	}
}

// Where rows alone decide, no contents are read.
func TestNothingIsReadWhereRowsDecide(t *testing.T) {
	visited := 0
	l := list{all: []flow.Exchange{exchange(1, "needle"), exchange(2, "hay")}, visited: &visited}
	if hits, report := run(t, "host:elsewhere body:needle", search.Place{Source: l}); len(hits) != 0 || report.Looked != 2 || visited != 0 {
		t.Errorf("%d exchanges were read: %+v", visited, report)
	}
}

func exchange(id flow.ID, body string, fields ...string) flow.Exchange {
	x := flow.Exchange{Row: flow.Row{ID: id, Phase: flow.PhaseDone, Kind: flow.KindHTTP, Method: "GET", Scheme: "http", Host: "a.example",
		Path: fmt.Sprint("/", id), Status: 200}}
	x.RequestHead = []byte("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
	x.ResponseHead = []byte("HTTP/1.1 200 OK\r\n" + strings.Join(append(fields, "", ""), "\r\n"))
	x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}
	return x
}

func run(t *testing.T, text string, places ...search.Place) ([]search.Hit, search.Report) {
	t.Helper()
	q, err := query.ParseAnywhere(text)
	if err != nil {
		t.Fatal(err)
	}
	var hits []search.Hit
	var mu sync.Mutex
	r := search.Run(t.Context(), q, places, func(h search.Hit) {
		mu.Lock()
		defer mu.Unlock()
		hits = append(hits, h)
	}, nil, nil)
	slices.SortFunc(hits, func(a, b search.Hit) int { return int(a.Row.ID) - int(b.Row.ID) })
	return hits, r
}

func ids(hits []search.Hit) (all []flow.ID) {
	for _, h := range hits {
		all = append(all, h.Row.ID)
	}
	return all
}

// A word is found in URLs, fields and decoded bodies, with its line around it.
func TestFindsEverywhere(t *testing.T) {
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write([]byte("first line\nhere is a Needle, and 中文 after it\nlast"))
	_ = w.Close()
	l := list{all: []flow.Exchange{
		exchange(1, "nothing"),
		exchange(2, gz.String(), "Content-Encoding: gzip", "Content-Type: text/plain"),
		exchange(3, "", "X-Needle: yes"),
		exchange(4, ""),
	}}
	l.all[3].Path = "/needle"
	hits, r := run(t, "needle", search.Place{Source: l})
	if !slices.Equal(ids(hits), []flow.ID{2, 3, 4}) || r.Hits != 3 || r.Looked != 4 || r.Unknown != 0 {
		t.Fatalf("found %v, %+v", ids(hits), r)
	}
	want := search.Snippet{Part: query.PartResponseBody, Before: "here is a ", Match: "Needle", After: ", and 中文 after it"}
	if got := hits[0].Snippets; len(got) != 1 || got[0] != want {
		t.Errorf("%+v", got)
	}
	if got := hits[1].Snippets; len(got) != 1 || got[0].Part != query.PartResponseHead || got[0].After != ": yes" {
		t.Errorf("%+v", got)
	}
	if hits[2].Snippets != nil {
		t.Errorf("of a row: %+v", hits[2].Snippets)
	}
}

// The query language holds, and a literal goes to the place's filters.
func TestSearchIsTheQueryLanguage(t *testing.T) {
	var sets [][]string
	l := list{all: []flow.Exchange{exchange(1, "price: 907"), exchange(2, "price: 100")}, sets: &sets}
	l.all[1].Method = "POST"
	if hits, _ := run(t, `method:get /price:.9\d\d/`, search.Place{Source: l}); !slices.Equal(ids(hits), []flow.ID{1}) {
		t.Errorf("found %v", ids(hits))
	}
	run(t, "Zebra", search.Place{Source: l})
	if !slices.Equal(slices.Concat(sets...), []string{"zebra"}) {
		t.Errorf("filters get %q", sets)
	}
}

// What cannot be looked at is told by its reason, and never counts as "none".
func TestSaysWhatWasNotLookedAt(t *testing.T) {
	l := list{all: []flow.Exchange{exchange(1, "x"), exchange(2, ""), exchange(3, "broken", "Content-Encoding: gzip")}}
	l.all[0].ResponseBody = flow.Body{State: flow.BodyCut, Size: 10, Bytes: []byte("x")}
	l.all[1].ResponseBody = flow.Body{State: flow.BodyEvicted, Size: 10}
	hits, r := run(t, "needle", search.Place{Source: l})
	if len(hits) != 0 || r.Unknown != 3 || r.Lacks[query.LackCut] != 1 || r.Lacks[query.LackEvicted] != 1 ||
		r.Lacks[query.LackUndecoded] != 1 {
		t.Errorf("%v %+v", ids(hits), r)
	}
}

// Where memory lacks a body the disk decides; what memory decided is not told twice.
func TestDiskAnswersWhatMemoryLacks(t *testing.T) {
	disk := list{all: []flow.Exchange{exchange(1, "needle"), exchange(2, "needle"), exchange(3, "needle")}}
	memory := list{all: slices.Clone(disk.all)}
	memory.all[0].ResponseBody = flow.Body{State: flow.BodyEvicted, Size: 6}
	hits, r := run(t, "needle", search.Place{Source: list{all: memory.all[:2]}}, search.Place{Source: disk})
	if !slices.Equal(ids(hits), []flow.ID{1, 2, 3}) || r.Unknown != 0 || r.Looked != 3 {
		t.Errorf("found %v, %+v", ids(hits), r)
	}
	other := search.Place{Source: disk, Space: 1} // a session, whose IDs mean others
	if hits, _ = run(t, "needle", search.Place{Source: list{all: memory.all[1:2]}}, other); len(hits) != 4 {
		t.Errorf("found %v", ids(hits))
	}
}

// leaving is a place whose exchanges leave while it is searched.
type leaving struct{ list }

func (l leaving) Scan(context.Context, [][]string, func(*flow.Exchange)) (search.Scanned, error) {
	return search.Scanned{Left: true}, nil
}

// What leaves memory while it is searched is searched on the disk, and said where it is not there.
func TestWhatLeavesMeanwhile(t *testing.T) {
	all := list{all: []flow.Exchange{exchange(1, "needle"), exchange(2, "needle")}}
	hits, r := run(t, "needle", search.Place{Source: leaving{all}}, search.Place{Source: list{all: all.all[:1]}})
	if !slices.Equal(ids(hits), []flow.ID{1}) || r.Unknown != 1 || r.Lacks[query.LackEvicted] != 1 {
		t.Errorf("found %v, %+v", ids(hits), r)
	}
}

func TestBoundsOfHits(t *testing.T) {
	l := list{}
	for i := range search.MaxHits + 50 {
		l.all = append(l.all, exchange(flow.ID(i+1), strings.Repeat("needle ", 20)))
	}
	hits, r := run(t, "needle", search.Place{Source: l})
	if len(hits) != search.MaxHits || !r.Over {
		t.Errorf("%d hits, %+v", len(hits), r.Over)
	}
	if got := hits[0]; len(got.Snippets) != search.MaxSnippets || !got.More {
		t.Errorf("%d snippets, more %v", len(got.Snippets), got.More)
	}
}

func TestSearchIsCalledOff(t *testing.T) {
	l := list{all: []flow.Exchange{exchange(1, "needle"), exchange(2, "needle"), exchange(3, "needle")}}
	visited := 0
	l.visited = &visited
	ctx, cancel := context.WithCancel(t.Context())
	q, _ := query.ParseAnywhere("needle")
	r := search.Run(ctx, q, []search.Place{{Source: l}, {Source: l, Space: 1}}, func(search.Hit) { cancel() }, nil, nil)
	if visited != 1 || r.Hits != 1 {
		t.Errorf("%d visited, %+v", visited, r)
	}
}

// A store in memory, while rows come and leave.
func TestMemoryIsSearchedWhileItChanges(t *testing.T) {
	s := capture.New(capture.Options{Budget: 1 << 20})
	add := func() {
		r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte("GET / HTTP/1.1\r\n\r\n"),
			Method: capture.Span{Len: 3}})
		r.ResponseHead(200, []byte("HTTP/1.1 200 OK\r\n\r\n"), capture.Span{}, time.Now())
		r.ResponseBody([]byte("a needle in hay"))
		r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
	}
	for s.Stats().Evicted == 0 {
		add()
	}
	var hits atomic.Int64
	q, _ := query.ParseAnywhere("needle")
	r := search.Run(t.Context(), q, []search.Place{{Source: search.Memory{Store: s}}}, func(search.Hit) {
		hits.Add(1)
		for range 3 { // for which the oldest leave, before they are reached
			add()
		}
	}, nil, nil)
	if n := int(hits.Load()); n == 0 || r.Looked < n || r.Unknown == 0 {
		t.Errorf("%d hits, %+v", n, r)
	}
}

// A place says whether it is in what came or in what rules made of it.
func TestPlacesTellTheVersion(t *testing.T) {
	x := exchange(1, "a needle came")
	x.Ruled.ResponseBody = flow.Body{State: flow.BodyWhole, Size: 13, Bytes: []byte("a needle went")}
	x.Ruled.Request = []byte("GET / HTTP/1.1\r\nX-Needle: 1\r\n\r\n")
	hits, report := run(t, "needle", search.Place{Source: list{all: []flow.Exchange{x}}})
	var got []string
	for _, s := range hits[0].Snippets {
		got = append(got, fmt.Sprint(s.Part, " ", s.Before, "|", s.Match, "|", s.After))
	}
	want := []string{fmt.Sprint(query.PartResponseBody, " a |needle| came"), fmt.Sprint(query.PartRuledRequestHead, " X-|Needle|: 1"),
		fmt.Sprint(query.PartRuledResponseBody, " a |needle| went")}
	if !slices.Equal(got, want) || report.Hits != 1 {
		t.Errorf("%q", got)
	}
}
