package capture_test

import (
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// Finished rows go, those in flight stay, and each reader is told once.
func TestDeletedRowsAreTold(t *testing.T) {
	s := capture.New(capture.Options{})
	var ids []flow.ID
	for range 5 {
		ids = append(ids, finishOne(s, nil))
	}
	open := beginOne(s)
	first := s.Changes(capture.Cursor{}, 0)
	w := s.Watch()
	defer w.Close()
	<-w.C
	setMark(s, ids[1], flow.MarkRed)
	if n := s.Delete(ids[3], ids[1], open.ID(), ids[3], 0, 99); n != 2 {
		t.Fatalf("%d rows deleted", n)
	}
	<-w.C
	b := s.Changes(first.Next, 0)
	if !slices.Equal(b.Deleted, []flow.ID{ids[3], ids[1]}) || b.Recheck || len(b.Rows) != 0 || b.Missed != 0 {
		t.Errorf("told %+v", b)
	}
	if st := b.Stats; st.Rows != 4 || st.Cleared != 2 || st.Evicted != 0 {
		t.Errorf("stats %+v", st)
	}
	if again := s.Changes(b.Next, 0); again.Deleted != nil || again.Recheck {
		t.Errorf("told again: %v", again.Deleted)
	}
	if fresh := s.Changes(capture.Cursor{}, 0); fresh.Deleted != nil || len(fresh.Rows) != 4 || fresh.Missed != 2 {
		t.Errorf("a reader that knows no row is told %v, %d rows, %d missed", fresh.Deleted, len(fresh.Rows), fresh.Missed)
	}
	if _, ok := s.Get(ids[1]); ok || setMark(s, ids[1], flow.MarkBlue) || s.Delete(ids[1]) != 0 {
		t.Error("a deleted row is still there")
	}
	s.Clear()
	if st := s.Stats(); st.Cleared != 5 || st.Rows != 1 {
		t.Errorf("after Clear: %+v", st)
	}
	if b = s.Changes(b.Next, 0); b.Deleted != nil || b.OldestRev <= first.Rows[4].Rev {
		t.Errorf("after Clear: %+v", b)
	}
}

// A row that ended and was deleted between two reads is missed, and told to be deleted:
// the reader knows it as in flight.
func TestARowDeletedUnreadIsMissed(t *testing.T) {
	s := capture.New(capture.Options{})
	r := beginOne(s)
	id := r.ID()
	b := s.Changes(capture.Cursor{}, 0)
	r.Finish(flow.FailureNone, flow.Reason{}, 200, base)
	s.Delete(id)
	if b = s.Changes(b.Next, 0); b.Missed != 1 || len(b.Rows) != 0 || !slices.Equal(b.Deleted, []flow.ID{id}) {
		t.Errorf("told %+v", b)
	}
}

// However small the steps of a reader, each row is read or missed once, also where
// deleted ones lie between.
func TestDeletedRowsAreMissedOnce(t *testing.T) {
	s := capture.New(capture.Options{})
	var deleted []flow.ID
	for i := range 1000 {
		if id := finishOne(s, nil); i%3 == 0 || i/100%2 == 1 {
			deleted = append(deleted, id)
		}
	}
	s.Delete(deleted...)
	for _, step := range []int{0, 1, 7, 64} {
		var c capture.Cursor
		rows, missed := 0, 0
		for {
			b := s.Changes(c, step)
			c, rows, missed = b.Next, rows+len(b.Rows), missed+int(b.Missed)
			if !b.More {
				break
			}
		}
		if rows != 1000-len(deleted) || missed != len(deleted) {
			t.Errorf("in steps of %d: %d rows and %d missed; %d of 1000 were deleted", step, rows, missed, len(deleted))
		}
	}
	n := 0
	s.Each(func(*flow.Row) { n++ })
	if n != 1000-len(deleted) || s.Stats().Rows != n {
		t.Errorf("%d rows are visited, %d are said to be there", n, s.Stats().Rows)
	}
}

// Deletions are told one by one up to a bound that counts in the budget. Beyond it a
// reader that has not read since is told to look.
func TestDeletionsAreBounded(t *testing.T) {
	for _, c := range []struct {
		budget int64
		least  int // deletions that are told one by one
		most   int
	}{{64 << 20, 2048, 4096}, {1 << 20, 256, 512}} {
		s := capture.New(capture.Options{Budget: c.budget})
		slow := s.Changes(capture.Cursor{}, 0).Next
		keep := finishOne(s, nil)
		slow = s.Changes(slow, 0).Next
		quick, told := slow, 0
		for i := range 10_000 {
			id := finishOne(s, nil)
			if i%100 == 0 { // what was read last is told, however many come
				quick = s.Changes(quick, 0).Next
			}
			s.Delete(id)
			if i%100 == 99 {
				b := s.Changes(quick, 0)
				quick, told = b.Next, told+len(b.Deleted)
				if b.Recheck {
					t.Fatalf("the quick reader has to look")
				}
			}
			if st := s.Stats(); st.MemoryUsed > st.MemoryBudget {
				t.Fatalf("stats %+v", st)
			}
		}
		b := s.Changes(slow, 0)
		if _, ok := s.Row(keep); ok && (!b.Recheck || len(b.Deleted) < c.least || len(b.Deleted) > c.most) || told != 10_000 {
			t.Errorf("the slow reader is told of %d, to look: %v; the quick one of %d", len(b.Deleted), b.Recheck, told)
		}
	}
}

// With the last finished row the memory of all comes back, and that of deleted rows at the
// beginning. A body whose row was deleted is not said to have left for lack of room.
func TestDeletingGivesMemoryBack(t *testing.T) {
	s := capture.New(capture.Options{Budget: 4 << 20})
	empty := s.Stats().MemoryUsed
	body := []byte(strings.Repeat("b", 10_000))
	var ids []flow.ID
	for range 200 {
		ids = append(ids, finishOne(s, body))
	}
	open := beginOne(s)
	open.ResponseBody(body)
	s.Delete(ids[1:]...)
	if st := s.Stats(); st.Rows != 2 || st.MemoryUsed < 1<<20 {
		t.Fatalf("stats %+v", st)
	}
	s.Delete(ids[0])
	if st := s.Stats(); st.Rows != 1 || st.MemoryUsed-empty > 400<<10 {
		t.Errorf("without a finished row %d bytes are in use", st.MemoryUsed)
	}
	if x, ok := s.Get(open.ID()); !ok || len(x.ResponseBody.Bytes) != len(body) {
		t.Error("the body in flight is gone")
	}
	open.Finish(flow.FailureNone, flow.Reason{}, 200, base)
	if x, ok := s.Get(open.ID()); ok && len(x.ResponseBody.Bytes) != len(body) {
		t.Error("the body is gone")
	}
	for range 2000 {
		id := finishOne(s, body)
		s.Delete(id)
	}
	if st := s.Stats(); st.EvictedBody > 1 || st.Evicted > 1 || st.MemoryUsed > st.MemoryBudget {
		t.Errorf("stats %+v", st)
	}
}
