//go:build !linux

package process

import "time"

// processorTime runs do and says how long it took.
func processorTime(do func()) time.Duration { return wallTime(do) }

func wallTime(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}
