package history

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"posthouse/proxy/flow"
)

// Whatever stands in a file, its frames are read without an end, a panic, or a block beyond
// what a frame may hold.
func FuzzFrames(f *testing.F) {
	for _, text := range smallHistory(f) {
		f.Add([]byte(text))
	}
	f.Add(smallSession(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, n := bytes.NewReader(b), &notes{marks: map[flow.ID]flow.Annotation{}}
		before := int64(-1)
		_, err := framesOf(r, 0, r.Size(), func(p place) bool {
			if p.at <= before || p.end() > r.Size() {
				t.Errorf("a frame from %d to %d behind %d", p.at, p.end(), before)
			}
			before = p.at
			if b, err := payload(r, p, "file"); err == nil {
				_ = n.add(p.kind, b)
				_ = mayHold(b, "some text")
			}
			if b, err := readBlock(r, p, "file"); err == nil {
				_ = eachRecord(b, func(int, *flow.Exchange) bool { return true })
			}
			return true
		}, func(int64) {})
		if err != nil {
			t.Error(err)
		}
		n.deleted = join(n.deleted)
		for _, r := range n.deleted {
			if !n.isDeleted(r.First) || !n.isDeleted(r.Last) {
				t.Errorf("%v is not among %v", r, n.deleted)
			}
		}
		if _, err := blocksOf(r, r.Size(), func(int64) {}); err != nil {
			t.Error(err)
		}
	})
}

// A folder opens whatever its files hold, and closes; only what a later version wrote does not.
func FuzzFolder(f *testing.F) {
	files := smallHistory(f)
	for name, text := range files {
		f.Add(uint8(kindIn(name)), []byte(text))
	}
	of := place{at: fileHeadSize}
	f.Add(uint8(5), slices.Concat(fileHead(fileFilters, 3), lateFrame(newTrigrams().filter(), of), lateFrame(nil, of)[:frameHeadSize+5]))
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		dir := t.TempDir()
		name := []string{"segment-00000001.posthouse", "kept-00000002.posthouse", tailFile, notesFile, indexFile,
			"filters-00000003.posthouse"}[kind%6]
		if kind%6 == 5 {
			segment := "segment-00000003.posthouse"
			if err := os.WriteFile(filepath.Join(dir, segment), []byte(files[segment]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := Open(Options{Folder: dir})
		if err != nil {
			return
		}
		h.Each(func(row *flow.Row) { _, _ = h.Get(row.ID) })
		makeLate(t, h, 100)
		_, _ = h.ScanBlocks(t.Context(), [][]string{{"some text"}}, func(*flow.Exchange) bool { return true })
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
}

func kindIn(name string) int {
	switch {
	case name == tailFile:
		return 2
	case name == notesFile:
		return 3
	case len(name) > 4 && name[:4] == keptPrefix[:4]:
		return 1
	}
	return 0
}
