package main

import (
	"math"
	"os"
	"runtime/debug"
)

// startMemory bounds what a start allocates without collecting.
const startMemory = 128 << 20

// collectLater has Go collect nothing until the first picture, unless that takes a lot of memory or a person says
// when to collect: a start grows from nothing to what it keeps, and collected six times on the way. collect has it
// collect as ever.
func collectLater() (collect func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	percent := debug.SetGCPercent(-1)
	debug.SetMemoryLimit(startMemory)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(math.MaxInt64)
	}
}
