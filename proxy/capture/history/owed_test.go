package history

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
)

// owedBy is a history whose index owes blocks of 40 rows, which ended in another order than they began.
func owedBy(t testing.TB, o Options, blocks int) (h *History, all []flow.Exchange) {
	t.Helper()
	h = openTest(t, o)
	tr := newTraffic(false)
	for i := range blocks * 40 {
		all = append(all, tr.exchange(flow.ID(i+1)))
	}
	mixed := slices.Clone(all)
	for i := 0; i+7 < len(mixed); i += 3 {
		mixed[i], mixed[i+7] = mixed[i+7], mixed[i]
	}
	for some := range slices.Chunk(mixed, 40) {
		for i := range some {
			x := some[i]
			h.add(&x, ShedCompression)
		}
		flush(t, h)
	}
	return h, all
}

// expectOwed fails where the index does not owe so many rows.
func expectOwed(t testing.TB, h *History, rows int) {
	t.Helper()
	if n := owedIn(h.index); n != rows {
		t.Fatalf("%d rows are owed, not %d", n, rows)
	}
}

// Nobody sees that the index owes rows, and what one asks for is all that it takes in.
func TestRowsThatTheIndexOwesAreThere(t *testing.T) {
	const blocks, rows = 50, 2000
	for name, c := range map[string]struct {
		left int // rows that are owed behind it
		do   func(t *testing.T, h *History, all []flow.Exchange)
	}{
		"totals": {rows, func(t *testing.T, h *History, all []flow.Exchange) {
			s := h.Stats()
			if s.Rows != rows || s.Marked != 0 || s.Indexing || !s.Oldest.Equal(all[0].Start) || h.LastID() != rows {
				t.Errorf("%+v", s)
			}
			if n, err := h.Unmarked(Range{100, 299}); n != 200 || err != nil {
				t.Error(n, err)
			}
		}},
		"has": {rows, func(t *testing.T, h *History, _ []flow.Exchange) {
			for id := flow.ID(1); id <= rows; id++ {
				if !h.Has(id) {
					t.Errorf("%d", id)
				}
			}
		}},
		"one": {rows - 40, func(t *testing.T, h *History, all []flow.Exchange) {
			if x, err := h.Get(1005); err != nil || !reflect.DeepEqual(x, all[1004]) {
				t.Errorf("%v %+v", err, x)
			}
		}},
		"nothing": {rows, func(t *testing.T, h *History, _ []flow.Exchange) {
			if _, err := h.Get(rows + 1); err != ErrNotHere {
				t.Error(err)
			}
		}},
		"the lowest": {rows - 40, func(t *testing.T, h *History, all []flow.Exchange) {
			if got := h.Rows(1, 30); len(got) != 30 || !reflect.DeepEqual(got[29], all[29].Row) {
				t.Errorf("%d", len(got))
			}
		}},
		"all": {0, func(t *testing.T, h *History, all []flow.Exchange) { expect(t, h, all) }},
		"the highest": {rows - 120, func(t *testing.T, h *History, all []flow.Exchange) {
			q, err := query.Parse("")
			if err != nil {
				t.Fatal(err)
			}
			got, next := h.Judge(q, ^flow.ID(0), 100)
			if len(got) != 100 || got[0].ID != 1901 || got[99].ID != 2000 || next != 1901 {
				t.Errorf("%d, %+v", next, got)
			}
		}},
		"a mark": {rows - 120, func(t *testing.T, h *History, _ []flow.Exchange) {
			if err := h.Annotate(1005, flow.Annotation{Star: true}); err != nil {
				t.Error(err)
			}
			if x, err := h.Get(1005); err != nil || !x.Star || h.Stats().Marked != 1 || h.Stats().Rows != rows {
				t.Errorf("%v %+v %+v", err, x.Row, h.Stats())
			}
		}},
		"a deletion": {rows - 40, func(t *testing.T, h *History, _ []flow.Exchange) {
			if err := h.Delete(1005); err != nil || h.Stats().Rows != rows-1 {
				t.Errorf("%v %+v", err, h.Stats())
			}
			if _, err := h.Get(1005); err != ErrNotHere {
				t.Error(err)
			}
		}},
		"discarded": {0, func(t *testing.T, h *History, _ []flow.Exchange) {
			if err := h.Discard(); err != nil || h.Stats().Rows != 0 || len(h.segments) != 0 {
				t.Errorf("%v %+v", err, h.Stats())
			}
		}},
		"quiet": {0, func(t *testing.T, h *History, all []flow.Exchange) {
			if err := h.do(func() error { h.writer.late.timer.Reset(0); return nil }); err != nil {
				t.Fatal(err)
			}
			eventually.Holds(t, "nothing is owed", func() bool { return owedIn(h.index) == 0 })
			expect(t, h, all)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h, all := owedBy(t, Options{Folder: t.TempDir()}, blocks)
			expectOwed(t, h, rows)
			c.do(t, h, all)
			expectOwed(t, h, c.left)
			if s := h.Stats(); s.Damaged > 0 || !s.Problem.IsZero() {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A kill in each state of a block (docs/history-format.md) leaves all rows, each once, and none that was deleted.
func TestAKillWhileTheIndexOwes(t *testing.T) {
	const blocks = 12
	touch := func(h *History, id flow.ID) error { _, err := h.Get(id); return err }
	for name, do := range map[string]func(h *History) error{
		"all is owed":          func(*History) error { return nil },
		"the first is taken":   func(h *History) error { return touch(h, 1) },
		"one within is taken":  func(h *History) error { return touch(h, 201) },
		"the last is taken":    func(h *History) error { return touch(h, 480) },
		"nothing is owed":      func(h *History) error { return settler{h.index}.all() },
		"one within is marked": func(h *History) error { return h.Annotate(201, flow.Annotation{Star: true}) },
		"one within is gone":   func(h *History) error { return h.Delete(201) },
	} {
		for _, after := range []string{"", "indexed", "owed"} {
			t.Run(name+" "+after, func(t *testing.T) {
				dir := t.TempDir()
				h, all := owedBy(t, Options{Folder: dir}, blocks)
				if err := do(h); err != nil {
					t.Fatal(err)
				}
				if after != "" { // another block comes then
					shed := map[string]Shedding{"indexed": ShedNothing, "owed": ShedCompression}[after]
					tr := newTraffic(false)
					for id := flow.ID(481); id <= 520; id++ {
						x := tr.exchange(id)
						all = append(all, x)
						h.add(&x, shed)
					}
					flush(t, h)
				}
				if err := do(h); err != nil && err != ErrNotHere {
					t.Fatal(err)
				}
				killed := t.TempDir()
				if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				want := map[flow.ID]flow.Row{}
				h.Each(func(r *flow.Row) { want[r.ID] = *r })
				if n := len(all) - len(want); n > 1 || n != 0 && name != "one within is gone" {
					t.Fatalf("%d rows of %d", len(want), len(all))
				}
				h = openTest(t, Options{Folder: killed})
				got := map[flow.ID]flow.Row{}
				h.Each(func(r *flow.Row) { got[r.ID] = *r })
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%d rows, not %d", len(got), len(want))
				}
				if s := h.Stats(); s.Rows != uint64(len(want)) || s.Damaged > 0 || !s.Problem.IsZero() {
					t.Errorf("%+v", s)
				}
				known, err := h.index.segments()
				if err != nil || known[1].rows != uint64(len(want)) || known[1].indexed != h.segments[0].size {
					t.Errorf("%+v %v", known, err)
				}
			})
		}
	}
}

// The end takes in what is owed: any SQLite tool finds all rows.
func TestNothingIsOwedAfterTheEnd(t *testing.T) {
	dir := t.TempDir()
	h, all := owedBy(t, Options{Folder: dir}, 10)
	expectOwed(t, h, 400)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	expectOwed(t, h, 0)
	if known, err := h.index.segments(); err != nil || known[1].rows != 400 || known[1].indexed != h.segments[0].size {
		t.Errorf("%+v %v", known, err)
	}
	expect(t, h, all)
}

// What was said of a row before its block was written is not forgotten, nor what was taken back.
func TestWhatWasSaidOfARowIsNotOwed(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr := newTraffic(false)
	for id := flow.ID(1); id <= 40; id++ {
		x := tr.exchange(id)
		x.Star = id == 7
		h.add(&x, ShedCompression)
	}
	if err := h.Annotate(8, flow.Annotation{Mark: flow.MarkRed}); err != nil {
		t.Fatal(err)
	}
	if err := h.Annotate(7, flow.Annotation{}); err != nil {
		t.Fatal(err)
	}
	flush(t, h)
	expectOwed(t, h, 0)
	if x, err := h.Get(7); err != nil || x.Star {
		t.Errorf("%v %+v", err, x.Annotation)
	}
	if x, err := h.Get(8); err != nil || x.Mark != flow.MarkRed || h.Stats().Marked != 1 {
		t.Errorf("%v %+v %+v", err, x.Annotation, h.Stats())
	}
}

// Retention removes segments of which rows are owed, says which, and counts what the index will take.
func TestSegmentsThatAreOwedLeave(t *testing.T) {
	h, all := owedBy(t, Options{Folder: t.TempDir(), Budget: minBudget}, 100)
	check := func() {
		left, gone := 0, map[flow.ID]bool{}
		h.Each(func(*flow.Row) { left++ })
		ranges, _, every := h.Removed(0)
		for _, r := range ranges {
			for id := r.First; id <= r.Last; id++ {
				gone[id] = true
			}
		}
		if len(gone) == 0 || len(gone)+left != len(all) || every || h.Stats().Rows != uint64(left) {
			t.Errorf("%d left, %d are there, of %d: %+v", len(gone), left, len(all), h.Stats())
		}
	}
	before, _, _ := h.Removed(0)
	if owedIn(h.index) == 0 || len(before) == 0 {
		t.Errorf("%d are owed, %v left", owedIn(h.index), before)
	}
	if err := (settler{h.index}).all(); err != nil {
		t.Fatal(err)
	}
	eventually.Holds(t, "what was taken in has room", func() bool {
		return h.do(func() error { h.writer.clean(); h.writer.count(); return nil }) == nil && h.Stats().Bytes <= minBudget
	})
	check()
}

// A damaged block costs its own rows, is said once, and is owed no more.
func TestADamagedBlockThatIsOwed(t *testing.T) {
	dir := t.TempDir()
	h, all := owedBy(t, Options{Folder: dir}, 10)
	f, err := os.OpenFile(h.folder+"/"+h.segments[0].name(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	at := h.index.debt.all[0].blocks[4].at + frameHeadSize + 100
	if _, err = f.WriteAt([]byte("damage"), at); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	h.Each(func(*flow.Row) { n++ })
	h.Each(func(*flow.Row) {})
	expectOwed(t, h, 0)
	if s := h.Stats(); n != len(all)-40 || s.Damaged != 1 || s.Problem.IsZero() {
		t.Errorf("%d rows, %+v", n, s)
	}
}

// What is owed is bounded: by rows, by blocks, and by how far the IDs of a block lie apart.
func TestWhatIsOwedIsBounded(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	x, g := h.index, &segment{number: 1}
	owe := func(first flow.ID, rows ...flow.Row) bool {
		for i := range rows {
			rows[i].ID += first
		}
		last := rows[len(rows)-1].ID
		ids := make([]flow.ID, len(rows))
		for i := range rows {
			ids[i] = rows[i].ID
		}
		head := frameHead{first: first, last: last, count: uint32(len(rows))}
		ok := settler{x}.owe(ids, rows[0].Start, placed{1, place{frameHead: head}}, g)
		for i := range rows {
			rows[i].ID -= first
		}
		return ok
	}
	if owe(1, flow.Row{}, flow.Row{ID: maxOwedSpan}) || !owe(1, flow.Row{}, flow.Row{ID: maxOwedSpan - 1}) {
		t.Error("a block is wider than that")
	}
	x.debt.all = nil
	rows := make([]flow.Row, maxOwedSpan)
	for i := range rows {
		rows[i].ID = flow.ID(i)
	}
	for i := range maxOwedRows / maxOwedSpan {
		if !owe(flow.ID(1+i*maxOwedSpan), rows...) {
			t.Fatalf("no more than %d", owedIn(x))
		}
	}
	if owe(maxOwedRows+1, rows[:1]...) || owedIn(x) != maxOwedRows {
		t.Errorf("%d rows", owedIn(x))
	}
	x.debt.all = nil
	for i := range maxOwedBlocks {
		if !owe(flow.ID(1+i), rows[:1]...) {
			t.Fatalf("no more than %d", owedIn(x))
		}
	}
	if owe(maxOwedBlocks+1, rows[:1]...) {
		t.Error("more blocks")
	}
	// What comes then is indexed at once, and is there.
	tr := newTraffic(false)
	for id := flow.ID(100_001); id <= 100_040; id++ {
		e := tr.exchange(id)
		h.add(&e, ShedCompression)
	}
	flush(t, h)
	if n := owedIn(x); n != maxOwedBlocks {
		t.Errorf("%d rows are owed", n)
	}
	if e, err := h.Get(100_020); err != nil || e.ID != 100_020 {
		t.Errorf("%v", err)
	}
	x.debt.all = nil
}

// Readers and the writer at a time: what was written before somebody asks is there.
func TestReadersWhileTheIndexOwes(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	written := make(chan flow.ID, 1)
	written <- 0
	var readers sync.WaitGroup
	for i := range 2 {
		random := rand.New(rand.NewPCG(7, uint64(i)))
		readers.Go(func() {
			for ctx.Err() == nil {
				last := <-written
				written <- last
				if last == 0 {
					continue
				}
				id := 1 + flow.ID(random.Uint64N(uint64(last)))
				if _, err := h.Get(id); err != nil {
					t.Errorf("%d: %v", id, err)
					return
				}
				if rows := h.Rows(id, 10); len(rows) == 0 || rows[0].ID != id {
					t.Errorf("the rows from %d on: %d", id, len(rows))
					return
				}
			}
		})
	}
	tr := newTraffic(false)
	for begun, first := time.Now(), flow.ID(1); time.Since(begun) < 500*time.Millisecond && !t.Failed(); first += 40 {
		hasty(t, h, tr, first, 1)
		<-written
		written <- first + 39
	}
	cancel()
	readers.Wait()
	last, n := <-written, uint64(0)
	seen := map[flow.ID]int{}
	h.Each(func(r *flow.Row) { seen[r.ID]++; n++ })
	if n != uint64(last) || len(seen) != int(last) || h.Stats().Rows != n || slices.Max(slices.Collect(maps.Values(seen))) != 1 {
		t.Errorf("%d rows, %d different, of %d; %+v", n, len(seen), last, h.Stats())
	}
}
