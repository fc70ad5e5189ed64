package tray

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A tray that restarts, or comes a little late, does not flash the window; one that
// has gone brings it back, once.
func TestAWindowIsNotStrandedInATrayThatWent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quit := make(chan struct{})
		var inTray, host atomic.Bool
		var shown, back atomic.Int32
		inTray.Store(true)
		host.Store(true)
		go Guard(quit, inTray.Load, host.Load, func() { shown.Add(1); inTray.Store(false) }, func() { back.Add(1) })
		pass := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		pass(time.Hour)
		host.Store(false)
		pass((guardLooks - 1) * guardPause)
		host.Store(true)
		pass(guardPause)
		host.Store(false)
		pass((guardLooks - 1) * guardPause)
		if shown.Load() != 0 {
			t.Error("a restart of the tray shows the window")
		}
		pass(2 * guardPause)
		if shown.Load() != 1 {
			t.Error("the window is stranded")
		}
		pass(time.Hour)
		if shown.Load() != 1 {
			t.Error("a window that is shown is shown again")
		}
		if back.Load() != 0 {
			t.Error("the tray is said to be back")
		}
		host.Store(true)
		pass(time.Hour)
		if n := back.Load(); n != 1 {
			t.Errorf("that the tray is back is told %d times", n)
		}
		close(quit)
	})
}
