package history

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
)

// hasty has a history keep exchanges in blocks of 40, each without a filter.
func hasty(t testing.TB, h *History, tr *traffic, first flow.ID, blocks int) {
	t.Helper()
	for range blocks {
		for range 40 {
			x := tr.exchange(first)
			first++
			h.add(&x, ShedCompression)
		}
		flush(t, h)
	}
}

// makeLate has filters made until no block lacks one, or n times.
func makeLate(t testing.TB, h *History, n int) {
	t.Helper()
	for range n {
		more := false
		err := h.do(func() error {
			w := filterer{&h.writer}
			w.goOn()
			more = w.lacking() != nil
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// visits are the exchanges that a search for a text comes to.
func visits(t testing.TB, h *History, text string) (ids []flow.ID, s Scanned) {
	t.Helper()
	var mu sync.Mutex
	s, err := h.ScanBlocks(context.Background(), [][]string{{text}}, func(x *flow.Exchange) bool {
		mu.Lock()
		defer mu.Unlock()
		ids = append(ids, x.ID)
		return true
	})
	if err != nil || !s.Done || s.Unreadable > 0 {
		t.Fatalf("%v %+v", err, s)
	}
	slices.Sort(ids)
	return ids, s
}

// expectLate looks at what searches make of filters: all blocks are passed over for what is nowhere, and
// what is somewhere is found.
func expectLate(t testing.TB, h *History, found []flow.ID) {
	t.Helper()
	if _, s := visits(t, h, "zebraquuxes"); s.Skipped != s.Blocks || s.Blocks == 0 {
		t.Errorf("of %d blocks %d are passed over", s.Blocks, s.Skipped)
	}
	if ids, _ := visits(t, h, "needle"); !slices.Equal(ids, found) {
		t.Errorf("found in %v, not in %v", ids, found)
	}
}

// withNeedles is a history of hasty blocks, with a word in some exchanges.
func withNeedles(t testing.TB, dir string, budget int64, blocks int) (h *History, found []flow.ID) {
	t.Helper()
	h = openTest(t, Options{Folder: dir, Budget: budget})
	tr := newTraffic(false)
	for i := range blocks {
		first := flow.ID(i*41 + 1)
		if i%3 == 0 {
			x := tr.exchange(first)
			x.ResponseBody.Bytes = []byte(`{"note":"a Needle"}`)
			h.add(&x, ShedCompression)
			found = append(found, first)
		}
		hasty(t, h, tr, first+1, 1)
	}
	return h, found
}

func filesOf(t testing.TB, dir, prefix string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all[e.Name()] = string(b)
		}
	}
	return all
}

// Filters that were left out are made when it is quiet, searches use them, segments stay as they are, and
// the next run knows of them.
func TestFiltersLeftOutAreMadeWhenItIsQuiet(t *testing.T) {
	dir := t.TempDir()
	h, found := withNeedles(t, dir, 4<<20, 20)
	if _, s := visits(t, h, "zebraquuxes"); s.Skipped != 0 || !h.Stats().Filtering {
		t.Fatalf("%+v %+v", s, h.Stats())
	}
	before, bytes := filesOf(t, dir, segmentPrefix), h.Stats().Bytes
	if len(before) < 3 {
		t.Fatalf("%d segments", len(before))
	}
	if err := h.do(func() error { h.writer.late.timer.Reset(0); return nil }); err != nil {
		t.Fatal(err)
	}
	eventually.Holds(t, "no block lacks a filter", func() bool { return !h.Stats().Filtering })
	expectLate(t, h, found)
	if !maps.Equal(before, filesOf(t, dir, segmentPrefix)) {
		t.Error("segments were changed")
	}
	late := filesOf(t, dir, filtersPrefix)
	more := int64(0)
	for _, b := range late {
		more += int64(len(b))
	}
	if err := h.do(func() error { h.writer.count(); return nil }); err != nil || h.Stats().Bytes < bytes+more || more == 0 {
		t.Errorf("%d bytes of filters are not in the %d of all, before %d: %v", more, h.Stats().Bytes, bytes, err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir, Budget: 4 << 20})
	expectLate(t, h, found)
	if err := h.do(func() error {
		if through := h.writer.late.through; through == 0 || through >= h.writer.newest().number {
			t.Errorf("it is known of segments up to %d, of %d", through, h.writer.newest().number)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	makeLate(t, h, 100)
	if !maps.Equal(late, filesOf(t, dir, filtersPrefix)) {
		t.Error("filters were made again")
	}
}

// The segment that grows gets them too, between blocks with and without their own.
func TestTheGrowingSegmentGetsLateFilters(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	tr := newTraffic(false)
	for round := range 3 {
		first := flow.ID(round*200 + 1)
		hasty(t, h, tr, first, 1)
		fill(h, tr, first+50, 40)
		flush(t, h)
		hasty(t, h, tr, first+100, 1)
		makeLate(t, h, 100)
		expectLate(t, h, nil)
	}
	if n := len(h.segments); n != 1 {
		t.Errorf("%d segments", n)
	}
}

// A kill at any byte of the filters leaves what searches find, and the next run goes on behind those that are whole.
func TestAKillWhileFiltersAreMade(t *testing.T) {
	dir := t.TempDir()
	h, found := withNeedles(t, dir, 0, 5)
	makeLate(t, h, 100)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	late := filesOf(t, dir, filtersPrefix)
	if len(late) != 1 {
		t.Fatalf("%d files of filters", len(late))
	}
	for name, whole := range late {
		steps := 40
		if testing.Short() || raceDetector {
			steps = 9
		}
		for i := range steps + 1 {
			n := len(whole) * i / steps
			if i%4 == 3 {
				n = min(n, fileHeadSize+frameHeadSize-1) - i%5
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(whole[:n]), 0o600); err != nil {
				t.Fatal(err)
			}
			h := openTest(t, Options{Folder: dir})
			if ids, _ := visits(t, h, "needle"); !slices.Equal(ids, found) {
				t.Fatalf("after %d bytes: found in %v, not in %v", n, ids, found)
			}
			makeLate(t, h, 100)
			expectLate(t, h, found)
			if s := h.Stats(); s.Damaged > 0 || !s.Problem.IsZero() {
				t.Errorf("after %d bytes: %+v", n, s)
			}
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			if got := filesOf(t, dir, filtersPrefix)[name]; len(got) != len(whole) || got[fileHeadSize:] != whole[fileHeadSize:] {
				t.Fatalf("after %d bytes: %d bytes were made, not the %d that were there", n, len(got), len(whole))
			}
		}
	}
}

// A filter of another block, and a damaged one, rules nothing out; a file of a later version is left alone.
func TestAFilterOfAnotherBlockRulesNothingOut(t *testing.T) {
	dir := t.TempDir()
	h, found := withNeedles(t, dir, 0, 3)
	makeLate(t, h, 100)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, (&segment{number: 1}).filtersName())
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	payloads := func(change func(of []byte)) []byte {
		b := bytes.Clone(whole)
		r := bytes.NewReader(b)
		var all [][]byte
		if _, err := framesOf(r, fileHeadSize, r.Size(), func(p place) bool {
			of := bytes.Clone(b[p.at+frameHeadSize : p.end()])
			change(of)
			all = append(all, storedFrame(frameLate, int(p.count), of))
			return true
		}, func(int64) {}); err != nil {
			t.Fatal(err)
		}
		return append(b[:fileHeadSize], bytes.Join(all, nil)...)
	}
	later := bytes.Clone(whole)
	copy(later, laterHead(fileFilters))
	for what, b := range map[string][]byte{
		"of other bytes": payloads(func(of []byte) { of[8] ^= 1; clear(of[lateHead+1:]) }),
		"of other place": payloads(func(of []byte) { of[0] ^= 1; clear(of[lateHead+1:]) }),
		"short":          payloads(func(of []byte) { of[lateHead]++ }),
		"damaged":        append(bytes.Repeat([]byte{1}, fileHeadSize), bytes.Map(func(rune) rune { return 7 }, whole[fileHeadSize:])...),
		"later":          later,
	} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		h := openTest(t, Options{Folder: dir})
		if ids, _ := visits(t, h, "needle"); !slices.Equal(ids, found) {
			t.Errorf("%s: found in %v, not in %v", what, ids, found)
		}
		if what == "later" {
			makeLate(t, h, 100)
			if err := h.Close(); err != nil {
				t.Error(err)
			}
			if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, b) {
				t.Errorf("it was changed: %v", err)
			}
		}
		_ = h.Close()
	}
}

// laterHead is the head of a file that a later version wrote.
func laterHead(kind uint8) []byte {
	b := fileHead(kind, 1)
	b[8]++
	b = b[:28]
	sum := checksum(b)
	return append(b, byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24))
}

// Filters leave with their segment, and those of no segment when it is opened.
func TestLateFiltersLeaveWithTheirSegment(t *testing.T) {
	dir := t.TempDir()
	h, _ := withNeedles(t, dir, 4<<20, 60)
	makeLate(t, h, 1000)
	if n := len(filesOf(t, dir, filtersPrefix)); n < 3 {
		t.Fatalf("%d files of filters", n)
	}
	if err := h.Annotate(1, flow.Annotation{Star: true}); err != nil {
		t.Fatal(err)
	}
	h.SetLimits(minBudget, 0)
	if err := h.do(func() error { h.writer.count(); return nil }); err != nil {
		t.Fatal(err)
	}
	if bytes := h.Stats().Bytes; bytes > minBudget {
		t.Errorf("%d bytes", bytes)
	}
	makeLate(t, h, 1000) // for the marked one, which has moved
	segments, late := slices.Clone(h.segments), filesOf(t, dir, filtersPrefix)
	for name := range late {
		number, _ := filtersOf(name)
		if !slices.ContainsFunc(segments, func(g *segment) bool { return g.number == number }) {
			t.Errorf("%s is left", name)
		}
	}
	kept := slices.IndexFunc(segments, func(g *segment) bool { return g.kept })
	if kept < 0 || late[segments[kept].filtersName()] == "" {
		t.Fatal("the marked one has no filter")
	}
	if err := h.Delete(1); err != nil { // with its segment
		t.Fatal(err)
	}
	if got := filesOf(t, dir, filtersPrefix)[segments[kept].filtersName()]; got != "" {
		t.Error("its filter is left")
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	orphan := filepath.Join(dir, (&segment{number: 999}).filtersName())
	if err := os.WriteFile(orphan, fileHead(fileFilters, 999), 0o600); err != nil {
		t.Fatal(err)
	}
	openTest(t, Options{Folder: dir, Budget: minBudget})
	if isThere(orphan) {
		t.Error("filters of no segment are left")
	}
}

// Filters take no room from exchanges, and give way to all else that is to be done.
func TestLateFiltersWait(t *testing.T) {
	h, _ := withNeedles(t, t.TempDir(), 4<<20, 12)
	rows := h.Stats().Rows
	err := h.do(func() error {
		h.mu.Lock()
		budget := h.limits.budget
		h.limits.budget = 1
		h.mu.Unlock()
		if err := (filterer{&h.writer}).makeNext(); err == nil {
			t.Error("a filter was made where there is no room")
		}
		h.mu.Lock()
		h.limits.budget = budget
		h.mu.Unlock()
		w := filterer{&h.writer}
		h.work <- func() {}
		if err := w.makeNext(); err != errInterrupted {
			t.Errorf("%v", err)
		}
		(<-h.work)()
		if err := w.makeNext(); err != nil {
			t.Error(err)
		}
		return nil
	})
	if err != nil || h.Stats().Rows != rows {
		t.Errorf("%v: %d rows of %d", err, h.Stats().Rows, rows)
	}
	hasty(t, h, newTraffic(false), 1<<20, 1)
	err = h.do(func() error {
		if !h.writer.late.timer.Reset(time.Hour) {
			t.Error("nothing goes on by itself")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
