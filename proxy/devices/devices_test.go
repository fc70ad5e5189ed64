package devices_test

import (
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/proxy/devices"
	"posthouse/proxy/flow"
)

func addr(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}) }

// Whoever knocks, and however often: so many are remembered, and devices that
// may use the proxy make room last.
func TestTableIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table devices.Table
		for i := range 3 {
			table.Connected(addr(i), false)
			time.Sleep(time.Second)
		}
		for i := range 10 * devices.Max {
			table.TurnedAway(addr(1000 + i))
			time.Sleep(time.Millisecond)
		}
		list := table.List()
		if len(list) != devices.Max || table.Forgotten() != 9*devices.Max+3 {
			t.Fatalf("%d remembered, %d forgotten", len(list), table.Forgotten())
		}
		for i, d := range list[:devices.Max-3] {
			if want := addr(1000 + 10*devices.Max - 1 - i); d.Addr != want || d.Allowed {
				t.Fatalf("entry %d is %v, allowed %v; expected %v", i, d.Addr, d.Allowed, want)
			}
		}
		for i := range 3 {
			if d := list[devices.Max-1-i]; d.Addr != addr(i) || !d.Allowed {
				t.Errorf("a device that may use the proxy was forgotten: %v, %v", d, addr(i))
			}
		}
		for i := range 2 * devices.Max {
			table.Connected(addr(2000+i), false)
			time.Sleep(time.Millisecond)
		}
		if list := table.List(); len(list) != devices.Max || list[devices.Max-1].Addr != addr(2000+devices.Max) {
			t.Errorf("%d remembered, the oldest is %v", len(list), list[len(list)-1])
		}
	})
}

func TestDevicesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table devices.Table
		if !table.TurnedAway(addr(1)) || table.TurnedAway(addr(1)) {
			t.Error("the first refusal of a device is news, the second is not")
		}
		time.Sleep(time.Minute)
		d := table.Connected(addr(1), false)
		d.Asked()
		time.Sleep(time.Minute)
		d.Asked()
		(*devices.Device)(nil).Asked()
		now := time.Now()
		want := []flow.Device{{Addr: addr(1), Allowed: true, Requests: 2, Refused: 2, First: now.Add(-2 * time.Minute), Last: now}}
		if got := table.List(); !slices.EqualFunc(got, want, func(a, b flow.Device) bool {
			same := a.First.Equal(b.First) && a.Last.Equal(b.Last)
			a.First, a.Last = b.First, b.Last
			return same && a == b
		}) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		if !table.TurnedAway(addr(1)) {
			t.Error("a device that may no longer use the proxy is no news")
		}
	})
}

// A list that changes changes what is said of devices, but not of those that
// came where everybody may.
func TestJudge(t *testing.T) {
	var table devices.Table
	table.Connected(addr(1), false)
	table.Connected(addr(2), true)
	table.TurnedAway(addr(3))
	table.Judge(func(a netip.Addr) bool { return a == addr(3) })
	got := map[netip.Addr]bool{}
	for _, d := range table.List() {
		got[d.Addr] = d.Allowed
	}
	if got[addr(1)] || !got[addr(2)] || !got[addr(3)] {
		t.Errorf("allowed: %v", got)
	}
}

func TestManyAtOnce(t *testing.T) {
	var table devices.Table
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 500 {
				table.TurnedAway(addr(worker*100 + i))
				table.Connected(addr(i%7), false).Asked()
				table.Judge(func(netip.Addr) bool { return i%2 == 0 })
				if n := len(table.List()); n > devices.Max {
					t.Errorf("%d are remembered", n)
				}
			}
		})
	}
	all.Wait()
}
