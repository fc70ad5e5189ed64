package history

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// Disk is what Tiers needs of a History.
type Disk interface {
	Row(flow.ID) (flow.Row, bool)
	Rows(first flow.ID, max int) []flow.Row
	Get(flow.ID) (flow.Exchange, error)
	FirstID() flow.ID
	LastID() flow.ID
	Removed(cursor uint64) (ranges []Range, next uint64, all bool)
	Watch() *signal.Watcher
	Annotate(flow.ID, flow.Annotation) error
	Delete(...flow.ID) error
	Discard() error
}

var _ Disk = (*History)(nil)

// Tiers is the one list over memory and the disk behind it: what memory no longer holds
// is read back from the disk, where there is one. Memory goes first, for it has the latest
// state. All methods are safe for concurrent use; those that may wait for the disk say so.
type Tiers struct {
	store   *capture.Store
	disk    atomic.Pointer[attached]
	changed signal.Hub

	mu      sync.Mutex
	era     uint64
	touched []flow.ID // rows of the disk that were changed from here
	recheck bool      // there were more
}

// attached is a disk, and what of it is shown.
type attached struct {
	Disk
	era    uint64
	hidden Range // rows that are there and not shown: nobody has said yet what becomes of them
}

// has reports whether rows with an ID are shown.
func (a *attached) has(id flow.ID) bool {
	return a != nil && (id < a.hidden.First || id > a.hidden.Last)
}

// maxTouched bounds the rows that are told one by one.
const maxTouched = 4096

// NewTiers makes a list of what is in memory. Attach puts a disk behind it.
func NewTiers(store *capture.Store) *Tiers { return &Tiers{store: store} }

// Attach puts a disk behind memory, but for hidden rows, or takes it away with nil.
func (t *Tiers) Attach(d Disk, hidden Range) {
	t.mu.Lock()
	t.era++
	if d == nil {
		t.disk.Store(nil)
	} else {
		t.disk.Store(&attached{d, t.era, hidden})
	}
	t.mu.Unlock()
	t.changed.Set()
}

// Changed has readers look again: the disk has told of something.
func (t *Tiers) Changed() { t.changed.Set() }

// Watch tells of rows that came to the disk or left it, and of another disk.
func (t *Tiers) Watch() *signal.Watcher { return t.changed.Watch() }

// Era rises when another disk is attached, other rows of it are shown, or it is taken
// away: all that is known of it is to be read again.
func (t *Tiers) Era() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.era
}

// Memory is the first tier alone.
func (t *Tiers) Memory() *capture.Store { return t.store }

// Row returns a row of either tier; false if it is nowhere. It may wait for the disk.
func (t *Tiers) Row(id flow.ID) (flow.Row, bool) {
	if row, ok := t.store.Row(id); ok {
		return row, true
	}
	if a := t.disk.Load(); a.has(id) {
		return a.Row(id)
	}
	return flow.Row{}, false
}

// OnDisk reports whether the disk has a row. It may wait for the disk.
func (t *Tiers) OnDisk(id flow.ID) bool {
	a := t.disk.Load()
	if !a.has(id) {
		return false
	}
	if quick, ok := a.Disk.(interface{ Has(flow.ID) bool }); ok {
		return quick.Has(id)
	}
	_, ok := a.Row(id)
	return ok
}

// InMemory reports whether memory has a row.
func (t *Tiers) InMemory(id flow.ID) bool {
	_, ok := t.store.Row(id)
	return ok
}

// Get returns all that is kept of an exchange. A body that left memory is read from the
// disk. It may wait for the disk.
func (t *Tiers) Get(id flow.ID) (flow.Exchange, bool) {
	x, ok := t.store.Get(id)
	if ok && !slices.ContainsFunc(x.Bodies(), func(b *flow.Body) bool { return b.State == flow.BodyEvicted }) {
		return x, true
	}
	a := t.disk.Load()
	if !a.has(id) {
		return x, ok
	}
	kept, err := a.Get(id)
	if err != nil {
		return x, ok
	}
	if !ok {
		return kept, true
	}
	from := kept.Bodies()
	for i, to := range x.Bodies() {
		if to.State == flow.BodyEvicted {
			*to = *from[i]
		}
	}
	return x, true
}

// EachInMemory visits the rows that memory holds; see capture.Store.Each.
func (t *Tiers) EachInMemory(visit func(*flow.Row)) { t.store.Each(visit) }

// rowsAtOnce is how many rows are read from the disk at once.
const rowsAtOnce = 4096

// Older returns rows of the disk below an ID, by rising ID: the highest that are there, at
// most some thousand. The next call goes on below next; 0 says that there are no more.
// It waits for the disk.
func (t *Tiers) Older(below flow.ID) (rows []flow.Row, next flow.ID) {
	a := t.disk.Load()
	if a == nil {
		return nil, 0
	}
	lowest := a.FirstID()
	below = min(below, a.LastID()+1)
	for width := flow.ID(rowsAtOnce); lowest > 0 && below > lowest; {
		first := lowest
		if below-lowest > width {
			first = below - width
		}
		rows = a.Rows(first, rowsAtOnce)
		if n := len(rows); n == rowsAtOnce && rows[n-1].ID < below-1 && width > rowsAtOnce {
			width /= 2 // there may be more above these
			continue
		}
		rows = slices.DeleteFunc(rows, func(r flow.Row) bool { return r.ID >= below || !a.has(r.ID) })
		if below = first; len(rows) > 0 {
			break
		}
		width = min(4*width, 1<<40)
	}
	if lowest == 0 || below <= lowest {
		below = 0
	}
	return rows, below
}

// judgedAtOnce is how many rows of the disk are judged at once: it takes some milliseconds, for
// which those wait who want to draw other rows.
const judgedAtOnce = 16384

// judge is what a disk has that judges rows without reading all of them.
type judge interface {
	Judge(q *query.Query, below flow.ID, max int) (rows []Judged, next flow.ID)
}

// Judge has a query judge rows of the disk below an ID, by rising ID: the highest that are there,
// at most some thousand. The next call goes on below next; 0 says that there are no more. It
// waits for the disk.
func (t *Tiers) Judge(q *query.Query, below flow.ID) (rows []Judged, next flow.ID) {
	a := t.disk.Load()
	if a == nil {
		return nil, 0
	}
	quick, ok := a.Disk.(judge)
	if !ok {
		all, next := t.Older(below)
		for i := range all {
			rows = append(rows, Judged{ID: all[i].ID, Alike: &all[i], Result: q.Row(&all[i])})
		}
		return rows, next
	}
	for below > 0 && len(rows) == 0 {
		rows, below = quick.Judge(q, below, judgedAtOnce)
		rows = slices.DeleteFunc(rows, func(r Judged) bool { return !a.has(r.ID) })
	}
	return rows, below
}

// Each visits every row of both tiers once: those in memory first, then those that only
// the disk has, from the newest back. Rows that come meanwhile may be left out. It waits
// for the disk.
func (t *Tiers) Each(visit func(*flow.Row)) { t.EachUntil(context.Background(), visit) }

// EachUntil is Each that ends soon after ctx does.
func (t *Tiers) EachUntil(ctx context.Context, visit func(*flow.Row)) {
	seen := map[flow.ID]struct{}{}
	t.store.Each(func(r *flow.Row) {
		seen[r.ID] = struct{}{}
		if ctx.Err() == nil {
			visit(r)
		}
	})
	if ctx.Err() != nil {
		return
	}
	rows, below := t.Older(^flow.ID(0))
	for {
		for i := len(rows) - 1; i >= 0; i-- {
			if _, twice := seen[rows[i].ID]; !twice {
				visit(&rows[i])
			}
		}
		if below == 0 || ctx.Err() != nil {
			return
		}
		rows, below = t.Older(below)
	}
}

// Removed lists what left the disk since a cursor of the same era; see History.Removed.
func (t *Tiers) Removed(cursor uint64) (ranges []Range, next uint64, all bool) {
	a := t.disk.Load()
	if a == nil {
		return nil, 0, false
	}
	return a.Removed(cursor)
}

// Annotate keeps what a person says about a row, wherever it is. False where memory has
// no room for it (see capture.Store.Annotate), or the disk did not take it. It may wait
// for the disk.
func (t *Tiers) Annotate(id flow.ID, said flow.Annotation) bool {
	if t.store.Annotate(id, said) {
		return true
	}
	a := t.disk.Load()
	if !a.has(id) || t.InMemory(id) {
		return false
	}
	said.Note = flow.NoteOf(said.Note)
	if a.Annotate(id, said) != nil {
		return false
	}
	t.touch(id)
	return true
}

// Delete removes finished rows from both tiers, and says how many of them. It may wait
// for the disk.
func (t *Tiers) Delete(ids ...flow.ID) (deleted int) {
	there := slices.DeleteFunc(slices.Clone(ids), func(id flow.ID) bool {
		row, ok := t.Row(id)
		return !ok || !row.Phase.Final()
	})
	t.store.Delete(there...)
	if a := t.disk.Load(); a != nil && len(there) > 0 {
		_ = a.Delete(there...) // Stats.Problem says what is wrong
		t.touch(there...)
	}
	return len(there)
}

// Clear removes all finished rows from memory, and from the disk those with an ID from
// first on, marked ones too. It may wait for the disk.
func (t *Tiers) Clear(first flow.ID) {
	t.store.Clear()
	a := t.disk.Load()
	if a == nil {
		return
	}
	rows, below := t.Older(^flow.ID(0))
	for {
		var gone []flow.ID
		for i := range rows {
			if id := rows[i].ID; id >= first && !t.InMemory(id) {
				gone = append(gone, id)
			}
		}
		if len(gone) > 0 {
			_ = a.Delete(gone...)
			t.touch(gone...)
		}
		if below <= first {
			break
		}
		rows, below = t.Older(below)
	}
	t.changed.Set()
}

// touch has readers look at rows of the disk again.
func (t *Tiers) touch(ids ...flow.ID) {
	t.mu.Lock()
	if len(t.touched)+len(ids) > maxTouched {
		t.touched, t.recheck = nil, true
	} else {
		t.touched = append(t.touched, ids...)
	}
	t.mu.Unlock()
	t.changed.Set()
}

// TakeTouched hands over the rows that were annotated or deleted through here on the disk
// alone, for the one reader that keeps a list of all. With recheck there were more.
func (t *Tiers) TakeTouched() (ids []flow.ID, recheck bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids, recheck = t.touched, t.recheck
	t.touched, t.recheck = nil, false
	return ids, recheck
}
