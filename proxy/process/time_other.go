//go:build !linux

package process

import "time"

// processorTime runs do and says how long it took.
func processorTime(do func()) time.Duration { return wallTime(do) }
