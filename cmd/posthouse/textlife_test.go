package main

import (
	"testing"
	"time"
)

// The toolkit walks through a window that stands still with every tick of its clock,
// unless texts are kept for more than ten seconds.
func TestTextsLiveLongEnoughForAWindowThatStandsStill(t *testing.T) {
	if textLife <= 10*time.Second || textLife > 15*time.Second {
		t.Errorf("drawn texts are kept for %v", textLife)
	}
}

// What is set is the toolkit's: it has set them itself before.
func TestTheToolkitsTextsAreLimited(t *testing.T) {
	if toolkitTextLife != time.Minute || toolkitTextSweep != time.Minute/2 {
		t.Fatalf("the toolkit keeps texts elsewhere: %v, %v", toolkitTextLife, toolkitTextSweep)
	}
	t.Setenv("FYNE_CACHE", "")
	limitTexts()
	if toolkitTextLife != textLife || toolkitTextSweep != textLife/2 {
		t.Errorf("%v, %v", toolkitTextLife, toolkitTextSweep)
	}
}
