package process

import (
	"runtime"
	"testing"
	"time"
)

// What waits costs little where processor time is known.
func TestProcessorTime(t *testing.T) {
	slept := processorTime(func() { time.Sleep(50 * time.Millisecond) })
	if runtime.GOOS == "linux" && slept > 25*time.Millisecond || slept < 0 {
		t.Errorf("a sleep of 50 ms cost %v", slept)
	}
	worked := processorTime(func() {
		for began := time.Now(); time.Since(began) < 20*time.Millisecond; {
		}
	})
	if worked <= 0 {
		t.Errorf("work cost %v", worked)
	}
}
