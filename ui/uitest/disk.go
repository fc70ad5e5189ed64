package uitest

import (
	"maps"
	"slices"
	"sync"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// FakeDisk is a disk in memory.
type FakeDisk struct {
	mu      sync.Mutex
	all     map[flow.ID]flow.Exchange
	ids     []flow.ID // rising
	removed []history.Range
	cursor  capture.Cursor
	hub     signal.Hub
}

// NewFakeDisk makes an empty one.
func NewFakeDisk() *FakeDisk { return &FakeDisk{all: map[flow.ID]flow.Exchange{}} }

var _ history.Disk = (*FakeDisk)(nil)

// Put writes exchanges.
func (d *FakeDisk) Put(xs ...flow.Exchange) {
	d.mu.Lock()
	for _, x := range xs {
		if _, known := d.all[x.ID]; !known {
			at, _ := slices.BinarySearch(d.ids, x.ID)
			d.ids = slices.Insert(d.ids, at, x.ID)
		}
		d.all[x.ID] = x
	}
	d.mu.Unlock()
	d.hub.Set()
}

// Write writes what has ended in a store since the last time.
func (d *FakeDisk) Write(s *capture.Store) {
	b := s.Changes(d.cursor, 0)
	d.cursor = b.Next
	var xs []flow.Exchange
	for _, row := range b.Rows {
		if x, ok := s.Get(row.ID); ok && x.Phase.Final() {
			xs = append(xs, x)
		}
	}
	d.Put(xs...)
}

// Row returns a row.
func (d *FakeDisk) Row(id flow.ID) (flow.Row, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	x, ok := d.all[id]
	return x.Row, ok
}

// Rows returns rows from first on.
func (d *FakeDisk) Rows(first flow.ID, most int) (rows []flow.Row) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, _ := slices.BinarySearch(d.ids, first)
	for ; at < len(d.ids) && len(rows) < most; at++ {
		rows = append(rows, d.all[d.ids[at]].Row)
	}
	return rows
}

// Get returns an exchange.
func (d *FakeDisk) Get(id flow.ID) (flow.Exchange, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if x, ok := d.all[id]; ok {
		return x, nil
	}
	return flow.Exchange{}, history.ErrNotHere
}

// FirstID is the lowest.
func (d *FakeDisk) FirstID() flow.ID {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ids) == 0 {
		return 0
	}
	return d.ids[0]
}

// LastID is the highest.
func (d *FakeDisk) LastID() flow.ID {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ids) == 0 {
		return 0
	}
	return d.ids[len(d.ids)-1]
}

// Removed lists what was deleted.
func (d *FakeDisk) Removed(cursor uint64) ([]history.Range, uint64, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.removed[cursor:]), uint64(len(d.removed)), false
}

// Watch tells of changes.
func (d *FakeDisk) Watch() *signal.Watcher { return d.hub.Watch() }

// Annotate keeps what is said.
func (d *FakeDisk) Annotate(id flow.ID, said flow.Annotation) error {
	x, err := d.Get(id)
	if err == nil {
		x.Annotation = said
		d.Put(x)
	}
	return err
}

// Delete removes exchanges.
func (d *FakeDisk) Delete(ids ...flow.ID) error {
	d.mu.Lock()
	for _, id := range ids {
		delete(d.all, id)
		d.removed = append(d.removed, history.Range{First: id, Last: id})
	}
	d.ids = slices.Sorted(maps.Keys(d.all))
	d.mu.Unlock()
	d.hub.Set()
	return nil
}

// Discard removes what is not annotated.
func (d *FakeDisk) Discard() error {
	var gone []flow.ID
	for _, row := range d.Rows(0, 1<<30) {
		if !row.Annotated() {
			gone = append(gone, row.ID)
		}
	}
	return d.Delete(gone...)
}
