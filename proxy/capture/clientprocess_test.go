package capture_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

var curl = flow.App{Name: "curl", Path: "/usr/bin/curl", PID: 4711}

func beginAsked(s *capture.Store, a *capture.ClientProcess) *capture.Record {
	return s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: base, Head: []byte("GET /"), Scheme: "http", Process: a})
}

func appOf(r flow.Row) flow.App { return flow.App{Name: r.App, Path: r.AppPath, PID: r.AppPID} }

func TestAppIsKnownLater(t *testing.T) {
	s := capture.New(capture.Options{})
	var a capture.ClientProcess
	ends, stays := beginAsked(s, &a), beginAsked(s, &a)
	first, second := ends.ID(), stays.ID()
	ends.Finish(flow.FailureRefused, flow.ReasonCode("why").With(), 502, base.Add(time.Second))
	b := s.Changes(capture.Cursor{}, 0)
	for _, r := range b.Rows {
		if r.Phase.Final() || r.App != "" || r.Failure != flow.FailureNone || !r.Reason.IsZero() {
			t.Errorf("before it is known: %+v", r)
		}
	}
	a.Set(curl)
	a.Set(flow.App{Name: "other"})
	b = s.Changes(b.Next, 0)
	if len(b.Rows) != 2 {
		t.Fatalf("%d rows", len(b.Rows))
	}
	for _, r := range b.Rows {
		if appOf(r) != curl {
			t.Errorf("app %+v", appOf(r))
		}
		if r.ID == first && (r.Phase != flow.PhaseFailed || r.Duration != time.Second ||
			r.Reason != flow.ReasonCode("why").With() || r.Status != 502) {
			t.Errorf("finished row %+v", r)
		}
		if r.ID == second && r.Phase.Final() {
			t.Errorf("row %+v", r)
		}
	}
	stays.Finish(flow.FailureNone, flow.Reason{}, 200, base)
	late := beginAsked(s, &a)
	id := late.ID()
	if r, _ := s.Row(id); appOf(r) != curl {
		t.Errorf("a later one has %+v", appOf(r))
	}
	late.Finish(flow.FailureNone, flow.Reason{}, 200, base)
	if x, ok := s.Get(id); !ok || appOf(x.Row) != curl {
		t.Errorf("exchange %+v", x)
	}
	if n := s.Stats().Active; n != 0 {
		t.Errorf("%d active", n)
	}
}

func TestUnknownAppEndsRows(t *testing.T) {
	s := capture.New(capture.Options{})
	var a capture.ClientProcess
	r := beginAsked(s, &a)
	id := r.ID()
	r.Finish(flow.FailureNone, flow.Reason{}, 200, base)
	a.Set(flow.App{})
	if row, ok := s.Row(id); !ok || !row.Phase.Final() || appOf(row) != (flow.App{}) {
		t.Errorf("row %+v", row)
	}
}

func TestLongAppsAreCut(t *testing.T) {
	s := capture.New(capture.Options{})
	var a capture.ClientProcess
	a.Set(flow.App{Name: strings.Repeat("n", 1000), Path: strings.Repeat("p", 1000), PID: 1})
	r := beginAsked(s, &a)
	id := r.ID()
	r.Finish(flow.FailureNone, flow.Reason{}, 200, base)
	if row, _ := s.Row(id); len(row.App) != 64 || len(row.AppPath) != 256 {
		t.Errorf("%d and %d bytes", len(row.App), len(row.AppPath))
	}
}

// Only so many exchanges wait; what comes after them ends immediately.
func TestWaitingIsBounded(t *testing.T) {
	s := capture.New(capture.Options{})
	var a capture.ClientProcess
	const total = 1000
	for range total {
		beginAsked(s, &a).Finish(flow.FailureNone, flow.Reason{}, 200, base)
	}
	if n := s.Stats().Active; n != 64 {
		t.Errorf("%d wait", n)
	}
	a.Set(curl)
	named := 0
	for _, r := range s.Changes(capture.Cursor{}, 0).Rows {
		if !r.Phase.Final() {
			t.Errorf("row %+v", r)
		}
		if r.App != "" {
			named++
		}
	}
	if n := s.Stats().Active; named != 64 || n != 0 {
		t.Errorf("%d named, %d active", named, n)
	}
}

// Whatever is first, Begin, Finish or Set: each row ends once, with its app.
func TestAskersRace(t *testing.T) {
	s := capture.New(capture.Options{})
	const clients, each = 200, 20
	var wg sync.WaitGroup
	for i := range clients {
		a := new(capture.ClientProcess)
		app := flow.App{Name: fmt.Sprint("app", i), PID: int32(i)}
		wg.Add(2)
		go func() {
			defer wg.Done()
			for range each {
				r := beginAsked(s, a)
				r.ResponseHead(200, []byte("HTTP/1.1 200 OK\r\n\r\n"), capture.Span{}, base)
				r.Finish(flow.FailureNone, flow.Reason{}, 200, base)
			}
		}()
		go func() { defer wg.Done(); a.Set(app) }()
	}
	wg.Wait()
	final := map[string]int{}
	for _, r := range s.Changes(capture.Cursor{}, 0).Rows {
		if r.Phase != flow.PhaseDone || r.Status != 200 {
			t.Fatalf("row %+v", r)
		}
		final[r.App]++
	}
	for i := range clients {
		if n := final[fmt.Sprint("app", i)]; n != each {
			t.Errorf("app%d has %d rows", i, n)
		}
	}
}
