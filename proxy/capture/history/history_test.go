package history

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// expect compares what is here with what was added.
func expect(t *testing.T, h *History, all []flow.Exchange) {
	t.Helper()
	n := 0
	h.Each(func(row *flow.Row) {
		if n < len(all) && !reflect.DeepEqual(*row, all[n].Row) {
			t.Fatalf("row %d is\n%+v\nnot\n%+v", n, *row, all[n].Row)
		}
		n++
	})
	if n != len(all) {
		t.Fatalf("%d rows, not %d", n, len(all))
	}
	for i := 0; i < len(all); i += 1 + len(all)/50 {
		if x, err := h.Get(all[i].ID); err != nil || !reflect.DeepEqual(x, all[i]) {
			t.Fatalf("exchange %d: %v\n%+v\nnot\n%+v", i, err, x, all[i])
		}
	}
}

// Whatever is in blocks, in the tail or in memory is one list, now and after a restart.
func TestAHistoryIsReadBack(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	tr := newTraffic(false)
	all := fill(h, tr, 1, 2500)
	expect(t, h, all)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	if h.LastID() != 2500 || h.FirstID() != 1 {
		t.Errorf("IDs %d to %d", h.FirstID(), h.LastID())
	}
	expect(t, h, all)
	all = append(all, fill(h, tr, 2501, 700)...)
	flush(t, h)
	expect(t, h, all)
	if s := h.Stats(); s.Rows != 3200 || s.Bytes == 0 || !s.Oldest.Equal(all[0].Start) || !s.Problem.IsZero() {
		t.Errorf("%+v", s)
	}
	if rows := h.Rows(1000, 10); len(rows) != 10 || rows[0].ID != 1000 || rows[9].ID != 1009 {
		t.Errorf("%d rows", len(rows))
	}
	if _, ok := h.Row(9999); ok {
		t.Error("a row that is not here")
	}
	if _, err := h.Get(9999); !errors.Is(err, ErrNotHere) {
		t.Error(err)
	}
	if runtime.GOOS != "windows" {
		checkRights(t, dir)
	}
}

func checkRights(t *testing.T, dir string) {
	t.Helper()
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Error(info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(f.Name(), info.Mode(), err)
		}
	}
}

// wait waits until something holds.
func wait(t *testing.T, h *History, what string, holds func(Stats) bool) {
	t.Helper()
	w := h.Watch()
	defer w.Close()
	late := time.After(20 * time.Second)
	for !holds(h.Stats()) {
		select {
		case <-w.C:
		case <-late:
			t.Fatalf("%s: %+v", what, h.Stats())
		}
	}
}

// What ends is taken in whenever that is: while it is read every so often, while that ends, and long after. The same
// holds for what is said of it.
func TestWhatComesAsItGoesQuietIsTakenIn(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	s := capture.New(capture.Options{})
	h.Follow(s)
	x := newTraffic(false).exchange(1)
	for i := range 40 {
		id := play(s, &x)
		wait(t, h, "the next is taken in", func(st Stats) bool { return st.Rows == uint64(i+1) })
		time.Sleep(time.Duration(i%14) * readEvery / 6) // once at each moment of two turns
		if i%4 == 0 {
			s.Annotate(id, flow.Annotation{Star: true})
			wait(t, h, "what is said is taken in", func(st Stats) bool { return st.Marked == uint64(i/4+1) })
		}
	}
}

// What the store records is written behind it; what began in private is not.
func TestTheStoreIsFollowed(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	s := capture.New(capture.Options{})
	h.Follow(s)
	tr := newTraffic(false)
	x := tr.exchange(1)
	for range 300 {
		play(s, &x)
	}
	h.SetPrivate(true)
	if !h.Stats().Private {
		t.Error("not private")
	}
	for range 20 {
		play(s, &x)
	}
	h.SetPrivate(false)
	last := play(s, &x)
	wait(t, h, "all are taken in", func(st Stats) bool { return st.Rows == 301 && st.NotOnDisk.Private == 20 })
	s.Annotate(last, flow.Annotation{Mark: flow.MarkRed})
	wait(t, h, "the mark is taken in", func(st Stats) bool { return st.Marked == 1 })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	want, _ := s.Get(last)
	want.Rev = 0
	if got, err := h.Get(last); err != nil || !got.Start.Equal(want.Start) {
		t.Errorf("%v\n%+v\nnot\n%+v", err, got, want)
	} else if got.Start = want.Start; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nnot\n%+v", got, want)
	}
	for id := flow.ID(301); id <= 320; id++ {
		if _, ok := h.Row(id); ok {
			t.Errorf("%d was private", id)
		}
	}
	// The same store again: nothing is written twice.
	h.Follow(s)
	wait(t, h, "the private ones of the first time", func(st Stats) bool { return st.Rows == 321 })
}

func TestMarksAndDeletionsStay(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	all := fill(h, newTraffic(false), 1, 1500)
	star := flow.Annotation{Star: true, Note: "look", Mark: flow.MarkBlue}
	if err := errors.Join(h.Annotate(3, star), h.Annotate(1499, star), h.Delete(5, 6, 1498)); err != nil {
		t.Fatal(err)
	}
	if err := h.Annotate(5, star); !errors.Is(err, ErrNotHere) {
		t.Error(err)
	}
	all[2].Annotation, all[1498].Annotation = star, star
	all = append(all[:4:4], append(all[6:1497:1497], all[1498:]...)...)
	expect(t, h, all)
	if ranges, _, again := h.Removed(0); again || !reflect.DeepEqual(ranges, []Range{{5, 6}, {1498, 1498}}) {
		t.Errorf("%v", ranges)
	}
	for _, without := range []string{"", indexFile} { // once with the index, once without
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if without != "" {
			if err := os.Remove(filepath.Join(dir, without)); err != nil {
				t.Fatal(err)
			}
		}
		h = openTest(t, Options{Folder: dir})
		expect(t, h, all)
		if s := h.Stats(); s.Rows != 1497 || s.Marked != 2 {
			t.Errorf("%+v", s)
		}
	}
}

// Whoever comes second is told so, and the first goes on.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	var locked *LockedError
	if _, err := Open(Options{Folder: dir}); !errors.As(err, &locked) {
		t.Errorf("%v", err)
	}
	expect(t, h, fill(h, newTraffic(false), 1, 10))
}

// A later version's files are not written to.
func TestALaterVersion(t *testing.T) {
	for _, name := range []string{"segment-00000001.posthouse", tailFile, notesFile, indexFile} {
		dir := t.TempDir()
		h := openTest(t, Options{Folder: dir})
		fill(h, newTraffic(false), 1, 10)
		if name == indexFile {
			if err := h.index.db.Exec("PRAGMA user_version = 9"); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if name != indexFile {
			head := fileHead(b[10], 1)
			head[8] = formatVersion + 1
			copy(b, fixSum(head))
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before := snapshot(t, dir)
		var later *LaterError
		if _, err := Open(Options{Folder: dir}); !errors.As(err, &later) {
			t.Errorf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(snapshot(t, dir), before) {
			t.Errorf("%s: something was written", name)
		}
	}
}

func fixSum(head []byte) []byte {
	binary.LittleEndian.PutUint32(head[28:], checksum(head[:28]))
	return head
}

func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = string(b)
	}
	return all
}

func TestAnUnusableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var unusable *UnusableError
	if _, err := Open(Options{Folder: filepath.Join(file, "below")}); !errors.As(err, &unusable) {
		t.Errorf("%v", err)
	}
}
