package history

import (
	"bytes"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
)

// A body that left memory is read from the disk while its row is still there, and a mark
// that was set since is the one of memory.
func TestABodyThatLeftMemoryIsReadFromTheDisk(t *testing.T) {
	h, err := Open(Options{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	store := capture.New(capture.Options{Budget: 1 << 20})
	h.Follow(store)
	tiers := NewTiers(store)
	tiers.Attach(h, Range{})
	body := bytes.Repeat([]byte("body "), 4<<10)
	for range 200 {
		r := store.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte("GET http://a.test/ HTTP/1.1\r\n\r\n")})
		r.ResponseHead(200, []byte("HTTP/1.1 200 OK\r\n\r\n"), capture.Span{}, time.Now())
		r.ResponseBody(body)
		id := r.ID()
		r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
		eventually.Holds(t, "it comes to the disk", func() bool { _, ok := h.Row(id); return ok })
	}
	evicted := 0
	for id := flow.ID(1); id <= capture.LastID(store); id++ {
		x, ok := store.Get(id)
		if !ok || x.ResponseBody.State != flow.BodyEvicted {
			continue
		}
		evicted++
		if !tiers.Annotate(id, flow.Annotation{Star: true}) {
			t.Fatalf("%d is not marked", id)
		}
		x, ok = tiers.Get(id)
		if !ok || x.ResponseBody.State != flow.BodyWhole || !bytes.Equal(x.ResponseBody.Bytes, body) || !x.Star {
			t.Fatalf("of %d there is %v, %v with %d bytes, star: %v", id, ok, x.ResponseBody.State, len(x.ResponseBody.Bytes), x.Star)
		}
	}
	if evicted == 0 {
		t.Fatal("no body has left memory whose row is there")
	}
	if _, ok := tiers.Get(capture.LastID(store) + 1); ok {
		t.Error("what never was is there")
	}
}
