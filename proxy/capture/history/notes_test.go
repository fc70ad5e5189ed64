package history

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
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

// The notes do not grow with each star: what is no longer in force leaves them, and what is
// said of exchanges that are in no file; but no deleted one comes back, and no ID twice.
func TestNotesAreWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	tr := newTraffic(false)
	all := fill(h, tr, 1, 20)
	flush(t, h)
	note := strings.Repeat("n", 200)
	for i := range 500 {
		a := flow.Annotation{Star: i%2 == 0, Note: note}
		if err := h.Annotate(flow.ID(i%5+1), a); err != nil {
			t.Fatal(err)
		}
		all[i%5].Annotation = a
		if n := h.writer.notes.size; n > leastCompaction+1024 {
			t.Fatalf("%d bytes after %d notes", n, i)
		}
	}
	if err := h.Delete(7, 8); err != nil {
		t.Fatal(err)
	}
	all = append(all[:6:6], all[8:]...)
	for _, without := range []string{"", indexFile, indexFile} {
		err := h.Close()
		if without != "" {
			err = errors.Join(err, remove(dir, without), remove(dir, without+"-wal"))
		}
		if err != nil {
			t.Fatal(err)
		}
		h = openTest(t, Options{Folder: dir})
		expect(t, h, all)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is said of exchanges that have left goes, but for the highest ID.
func TestNotesOfNothingGo(t *testing.T) {
	n := &notes{marks: map[flow.ID]flow.Annotation{3: {Star: true}, 12: {Star: true}, 500: {}},
		deleted: []Range{{1, 2}, {8, 9}, {15, 15}, {600, 700}, {1 << 30, 1 << 30}}}
	n.forget([]Range{{9, 20}, {1 << 29, 1 << 62}}, 1<<31)
	want := notes{marks: map[flow.ID]flow.Annotation{12: {Star: true}}, deleted: []Range{{8, 9}, {15, 15}, {700, 700}, {1 << 30, 1 << 30}}}
	if !reflect.DeepEqual(*n, want) {
		t.Errorf("%+v", *n)
	}
}
