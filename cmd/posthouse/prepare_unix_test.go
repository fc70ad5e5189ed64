//go:build unix

package main

import (
	"testing"
	"time"
)

// The toolkit walks through a window that stands still with every tick of its clock,
// unless texts are kept for more than ten seconds.
func TestTextsLiveLongEnoughForAWindowThatStandsStill(t *testing.T) {
	if life, err := time.ParseDuration(textLife); err != nil || life <= 10*time.Second || life > 15*time.Second {
		t.Errorf("drawn texts are kept for %q", textLife)
	}
}
