package feed

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/query"
	"posthouse/ui/uitest"
)

// feedWatch stands for the window: it takes what the feed prepares.
type feedWatch struct {
	*Feed
	mu      sync.Mutex
	updates []Update
	lazy    bool // does not take what it was given
}

func watchFeed(t *testing.T, store *capture.Store) *feedWatch {
	w := &feedWatch{}
	w.Feed = New(store, NewModel(store, testKeys), func(u Update) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.updates = append(w.updates, u)
		if !w.lazy {
			w.Ack()
		}
	})
	w.Start()
	t.Cleanup(w.Stop)
	return w
}

func (w *feedWatch) seen() []Update {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.updates)
}

func (w *feedWatch) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.updates = nil
}

// traffic puts n exchanges into a store in a time, evenly.
func traffic(s *capture.Store, n int, over time.Duration) {
	for i := range n {
		uitest.Record(s, uitest.SampleHosts[i%len(uitest.SampleHosts)], "/", 200)
		time.Sleep(over / time.Duration(n)) // of the test's own clock
	}
}

// 2,000 new rows a second make at most ten refreshes a second, and none is missed.
func TestRefreshesAreFewUnderTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		w := watchFeed(t, store)
		synctest.Wait()
		w.forget()
		traffic(store, 10_000, 5*time.Second)
		updates := w.seen()
		if n := len(updates); n < 5 || n > 50 {
			t.Errorf("%d refreshes in 5 s", n)
		}
		time.Sleep(time.Second)
		fresh := 0
		for _, u := range w.seen() {
			fresh += u.Fresh
		}
		if fresh != 10_000 || w.model.Len() != 10_000 {
			t.Errorf("%d new rows were told, %d are shown, 10,000 came", fresh, w.model.Len())
		}
	})
}

// How often the window is painted follows from how much comes: few rows show soon,
// of many none waits for a second.
func TestThePaceFollowsTheTraffic(t *testing.T) {
	for _, c := range []struct {
		rate, most int           // rows a second, and refreshes in 10 s
		late       time.Duration // until a row shows
	}{{2, 30, RefreshEvery}, {10, 30, RefreshEvery}, {50, 15, BusyEvery}, {500, 15, BusyEvery}} {
		synctest.Test(t, func(t *testing.T) {
			store := capture.New(capture.Options{})
			w := watchFeed(t, store)
			time.Sleep(time.Second)
			w.forget()
			begun := time.Now()
			traffic(store, 10*c.rate, 10*time.Second)
			updates := w.seen()
			if len(updates) > c.most {
				t.Errorf("%d rows a second: %d refreshes in 10 s", c.rate, len(updates))
			}
			time.Sleep(time.Second)
			told := 0
			for _, u := range w.seen() {
				first := begun.Add(time.Duration(told) * time.Second / time.Duration(c.rate))
				if late := u.At.Sub(first); u.Fresh > 0 && late > c.late+time.Millisecond {
					t.Errorf("%d rows a second: row %d showed after %v", c.rate, told, late)
				}
				told += u.Fresh
			}
			if told != 10*c.rate {
				t.Errorf("%d rows a second: %d were told", c.rate, told)
			}
		})
	}
}

// Bytes that pass are shown once a second, of the row that a person looks at as soon
// as anything; what begins, ends or is answered meanwhile does not wait for that.
func TestBytesAloneAreShownOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		w := watchFeed(t, store)
		r := uitest.Begin(store, "a.test", "/")
		pass := func(d time.Duration) {
			for range d / (20 * time.Millisecond) {
				r.RequestBody([]byte("some bytes"))
				time.Sleep(20 * time.Millisecond)
			}
		}
		pass(2 * time.Second)
		w.forget()
		pass(10 * time.Second)
		if n := len(w.seen()); n < 8 || n > 11 {
			t.Errorf("%d refreshes in 10 s in which nothing but bytes passed", n)
		}
		w.Watched.Store(uint64(r.ID()))
		w.forget()
		pass(10 * time.Second)
		if n := len(w.seen()); n < 25 || n > 30 {
			t.Errorf("%d refreshes in 10 s for who looks", n)
		}
		w.Watched.Store(0)
		for what, do := range map[string]func(){
			"a new row": func() { uitest.Record(store, "b.test", "/", 200) },
			"an answer": func() { r.ResponseHead(200, []byte("HTTP/1.1 200 OK\r\n\r\n"), capture.Span{}, time.Now()) },
		} {
			pass(2 * time.Second)
			w.forget()
			do()
			pass(RefreshEvery + 20*time.Millisecond)
			if n := len(w.seen()); n == 0 {
				t.Errorf("%s does not show within %v", what, RefreshEvery)
			}
		}
		uitest.Answer(r, 200)
		time.Sleep(time.Second)
	})
}

// The first row after a pause does not wait for the next refresh.
func TestTheFirstRowIsPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		w := watchFeed(t, store)
		time.Sleep(2 * SparkTime)
		w.forget()
		begun := time.Now()
		uitest.Record(store, "a.test", "/", 200)
		synctest.Wait()
		updates := w.seen()
		if len(updates) == 0 || updates[0].Fresh != 1 {
			t.Fatalf("no refresh came with the row: %v", updates)
		}
		if late := updates[0].At.Sub(begun); late > 20*time.Millisecond {
			t.Errorf("it came %v late", late)
		}
	})
}

// While nothing happens nothing is drawn, once the rate has come to rest.
func TestIdleCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		uitest.Record(store, "a.test", "/", 200)
		w := watchFeed(t, store)
		time.Sleep(SparkTime + 5*time.Second)
		if n := len(w.seen()); n > 40 {
			t.Errorf("%d refreshes while the rate falls", n)
		}
		w.forget()
		time.Sleep(time.Minute)
		if n := len(w.seen()); n > 0 {
			t.Errorf("%d refreshes in a minute without traffic", n)
		}
	})
}

// A row under way shows how long it takes, though nothing about it changes.
func TestRowsUnderWayAreRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		w := watchFeed(t, store)
		r := uitest.Begin(store, "a.test", "/")
		time.Sleep(3 * time.Second)
		w.forget()
		time.Sleep(10 * time.Second)
		if n := len(w.seen()); n < 5 || n > 100 {
			t.Errorf("%d refreshes in 10 s", n)
		}
		uitest.Answer(r, 200)
		time.Sleep(time.Second)
	})
}

// A window that is slow to draw gets one update at a time, and the last holds everything.
func TestASlowWindowHasOneUpdateWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		w := watchFeed(t, store)
		synctest.Wait()
		w.mu.Lock()
		w.lazy = true
		w.mu.Unlock()
		w.forget()
		traffic(store, 2000, 5*time.Second)
		if n := len(w.seen()); n != 1 {
			t.Fatalf("%d updates wait for a window that draws none", n)
		}
		w.mu.Lock()
		w.lazy = false
		w.mu.Unlock()
		w.Ack()
		time.Sleep(time.Second)
		fresh := 0
		for _, u := range w.seen() {
			fresh += u.Fresh
		}
		if n := len(w.seen()); n > 3 || fresh != 2000 {
			t.Errorf("%d updates with %d rows", n, fresh)
		}
	})
}

// A filter typed under traffic holds at once, and for what comes after it.
func TestFilterUnderTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		w := watchFeed(t, store)
		var sender sync.WaitGroup
		sender.Go(func() { traffic(store, 4000, 8*time.Second) })
		time.Sleep(4 * time.Second)
		w.forget()
		begun := time.Now()
		w.SetFilter(uitest.Parsed(t, "host:api"))
		synctest.Wait()
		updates := w.seen()
		if len(updates) == 0 || updates[0].At.Sub(begun) > RefreshEvery {
			t.Errorf("the filter was not shown within %v", RefreshEvery)
		}
		sender.Wait()
		time.Sleep(time.Second)
		if n := w.model.Len(); n != 1000 {
			t.Errorf("%d rows pass the filter, want 1000", n)
		}
		for i := range w.model.Len() {
			if row, _ := store.Row(w.model.At(i)); row.Host != uitest.SampleHosts[0] {
				t.Fatalf("row %d of %s passed the filter", row.ID, row.Host)
			}
		}
	})
}

// What is typed fast, while nothing comes, is shown to its last letter.
func TestFilterTypedFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		traffic(store, 100, time.Second)
		w := watchFeed(t, store)
		time.Sleep(5 * time.Second)
		text := "host:api"
		for i := range text {
			if q, err := query.Parse(text[:i+1]); err == nil {
				w.SetFilter(q)
			}
			if i%3 == 0 {
				time.Sleep(20 * time.Millisecond)
			}
		}
		w.forget()
		synctest.Wait()
		time.Sleep(50 * time.Millisecond)
		if len(w.seen()) == 0 || w.model.Len() != 25 {
			t.Errorf("%d rows are shown of the 25 that pass, after %d refreshes", w.model.Len(), len(w.seen()))
		}
	})
}

// A hidden window is told once a second, and at once when it is shown again.
func TestAHiddenWindowCostsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		w := watchFeed(t, store)
		w.SetHidden(true)
		time.Sleep(2 * time.Second)
		w.forget()
		traffic(store, 5000, 10*time.Second)
		if n := len(w.seen()); n > 12 {
			t.Errorf("%d refreshes in 10 s while hidden", n)
		}
		w.forget()
		w.SetHidden(false)
		synctest.Wait()
		if len(w.seen()) == 0 {
			t.Error("showing the window does not refresh it")
		}
	})
}

// The rate of a hidden feed goes on where it alone is in sight, and comes to rest as ever.
func TestARateInSightComesToRest(t *testing.T) {
	for _, rated := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := capture.New(capture.Options{})
			w := watchFeed(t, store)
			w.SetHidden(true)
			w.SetRated(rated)
			uitest.Record(store, "a.test", "/", 200)
			time.Sleep(3 * time.Second)
			w.forget()
			time.Sleep(SparkTime)
			if n := len(w.seen()); rated != (n >= RateSeconds/3) || n > 40 {
				t.Errorf("rated %v: %d refreshes while the rate falls", rated, n)
			}
			w.forget()
			time.Sleep(time.Minute)
			if n := len(w.seen()); n > 0 {
				t.Errorf("rated %v: %d refreshes in a minute without traffic", rated, n)
			}
		})
	}
}

// Many changes at once are told as many, not one by one.
func TestAnUpdateIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := capture.New(capture.Options{})
		for range 3 * maxChanged {
			uitest.Record(store, "a.test", "/", 200)
		}
		w := watchFeed(t, store)
		time.Sleep(time.Second)
		u := w.seen()[0]
		if len(u.Changed) > maxChanged || !u.Many || u.Fresh != 3*maxChanged {
			t.Errorf("%d changed rows are named, many is %v, %d are new", len(u.Changed), u.Many, u.Fresh)
		}
	})
}

var _ source = (*capture.Store)(nil)
