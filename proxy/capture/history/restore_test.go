package history

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// tiersOf is a list of what a history has.
func tiersOf(h *History) *Tiers {
	t := NewTiers(capture.New(capture.Options{FirstID: 1 << 20}))
	t.Attach(h, Range{})
	return t
}

// expectAll looks whether all that there was is there, once and as it was.
func expectAll(t *testing.T, h *History, all []flow.Exchange) {
	t.Helper()
	var ids []flow.ID
	h.Each(func(r *flow.Row) { ids = append(ids, r.ID) })
	var want []flow.ID
	for i := range all {
		want = append(want, all[i].ID)
		got, err := h.Get(all[i].ID)
		if err != nil || !reflect.DeepEqual(got, all[i]) {
			t.Errorf("%d: %v\n%+v\n%+v", all[i].ID, err, got.Row, all[i].Row)
		}
		if row, ok := h.Row(all[i].ID); !ok || !reflect.DeepEqual(row, all[i].Row) {
			t.Errorf("row %d: %v\n%+v\n%+v", all[i].ID, ok, row, all[i].Row)
		}
	}
	if !slices.Equal(ids, want) {
		t.Errorf("rows %v, not %v", ids, want)
	}
	if visited, _ := visits(t, h, "get /"); !slices.Equal(visited, want) {
		t.Errorf("a search comes to %v, not %v", visited, want)
	}
	if s := h.Stats(); s.Rows != uint64(len(all)) || !s.Problem.IsZero() {
		t.Errorf("%+v", s)
	}
}

// What was deleted is brought back as it was, marks and all: where it lay in a segment, or written anew. It
// stays through the next opening, whatever becomes of the index. A kill before leaves it deleted.
func TestADeletionIsUndone(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	tr := newTraffic(false)
	all := fill(h, tr, 1, 30)
	if err := h.SetUnkept(0); err != nil {
		t.Fatal(err)
	}
	flush(t, h)
	all = append(all, fill(h, tr, 31, 1)...) // a segment of its own
	if err := h.SetUnkept(32); err != nil {
		t.Fatal(err)
	}
	all = append(all, fill(h, tr, 32, 6)...) // in no segment yet
	tailed(t, h)
	for _, i := range []int{3, 33} {
		all[i].Annotation = flow.Annotation{Star: true, Note: "look at this"}
		if err := h.Annotate(all[i].ID, all[i].Annotation); err != nil {
			t.Fatal(err)
		}
	}
	for i := range all { // as they are read back
		x, err := h.Get(all[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = x
	}
	before := filesOf(t, dir, segmentPrefix)
	tiers := tiersOf(h)
	gone := []flow.ID{1, 4, 5, 30, 31, 33, 34}
	n, undo := tiers.DeleteUndoably(gone...)
	if n != len(gone) || undo == nil {
		t.Fatalf("%d were deleted, %v", n, undo)
	}
	for _, id := range gone {
		if _, here := tiers.Row(id); here {
			t.Errorf("%d is not deleted", id)
		}
	}
	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	_, _ = tiers.TakeTouched()
	if !undo.Undo() {
		t.Fatalf("it was not undone: %+v", h.Stats())
	}
	if touched, _ := tiers.TakeTouched(); !slices.Equal(touched, gone) {
		t.Errorf("the list is told of %v", touched)
	}
	expectAll(t, h, all)
	for name, b := range filesOf(t, dir, segmentPrefix) {
		if before[name] != "" && before[name] != b {
			t.Errorf("%s was changed", name)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	expectAll(t, h, all)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, indexFile)); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	expectAll(t, h, all)
	h = openTest(t, Options{Folder: killed})
	expectAll(t, h, slices.DeleteFunc(slices.Clone(all), func(x flow.Exchange) bool { return slices.Contains(gone, x.ID) }))
}

// What is brought back can be deleted again, and then leaves as it would have.
func TestAnUndoneDeletionIsDoneAgain(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	all := fill(h, newTraffic(false), 1, 10)
	flush(t, h)
	tiers := tiersOf(h)
	for range 3 {
		if _, undo := tiers.DeleteUndoably(2, 3, 9); undo == nil || !undo.Undo() {
			t.Fatal("it was not undone")
		}
	}
	if n, undo := tiers.DeleteUndoably(2, 9); n != 2 || undo == nil {
		t.Fatalf("%d %v", n, undo)
	}
	left := slices.DeleteFunc(all, func(x flow.Exchange) bool { return x.ID == 2 || x.ID == 9 })
	var ids, want []flow.ID
	h.Each(func(r *flow.Row) { ids = append(ids, r.ID) })
	for i := range left {
		want = append(want, left[i].ID)
	}
	if !slices.Equal(ids, want) || h.Stats().Rows != uint64(len(want)) {
		t.Errorf("%v, %+v", ids, h.Stats())
	}
	if err := h.Delete(want...); err != nil {
		t.Fatal(err)
	}
	if n := len(filesOf(t, dir, segmentPrefix)); n != 0 {
		t.Errorf("%d segments are left", n)
	}
}

// A deletion is kept in memory within bounds, and only of what the disk can take back.
func TestWhatCannotBeUndone(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr := newTraffic(false)
	fill(h, tr, 1, maxUndoRows+1)
	large := tr.exchange(2000)
	large.ResponseBody.Bytes = make([]byte, maxUndoBytes)
	large.ResponseBody.Size, large.ResponseSize = maxUndoBytes, maxUndoBytes
	h.add(&large, ShedNothing)
	flush(t, h)
	var many []flow.ID
	for id := range flow.ID(maxUndoRows + 1) {
		many = append(many, id+1)
	}
	s := capture.New(capture.Options{FirstID: 1 << 20})
	memory := tr.exchange(0)
	id := play(s, &memory)
	tiers := NewTiers(s)
	if n, undo := tiers.DeleteUndoably(id); n != 1 || undo != nil {
		t.Error("without a disk")
	}
	id = play(s, &memory)
	tiers.Attach(h, Range{})
	for what, ids := range map[string][]flow.ID{"many": many, "large": {2000}, "in memory alone": {id}} {
		if tiers.MayUndo(ids) {
			t.Errorf("%s: it is said to be possible", what)
		}
		if n, undo := tiers.DeleteUndoably(ids...); n != len(ids) || undo != nil {
			t.Errorf("%s: %d of %d, %v", what, n, len(ids), undo)
		}
	}
	fill(h, tr, 3000, 1)
	n, undo := tiers.DeleteUndoably(3000)
	if tiers.Attach(nil, Range{}); n != 1 || undo == nil || undo.Undo() {
		t.Error("it was undone on a disk that is no longer there")
	}
}

// Ranges are cut out of ranges.
func TestRangesWithoutOthers(t *testing.T) {
	for _, c := range []struct{ all, others, want []Range }{
		{nil, []Range{{1, 2}}, nil},
		{[]Range{{1, 9}}, nil, []Range{{1, 9}}},
		{[]Range{{1, 9}}, []Range{{1, 9}}, nil},
		{[]Range{{1, 9}}, []Range{{0, 3}, {5, 5}, {9, 12}}, []Range{{4, 4}, {6, 8}}},
		{[]Range{{1, 2}, {4, 6}, {8, 9}}, []Range{{2, 8}}, []Range{{1, 1}, {9, 9}}},
	} {
		if got := without(c.all, c.others); !slices.Equal(got, c.want) {
			t.Errorf("%v without %v is %v, not %v", c.all, c.others, got, c.want)
		}
	}
}
