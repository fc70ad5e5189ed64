package history

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"posthouse/proxy/flow"
)

// once expects that a search comes to each exchange once.
func once(t *testing.T, h *History, n int) {
	t.Helper()
	seen := map[flow.ID]int{}
	var mu sync.Mutex
	scanned, err := h.ScanBlocks(context.Background(), nil, func(x *flow.Exchange) bool {
		mu.Lock()
		defer mu.Unlock()
		seen[x.ID]++
		return true
	})
	if err != nil || scanned.Exchanges != n || len(seen) != n {
		t.Errorf("%v, %+v, %d exchanges of %d", err, scanned, len(seen), n)
	}
	if s := h.Stats(); s.Rows != uint64(n) || s.Damaged > 0 || !s.Problem.IsZero() {
		t.Errorf("%+v", s)
	}
}

// A segment that a kill has kept from leaving leaves at the next opening, with the index and
// without: what is marked in it is not there twice.
func TestASegmentThatWasLeavingLeaves(t *testing.T) {
	for _, without := range []string{"", indexFile, "moved"} {
		dir := t.TempDir()
		h := openTest(t, Options{Folder: dir})
		for id := flow.ID(1); id <= 6; id++ {
			x := tiny(id)
			x.Star = id == 2 || id == 3
			h.add(&x, ShedNothing)
			if id%3 == 0 {
				flush(t, h)
				_ = h.do(func() error { return leaveActive(h) })
			}
		}
		before := copyOf(t, dir)
		if without == "moved" { // and not yet dropped
			if err := h.do(func() error { return h.writer.keep(h.segments[0], []flow.ID{2, 3}) }); err != nil {
				t.Fatal(err)
			}
			before = copyOf(t, dir)
		} else if err := h.do(func() error { return h.writer.drop(h.segments[0]) }); err != nil {
			t.Fatal(err)
		}
		after := copyOf(t, dir)
		_ = h.Close()
		kept := "kept-00000003.posthouse"
		if err := os.Rename(filepath.Join(after, kept), filepath.Join(before, kept)); err != nil {
			t.Fatal(err)
		}
		if without == indexFile {
			if err := errors.Join(remove(before, without), remove(before, without+"-wal")); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			h = openTest(t, Options{Folder: before})
			wait(t, h, "indexed", func(s Stats) bool { return !s.Indexing })
			once(t, h, 5)
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
