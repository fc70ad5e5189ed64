// Package devices remembers which other devices reached the proxy: those that
// may use it, and those that were refused.
//
// A Table holds at most Max of them, whoever knocks and how often. All methods
// are safe for concurrent use and short; none waits.
package devices

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/proxy/flow"
)

// Max is how many devices are remembered. One more takes the place of the
// refused one that was heard of longest ago or, if all may use the proxy, of the
// one of these.
const Max = 64

// Table is what is known. The zero value is ready.
type Table struct {
	mu  sync.Mutex
	all map[netip.Addr]*Device

	forgotten atomic.Uint64
}

// Device is one that may use the proxy, or may not. A Device that the table has
// forgotten may still be used: its counts are lost.
type Device struct {
	addr  netip.Addr
	first time.Time

	anyone     atomic.Bool // came by an address that is open to everybody
	allowed    atomic.Bool
	requests   atomic.Uint64
	turnedAway atomic.Uint64
	last       atomic.Int64 // nanoseconds since 1970
}

// Connected notes a connection that was taken. anyone says that it came by an
// address that is open to all, so that Judge has nothing to say of it.
func (t *Table) Connected(addr netip.Addr, anyone bool) *Device {
	d := t.device(addr)
	d.allowed.Store(true)
	d.anyone.Store(anyone)
	return d
}

// TurnedAway notes a connection that was closed before a byte was read. It reports
// whether the device was not known as turned away before.
func (t *Table) TurnedAway(addr netip.Addr) (news bool) {
	d := t.device(addr)
	d.anyone.Store(false)
	was := d.allowed.Swap(false)
	return d.turnedAway.Add(1) == 1 || was
}

// Asked notes a request. A nil Device, for a client that is none, takes it too.
func (d *Device) Asked() {
	if d == nil {
		return
	}
	d.requests.Add(1)
	d.last.Store(time.Now().UnixNano())
}

// device finds or remembers a device, as one heard of now.
func (t *Table) device(addr netip.Addr) *Device {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.all[addr]
	if d == nil {
		if t.all == nil {
			t.all = make(map[netip.Addr]*Device)
		}
		if len(t.all) >= Max {
			t.forgetOne()
		}
		d = &Device{addr: addr, first: now}
		t.all[addr] = d
	}
	d.last.Store(now.UnixNano())
	return d
}

func (t *Table) forgetOne() {
	var least *Device
	for _, d := range t.all {
		if least == nil || before(d, least) {
			least = d
		}
	}
	delete(t.all, least.addr)
	t.forgotten.Add(1)
}

// before reports whether a is forgotten before b.
func before(a, b *Device) bool {
	if a.allowed.Load() != b.allowed.Load() {
		return b.allowed.Load()
	}
	return a.last.Load() < b.last.Load()
}

// Judge asks again which devices may use the proxy.
func (t *Table) Judge(allowed func(netip.Addr) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for addr, d := range t.all {
		if !d.anyone.Load() {
			d.allowed.Store(allowed(addr))
		}
	}
}

// Forgotten is how many devices had to make room for others.
func (t *Table) Forgotten() uint64 { return t.forgotten.Load() }

// List is what is known, the device heard of last first.
func (t *Table) List() []flow.Device {
	t.mu.Lock()
	list := make([]flow.Device, 0, len(t.all))
	for _, d := range t.all {
		list = append(list, flow.Device{Addr: d.addr, Allowed: d.allowed.Load(), Requests: d.requests.Load(),
			Refused: d.turnedAway.Load(), First: d.first, Last: time.Unix(0, d.last.Load())})
	}
	t.mu.Unlock()
	slices.SortFunc(list, func(a, b flow.Device) int {
		return cmp.Or(b.Last.Compare(a.Last), a.Addr.Compare(b.Addr))
	})
	return list
}
