//go:build unix

package har

import (
	"syscall"
	"testing"
	"time"
)

// cpu is the processor time of this process up to now.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reportCPU says how much was done in a second of processor time, which does not depend
// on what else the machine does.
func reportCPU(b *testing.B, size int, since time.Duration) {
	b.ReportMetric(float64(size)*float64(b.N)/1e6/(cpu()-since).Seconds(), "MB/cpu-s")
}
