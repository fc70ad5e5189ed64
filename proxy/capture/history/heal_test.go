package history

import (
	"os"
	"path/filepath"
	"testing"

	"posthouse/proxy/flow"
)

// copyOf is what a kill would leave of a folder.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	for name, b := range snapshot(t, dir) {
		if err := os.WriteFile(filepath.Join(to, name), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func flip(t *testing.T, path string, at int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 0x40
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// tailed has all that is pending written to the tail.
func tailed(t testing.TB, h *History) {
	t.Helper()
	(&follower{h: h}).tail()
	if err := h.do(func() error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// A damaged head of the tail costs nothing, not at later kills either, and it is said once.
func TestADamagedHeadOfTheTailHeals(t *testing.T) {
	for at := 0; at < fileHeadSize; at += stride(5) {
		dir := t.TempDir()
		h := openTest(t, Options{Folder: dir})
		tr := newTraffic(false)
		all := fill(h, tr, 1, 2)
		flush(t, h)
		all = append(all, fill(h, tr, 3, 2)...)
		tailed(t, h)
		dir = copyOf(t, dir)
		_ = h.Close()
		flip(t, filepath.Join(dir, tailFile), at)
		h = openTest(t, Options{Folder: dir})
		if s := h.Stats(); s.Damaged != 1 {
			t.Fatalf("byte %d: %+v", at, s)
		}
		expect(t, h, all)
		all = append(all, fill(h, tr, 5, 2)...)
		tailed(t, h)
		for range 2 { // a kill, and another
			dir = copyOf(t, dir)
			_ = h.Close()
			h = openTest(t, Options{Folder: dir})
			if s := h.Stats(); s.Damaged != 0 || h.writer.segment == nil {
				t.Fatalf("byte %d, later: %+v, and the segment is not gone on with", at, s)
			}
			expect(t, h, all)
		}
		_ = h.Close()
	}
}

// Nor does one of the notes, which are read and written on.
func TestADamagedHeadOfTheNotesHeals(t *testing.T) {
	for at := 0; at < fileHeadSize; at += stride(5) {
		dir := t.TempDir()
		h := openTest(t, Options{Folder: dir})
		all := fill(h, newTraffic(false), 1, 4)
		flush(t, h)
		star := func(n int) {
			t.Helper()
			all[n].Star = true
			if err := h.Annotate(all[n].ID, flow.Annotation{Star: true}); err != nil {
				t.Fatal(err)
			}
		}
		star(0)
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		flip(t, filepath.Join(dir, notesFile), at)
		h = openTest(t, Options{Folder: dir})
		if s := h.Stats(); s.Damaged != 1 || s.Problem.Code != "history-damaged" {
			t.Fatalf("byte %d: %+v", at, s)
		}
		expect(t, h, all)
		star(1)
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		h = openTest(t, Options{Folder: dir})
		if s := h.Stats(); s.Damaged != 0 || h.writer.segment == nil {
			t.Fatalf("byte %d, later: %+v", at, s)
		}
		expect(t, h, all)
		_ = h.Close()
	}
}

// A note that a kill has cut is not taken for the beginning of the next.
func TestATornNoteIsCutOff(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	all := fill(h, newTraffic(false), 1, 2)
	for i := range all {
		all[i].Note = "a note that is longer than what is cut off of it, and than a head"
		if err := h.Annotate(all[i].ID, all[i].Annotation); err != nil {
			t.Fatal(err)
		}
	}
	_ = h.Close()
	path := filepath.Join(dir, notesFile)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-9); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_ = os.Remove(filepath.Join(dir, indexFile))
		h = openTest(t, Options{Folder: dir})
		if s := h.Stats(); s.Damaged != 0 {
			t.Errorf("%+v", s)
		}
		if err := h.Annotate(2, all[1].Annotation); err != nil {
			t.Fatal(err)
		}
		expect(t, h, all)
		_ = h.Close()
	}
}
