package history

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/flow"
)

// What is no longer marked makes room as all else does, and what is keeps its place.
func TestMarksThatAreTakenOffMakeRoom(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir(), Budget: 1 << 20})
	tr := newTraffic(true)
	for id := flow.ID(1); id <= 600; id++ {
		x := tr.exchange(id)
		x.Star = true
		h.add(&x, ShedNothing)
		if id%50 == 0 {
			flush(t, h)
		}
	}
	if s := h.Stats(); s.Problem.Code != "history-marked" {
		t.Fatalf("%+v", s)
	}
	first := h.FirstID()
	h.Each(func(row *flow.Row) {
		if row.ID == first {
			return
		}
		if err := h.Annotate(row.ID, flow.Annotation{}); err != nil {
			t.Error(row.ID, err)
		}
	})
	fill(h, tr, 1000, 200)
	flush(t, h)
	s := h.Stats()
	if !s.Problem.IsZero() || s.Marked != 1 {
		t.Errorf("%+v", s)
	}
	for _, id := range []flow.ID{first, 1000, 1199} {
		if _, err := h.Get(id); err != nil {
			t.Error(id, err)
		}
	}
	if n := 0; true {
		h.Each(func(*flow.Row) { n++ })
		if uint64(n) != s.Rows {
			t.Errorf("%d rows, but %+v", n, s)
		}
	}
}

// The log of the index, which may be larger than a small budget, does not push exchanges out.
func TestTheLogOfTheIndexLeavesRoom(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir(), Budget: 1 << 20})
	tr := newTraffic(false)
	fill(h, tr, 1, 20)
	flush(t, h)
	for n := 0; n < 100 && h.index.logSize() < 256<<10; n++ { // each puts a page or two into the log
		for _, star := range []bool{true, false} {
			if err := h.Annotate(1, flow.Annotation{Star: star}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := h.index.logSize(); n < 256<<10 {
		t.Fatalf("the log has %d bytes: too few to tell", n)
	}
	fill(h, tr, 21, 900)
	flush(t, h)
	if first, s := h.FirstID(), h.Stats(); first != 1 || !s.Problem.IsZero() || s.Bytes > 1<<20 {
		t.Errorf("from %d, %+v", first, s)
	}
}

// A segment that says nothing of its age, or a wrong one, keeps no other one from leaving,
// and leaves by its file's.
func TestAgeIsKeptBehindASegmentWithoutOne(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-48 * time.Hour)
	h := openTest(t, Options{Folder: dir})
	tr := newTraffic(false)
	add := func(id flow.ID, start time.Time) {
		x := tr.exchange(id)
		x.Start = start
		h.add(&x, ShedNothing)
		flush(t, h)
		if err := h.do(func() error { return leaveActive(h) }); err != nil {
			t.Fatal(err)
		}
	}
	add(1, time.Now().Add(1000*time.Hour)) // by a wrong clock
	add(2, old)
	add(3, time.Now())
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	// A kill has left one without a head, before all others.
	if err := errors.Join(os.Rename(filepath.Join(dir, "segment-00000001.posthouse"), filepath.Join(dir, "segment-00000009.posthouse")),
		os.WriteFile(filepath.Join(dir, "segment-00000001.posthouse"), []byte("\x89POST"), 0o600), remove(dir, indexFile)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"segment-00000001.posthouse", "segment-00000009.posthouse"} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	h = openTest(t, Options{Folder: dir, MaxAge: 24 * time.Hour})
	_ = h.do(func() error { h.writer.clean(); return nil })
	if s, first := h.Stats(), h.FirstID(); s.Rows != 1 || first != 3 || isThere(filepath.Join(dir, "segment-00000001.posthouse")) {
		t.Errorf("from %d, %+v", first, s)
	}
}

// leaveActive has the next block begin another segment.
func leaveActive(h *History) error {
	err := h.writer.active.close()
	h.writer.active, h.writer.segment = nil, nil
	return err
}

func remove(dir, name string) error {
	err := os.Remove(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// What the tail could not take is in it a second later, when there is room.
func TestTheTailIsWrittenAgain(t *testing.T) {
	var full atomic.Bool
	through(t, func(f file, _ string) file { return fullDisk{f, &full} })
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	tr := newTraffic(false)
	all := fill(h, tr, 1, 5)
	full.Store(true)
	tailed(t, h)
	if s := h.Stats(); s.Problem.Code != "history-disk-full" {
		t.Errorf("%+v", s)
	}
	full.Store(false)
	all = append(all, fill(h, tr, 6, 2)...)
	tailed(t, h)
	if s := h.Stats(); !s.Problem.IsZero() {
		t.Errorf("%+v", s)
	}
	expect(t, openTest(t, Options{Folder: copyOf(t, dir)}), all)
}

// A block that is written leaves in the tail what is of others, in whatever order they came.
func TestTheTailKeepsWhatIsOfOtherBlocks(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	tr := newTraffic(false)
	all := fill(h, tr, 1, 3)
	tailed(t, h)
	h.mu.Lock()
	k := h.pending[0]
	k.sealed = true // and somebody else comes before it is sent
	h.mu.Unlock()
	all = append(all, fill(h, tr, 4, 3)...)
	tailed(t, h)
	_ = h.do(func() error { h.writer.writeBlock(k); return nil })
	expect(t, openTest(t, Options{Folder: copyOf(t, dir)}), all)
	flush(t, h)
	if h.writer.tail.size != fileHeadSize {
		t.Errorf("%d bytes are left in the tail", h.writer.tail.size)
	}
}

// noSegments cannot write segments.
type noSegments struct {
	file
	path string
}

func (f noSegments) WriteAt(p []byte, at int64) (int, error) {
	if strings.HasPrefix(filepath.Base(f.path), segmentPrefix) {
		return 0, syscall.EIO
	}
	return f.file.WriteAt(p, at)
}

// The tail does not grow without end while no block can be written.
func TestTheTailIsBounded(t *testing.T) {
	through(t, func(f file, path string) file { return noSegments{f, path} })
	h := openTest(t, Options{Folder: t.TempDir()})
	id := flow.ID(1)
	noise := newTraffic(false)
	for range 12 {
		x := noise.exchange(id)
		x.ResponseBody.Bytes = []byte(noise.token(blockSize - 4096))
		h.add(&x, ShedNothing)
		tailed(t, h)
		flush(t, h)
		if n := h.writer.tail.size; n > maxTail+2*blockSize {
			t.Fatalf("the tail has %d bytes", n)
		}
		id++
	}
	if s := h.Stats(); s.NotOnDisk.Failed != 12 || s.Problem.IsZero() {
		t.Errorf("%+v", s)
	}
}

// What the index had no room for is in it when it has, and nothing is said any longer.
func TestTheIndexCatchesUpWhenThereIsRoom(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr := newTraffic(false)
	all := fill(h, tr, 1, 10)
	flush(t, h)
	limit := func(pages string) {
		t.Helper()
		h.index.mu.Lock()
		defer h.index.mu.Unlock()
		if err := h.index.db.Exec("PRAGMA max_page_count = " + pages); err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // no more than there are
	all = append(all, fill(h, tr, 11, 400)...)
	flush(t, h)
	wait(t, h, "it is said", func(s Stats) bool { return !s.Indexing && !s.Problem.IsZero() })
	limit("100000")
	all = append(all, fill(h, tr, 411, 10)...)
	flush(t, h)
	wait(t, h, "it is over", func(s Stats) bool { return !s.Indexing && s.Problem.IsZero() && s.Rows == 420 })
	expect(t, h, all)
}
