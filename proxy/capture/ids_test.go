package capture

import (
	"testing"

	"posthouse/proxy/flow"
)

func TestIDsBeginAboveThoseOfEarlierRuns(t *testing.T) {
	s := New(Options{FirstID: 1000})
	if id := LastID(s); id != 999 {
		t.Errorf("before the first exchange the last ID is %d", id)
	}
	first := s.Begin(&Begin{Kind: flow.KindHTTP})
	BeginAbove(s, 5000)
	second := s.Begin(&Begin{Kind: flow.KindHTTP})
	BeginAbove(s, 7) // below what was given: nothing may be given twice
	third := s.Begin(&Begin{Kind: flow.KindHTTP})
	if first.ID() != 1000 || second.ID() != 5001 || third.ID() != 5002 {
		t.Errorf("the exchanges got %d, %d, %d", first.ID(), second.ID(), third.ID())
	}
	for _, id := range []flow.ID{1000, 5001, 5002} {
		if _, ok := s.Row(id); !ok {
			t.Errorf("%d is not found", id)
		}
	}
	if _, ok := s.Row(1001); ok {
		t.Error("an ID that was left out is found")
	}
	if n := s.Stats().Captured; n != 3 {
		t.Errorf("%d are counted", n)
	}
}
