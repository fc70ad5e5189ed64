package capture_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// setMark gives a row a colour, or takes all back.
func setMark(s *capture.Store, id flow.ID, m flow.Mark) bool {
	return s.Annotate(id, flow.Annotation{Mark: m})
}

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
	if !setMark(s, done, flow.MarkRed) || !setMark(s, open, flow.MarkBlue) {
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
	setMark(s, open, flow.MarkBlue) // as it is: no change
	setMark(s, done, flow.MarkNone)
	b = s.Changes(c.Next, 0)
	if len(b.Rows) != 1 || b.Rows[0].ID != done || b.Rows[0].Mark != flow.MarkNone {
		t.Errorf("told %+v", b.Rows)
	}
	if setMark(s, 0, flow.MarkRed) || setMark(s, 77, flow.MarkRed) {
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
			if !setMark(s, id, flow.MarkGreen) {
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
		if setMark(s, fresh, flow.MarkRed) || !setMark(s, marked[0], flow.MarkNone) || !setMark(s, fresh, flow.MarkRed) {
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
	setMark(s, first, flow.MarkRed)
	var ids []flow.ID
	for range 6000 {
		id := finishOne(s, nil)
		setMark(s, id, flow.MarkRed)
		ids = append(ids, id)
		if st := s.Stats(); st.MemoryUsed > st.MemoryBudget {
			t.Fatalf("stats %+v", st)
		}
	}
	if _, ok := s.Row(first); ok || setMark(s, first, flow.MarkRed) {
		t.Error("a marked row stays in memory")
	}
	r := beginOne(s)
	open := r.ID()
	setMark(s, open, flow.MarkRed) // perhaps: there are as many as may be
	used := s.Stats().MemoryUsed
	s.Clear()
	if row, ok := s.Row(open); !ok || row.Mark == flow.MarkNone && used == 0 {
		t.Errorf("after Clear: %+v", row)
	}
	if n := slices.IndexFunc(ids, func(id flow.ID) bool { return setMark(s, id, flow.MarkBlue) }); n >= 0 {
		t.Errorf("row %d was marked after Clear", n)
	}
	if !setMark(s, open, flow.MarkBlue) {
		t.Error("the marks of cleared rows take room")
	}
	s.Clear()
	if row, _ := s.Row(open); row.Mark != flow.MarkBlue {
		t.Error("a row in flight lost its mark")
	}
}

// A star and a note are kept with the colour, and told; a note becomes UTF-8 of a bounded length.
func TestStarsAndNotesAreTold(t *testing.T) {
	s := capture.New(capture.Options{})
	id := finishOne(s, nil)
	c := s.Changes(capture.Cursor{}, 0)
	for _, said := range []flow.Annotation{{Star: true}, {Star: true, Note: "look here\n看这里"}, {Mark: flow.MarkRed, Note: "x"}, {}} {
		if !s.Annotate(id, said) {
			t.Fatal("nothing can be said")
		}
		b := s.Changes(c.Next, 0)
		if len(b.Rows) != 1 || b.Rows[0].Annotation != said || b.Rows[0].Rev <= c.OldestRev {
			t.Fatalf("told %+v, said %+v", b.Rows, said)
		}
		if row, _ := s.Row(id); row.Annotation != said {
			t.Errorf("the row has %+v, said %+v", row.Annotation, said)
		}
		c = b
	}
	s.Annotate(id, flow.Annotation{Note: "a\xff" + strings.Repeat("é", flow.MaxNote)})
	row, _ := s.Row(id)
	if len(row.Note) > flow.MaxNote || len(row.Note) < flow.MaxNote-3 || !utf8.ValidString(row.Note) {
		t.Errorf("a note of %d bytes is kept", len(row.Note))
	}
}

// Notes count in the budget, and have a bound together. A shorter one, or none, makes room.
func TestNotesAreBounded(t *testing.T) {
	s := capture.New(capture.Options{Budget: 4 << 20})
	long := flow.Annotation{Note: strings.Repeat("n", flow.MaxNote)}
	var noted []flow.ID
	used := s.Stats().MemoryUsed
	for {
		id := finishOne(s, nil)
		if !s.Annotate(id, long) {
			break
		}
		noted = append(noted, id)
	}
	if most := 4 << 20 / 32 / (flow.MaxNote + 128); len(noted) != most {
		t.Fatalf("%d notes are kept, want %d", len(noted), most)
	}
	if now := s.Stats().MemoryUsed; now-used < int64(len(noted)*flow.MaxNote) {
		t.Errorf("the notes count for %d bytes", now-used)
	}
	fresh := finishOne(s, nil)
	if s.Annotate(fresh, long) {
		t.Fatal("there is room beyond the bound")
	}
	if !s.Annotate(noted[0], flow.Annotation{Note: "n"}) || !s.Annotate(fresh, flow.Annotation{Note: long.Note[200:]}) {
		t.Error("a note that was made shorter makes no room")
	}
	if s.Annotate(noted[0], long) {
		t.Error("a note became longer than there is room")
	}
	used = s.Stats().MemoryUsed
	for _, id := range append(noted, fresh) {
		s.Annotate(id, flow.Annotation{})
	}
	if freed := used - s.Stats().MemoryUsed; freed < int64(len(noted)-1)*flow.MaxNote {
		t.Errorf("notes that were taken back free %d bytes", freed)
	}
	s.Clear()
	id := finishOne(s, nil)
	if !s.Annotate(id, long) {
		t.Error("after Clear there is no room")
	}
}
