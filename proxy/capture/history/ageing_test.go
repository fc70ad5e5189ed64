package history

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"posthouse/proxy/proxytest/wallclock"
)

// A clock that leaps ahead, or back again, takes nothing at once; one that goes does.
func TestAgesCountAfterTheClockHasLeapt(t *testing.T) {
	const day = 24 * time.Hour
	start := time.Now()
	for _, c := range []struct {
		name   string
		newest time.Duration // before the opening
		steps  []time.Duration
		wall   time.Duration // that the wall clock was set by before the last step
		counts bool
	}{
		{"all is well", time.Minute, []time.Duration{time.Minute, time.Minute}, 0, true},
		{"nothing for two days", 2 * day, []time.Duration{time.Minute}, 0, false},
		{"and ten minutes later", 2 * day, []time.Duration{time.Minute, 10 * time.Minute}, 0, true},
		{"years ahead", time.Minute, []time.Duration{time.Minute, time.Minute}, 80 * 365 * day, false},
		{"a little ahead", time.Minute, []time.Duration{time.Minute, time.Minute}, 30 * time.Minute, true},
		{"back", time.Minute, []time.Duration{time.Minute, time.Minute}, -50 * 365 * day, true},
	} {
		var a ageing
		a.open(start, []*segment{{newest: start.Add(-c.newest).Unix()}, {newest: start.Add(1000 * day).Unix()}, {}})
		counts, now := false, start
		for i, step := range c.steps {
			if now = now.Add(step); i == len(c.steps)-1 {
				now = wallclock.Set(now, c.wall)
			}
			counts = a.counts(now, day)
		}
		if counts != c.counts {
			t.Errorf("%s: %v", c.name, counts)
		}
		if !counts && !a.counts(now.Add(leapRest), day) {
			t.Errorf("%s: and never", c.name)
		}
	}
}

// What would all leave at the start, since the clock may be wrong, leaves ten minutes later.
func TestAWholeHistoryDoesNotLeaveAtTheStart(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir})
	x := newTraffic(false).exchange(1)
	x.Start = time.Now().Add(-48 * time.Hour)
	h.add(&x, ShedNothing)
	flush(t, h)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir, MaxAge: 24 * time.Hour})
	rows := func() uint64 {
		_ = h.do(func() error { h.writer.clean(); return nil })
		return h.Stats().Rows
	}
	if n := rows(); n != 1 {
		t.Fatalf("%d rows at the start", n)
	}
	_ = h.do(func() error { h.writer.ageing.opened = time.Now().Add(-leapRest); return nil })
	if n := rows(); n != 0 {
		t.Errorf("%d rows later", n)
	}
}

// What a clock made that was ahead, which wrote the time of its file too, has its age from when that is seen.
func TestWhatIsOfTheFutureAges(t *testing.T) {
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir, MaxAge: 24 * time.Hour})
	x := newTraffic(false).exchange(1)
	x.Start = time.Now().Add(1000 * time.Hour)
	h.add(&x, ShedNothing)
	flush(t, h)
	path := filepath.Join(dir, "segment-00000001.posthouse")
	if err := os.Chtimes(path, x.Start, x.Start); err != nil {
		t.Fatal(err)
	}
	_ = h.do(func() error { h.writer.clean(); return nil })
	info, err := os.Stat(path)
	if err != nil || time.Until(info.ModTime()) > time.Minute || time.Since(info.ModTime()) > time.Hour {
		t.Errorf("%v %v", info, err)
	}
}
