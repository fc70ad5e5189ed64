package uitest

import (
	"testing"
	"time"
)

// Until calls what a room wants done on the UI goroutine, which is the test's, until something is
// so.
func Until(t testing.TB, queue <-chan func(), what string, so func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !so() {
		select {
		case f := <-queue:
			f()
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
