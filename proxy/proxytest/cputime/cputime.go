// Package cputime tells benchmarks how much processor time this process has taken: the figure to
// trust where others use the machine, too. It imports nothing of ours.
package cputime

import (
	"testing"
	"time"
)

// Report says what each of n things of a run of a benchmark took, in nanoseconds, as a metric named
// cpu-ns/unit.
func Report(b *testing.B, since time.Duration, n int, unit string) {
	b.ReportMetric(float64(Used()-since)/float64(b.N)/float64(n), "cpu-ns/"+unit)
}

// ReportBytes says how many bytes a run of a benchmark did in a second of processor time.
func ReportBytes(b *testing.B, since time.Duration, size int64) {
	b.ReportMetric(float64(size)*float64(b.N)/1e6/(Used()-since).Seconds(), "MB/cpu-s")
}
