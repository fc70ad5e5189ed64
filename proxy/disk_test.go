package proxy

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// diskRules need files, of which here.txt, long.txt and message are there.
const diskRules = `[[rule]]
name = "Here"
when = "path:/here"
answer.file = "here.txt"
[[rule]]
name = "Gone"
when = "path:/gone"
answer.file = "gone.txt"
request.set = ["X-A: 1"]
[[rule]]
name = "Kept"
when = "path:/kept"
answer = { file = "here.txt", missing = "error" }
[[rule]]
name = "Long"
when = "path:/long"
answer = { file = "long.txt", missing = "error" }
[[rule]]
name = "Text"
when = "path:/text"
answer.text = "hi"
[[rule]]
name = "Place"
when = "path:/place"
response.body = { file = "here.txt" }
[[rule]]
name = "Put"
when = "path:/put"
request.body = { file = "here.txt" }
[[rule]]
name = "Both"
when = "path:/both"
answer.text = "text"
response.body = { file = "here.txt" }
`

// longFile is the size of long.txt, in bytes.
const longFile = 200_000

// diskSet are the rules, in a folder with their files, and what is written there as a rule more.
func diskSet(tb testing.TB, more string) *rules.Set {
	tb.Helper()
	folder := tb.TempDir()
	for name, text := range map[string]string{"here.txt": "here", "long.txt": strings.Repeat("x", longFile)} {
		must(tb, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	set, err := rules.Load("rules.toml", []byte(diskRules+more), folder)
	must(tb, err)
	return set
}

// So many looks are under way at once, and so many wait for their turn; the next one is refused, but for one that
// closes a file. Who waits no longer gives its turn up.
func TestDisksAreLookedAtByNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		wake := make(chan struct{})
		d.slow = func() { <-wake }
		busy, seen := 0, make(chan int, diskLooks+diskTurns)
		var waits []*diskLook
		for i := range diskLooks {
			if d.look(func() { seen <- -1 }) == nil {
				t.Fatal(i)
			}
		}
		synctest.Wait() // each has its goroutine
		for i := range diskTurns {
			waits = append(waits, d.look(func() { seen <- i }))
		}
		if slices.Contains(waits, nil) || d.look(func() {}) != nil || d.busy != diskLooks || len(d.turns) != diskTurns {
			t.Errorf("%d looks, %d wait", d.busy, len(d.turns))
		}
		f, err := os.Create(filepath.Join(t.TempDir(), "a"))
		must(t, err)
		d.close(f)
		d.drop(waits[1])
		d.drop(waits[1])
		d.drop(nil)
		close(wake)
		synctest.Wait()
		close(seen)
		var order []int
		for i := range seen {
			if order = append(order, i); i < 0 {
				busy++
			}
		}
		if busy != diskLooks || len(order) != diskLooks+diskTurns-1 || slices.Contains(order, 1) {
			t.Errorf("%d looks, %d", busy, len(order))
		}
		if _, err := f.Stat(); err == nil || d.busy != 0 {
			t.Errorf("%v, %d looks", err, d.busy)
		}
	})
}

// What a disk does not say in time is late, what nobody waits for goes to drop, and too many are told so.
func TestDisksHaveTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		wake := make(chan struct{})
		d.slow = func() { <-wake }
		dropped := make(chan int, 3)
		ask := func(n int, wait func(found, late <-chan struct{}) bool) (int, flow.ReasonCode, bool) {
			got, why, ok := onDisk(&d, func() int { return n }, func(n int) { dropped <- n }, wait)
			return got, why.Code, ok
		}
		either := func(found, late <-chan struct{}) bool {
			select {
			case <-found:
			case <-late:
			}
			return true
		}
		leaves := func(_, _ <-chan struct{}) bool {
			synctest.Wait() // until it has begun
			return false
		}
		begun := time.Now()
		if got, why, ok := ask(1, either); got != 0 || why != reason.RuleDiskLate || !ok || time.Since(begun) != diskTime {
			t.Error(got, why, ok, time.Since(begun))
		}
		if got, why, ok := ask(2, leaves); got != 0 || why != (flow.Reason{}).Code || ok {
			t.Error(got, why, ok)
		}
		left := func(found, _ <-chan struct{}) bool { // in the moment in which it is found
			close(wake)
			<-found
			return false
		}
		if got, _, ok := ask(3, left); got != 0 || ok {
			t.Error(got, ok)
		}
		synctest.Wait()
		if got := []int{<-dropped, <-dropped, <-dropped}; !slices.Contains(got, 1) || !slices.Contains(got, 2) || !slices.Contains(got, 3) {
			t.Error(got)
		}
		if got, why, ok := ask(4, either); got != 4 || why != (flow.Reason{}).Code || !ok {
			t.Error(got, why, ok)
		}
		for range diskTurns {
			d.turns = append(d.turns, &diskLook{func() {}})
		}
		if got, why, ok := ask(5, either); got != 0 || why != reason.RuleDiskMany || !ok {
			t.Error(got, why, ok)
		}
	})
}

// The end waits for looks that have begun, but not for ever, which the log says.
func TestTheEndWaitsForADisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		var said bytes.Buffer
		log := slog.New(slog.NewTextHandler(&said, nil))
		begun := time.Now()
		d.end(log)
		wakes := make(chan struct{})
		d.slow = func() { <-wakes }
		d.look(func() {})
		time.AfterFunc(diskEnd/2, func() { wakes <- struct{}{} })
		d.end(log)
		if took := time.Since(begun); took != diskEnd/2 || said.Len() > 0 {
			t.Error(took, said.String())
		}
		d.look(func() {})
		d.end(log)
		if took := time.Since(begun); took != diskEnd/2+diskEnd || !strings.Contains(said.String(), "looks=1") {
			t.Error(took, said.String())
		}
		close(wakes)
	})
}

// What a look costs who waits for it, without the disk.
func BenchmarkLook(b *testing.B) {
	var d disk
	wait := func(found, late <-chan struct{}) bool {
		select {
		case <-found:
		case <-late:
		}
		return true
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, why, ok := onDisk(&d, func() int { return 1 }, func(int) {}, wait); !why.IsZero() || !ok {
			b.Fatal(why, ok)
		}
	}
}
