package main

import (
	"math"
	"runtime/debug"
	"testing"
)

// After the first picture memory is collected as a person says, or Go does.
func TestCollectingIsAsEverAfterTheStart(t *testing.T) {
	now := func() int {
		percent := debug.SetGCPercent(math.MaxInt32)
		debug.SetGCPercent(percent)
		return percent
	}
	before := now()
	t.Setenv("GOGC", "")
	collect := collectLess()
	if got := now(); got != startPercent {
		t.Errorf("during the start it is %d %%", got)
	}
	collect()
	if got := now(); got != before {
		t.Errorf("after the start it is %d %%, before %d %%", got, before)
	}
	t.Setenv("GOGC", "50")
	collect = collectLess()
	if got := now(); got != before {
		t.Errorf("what a person says becomes %d %%", got)
	}
	collect()
}
