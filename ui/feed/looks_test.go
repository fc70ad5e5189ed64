package feed

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/ui/uitest"
)

// contentsOf is what a row stands for: a body that changes with its status, and every fifth
// that left memory.
func contentsOf(row *flow.Row) *flow.Exchange {
	x := &flow.Exchange{Row: *row, RequestHead: []byte("GET / HTTP/1.1\r\n\r\n"), ResponseHead: []byte("HTTP/1.1 200 OK\r\n\r\n")}
	text := fmt.Sprintf("word%d of status %d", row.ID%7, row.Status)
	x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: int64(len(text)), Bytes: []byte(text)}
	if row.ID%5 == 0 {
		x.ResponseBody = flow.Body{State: flow.BodyEvicted, Size: int64(len(text))}
	}
	return x
}

// Whatever comes, changes, leaves, is filtered or sorted meanwhile: once all was looked at,
// the model shows what a plain loop over all exchanges would, and counts what it could not
// look at.
func TestModelShowsWhatALoopOverContentsWould(t *testing.T) {
	filters := []string{"", "body:word3", "-body:word3", "body:word3 | host:api", "status:4xx body:word1", "status:404 | body:word2",
		"(body:word1 | body:word2) -body:404", "host:api"}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 2))
		rows := uitest.FakeRows{}
		m := NewModel(rows, testKeys)
		bodies := query.NewBodies(context.Background(), query.DefaultBudget)
		q, order, next, late := uitest.Parsed(t, ""), Sorting{}, flow.ID(1), []looked(nil)
		for step := range 200 {
			switch random.IntN(9) {
			case 0, 1:
				q, late = uitest.Parsed(t, filters[random.IntN(len(filters))]), nil
				m.SetFilter(q)
			case 2:
				order = []Sorting{{}, {"duration", false}}[random.IntN(2)]
				m.SetSort(order)
			case 3:
				for id := range next {
					if len(rows) > 0 && random.IntN(4) == 0 {
						delete(rows, id)
					}
				}
				removeMissing(m)
			case 4:
				var batch []flow.Row
				for id, row := range rows {
					if !row.Phase.Final() && random.IntN(3) == 0 {
						row.Status, row.Phase = 404, flow.PhaseDone
						rows[id] = row
						batch = append(batch, row)
					}
				}
				m.Apply(batch)
			default:
				var batch []flow.Row
				for range 1 + random.IntN(20) {
					row := uitest.SampleRow(next)
					row.Phase = []flow.Phase{flow.PhaseRequest, flow.PhaseDone}[random.IntN(2)]
					rows[row.ID] = row
					next++
					batch = append(batch, row)
				}
				m.Apply(batch)
			}
			m.look(late) // what was found before the last change
			late = nil
			for _, id := range m.takeWanted() {
				if row, ok := rows[id]; ok {
					result, lack := q.MatchExchange(contentsOf(&row), bodies)
					late = append(late, looked{id, result, lack})
				}
			}
			if random.IntN(3) == 0 {
				continue // the results come late
			}
			m.look(late)
			late = nil
			m.ResortAt = uitest.StartOfTests
			m.Settle(uitest.StartOfTests.Add(time.Hour))
			compareLooks(t, m, rows, q, order, fmt.Sprintf("seed %d, step %d, filter %s", seed, step, q))
		}
	}
}

func compareLooks(t *testing.T, m *Model, rows uitest.FakeRows, q *query.Query, order Sorting, when string) {
	t.Helper()
	bodies := query.NewBodies(context.Background(), 0)
	passing, unknown := uitest.FakeRows{}, 0
	for id, row := range rows {
		switch result, _ := q.MatchExchange(contentsOf(&row), bodies); result {
		case query.Matched:
			passing[id] = row
		case query.Unknown:
			unknown++
		}
	}
	if got, want := m.list(), plain(passing, &query.Query{}, order); !slices.Equal(got, want) {
		t.Fatalf("%s: %v shown, want %v", when, got, want)
	}
	if len(m.looks.lacking) != unknown {
		t.Fatalf("%s: %d could not be looked at, want %d", when, len(m.looks.lacking), unknown)
	}
	var lacks Lacks
	for _, lack := range m.looks.lacking {
		for i := range lacks {
			lacks[i] += int(lack >> i & 1)
		}
	}
	if lacks != m.looks.lacks {
		t.Fatalf("%s: lacks %v, want %v", when, m.looks.lacks, lacks)
	}
}

// withBody records an exchange that is answered by a text.
func withBody(s *capture.Store, text string) flow.ID {
	r := uitest.Begin(s, "host.test", "/")
	id := r.ID()
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
	r.ResponseHead(200, []byte(head), capture.Span{}, time.Now())
	r.ResponseBody([]byte(text))
	r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
	return id
}

// The window is told of bodies that match as they are found, and how many could not be looked at.
func TestFeedLooksIntoBodies(t *testing.T) {
	store := capture.New(capture.Options{BodyLimit: 100})
	for i := range 300 {
		withBody(store, fmt.Sprintf("number %d.", i))
	}
	cut := withBody(store, fmt.Sprintf("%0200d", 7))
	w := watchFeed(t, store)
	var at Looks
	settled := func(text string, shown, unknown int) {
		t.Helper()
		w.SetFilter(uitest.Parsed(t, text))
		eventually.Holds(t, fmt.Sprintf("%q shows %d", text, shown), func() bool {
			if all := w.seen(); len(all) > 0 {
				at = all[len(all)-1].Looks
			}
			return w.model.Len() == shown && at.Pending == 0 && at.Unknown == unknown
		})
	}
	settled("body:number", 300, 1)
	if at.Lacks.Of(query.LackCut) != 1 {
		t.Errorf("%+v", at)
	}
	settled("body:99.", 3, 1)
	withBody(store, "another 99.")
	settled("body:99.", 4, 1)
	settled("", 302, 0)
	if settled("-body:number body:000", 0, 1); w.model.Index(cut) >= 0 {
		t.Error("what is not known is shown")
	}
}

// Another filter calls off the looks for the last one, and takes nothing of theirs.
func TestAnotherFilterCallsOffTheLooks(t *testing.T) {
	var gets atomic.Int64
	begun, goOn := make(chan struct{}, 1), make(chan struct{})
	told := make(chan struct{}, 1000)
	l := newLooker(func(id flow.ID) (flow.Exchange, bool) {
		if gets.Add(1) == 1 {
			begun <- struct{}{}
			<-goOn
		}
		row := uitest.SampleRow(id)
		return *contentsOf(&row), true
	}, func() { told <- struct{}{} })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.run()
	}()
	l.begin(uitest.Parsed(t, "body:old"))
	l.add(make([]flow.ID, 10_000))
	uitest.Receive(t, begun, "the first look")
	l.begin(uitest.Parsed(t, "body:word"))
	l.add([]flow.ID{1, 2, 3})
	close(goOn)
	var results []looked
	for len(results) < 3 {
		uitest.Receive(t, told, "results")
		more, _ := l.take()
		results = append(results, more...)
	}
	if results[0].id != 3 || results[0].result != query.Matched || gets.Load() > looksAtOnce+3 {
		t.Errorf("%v after %d looks", results, gets.Load())
	}
	l.stop()
	uitest.Receive(t, ended, "the end")
}
