package feed

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/ui/uitest"
)

func TestClearedRowsLeaveTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		w := watchFeed(t, store)
		traffic(store, 100, time.Second)
		open := uitest.Begin(store, "open.test", "/")
		time.Sleep(time.Second)
		store.Clear()
		w.Cleared()
		time.Sleep(time.Second)
		if w.model.Len() != 1 || w.model.At(0) != open.ID() {
			t.Errorf("%d rows are left, want the one under way", w.model.Len())
		}
		if last := w.seen()[len(w.seen())-1]; last.Total != 1 {
			t.Errorf("%d rows are counted", last.Total)
		}
		uitest.Answer(open, 200)
	})
}

// Rows that left memory leave the list: it never grows past what there is.
func TestEvictedRowsLeaveTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{Budget: 256 << 10})
		w := watchFeed(t, store)
		traffic(store, 5000, 10*time.Second)
		time.Sleep(time.Second)
		held := store.Stats().Rows
		if shown := w.model.Len(); shown != held || shown == 5000 {
			t.Errorf("%d rows are shown, %d are in memory", shown, held)
		}
	})
}

// Rows leave memory in the order in which they finished. However those finish that
// began together, and whatever was not read in time: the list has what memory has.
func TestTheListHasWhatMemoryHas(t *testing.T) {
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 3))
		store := capture.New(capture.Options{Budget: 256 << 10})
		m := NewModel(store, testKeys)
		f := New(store, m, func(Update) {})
		var cursor capture.Cursor
		var open []*capture.Record
		outOfOrder, missed, deleted := false, false, 0
		for step := range 6000 {
			if len(open) < 30 {
				open = append(open, uitest.Begin(store, uitest.SampleHosts[step%len(uitest.SampleHosts)], "/"))
			} else { // the first may stay for long
				i := len(open) - 1 - int(float64(len(open))*random.Float64()*random.Float64())
				uitest.Answer(open[i], 200)
				open = slices.Delete(open, i, i+1)
			}
			switch random.IntN(600) {
			case 0:
				store.Clear()
			case 1:
				m.SetSort(Sorting{Column: []string{"", "host"}[random.IntN(2)]})
			case 3, 4, 5:
				deleted += store.Delete(someIDs(random, flow.ID(step), 300)...)
			case 2:
				m.SetFilter(uitest.Parsed(t, []string{"", "host:api"}[random.IntN(2)]))
			}
			if random.IntN(100) > 0 && step%3000 < 1000 || random.IntN(10) > 0 { // for long it reads seldom
				continue
			}
			missed = missed || store.Changes(cursor, 1).Missed > 0
			cursor = f.read(cursor, &Update{})
			want, shown := []flow.ID{}, []flow.ID{}
			for id := range flow.ID(store.Stats().Captured + 1) {
				row, ok := store.Row(id)
				if ok {
					want = append(want, id)
				}
				if ok && m.filter.Match(&row) {
					shown = append(shown, id)
				}
				outOfOrder = outOfOrder || !ok && len(want) > 0
			}
			got := slices.Sorted(slices.Values(m.shown.ids))
			if !slices.Equal(m.All, want) || m.sort.Column == "" && !slices.Equal(got, shown) {
				t.Fatalf("seed %d, step %d: the model has %d rows and shows %d, there are %d and %d", seed, step, len(m.All), len(got),
					len(want), len(shown))
			}
			if v := m.Counts.Snapshot(false); v != nil && v.Total != len(want) {
				t.Fatalf("%d rows are counted of %d", v.Total, len(want))
			}
		}
		if !outOfOrder || !missed || deleted == 0 {
			t.Fatalf("seed %d tried nothing: rows left out of order: %v, unread: %v, %d deleted", seed, outOfOrder, missed, deleted)
		}
	}
}

// someIDs are up to n of the IDs below one.
func someIDs(random *rand.Rand, below flow.ID, n int) (ids []flow.ID) {
	for range random.IntN(n) {
		ids = append(ids, flow.ID(random.Uint64N(uint64(below)+1)))
	}
	return ids
}

// Deleted rows leave the list soon, in each order, also where more were deleted than the
// store tells one by one.
func TestDeletedRowsLeaveTheList(t *testing.T) {
	for _, order := range []string{"", "host"} {
		synctest.Test(t, func(t *testing.T) {
			store := capture.New(capture.Options{Budget: 64 << 20})
			w := watchFeed(t, store)
			w.SetSort(Sorting{Column: order})
			traffic(store, 6000, time.Second)
			time.Sleep(5 * time.Second)
			kept := w.model.At(77)
			store.Delete(w.model.At(3), w.model.At(4))
			time.Sleep(time.Second)
			if w.model.Len() != 5998 || w.model.Index(kept) != 75 {
				t.Errorf("%d rows are left, the one that was 77th is %d", w.model.Len(), w.model.Index(kept))
			}
			var all []flow.ID
			store.Each(func(r *flow.Row) {
				if r.ID != kept {
					all = append(all, r.ID)
				}
			})
			store.Delete(all...)
			time.Sleep(time.Second)
			if w.model.Len() != 1 || w.model.At(0) != kept {
				t.Errorf("%d rows are left, want one", w.model.Len())
			}
		})
	}
}

// What left memory is told by the batch: the store is not asked for each row.
func TestEvictionsCostByWhatLeft(t *testing.T) {
	rows := uitest.FakeRows{}
	m := NewModel(rows, testKeys)
	m.Apply(rows.Fill(10_000))
	counting := &countingRows{FakeRows: rows}
	m.Rows = counting
	m.evict(101, true)
	if len(m.All) == 10_000 || m.All[0] == 1 {
		t.Errorf("%d rows are left, the first is %d", len(m.All), m.All[0])
	}
	if counting.asked != len(m.open) {
		t.Errorf("%d rows were asked for, %d are under way", counting.asked, len(m.open))
	}
	counting.asked = 0
	if n := testing.AllocsPerRun(10, func() { m.evict(101, false) }); n > 0 || counting.asked > 0 {
		t.Errorf("where nothing left, %v allocations and %d questions", n, counting.asked)
	}
}

type countingRows struct {
	uitest.FakeRows
	asked int
}

func (c *countingRows) Row(id flow.ID) (flow.Row, bool) {
	c.asked++
	return c.FakeRows.Row(id)
}
