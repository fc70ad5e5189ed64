package capture_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

var r0 = netip.MustParseAddrPort("192.0.2.1:80")

func finishOne(s *capture.Store, body []byte) flow.ID {
	r := beginOne(s)
	id := r.ID()
	r.ResponseHead(200, testHead, capture.Span{}, base)
	r.ResponseBody(body)
	r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
	return id
}

// However much passes, the memory in use stays within the budget; bodies go
// first, the newest rows stay, and all that is missing is labelled.
func TestBudgetIsNeverPassed(t *testing.T) {
	const budget = 1 << 20
	s := capture.New(capture.Options{Budget: budget})
	body := bytes.Repeat([]byte("x"), 10_000)
	first := finishOne(s, body)
	var last flow.ID
	for range 5000 {
		last = finishOne(s, body)
		if used := s.Stats().MemoryUsed; used > budget {
			t.Fatalf("%d bytes in use, the budget is %d", used, budget)
		}
		if x, ok := s.Get(first); ok && x.ResponseBody.State == flow.BodyWhole && !bytes.Equal(x.ResponseBody.Bytes, body) {
			t.Fatal("a body claims to be whole")
		}
	}
	st := s.Stats()
	if st.Evicted == 0 || st.EvictedBody == 0 || st.Rows+int(st.Evicted) != 5001 {
		t.Errorf("stats %+v", st)
	}
	if _, ok := s.Get(first); ok {
		t.Error("the oldest row is still there")
	}
	if x, ok := s.Get(last); !ok || !bytes.Equal(x.ResponseBody.Bytes, body) {
		t.Error("the newest exchange is not whole")
	}
	b := s.Changes(capture.Cursor{}, 0)
	if uint64(len(b.Rows))+b.Missed != 5001 || b.Missed != st.Evicted || b.Rows[0].Rev != b.OldestRev {
		t.Errorf("%d rows, %d missed, oldest %d", len(b.Rows), b.Missed, b.OldestRev)
	}
	evicted := 0
	for _, row := range b.Rows {
		x, ok := s.Get(row.ID)
		if !ok {
			t.Fatalf("row %d cannot be opened", row.ID)
		}
		switch x.ResponseBody.State {
		case flow.BodyEvicted:
			evicted++
		case flow.BodyWhole:
			if evicted == 0 {
				t.Fatal("rows went before bodies")
			}
		}
	}
	s.SetLimits(512<<10, 0)
	if st := s.Stats(); st.MemoryUsed > 512<<10 {
		t.Errorf("a smaller budget leaves %d bytes in use", st.MemoryUsed)
	}
}

// Each part of one exchange has its bound.
func TestBoundsOfOneExchange(t *testing.T) {
	s := capture.New(capture.Options{BodyLimit: 1000})
	huge := append([]byte("GET http://x/ HTTP/1.1\r\nA: "), bytes.Repeat([]byte("h"), 1<<20)...)
	r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: base, Head: huge, Scheme: "http"})
	r.SetTLS(flow.TLS{Seen: true, SNI: strings.Repeat("s", 1<<16), ALPN: strings.Repeat("a", 1<<16)})
	for range 1000 {
		r.Interim(testHead)
		r.Unusable(huge)
		r.RequestTrailer(testHead)
		r.ResponseTrailer(testHead)
		r.RequestBody(testHead)
		r.ResponseBody(testHead)
	}
	r.ResponseHead(200, huge, capture.Span{Off: 3, Len: 1 << 19}, base)
	r.Finish(flow.FailureTruncated, flow.ReasonCode("why").With("a", strings.Repeat("d", 1<<16), 7), 0, base)
	x, ok := s.Get(1)
	if !ok {
		t.Fatal("not there")
	}
	for name, c := range map[string]struct{ got, most int }{
		"request head":     {len(x.RequestHead), 256 << 10},
		"response head":    {len(x.ResponseHead), 256 << 10},
		"interim":          {len(x.Interim), 16 << 10},
		"unusable":         {len(x.Unusable), 16 << 10},
		"request trailer":  {len(x.RequestTrailer), 16 << 10},
		"response trailer": {len(x.ResponseTrailer), 16 << 10},
		"request body":     {len(x.RequestBody.Bytes), 1000},
		"response body":    {len(x.ResponseBody.Bytes), 1000},
		"reason":           {len(fmt.Sprint(x.Reason.Args()...)), 256},
		"SNI":              {len(x.TLS.SNI), 256},
		"ALPN":             {len(x.TLS.ALPN), 256},
		"content type":     {len(x.ContentType), 128},
	} {
		if c.got > c.most || c.got == 0 {
			t.Errorf("%s: %d bytes kept, want 1 to %d", name, c.got, c.most)
		}
	}
	if x.RequestBody.State != flow.BodyCut || x.RequestSize != 1000*int64(len(testHead)) {
		t.Errorf("request body %v of %d", x.RequestBody.State, x.RequestSize)
	}
}

// Exchanges in flight are bounded too: what begins beyond passes unrecorded.
func TestInFlightIsBounded(t *testing.T) {
	s := capture.New(capture.Options{Budget: 256 << 10})
	var all []*capture.Record
	for range 2000 {
		all = append(all, beginOne(s))
	}
	st := s.Stats()
	if st.MemoryUsed > st.MemoryBudget || st.NotRecorded == 0 || st.Active != 2000 || st.Captured+st.NotRecorded != 2000 {
		t.Errorf("stats %+v", st)
	}
	for _, r := range all {
		r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
	}
	if st := s.Stats(); st.Active != 0 || st.MemoryUsed > st.MemoryBudget {
		t.Errorf("stats %+v", st)
	}
}

// A reader that never reads costs the writer nothing: no memory, no numbers.
func TestReaderThatNeverReads(t *testing.T) {
	s := capture.New(capture.Options{Budget: 1 << 20})
	w := s.Watch()
	defer w.Close()
	r := beginOne(s)
	n := testing.AllocsPerRun(1000, func() { r.ResponseBytes(1) })
	if n > 0 {
		t.Errorf("%v allocations a piece", n)
	}
	b := s.Changes(capture.Cursor{}, 0)
	if len(b.Rows) != 1 || b.Rows[0].ResponseSize != 1001 || b.Rows[0].Rev != 1 {
		t.Errorf("1001 unread changes: %+v", b.Rows)
	}
	r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
}

func TestClearKeepsWhatIsInFlight(t *testing.T) {
	s := capture.New(capture.Options{})
	body := bytes.Repeat([]byte("y"), 200_000)
	finished := finishOne(s, body)
	r := beginOne(s)
	id := r.ID()
	r.ResponseBody(body)
	s.Clear()
	if _, ok := s.Get(finished); ok {
		t.Error("a finished exchange is still there")
	}
	x, ok := s.Get(id)
	if !ok || !bytes.Equal(x.ResponseBody.Bytes, body) {
		t.Error("an exchange in flight lost something")
	}
	r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
	if st := s.Stats(); st.Cleared != 1 || st.Rows != 1 {
		t.Errorf("stats %+v", st)
	}
}

func BenchmarkExchange(b *testing.B) {
	for _, off := range []bool{false, true} {
		name := "recording"
		if off {
			name = "off"
		}
		b.Run(name, func(b *testing.B) {
			s := capture.New(capture.Options{RecordingOff: off})
			body := bytes.Repeat([]byte("x"), 1024)
			b.ReportAllocs()
			for b.Loop() {
				r := beginOne(s)
				r.Connected(r0, base, base, true)
				r.Sent(base)
				r.ResponseHead(200, testHead, capture.Span{}, base)
				r.ResponseBody(body)
				r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
			}
		})
	}
}

// Reading costs by what changed, not by what is held.
func BenchmarkChanges(b *testing.B) {
	s := capture.New(capture.Options{})
	for range 100_000 {
		finishOne(s, nil)
	}
	c := s.Changes(capture.Cursor{}, 0).Next
	b.ReportAllocs()
	for b.Loop() {
		for range 10 {
			finishOne(s, nil)
		}
		batch := s.Changes(c, 0)
		if len(batch.Rows) != 10 {
			b.Fatalf("%d rows", len(batch.Rows))
		}
		c = batch.Next
	}
}
