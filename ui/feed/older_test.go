package feed

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/ui/uitest"
)

// onTiers is a model that is brought up to date step by step.
type onTiers struct {
	*Model
	store  *capture.Store
	disk   *uitest.FakeDisk
	tiers  *history.Tiers
	feed   *Feed
	cursor capture.Cursor
}

func newOnTiers(budget int64) *onTiers {
	store := capture.New(capture.Options{Budget: budget})
	o := &onTiers{store: store, disk: uitest.NewFakeDisk(), tiers: history.NewTiers(store)}
	o.Model = NewModel(o.tiers, testKeys)
	o.feed = New(store, o.Model, func(Update) {})
	o.tiers.Attach(o.disk, history.Range{})
	return o
}

// read reads all there is; it writes what has ended to the disk before.
func (o *onTiers) read() {
	o.disk.Write(o.store)
	o.readOnly()
}

func (o *onTiers) readOnly() {
	o.cursor = o.feed.read(o.cursor, &Update{})
	for o.followDisk(time.Now()) || o.older.pending() {
		o.step()
	}
}

// record records n exchanges, each read by the disk.
func (o *onTiers) record(n int) {
	for range n {
		uitest.Record(o.store, uitest.SampleHosts[int(capture.LastID(o.store))%len(uitest.SampleHosts)], "/", 200)
		o.disk.Write(o.store)
	}
}

func ids(first, last flow.ID) (all []flow.ID) {
	for id := first; id <= last; id++ {
		all = append(all, id)
	}
	return all
}

func (o *onTiers) want(t *testing.T, what string, want []flow.ID) {
	t.Helper()
	if !slices.Equal(o.All, want) || o.sort.Column == "" && o.filter.Empty() && !slices.Equal(o.shown.ids, want) {
		t.Fatalf("%s: %d are listed and %d shown, want %d", what, len(o.All), len(o.shown.ids), len(want))
	}
	if v := o.Counts.Snapshot(false); v != nil && v.Total != len(want) {
		t.Fatalf("%s: %d are counted of %d", what, v.Total, len(want))
	}
}

// What left memory stays in the list, read or not, where the disk has it.
func TestRowsOnDiskStayInTheList(t *testing.T) {
	for _, often := range []bool{true, false} {
		o := newOnTiers(256 << 10)
		for range 50 {
			o.record(100)
			if often {
				o.read()
			}
		}
		for range lateScans + 1 {
			o.read()
		}
		if held := o.store.Stats().Rows; held == 5000 {
			t.Fatal("nothing has left memory")
		}
		o.want(t, fmt.Sprint("read often: ", often), ids(1, 5000))
		if x, ok := o.tiers.Get(1); !ok || string(x.ResponseBody.Bytes) != "hello" {
			t.Errorf("the first exchange is %v, %q", ok, x.ResponseBody.Bytes)
		}
	}
}

// What is nowhere leaves, after the disk has had its time.
func TestRowsThatAreNowhereLeaveTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOnTiers(256 << 10)
		for range 50 {
			for range 100 {
				uitest.Record(o.store, "a.test", "/", 200)
			}
			o.readOnly()
		}
		time.Sleep(limboTime + time.Second)
		o.readOnly()
		if held := o.store.Stats().Rows; len(o.All) != held || held == 5000 {
			t.Errorf("%d rows are listed, %d are in memory", len(o.All), held)
		}
	})
}

// A disk with rows of earlier runs is listed, hidden rows once they are shown; what
// retention removes leaves, and so does all with the disk.
func TestRowsOfEarlierRunsAreListed(t *testing.T) {
	o := newOnTiers(0)
	o.tiers.Attach(nil, history.Range{})
	for id := range flow.ID(10_000) {
		o.disk.Put(flow.Exchange{Row: uitest.SampleRow(1000*(id/5000) + id + 1)}) // with a gap
		if id == 99 {
			break
		}
	}
	far := flow.ID(5_000_000)
	o.disk.Put(flow.Exchange{Row: uitest.SampleRow(far)})
	capture.BeginAbove(o.store, far)
	o.read()
	o.want(t, "without a disk", nil)
	o.tiers.Attach(o.disk, history.Range{First: 1, Last: 50})
	o.read()
	o.want(t, "with hidden rows", append(ids(51, 100), far))
	o.tiers.Attach(o.disk, history.Range{})
	o.record(10)
	o.read()
	o.want(t, "with all", append(append(ids(1, 100), far), ids(far+1, far+10)...))
	_ = o.disk.Delete(1, 2, 3, far+1) // the last is in memory still
	o.read()
	o.want(t, "after retention", append(append(ids(4, 100), far), ids(far+1, far+10)...))
	o.tiers.Delete(4, far+2)
	o.read()
	o.want(t, "after a person deleted", append(append(ids(5, 100), far, far+1), ids(far+3, far+10)...))
	o.tiers.Clear(far)
	o.read()
	o.want(t, "after this run was cleared", ids(5, 100))
	o.tiers.Clear(0)
	o.read()
	o.want(t, "after all was cleared", nil)
}

// Filters and orders find on the disk what they find in memory.
func TestFiltersAndOrdersReachTheDisk(t *testing.T) {
	o := newOnTiers(256 << 10)
	for range 40 {
		o.record(100)
		o.read()
	}
	for _, text := range []string{"host:api", "-host:api", "host:8080", "status:200 host:api", "host:=www.example.test", ""} {
		for _, s := range []Sorting{{}, {Column: "host"}, {Column: "host", Descending: true}} {
			q := uitest.Parsed(t, text)
			o.SetSort(s)
			o.SetFilter(q)
			for o.older.pending() {
				o.step()
			}
			o.record(50)
			o.read()
			if s.Column != "" {
				o.rebuild()
			}
			var want []flow.ID
			o.tiers.Each(func(r *flow.Row) {
				if q.Match(r) {
					want = append(want, r.ID)
				}
			})
			slices.Sort(want)
			if got := slices.Sorted(slices.Values(o.shown.ids)); !slices.Equal(got, want) || len(want) == 0 {
				t.Fatalf("%q by %q: %d are shown of %d", text, s.Column, len(got), len(want))
			}
		}
	}
}

// A mark on a row of the disk is seen by the filter.
func TestMarksOnTheDiskAreFollowed(t *testing.T) {
	o := newOnTiers(256 << 10)
	for range 40 {
		o.record(100)
		o.read()
	}
	if _, inMemory := o.store.Row(7); inMemory {
		t.Fatal("row 7 has not left memory")
	}
	o.SetFilter(uitest.Parsed(t, "is:marked"))
	o.read()
	if !o.tiers.Annotate(7, flow.Annotation{Mark: flow.MarkRed}) {
		t.Fatal("not marked")
	}
	o.readOnly()
	if !slices.Equal(o.shown.ids, []flow.ID{7}) {
		t.Errorf("%v are shown", o.shown.ids)
	}
}

// The list is bounded: the oldest are left out of it.
func TestTheListIsBounded(t *testing.T) {
	o := newOnTiers(256 << 10)
	o.older.max = 1000
	for range 40 {
		o.record(100)
		o.read()
		if len(o.All) > 1000 {
			t.Fatalf("%d rows are listed", len(o.All))
		}
	}
	if n := len(o.All); n < 900 || o.All[n-1] != 4000 {
		t.Errorf("%d rows are listed up to %d", n, o.All[n-1])
	}
	o.tiers.Attach(o.disk, history.Range{})
	o.read()
	if n := len(o.All); n > 1000 {
		t.Errorf("%d rows are listed", n)
	}
}

// A row that is annotated on the disk alone is named, so that its details follow.
func TestARowAnnotatedOnDiskIsNamed(t *testing.T) {
	o := newOnTiers(256 << 10)
	o.record(2000)
	o.read()
	if o.tiers.InMemory(1) || !o.tiers.Annotate(1, flow.Annotation{Star: true}) {
		t.Fatal("row 1 is not on the disk alone")
	}
	var u Update
	if !o.feed.followDisk(&u) || !slices.Equal(u.Changed, []flow.ID{1}) || u.Many {
		t.Errorf("named are %v, many: %v", u.Changed, u.Many)
	}
	u = Update{}
	for id := flow.ID(1); o.tiers.OnDisk(id) && id <= maxChanged+1; id++ {
		if !o.tiers.InMemory(id) {
			o.tiers.Annotate(id, flow.Annotation{})
		}
	}
	if o.feed.followDisk(&u); len(u.Changed) > maxChanged || len(u.Changed) < maxChanged && u.Many {
		t.Errorf("%d are named, many: %v", len(u.Changed), u.Many)
	}
}

// What is prepared first has rows of the disk: a window that opens over a history is not painted without.
func TestTheFirstPictureHasRowsOfTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOnTiers(256 << 10)
		o.record(300)
		first := make(chan int, 1)
		f := New(capture.New(capture.Options{}), NewModel(o.tiers, testKeys), func(u Update) { first <- u.Total })
		f.Start()
		defer f.Stop()
		synctest.Wait()
		select {
		case total := <-first:
			if total != 300 {
				t.Errorf("it has %d rows of 300", total)
			}
		default:
			t.Error("nothing is prepared")
		}
	})
}

// While the window is about to be seen, what is not listed yet waits.
func TestRowsWaitForThePicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOnTiers(256 << 10)
		const rows = 6000 // several pieces
		o.record(rows)
		var total atomic.Int64
		var f *Feed
		f = New(capture.New(capture.Options{}), NewModel(o.tiers, testKeys), func(u Update) {
			total.Store(int64(u.Total))
			f.Ack()
		})
		release := f.Hold()
		f.Start()
		defer f.Stop()
		time.Sleep(time.Minute) // of the bubble's clock
		first := total.Load()
		if first == 0 || first == rows {
			t.Errorf("%d rows of %d are listed before the picture", first, rows)
		}
		release()
		time.Sleep(time.Minute)
		if got := total.Load(); got != rows {
			t.Errorf("%d rows of %d are listed after it", got, rows)
		}
	})
}
