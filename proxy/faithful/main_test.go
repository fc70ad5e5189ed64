package faithful_test

import (
	"testing"

	"go.uber.org/goleak"
)

// The memory of a store that was dropped is given back by the runtime's own goroutine.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.runCleanups"))
}
