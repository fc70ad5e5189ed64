package capture

import (
	"testing"
	"time"

	"posthouse/proxy/flow"
)

// How an answer broke the rules adds up, stays when the row has ended, and is not
// handed on to the record's next exchange.
func TestMended(t *testing.T) {
	s := New(Options{})
	start := time.Now()
	r := s.Begin(&Begin{Kind: flow.KindHTTP, Start: start})
	id := r.ID()
	r.Mended(flow.MendedFolds)
	r.Mended(flow.MendedChunks)
	const both = flow.MendedFolds | flow.MendedChunks
	if row, ok := s.Row(id); !ok || row.Mended != both {
		t.Errorf("in flight: %q", row.Mended)
	}
	r.Finish(flow.FailureNone, flow.Reason{}, 0, start)
	if row, ok := s.Row(id); !ok || row.Mended != both {
		t.Errorf("ended: %q", row.Mended)
	}
	if x, ok := s.Get(id); !ok || x.Mended != both {
		t.Errorf("opened: %q", x.Mended)
	}
	next := s.Begin(&Begin{Kind: flow.KindHTTP, Start: start})
	if row, ok := s.Row(next.ID()); !ok || row.Mended != 0 {
		t.Errorf("the next one: %q", row.Mended)
	}
	next.Finish(flow.FailureNone, flow.Reason{}, 0, start)
}
