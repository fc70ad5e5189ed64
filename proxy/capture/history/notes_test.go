package history

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"posthouse/proxy/flow"
)

// older puts the index of one copy of a folder into another: what a loss of power, or a kill
// between two writes, has kept from it.
func older(t *testing.T, from, to string) {
	t.Helper()
	for _, suffix := range indexSuffixes {
		if err := os.Remove(filepath.Join(to, indexFile+suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(from, indexFile+suffix)); err == nil {
			if err := os.WriteFile(filepath.Join(to, indexFile+suffix), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What the notes have and the index has not is made up for: a deleted exchange does not come
// back, and no mark is gone, whatever the index was kept from.
func TestTheIndexFollowsTheNotes(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	all := fill(h, newTraffic(false), 1, 12)
	flush(t, h)
	if err := h.Annotate(3, flow.Annotation{Mark: flow.MarkRed}); err != nil {
		t.Fatal(err)
	}
	before := copyOf(t, dir)
	star := flow.Annotation{Star: true}
	if err := errors.Join(h.Annotate(2, star), h.Annotate(3, flow.Annotation{}), h.Delete(5, 6, 9)); err != nil {
		t.Fatal(err)
	}
	all[1].Annotation = star
	all = append(append(all[:4:4], all[6:8]...), all[9:]...)
	after := copyOf(t, dir)
	_ = h.Close()
	older(t, before, after)
	for range 2 {
		h = openTest(t, Options{Folder: after})
		expect(t, h, all)
		if s := h.Stats(); s.Rows != 9 || s.Marked != 1 || s.Damaged > 0 {
			t.Errorf("%+v", s)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// One that is deleted while it is on its way to the disk does not arrive.
func TestADeletedExchangeDoesNotArrive(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr := newTraffic(false)
	all := fill(h, tr, 1, 3)
	if err := h.Delete(4); err != nil {
		t.Fatal(err)
	}
	x := tr.exchange(4)
	h.add(&x, ShedNothing)
	expect(t, h, all)
	flush(t, h)
	expect(t, h, all)
	if s := h.Stats(); s.Rows != 3 || s.NotOnDisk != (NotOnDisk{}) {
		t.Errorf("%+v", s)
	}
}
