package capture

import (
	"bytes"
	"strings"
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
	r.Went(false).Same()
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
