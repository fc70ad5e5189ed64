package feed

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/cputime"
	"posthouse/ui/uitest"
)

// TestAMillionRows measures the list over a history of as many rows as POSTHOUSE_ROWS says:
// how long it takes to write them, to list them at a start, to filter, to scroll, to open one,
// and what memory that takes. Without the variable it is left out: it takes minutes.
func TestAMillionRows(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("POSTHOUSE_ROWS"))
	if n == 0 {
		t.Skip("POSTHOUSE_ROWS is not set")
	}
	folder := filepath.Join(t.TempDir(), "history")
	begun := time.Now()
	writeRows(t, folder, n)
	t.Logf("written in %v", time.Since(begun))

	begun = time.Now()
	disk, err := history.Open(history.Options{Folder: folder, Budget: 4 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	t.Logf("opened in %v: %d rows, %d bytes", time.Since(begun), disk.Stats().Rows, disk.Stats().Bytes)
	store := capture.New(capture.Options{FirstID: disk.LastID() + 1})
	tiers := history.NewTiers(store)
	m := NewModel(tiers, testKeys)
	f := New(store, m, func(Update) {})
	tiers.Attach(disk, history.Range{})
	settle := func(what string, first func() bool) {
		begun, used, soon, longest := time.Now(), cputime.Used(), time.Duration(0), time.Duration(0)
		m.followDisk(time.Now())
		for m.older.pending() {
			step := time.Now()
			m.step()
			longest = max(longest, time.Since(step))
			if soon == 0 && first() {
				soon = time.Since(begun)
			}
		}
		t.Logf("%s: %v, %v of processors, the first screen after %v, longest step %v; %d shown of %d", what,
			time.Since(begun), cputime.Used()-used, soon, longest, m.Len(), len(m.All))
	}
	settle("listed", func() bool { return m.Len() >= 50 })
	if len(m.All) != n {
		t.Errorf("%d rows are listed of %d", len(m.All), n)
	}
	for _, text := range []string{"host:api", "host:=api.example.test", "status:503", ""} {
		begun = time.Now()
		m.SetFilter(uitest.Parsed(t, text))
		t.Logf("filter %q at first: %v", text, time.Since(begun))
		settle("filter "+text, func() bool { return m.Len() >= 50 })
	}
	scroll(t, m)
	open(t, m, tiers)
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("heap in use %d MiB, resident %s", mem.HeapInuse>>20, resident())
	_ = f
}

func writeRows(t *testing.T, folder string, n int) {
	disk, err := history.Open(history.Options{Folder: folder, Budget: 4 << 30})
	if err != nil {
		t.Fatal(err)
	}
	store := capture.New(capture.Options{})
	disk.Follow(store)
	for i := range n {
		uitest.Record(store, uitest.SampleHosts[i%len(uitest.SampleHosts)], fmt.Sprintf("/v1/users?page=%d", i), 200+i%4*101)
		for i%512 == 0 && disk.Stats().Lag > 0.1 {
			time.Sleep(time.Millisecond)
		}
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	if s := disk.Stats().NotOnDisk; s != (history.NotOnDisk{}) {
		t.Logf("not on the disk: %+v", s)
	}
}

// scroll asks for what is drawn: 40 rows a frame, as a wheel, as a drag of the bar, and in leaps.
func scroll(t *testing.T, m *Model) {
	for _, c := range []struct {
		what string
		step int
	}{{"wheel", 3}, {"page", 40}, {"drag", m.Len() / 500}, {"leaps", m.Len() / 7}} {
		var frames []time.Duration
		for frame := range 500 {
			begun := time.Now()
			for i := range 40 {
				m.Rows.Row(m.At((frame*c.step + i) % m.Len()))
			}
			frames = append(frames, time.Since(begun))
		}
		slices.Sort(frames)
		t.Logf("scroll by %s: median %v, p95 %v, longest %v", c.what, frames[250], frames[475], frames[499])
	}
}

func open(t *testing.T, m *Model, tiers *history.Tiers) {
	var took []time.Duration
	for i := range 200 {
		begun := time.Now()
		if x, ok := tiers.Get(m.At(i * 7919 % m.Len())); !ok || x.ResponseBody.State != flow.BodyWhole {
			t.Errorf("not read: %v", x.ID)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	t.Logf("opened from disk: median %v, p95 %v, longest %v", took[100], took[190], took[199])
}

// resident is the process's resident memory as Linux says it.
func resident() string {
	text, _ := os.ReadFile("/proc/self/statm")
	var all, pages int
	_, _ = fmt.Sscan(string(text), &all, &pages)
	return fmt.Sprint(pages*os.Getpagesize()>>20, " MiB")
}
