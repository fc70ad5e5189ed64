package sysproxy

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	RunWatchdogIfAsked() // the test binary is the watchdog of the Managers under test
	// The race detector would have each of them sleep a second at its end.
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0")
	goleak.VerifyTestMain(m)
}
