// Package eventually waits in tests for what others bring about: the system, another
// goroutine, another program. It imports nothing of ours, so that every test may use it.
package eventually

import (
	"testing"
	"time"
)

// Patience bounds what must happen but is not measured: on a machine that is busy
// with other things, everything takes its time.
const Patience = 45 * time.Second

// The time between two looks grows, so that what is soon there is soon seen, and a
// look that costs much is not taken often.
const (
	firstPace = time.Millisecond
	lastPace  = 25 * time.Millisecond
)

// Holds waits for a condition, and fails the test if it does not come to hold in time.
func Holds(t testing.TB, what string, holds func() bool) {
	t.Helper()
	Within(t, Patience, what, holds)
}

// Within is Holds with another limit.
func Within(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	if !Wait(limit, holds) {
		t.Fatalf("not within %v: %s", limit, what)
	}
}

// Wait looks again and again whether a condition holds; false if it did not within
// limit. The first look is taken without waiting, the last one when the time is over.
func Wait(limit time.Duration, holds func() bool) bool {
	end := time.Now().Add(limit)
	for pace := firstPace; !holds(); pace = min(2*pace, lastPace) {
		left := time.Until(end)
		if left <= 0 {
			return false
		}
		time.Sleep(min(pace, left))
	}
	return true
}
