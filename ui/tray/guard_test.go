package tray

import (
	"testing"
	"testing/synctest"
	"time"
)

// A tray that restarts, or comes a little late, does not flash the window; one that
// has gone brings it back, once.
func TestAWindowIsNotStrandedInATrayThatWent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quit := make(chan struct{})
		inTray, host, shown, back := true, true, 0, 0
		go Guard(quit, func() bool { return inTray }, func() bool { return host }, func() { shown++; inTray = false }, func() { back++ })
		pass := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		pass(time.Hour)
		host = false
		pass((guardLooks - 1) * guardPause)
		host = true
		pass(guardPause)
		host = false
		pass((guardLooks - 1) * guardPause)
		if shown != 0 {
			t.Error("a restart of the tray shows the window")
		}
		pass(2 * guardPause)
		if shown != 1 {
			t.Error("the window is stranded")
		}
		pass(time.Hour)
		if shown != 1 {
			t.Error("a window that is shown is shown again")
		}
		if back != 0 {
			t.Error("the tray is said to be back")
		}
		host = true
		pass(time.Hour)
		if back != 1 {
			t.Errorf("that the tray is back is told %d times", back)
		}
		close(quit)
	})
}
