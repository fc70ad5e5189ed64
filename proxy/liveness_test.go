package proxy

import (
	"net/netip"
	"testing"
	"time"
)

func TestNapsAreNoticed(t *testing.T) {
	start := time.Now()
	n := napWatch{last: start}
	wall := func(d time.Duration) time.Time { return start.Round(0).Add(d) } // without a monotonic clock, as after sleep
	for _, c := range []struct {
		at   time.Duration
		pace time.Duration
		want time.Duration
	}{
		{time.Second, time.Second, 0},
		{time.Second + 100*time.Millisecond, 100 * time.Millisecond, 0},
		{9 * time.Second, time.Second, 0}, // a busy machine
		{time.Hour, time.Second, time.Hour - 9*time.Second},
		{time.Hour + time.Second, time.Second, 0},
		{time.Minute, time.Second, 0}, // the clock was set back
		{time.Minute + 11*time.Second, time.Second, 11 * time.Second},
	} {
		if got := n.check(wall(c.at), c.pace); got != c.want {
			t.Errorf("at %v: %v, want %v", c.at, got, c.want)
		}
	}
}

func TestChangesOfAddressesAreNoticed(t *testing.T) {
	var n network
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i, c := range []struct {
		addrs []netip.Addr
		want  bool
	}{{[]netip.Addr{a}, false}, {[]netip.Addr{a}, false}, {[]netip.Addr{a, b}, true}, {[]netip.Addr{a, b}, false}, {nil, true},
		{nil, false}, {[]netip.Addr{a}, true}} {
		if got := n.update(c.addrs); got != c.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
	if _, err := localAddresses(); err != nil {
		t.Error(err)
	}
}
