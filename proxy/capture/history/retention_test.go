package history

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// folderBytes is what all files take.
func folderBytes(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The oldest go first, what is marked stays, and the budget holds all the while.
func TestABudgetIsKept(t *testing.T) {
	const budget = 6 << 20
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir, Budget: budget})
	tr := newTraffic(true)
	star := flow.Annotation{Star: true}
	n := flow.ID(0)
	var marked flow.Exchange
	for range 25 {
		all := fill(h, tr, n+1, 200)
		if n == 200 {
			marked = all[7]
			if err := h.Annotate(marked.ID, star); err != nil {
				t.Fatal(err)
			}
			marked.Annotation = star
		}
		n += 200
		flush(t, h)
		if got := folderBytes(t, dir); got > budget+512<<10 {
			t.Fatalf("%d bytes in a budget of %d", got, budget)
		}
	}
	if first := h.FirstID(); first != marked.ID {
		t.Errorf("the first is %d, and %d is marked", first, marked.ID)
	}
	rows := h.Rows(marked.ID+1, 10)
	if len(rows) < 10 || rows[0].ID < 600 || rows[9].ID != rows[0].ID+9 {
		t.Errorf("%d rows", len(rows))
	}
	check := func() {
		t.Helper()
		if x, err := h.Get(marked.ID); err != nil || !x.Star || string(x.ResponseBody.Bytes) != string(marked.ResponseBody.Bytes) {
			t.Errorf("the marked one: %v", err)
		}
		if _, err := h.Get(n); err != nil {
			t.Errorf("the last one: %v", err)
		}
	}
	check()
	ranges, _, all := h.Removed(0)
	if !all && (len(ranges) == 0 || ranges[0].First != 1) {
		t.Errorf("told of %v", ranges)
	}
	// The mark is taken off, and with a new index it stays so.
	if err := h.Annotate(marked.ID, flow.Annotation{}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.Close(), os.Remove(filepath.Join(dir, indexFile))); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir, Budget: budget})
	if x, err := h.Get(marked.ID); err != nil || x.Star {
		t.Errorf("after a new index: %v %v", x.Star, err)
	}
	if err := h.Annotate(marked.ID, star); err != nil {
		t.Fatal(err)
	}
	h.SetLimits(2<<20, 0)
	_ = h.do(func() error { return nil })
	if got := folderBytes(t, dir); got > 2<<20+512<<10 {
		t.Errorf("%d bytes after the budget was lowered", got)
	}
	check()
}

// Where marked exchanges alone fill the budget it is said, and none of them goes.
func TestMarksFillTheBudget(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir, Budget: 1 << 20})
	tr := newTraffic(true)
	for id := flow.ID(1); id <= 600; id++ {
		x := tr.exchange(id)
		x.Star = true
		h.add(&x, ShedNothing)
		if id%50 == 0 {
			flush(t, h)
		}
	}
	s := h.Stats()
	if s.Problem.Code != "history-marked" || s.NotOnDisk.Failed == 0 {
		t.Errorf("%+v", s)
	}
	kept := 0
	h.Each(func(row *flow.Row) {
		if !row.Star {
			t.Errorf("%d", row.ID)
		}
		kept++
	})
	if uint64(kept)+s.NotOnDisk.Failed != 600 || kept < 100 {
		t.Errorf("%d are kept, %d are said not to be", kept, s.NotOnDisk.Failed)
	}
	if got := folderBytes(t, dir); got > 1<<20+512<<10 {
		t.Errorf("%d bytes", got)
	}
	h.SetLimits(64<<20, 0)
	x := tr.exchange(1000)
	h.add(&x, ShedNothing)
	flush(t, h)
	if s := h.Stats(); !s.Problem.IsZero() {
		t.Errorf("with more room: %+v", s)
	}
}

func TestOldOnesGo(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir(), MaxAge: 24 * time.Hour})
	tr := newTraffic(false)
	now := time.Now()
	for id := flow.ID(1); id <= 300; id++ {
		x := tr.exchange(id)
		x.Start = now.Add(-48 * time.Hour)
		if id > 200 {
			x.Start = now
		}
		h.add(&x, ShedNothing)
		if id%100 == 0 {
			flush(t, h)
		}
	}
	if first, n := h.FirstID(), h.Stats().Rows; first != 201 || n != 100 {
		t.Errorf("from %d, %d rows", first, n)
	}
}

func TestDiscardKeepsWhatIsMarked(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr := newTraffic(false)
	fill(h, tr, 1, 1500)
	for _, id := range []flow.ID{3, 1499} {
		if err := h.Annotate(id, flow.Annotation{Mark: flow.MarkRed}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Discard(); err != nil {
		t.Fatal(err)
	}
	rows := h.Rows(1, 10)
	if len(rows) != 2 || rows[0].ID != 3 || rows[1].ID != 1499 {
		t.Errorf("%d rows", len(rows))
	}
	if x, err := h.Get(3); err != nil || x.Mark != flow.MarkRed {
		t.Error(err)
	}
	if h.LastID() != 1500 {
		t.Errorf("the last ID is %d", h.LastID())
	}
}

// fullDisk fails from when it is switched on, half way through a write.
type fullDisk struct {
	file
	on *atomic.Bool
}

func (f fullDisk) WriteAt(p []byte, at int64) (int, error) {
	if !f.on.Load() {
		return f.file.WriteAt(p, at)
	}
	n, err := f.file.WriteAt(p[:len(p)/2], at)
	if err == nil {
		err = syscall.ENOSPC
	}
	return n, err
}

// On a full disk it is said what is not kept, what was kept is read, and writing goes on
// when there is room.
func TestAFullDisk(t *testing.T) {
	var full atomic.Bool
	through(t, func(f file, _ string) file { return fullDisk{f, &full} })
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	s := capture.New(capture.Options{})
	h.Follow(s)
	tr := newTraffic(false)
	for id := flow.ID(1); id <= 2000; id++ {
		x := tr.exchange(id)
		play(s, &x)
		if id == 700 {
			wait(t, h, "the first ones", func(s Stats) bool { return s.Rows >= 700 })
			flush(t, h)
			full.Store(true)
		}
	}
	wait(t, h, "it is said", func(s Stats) bool { return s.Problem.Code == "history-disk-full" && s.NotOnDisk.Failed > 0 })
	full.Store(false)
	for id := flow.ID(2001); id <= 4000; id++ {
		x := tr.exchange(id)
		play(s, &x)
	}
	wait(t, h, "it is over", func(s Stats) bool { return s.Problem.IsZero() && s.Rows+s.NotOnDisk.Failed == 4000 })
	failed := h.Stats().NotOnDisk.Failed
	if err := errors.Join(h.Close(), os.Remove(filepath.Join(dir, indexFile))); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	if s := h.Stats(); s.Rows+failed != 4000 || s.Damaged > 0 {
		t.Errorf("%+v after %d failed", s, failed)
	}
	for _, id := range []flow.ID{1, 700, 4000} {
		if _, err := h.Get(id); err != nil {
			t.Errorf("%d: %v", id, err)
		}
	}
}

// What the disk does not keep up with is shed in the written order and counted.
func TestSheddingIsSaid(t *testing.T) {
	for lag, want := range map[float64]Shedding{0: ShedNothing, 0.25: ShedNothing, 0.3: ShedCompression, 0.6: ShedLarge, 0.8: ShedBodies} {
		if got := sheddingAt(lag); got != want {
			t.Errorf("%v: %v", lag, got)
		}
	}
	large := flow.Body{State: flow.BodyWhole, Bytes: make([]byte, largeBody+1)}
	small := flow.Body{State: flow.BodyWhole, Bytes: []byte("x")}
	for shed, missing := range []bool{false, false, true, true} {
		x := flow.Exchange{RequestBody: small, ResponseBody: large}
		if got := shedBodies(&x, Shedding(shed)); got != missing || missing != (x.ResponseBody.State == flow.BodyNotRecorded) ||
			(x.RequestBody.Bytes == nil) != (Shedding(shed) == ShedBodies) {
			t.Errorf("%d: %v %+v", shed, got, x.RequestBody)
		}
	}
}

// A store that evicts faster than is written loses nothing silently.
func TestNothingIsLostSilently(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	s := capture.New(capture.Options{Budget: 256 << 10})
	tr := newTraffic(false)
	x := tr.exchange(1)
	for range 500 {
		play(s, &x)
	}
	early := s.Stats().Evicted
	h.Follow(s)
	for range 3000 {
		play(s, &x)
	}
	wait(t, h, "all are accounted for", func(st Stats) bool {
		return st.Rows+st.NotOnDisk.Early+st.NotOnDisk.Late+st.NotOnDisk.Failed == 3500
	})
	if st := h.Stats(); st.NotOnDisk.Early < early || st.NotOnDisk.Failed > 0 {
		t.Errorf("%+v of %d", st, early)
	}
}

// A damaged index is made anew.
func TestADamagedIndex(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	all := fill(h, newTraffic(false), 1, 1500)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, indexFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]string{"empty": "", "no database": strings.Repeat("x", 9000), "cut": string(whole[:5000]),
		"zeros": string(whole[:4096]) + strings.Repeat("\x00", len(whole)-4096)} {
		if err := os.WriteFile(path, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		h := openTest(t, Options{Folder: dir})
		h.FirstID() // may be what finds out
		h.Row(700)
		wait(t, h, name, func(s Stats) bool { return s.Rows == 1500 && !s.Indexing })
		expect(t, h, all)
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

var _ io.WriterAt = fullDisk{}

// What was to be kept until quit goes, whatever shares a segment with it, and a crash does
// not have it forgotten.
func TestCloseDiscardingLeavesWhatIsKept(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	tr := newTraffic(false)
	all := fill(h, tr, 1, 10)
	flush(t, h)
	if err := h.SetUnkept(8); err != nil {
		t.Fatal(err)
	}
	fill(h, tr, 11, 10)
	flush(t, h)
	fill(h, tr, 21, 10)
	tailed(t, h)
	dir = copyOf(t, dir)
	if err := errors.Join(h.Close(), os.Remove(filepath.Join(dir, indexFile))); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	if s := h.Stats(); s.Unkept != 8 || s.Rows != 30 {
		t.Errorf("%+v", s)
	}
	if n, err := h.Unmarked(Range{8, 25}); n != 18 || err != nil {
		t.Errorf("%d of 18, %v", n, err)
	}
	all[9].Star = true
	if err := errors.Join(h.Annotate(10, flow.Annotation{Star: true}), h.CloseDiscarding()); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	if s := h.Stats(); s.Unkept != 0 || h.LastID() != 30 {
		t.Errorf("%+v, the last is %d", s, h.LastID())
	}
	expect(t, h, append(all[:7:7], all[9]))
	if err := h.CloseDiscarding(); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	expect(t, h, append(all[:7:7], all[9]))
}

// Room that a mark needs is not made of the exchange that it is for.
func TestAMarkMakesNoRoomOfItsOwn(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr, star := newTraffic(false), flow.Annotation{Star: true}
	fill(h, tr, 1, 20)
	flush(t, h)
	err := errors.Join(h.Annotate(7, star), h.do(func() error { return h.writer.drop(h.segments[0]) }), h.Annotate(7, flow.Annotation{}))
	if err != nil {
		t.Fatal(err)
	}
	if g := h.segments[0]; !g.kept || g.rows != 1 {
		t.Fatalf("%+v", g)
	}
	err = h.do(func() error {
		err := h.index.checkpoint()
		bytes := h.writer.bytes()
		h.mu.Lock()
		h.limits.budget = bytes
		h.mu.Unlock()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = h.Annotate(7, star)
	if x, got := h.Get(7); got != nil || x.Star != (err == nil) {
		t.Errorf("%v, but it is %v: %v", err, x.Star, got)
	}
}
