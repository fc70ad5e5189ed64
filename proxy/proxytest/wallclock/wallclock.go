// Package wallclock sets the wall clock of a moment, for tests of what lives by it.
package wallclock

import (
	"time"
	"unsafe"
)

// Set is the same moment after the wall clock was set, or the computer has slept: by so much
// later on that, and no later on the clock that Go measures with. Both are in a Time of time.Now:
// seconds since 1885 above 30 bits of nanoseconds, and the other one beside them.
func Set(t time.Time, by time.Duration) time.Time {
	*(*uint64)(unsafe.Pointer(&t)) += uint64(by/time.Second) << 30
	return t
}
