package capture_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testHead = []byte("GET http://example.com/path HTTP/1.1\r\nHost: example.com\r\n\r\n")

func beginOne(s *capture.Store) *capture.Record {
	return s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: base, Head: testHead, Scheme: "http",
		Method: capture.Span{Off: 0, Len: 3}, Host: capture.Span{Off: 11, Len: 11}, Path: capture.Span{Off: 22, Len: 5},
		Proto: capture.Span{Off: 28, Len: 8}})
}

// Writers, a slow reader, Get, Clear, Delete, Annotate and SetLimits at the same time; the totals
// are right in the end and the reader misses nothing silently.
func TestWritersAndReadersTogether(t *testing.T) {
	const writers, each = 8, 1500
	s := capture.New(capture.Options{Budget: 2 << 20, BodyLimit: 4 << 10})
	body := bytes.Repeat([]byte("b"), 3000)
	var work sync.WaitGroup
	for range writers {
		work.Go(func() {
			for i := range each {
				r := beginOne(s)
				r.Connected(r0, base, base, false)
				uploaded := make(chan struct{})
				go func() { // the request side may run beside the response side
					r.RequestBody(body)
					r.Sent(base)
					close(uploaded)
				}()
				r.ResponseHead(200, testHead, capture.Span{}, base)
				r.ResponseBody(body)
				r.ResponseBytes(10)
				<-uploaded
				f := flow.FailureNone
				if i%10 == 0 {
					f = flow.FailureTruncated
				}
				r.Finish(f, flow.ReasonCode("why").With(), 0, base)
			}
		})
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	var final uint64
	readers.Go(func() {
		w := s.Watch()
		defer w.Close()
		var c capture.Cursor
		ended := map[flow.ID]bool{}
		for last := false; ; {
			b := s.Changes(c, 100)
			c = b.Next
			final += b.Missed
			for _, row := range b.Rows {
				if row.Phase.Final() && !ended[row.ID] { // else it is told again, for its annotation
					ended[row.ID] = true
					final++
				}
				_, _ = s.Get(row.ID)
			}
			if b.More {
				continue
			}
			if last {
				return
			}
			select {
			case <-w.C:
			case <-done:
				last = true
			}
		}
	})
	readers.Go(func() {
		for running := true; running; {
			select {
			case <-done:
				running = false
			case <-time.After(time.Millisecond):
			}
			visitOnce(t, s)
		}
	})
	readers.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				s.SetLimits(int64(1+i%2)<<20, 4<<10)
				if i%5 == 0 {
					s.Clear()
				}
			}
		}
	})
	deleted := uint64(0)
	readers.Go(func() {
		for i := flow.ID(0); ; i += 7 {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Microsecond):
				newest := flow.ID(s.Stats().Captured)
				s.Annotate(newest-i%50, flow.Annotation{Star: true, Note: "n"})
				deleted += uint64(s.Delete(newest-i%100, newest-i%20, i))
			}
		}
	})
	work.Wait()
	close(done)
	readers.Wait()
	if final != writers*each {
		t.Errorf("the reader saw or missed %d of %d", final, writers*each)
	}
	if deleted == 0 {
		t.Error("no row was deleted")
	}
	st := s.Stats()
	if st.Cleared < deleted || st.Captured != writers*each || st.Active != 0 || st.Failed != writers*each/10 ||
		st.BytesUp != writers*each*3000 || st.BytesDown != writers*each*3010 || st.MemoryUsed > st.MemoryBudget {
		t.Errorf("stats %+v", st)
	}
}

// visitOnce visits all rows while others write, and checks that none comes twice.
func visitOnce(t *testing.T, s *capture.Store) {
	visited := map[flow.ID]bool{}
	s.Each(func(row *flow.Row) {
		if visited[row.ID] || row.Method != "GET" || row.Host != "example.com" {
			t.Errorf("visited %+v, again: %v", *row, visited[row.ID])
		}
		visited[row.ID] = true
	})
}

// Recording off keeps the totals and nothing else.
func TestRecordingOff(t *testing.T) {
	s := capture.New(capture.Options{RecordingOff: true})
	for range 1000 {
		r := beginOne(s)
		r.ResponseHead(200, testHead, capture.Span{}, base)
		r.ResponseBody(testHead)
		if r.KeepsResponse() || r.ID() != 0 {
			t.Fatal("a record claims to keep something")
		}
		r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
	}
	st := s.Stats()
	if st.NotRecorded != 1000 || st.Captured != 0 || st.Rows != 0 || st.MemoryUsed != 0 || st.BytesDown != 1000*uint64(len(testHead)) {
		t.Errorf("stats %+v", st)
	}
	s.SetRecording(true)
	r := beginOne(s)
	s.SetRecording(false)
	r.ResponseBody(testHead)
	r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
	x, ok := s.Get(1)
	if !ok || x.ResponseBody.State != flow.BodyNotRecorded || x.ResponseSize != int64(len(testHead)) {
		t.Errorf("an exchange that lost its recording: %+v", x)
	}
}
