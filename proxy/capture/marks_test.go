package capture_test

import (
	"slices"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// A mark is told like any other change, of a row in flight and of one that has ended.
func TestMarksAreTold(t *testing.T) {
	s := capture.New(capture.Options{})
	done := finishOne(s, nil)
	r := beginOne(s)
	open := r.ID()
	c := s.Changes(capture.Cursor{}, 0)
	w := s.Watch()
	defer w.Close()
	<-w.C
	if !s.SetMark(done, flow.MarkRed) || !s.SetMark(open, flow.MarkBlue) {
		t.Fatal("a row cannot be marked")
	}
	<-w.C
	b := s.Changes(c.Next, 0)
	if len(b.Rows) != 2 || b.Rows[0].ID != done || b.Rows[0].Mark != flow.MarkRed || b.Rows[1].ID != open ||
		b.Rows[1].Mark != flow.MarkBlue || b.Rows[0].Rev <= c.Rows[1].Rev || b.Rows[1].Rev <= b.Rows[0].Rev {
		t.Fatalf("told %+v", b.Rows)
	}
	r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
	if x, ok := s.Get(open); !ok || x.Mark != flow.MarkBlue {
		t.Errorf("the mark of an ended row is %v", x.Mark)
	}
	c = s.Changes(b.Next, 0)
	s.SetMark(open, flow.MarkBlue) // as it is: no change
	s.SetMark(done, flow.MarkNone)
	b = s.Changes(c.Next, 0)
	if len(b.Rows) != 1 || b.Rows[0].ID != done || b.Rows[0].Mark != flow.MarkNone {
		t.Errorf("told %+v", b.Rows)
	}
	if s.SetMark(0, flow.MarkRed) || s.SetMark(77, flow.MarkRed) {
		t.Error("a row that is not there was marked")
	}
}

// Marked rows are at most 4096, or fewer in a small budget, and count in it; a row
// whose mark was taken off makes room.
func TestMarksAreBounded(t *testing.T) {
	for _, c := range []struct {
		budget int64
		most   int
	}{{64 << 20, 4096}, {1 << 20, 256}} {
		s := capture.New(capture.Options{Budget: c.budget})
		var marked []flow.ID
		refused := 0
		for range c.most + 10 {
			id := finishOne(s, nil)
			used := s.Stats().MemoryUsed
			if !s.SetMark(id, flow.MarkGreen) {
				refused++
				continue
			}
			marked = append(marked, id)
			if s.Stats().MemoryUsed <= used {
				t.Fatal("a mark is not counted")
			}
		}
		if len(marked) != c.most || refused != 10 {
			t.Fatalf("%d rows marked, %d refused", len(marked), refused)
		}
		fresh := marked[len(marked)-1] + 1
		if s.SetMark(fresh, flow.MarkRed) || !s.SetMark(marked[0], flow.MarkNone) || !s.SetMark(fresh, flow.MarkRed) {
			t.Error("a mark that was taken off makes no room")
		}
		if st := s.Stats(); st.MemoryUsed > st.MemoryBudget {
			t.Errorf("stats %+v", st)
		}
	}
}

// A marked row leaves memory like any other, and its mark with it.
func TestMarksLeaveWithTheirRows(t *testing.T) {
	s := capture.New(capture.Options{Budget: 1 << 20})
	first := finishOne(s, nil)
	s.SetMark(first, flow.MarkRed)
	var ids []flow.ID
	for range 6000 {
		id := finishOne(s, nil)
		s.SetMark(id, flow.MarkRed)
		ids = append(ids, id)
		if st := s.Stats(); st.MemoryUsed > st.MemoryBudget {
			t.Fatalf("stats %+v", st)
		}
	}
	if _, ok := s.Row(first); ok || s.SetMark(first, flow.MarkRed) {
		t.Error("a marked row stays in memory")
	}
	r := beginOne(s)
	open := r.ID()
	s.SetMark(open, flow.MarkRed) // perhaps: there are as many as may be
	used := s.Stats().MemoryUsed
	s.Clear()
	if row, ok := s.Row(open); !ok || row.Mark == flow.MarkNone && used == 0 {
		t.Errorf("after Clear: %+v", row)
	}
	if n := slices.IndexFunc(ids, func(id flow.ID) bool { return s.SetMark(id, flow.MarkBlue) }); n >= 0 {
		t.Errorf("row %d was marked after Clear", n)
	}
	if !s.SetMark(open, flow.MarkBlue) {
		t.Error("the marks of cleared rows take room")
	}
	s.Clear()
	if row, _ := s.Row(open); row.Mark != flow.MarkBlue {
		t.Error("a row in flight lost its mark")
	}
}
