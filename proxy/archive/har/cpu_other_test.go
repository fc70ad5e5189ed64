//go:build !unix

package har

import (
	"testing"
	"time"
)

func cpu() time.Duration { return 0 }

func reportCPU(*testing.B, int, time.Duration) {}
