package history

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"posthouse/proxy/flow"
)

// A deletion is undone in its place although another one followed, of what is marked and of what is not, and undoing
// it again does nothing: nothing lies twice then, which an index that is made anew would take for what a kill has left.
func TestDeletionsAreUndoneInAnyOrder(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	tr := newTraffic(false)
	fill(h, tr, 1, 20)
	for _, id := range []flow.ID{3, 5} {
		if err := h.Annotate(id, flow.Annotation{Star: true}); err != nil {
			t.Fatal(err)
		}
	}
	flush(t, h)
	if err := h.do(func() error { return h.writer.drop(h.writer.oldest()) }); err != nil { // what is marked lies elsewhere then
		t.Fatal(err)
	}
	fill(h, tr, 21, 20)
	flush(t, h)
	tiers := tiersOf(h)
	_, first := tiers.DeleteUndoably(3, 21)
	_, second := tiers.DeleteUndoably(22)
	if first == nil || second == nil || !first.Undo() || first.Undo() || !second.Undo() || second.Undo() {
		t.Fatalf("not undone, or twice: %v, %v", first, second)
	}
	fill(h, tr, 41, 20)
	flush(t, h)
	want := []flow.ID{3, 5}
	for id := flow.ID(21); id <= 60; id++ {
		want = append(want, id)
	}
	expectRows := func() {
		t.Helper()
		var ids []flow.ID
		h.Each(func(r *flow.Row) { ids = append(ids, r.ID) })
		if slices.Sort(ids); !slices.Equal(ids, want) || h.Stats().Rows != uint64(len(want)) {
			t.Errorf("%v, %+v", ids, h.Stats())
		}
	}
	expectRows()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, indexFile)); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	expectRows()
}

// Where rows were is remembered of so many.
func TestDeletionsAreRememberedWithinBounds(t *testing.T) {
	var w writer
	id := flow.ID(0)
	for _, n := range []int{maxUndoRows / 2, maxUndoRows / 2, 1, maxUndoRows, maxUndoRows + 1} {
		ids := make([]flow.ID, n)
		for i := range ids {
			id++
			ids[i] = id
		}
		remover{&w}.remember(ids, nil)
		if _, known := w.lately[ids[0]]; !known || len(w.lately) > maxUndoRows {
			t.Errorf("%d of %d: %v", len(w.lately), n, known)
		}
	}
}
