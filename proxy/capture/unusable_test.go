package capture_test

import (
	"bytes"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// Of an unusable answer what lies behind the head is kept as far as a body would be,
// and all of it up to its bound.
func TestUnusableAnswers(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 20<<10)
	for name, c := range map[string]struct {
		bodyLimit  int64
		sent, kept string
	}{
		"all of it":              {0, "HTTP/1.1 200 OK\r\n\r\nbody", "HTTP/1.1 200 OK\r\n\r\nbody"},
		"nothing":                {0, "", ""},
		"no bodies":              {-1, "HTTP/1.1 200 OK\r\nA: 1\r\n\r\nbody", "HTTP/1.1 200 OK\r\nA: 1\r\n\r\n"},
		"no bodies, LF alone":    {-1, "HTTP/1.1 200 OK\nA: 1\n\nbody", "HTTP/1.1 200 OK\nA: 1\n\n"},
		"no bodies, empty lines": {-1, "\r\n\nHTTP/1.1 200 OK\r\n\r\r\nbody", "\r\n\nHTTP/1.1 200 OK\r\n\r\r\n"},
		"no bodies, no end":      {-1, "HTTP/1.1 200 OK\r\nA", "HTTP/1.1 200 OK\r\nA"},
		"two bytes of a body":    {2, "HTTP/1.1 200 OK\r\n\r\nbody", "HTTP/1.1 200 OK\r\n\r\nbo"},
		"more than its bound":    {0, string(long), string(long[:16<<10])},
		"a long body":            {0, "HTTP/1.1 200 OK\r\n\r\n" + string(long), "HTTP/1.1 200 OK\r\n\r\n" + string(long[19:16<<10])},
	} {
		s := capture.New(capture.Options{BodyLimit: c.bodyLimit})
		r := beginOne(s)
		id := r.ID()
		r.Unusable([]byte("what came before on another connection"))
		r.Unusable([]byte(c.sent))
		want := c.kept
		if c.sent == "" {
			want = "what came before on another connection"
		}
		for range 2 {
			if x, ok := s.Get(id); !ok || string(x.Unusable) != want || string(x.RequestHead) != string(testHead) {
				t.Errorf("%s: %d bytes kept, want %d: %.60q", name, len(x.Unusable), len(want), x.Unusable)
			}
			if x, _ := s.Get(id); x.Phase.Final() {
				break
			}
			r.Finish(flow.FailureBadResponse, flow.Reason{}, 502, base)
		}
		next := finishOne(s, []byte("x"))
		if x, _ := s.Get(next); len(x.Unusable) != 0 {
			t.Errorf("%s: the next exchange has %q", name, x.Unusable)
		}
	}
}

// They count in the budget, in flight and ended, and leave with their rows.
func TestUnusableAnswersCount(t *testing.T) {
	const budget, size = 4 << 20, 16 << 10
	s := capture.New(capture.Options{Budget: budget})
	sent := bytes.Repeat([]byte("u"), size)
	var open []*capture.Record
	for range 20 {
		r := beginOne(s)
		before := s.Stats().MemoryUsed
		r.Unusable(sent)
		if held := s.Stats().MemoryUsed - before; held != size {
			t.Fatalf("%d bytes held in flight", held)
		}
		r.Unusable(sent)
		if held := s.Stats().MemoryUsed - before; held != size {
			t.Fatalf("%d bytes held in flight for a second one", held)
		}
		open = append(open, r)
	}
	for _, r := range open {
		r.Finish(flow.FailureBadResponse, flow.Reason{}, 502, base)
	}
	if used := s.Stats().MemoryUsed; used < 20*size || used > budget {
		t.Errorf("%d bytes in use", used)
	}
	for range 1000 {
		r := beginOne(s)
		r.Unusable(sent)
		r.Finish(flow.FailureBadResponse, flow.Reason{}, 502, base)
		if used := s.Stats().MemoryUsed; used > budget {
			t.Fatalf("%d bytes in use, the budget is %d", used, budget)
		}
	}
	st := s.Stats()
	if st.Evicted == 0 || st.Rows > budget/size {
		t.Errorf("stats %+v", st)
	}
	if x, ok := s.Get(flow.ID(1020)); !ok || !bytes.Equal(x.Unusable, sent) {
		t.Error("the newest one is not whole")
	}
	if _, ok := s.Get(1); ok {
		t.Error("the oldest one is still there")
	}
}

// Where exchanges in flight fill their part of the budget, the answer is left out.
func TestUnusableAnswersThatFindNoRoom(t *testing.T) {
	s := capture.New(capture.Options{Budget: 256 << 10})
	var open []*capture.Record
	kept := 0
	for range 200 {
		r := beginOne(s)
		r.Unusable(bytes.Repeat([]byte("u"), 16<<10))
		if x, ok := s.Get(r.ID()); ok && len(x.Unusable) > 0 {
			kept++
		}
		open = append(open, r)
	}
	if used := s.Stats().MemoryUsed; used > 256<<10 || kept == 0 || kept > 8 {
		t.Errorf("%d bytes in use for %d answers", used, kept)
	}
	for _, r := range open {
		r.Finish(flow.FailureBadResponse, flow.Reason{}, 502, base)
	}
}
