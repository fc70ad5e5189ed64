package capture

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/flow"
)

// wentExchange records an exchange whose response rules changed.
func wentExchange(s *Store, came, went string) *Record {
	r := s.Begin(&Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte("GET / HTTP/1.1\r\n\r\n")})
	r.ResponseBody([]byte(came))
	half := len(went) / 2
	r.Went(false).Add([]byte(went[:half]))
	r.Went(false).Add([]byte(went[half:]))
	return r
}

// Both bodies are kept, while the exchange is in flight and behind it; one that is empty too.
func TestBothBodiesAreKept(t *testing.T) {
	s := New(Options{})
	r := wentExchange(s, "a cat", "a tiger")
	r.Went(true).Add(nil)
	check := func(x flow.Exchange) {
		t.Helper()
		if string(x.Ruled.ResponseBody.Bytes) != "a tiger" || x.Ruled.ResponseBody.Size != 7 ||
			string(x.ResponseBody.Bytes) != "a cat" || x.ResponseSize != 5 {
			t.Errorf("%+v %+v", x.Ruled.ResponseBody, x.ResponseBody)
		}
		if x.Ruled.RequestBody.State != flow.BodyWhole || len(x.Ruled.RequestBody.Bytes) != 0 {
			t.Errorf("%+v", x.Ruled.RequestBody)
		}
	}
	id := r.ID()
	x, _ := s.Get(id)
	check(x)
	r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
	x, _ = s.Get(id)
	check(x)
	if x.Ruled.ResponseBody.State != flow.BodyWhole {
		t.Error(x.Ruled.ResponseBody.State)
	}
}

// What is no other body after all leaves nothing; nor does one of which no contents are kept.
func TestSameBodyIsNotKept(t *testing.T) {
	s := New(Options{})
	r := wentExchange(s, "a cat", "a cat")
	r.Went(false).None()
	private := s.Begin(&Begin{Kind: flow.KindHTTP, Start: time.Now(), MetadataOnly: true})
	private.Went(false).Add([]byte("secret"))
	for _, one := range []*Record{r, private} {
		id := one.ID()
		one.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
		if x, _ := s.Get(id); x.Ruled.ResponseBody.State != flow.BodyNone || x.Ruled.ResponseBody.Bytes != nil {
			t.Errorf("%+v", x.Ruled.ResponseBody)
		}
	}
}

// Bodies that rules made are cut at the limit, stay within the budget, and are labelled when they left.
func TestBodiesThatWentAreBounded(t *testing.T) {
	const budget = 4 << 20
	s := New(Options{Budget: budget, BodyLimit: 64 << 10})
	long := strings.Repeat("x", 100<<10)
	var first flow.ID
	for range 200 {
		r := wentExchange(s, "", long)
		if first == 0 {
			first = r.ID()
		}
		r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
		if st := s.Stats(); st.MemoryUsed > budget {
			t.Fatal(st.MemoryUsed)
		}
	}
	x, _ := s.Get(first + 199)
	if x.Ruled.ResponseBody.State != flow.BodyCut || !bytes.Equal(x.Ruled.ResponseBody.Bytes, []byte(long[:64<<10])) ||
		x.Ruled.ResponseBody.Size != int64(len(long)) {
		t.Errorf("%v %d", x.Ruled.ResponseBody.State, len(x.Ruled.ResponseBody.Bytes))
	}
	if x, ok := s.Get(first); ok && x.Ruled.ResponseBody.State != flow.BodyEvicted {
		t.Errorf("%+v", x.Ruled.ResponseBody.State)
	}
	flight := wentExchange(s, "", "in flight")
	s.Clear()
	if x, _ := s.Get(flight.ID()); string(x.Ruled.ResponseBody.Bytes) != "in flight" {
		t.Errorf("%+v", x.Ruled.ResponseBody)
	}
	flight.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
}

// logged is how many bytes of bodies lie in the log.
func logged(s *Store) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies.end
}

// What passes as it came is kept once: as the beginning of what went, once something else did.
func TestWhatIsTheSameIsNotKeptTwice(t *testing.T) {
	piece := []byte(strings.Repeat("x", 20<<10))
	for name, c := range map[string]struct {
		limit int64
		tail  string
		state flow.BodyState
	}{
		"all the same": {1 << 20, "", flow.BodyNone},
		"another end":  {1 << 20, "tiger", flow.BodyWhole},
		"cut before":   {30 << 10, "tiger", flow.BodyCut},
		"cut behind":   {100<<10 + 2, "tiger", flow.BodyCut},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{BodyLimit: c.limit})
			r := s.Begin(&Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte("POST / HTTP/1.1\r\n\r\n")})
			for range 5 {
				r.RequestBody(piece)
				before := logged(s)
				r.Went(true).Same(piece)
				if logged(s) != before {
					t.Fatal("it is kept twice")
				}
			}
			whole := strings.Repeat(string(piece), 5)
			if c.tail != "" {
				r.RequestBody([]byte("cat"))
				r.Went(true).Add([]byte(c.tail))
				r.RequestBody([]byte(" same"))
				r.Went(true).Same([]byte(" same"))
				whole += c.tail + " same"
			}
			id := r.ID()
			for range 2 {
				x, _ := s.Get(id)
				body := x.Ruled.RequestBody
				want, size := whole[:min(c.limit, int64(len(whole)))], len(whole)
				if c.tail == "" {
					want, size = "", 0
				}
				if body.Size != int64(size) || string(body.Bytes) != want || r.id == 0 && body.State != c.state {
					t.Errorf("%v, %d of %d bytes, want %d", body.State, len(body.Bytes), body.Size, len(whole))
				}
				if r.id != 0 {
					r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
				}
			}
		})
	}
}

// A body that went is kept in memory beside one that is sent while recording is paused.
func TestWhatWentOfASentRequestIsKeptWhilePaused(t *testing.T) {
	s := New(Options{})
	s.SetRecording(false)
	r := s.Begin(&Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte("GET / HTTP/1.1\r\n\r\n"),
		Sent: &Sent{Began: func(flow.ID) {}, Ended: func(flow.Row) {}}})
	r.ResponseBody([]byte("cat"))
	r.Went(false).Add([]byte("tiger"))
	if x, _ := s.Get(r.ID()); string(x.ResponseBody.Bytes) != "cat" || string(x.Ruled.ResponseBody.Bytes) != "tiger" {
		t.Errorf("%+v %+v", x.ResponseBody, x.Ruled.ResponseBody)
	}
	r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
}

// What was no other body after all does not count among those that left memory.
func TestWhatIsNoOtherBodyLeavesUncounted(t *testing.T) {
	const budget = 1 << 20
	s := New(Options{Budget: budget})
	piece := []byte(strings.Repeat("x", 32<<10))
	for range 200 {
		r := s.Begin(&Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte("GET / HTTP/1.1\r\n\r\n")})
		r.Went(false).Add(piece)
		r.Went(false).None()
		r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
	}
	if st := s.Stats(); st.EvictedBody != 0 || st.MemoryUsed > budget {
		t.Errorf("%+v", st)
	}
}

// What went is told, forgotten and read while everything is cleared.
func TestWhatWentAndClear(t *testing.T) {
	s := New(Options{Budget: 1 << 20})
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				r := wentExchange(s, strings.Repeat("cat", 1000), strings.Repeat("tiger", 1000))
				_, _ = s.Get(r.ID())
				if n%2 == 0 {
					r.Went(false).None()
				}
				r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
			}
		})
	}
	for range 200 {
		s.Clear()
	}
	close(stop)
	all.Wait()
}
