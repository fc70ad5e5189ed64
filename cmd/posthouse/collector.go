package main

import (
	"os"
	"runtime/debug"
)

// startPercent has a start collect at 12 MiB, of which half stays, and once more at most.
const startPercent = 300

// collectLess has Go collect less often until the first picture, unless a person says when to collect: a start grows
// from nothing to what it keeps, and collected six times on the way. collect has it collect as ever.
func collectLess() (collect func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	percent := debug.SetGCPercent(startPercent)
	return func() { debug.SetGCPercent(percent) }
}
