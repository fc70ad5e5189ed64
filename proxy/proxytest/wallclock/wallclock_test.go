package wallclock_test

import (
	"testing"
	"time"

	"posthouse/proxy/proxytest/wallclock"
)

func TestSet(t *testing.T) {
	now := time.Now()
	for _, by := range []time.Duration{24 * time.Hour, -time.Hour} {
		set := wallclock.Set(now, by)
		if set.Sub(now) != 0 || set.Round(0).Sub(now.Round(0)) != by {
			t.Errorf("%v: %v and %v", by, set.Sub(now), set.Round(0).Sub(now.Round(0)))
		}
	}
}
