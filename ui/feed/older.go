package feed

import (
	"cmp"
	"slices"
	"time"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// tiers is a source with a disk behind memory (history.Tiers).
type tiers interface {
	source
	EachInMemory(visit func(*flow.Row))
	InMemory(flow.ID) bool
	OnDisk(flow.ID) bool
	Older(below flow.ID) (rows []flow.Row, next flow.ID)
	Judge(q *query.Query, below flow.ID) (rows []history.Judged, next flow.ID)
	Watch() *signal.Watcher
	Era() uint64
	Removed(cursor uint64) (ranges []history.Range, next uint64, all bool)
	TakeTouched() (ids []flow.ID, recheck bool)
}

const (
	// maxListed bounds the list, in rows: the oldest are left out of it, and stay where they are.
	maxListed = 2_000_000
	// limboTime is how long a row that left memory and is not on the disk may still come there.
	limboTime = 5 * time.Second
	// lateScans is how often the disk is looked through, as it tells of more, for rows that
	// left memory before they were read.
	lateScans = 3
)

// older is what the model knows of the disk. It belongs to the feed's goroutine.
type older struct {
	disk    tiers // nil: there is none
	era     uint64
	removed uint64  // the cursor of Removed
	top     flow.ID // rows below are to be read from the disk and listed; 0: all are
	bottom  flow.ID // down to this one
	late    int     // scans that are to come
	filter  flow.ID // rows below are to be filtered or sorted; 0: all are
	limbo   []limboRow
	cleared uint64    // rows that a person removed from memory
	clears  bool      // and just now
	told    []flow.ID // rows that were changed there and are to be named to the window
	many    bool      // more than are named
	max     int       // rows listed at most
}

// limboRow left memory; whether the disk gets it is to be seen.
type limboRow struct {
	id    flow.ID
	until time.Time
}

const newest = ^flow.ID(0)

// pending reports whether the disk is being read for the list.
func (o *older) pending() bool { return o.top != 0 || o.filter != 0 }

// step reads one more piece of the disk: first what is to be listed, then what the filter
// lets pass of it. Whole rows are read for another order alone.
func (m *Model) step() {
	o := &m.older
	switch {
	case o.disk == nil:
		o.top, o.filter = 0, 0
	case o.top != 0:
		rows, next := judged(m, o.top)
		if len(m.All) >= o.max && len(rows) > 0 && rows[0].ID < m.All[0] {
			next = 0 // the list is full
		}
		m.addOlder(rows)
		if o.top = next; next != 0 && next < o.bottom {
			o.top = 0
		}
		m.trim()
	case o.filter != 0:
		rows, next := judged(m, o.filter)
		m.filterOlder(rows)
		if o.filter = next; next == 0 && m.sort.Column != "" {
			m.showSorted()
			m.steps++
		}
	}
}

// judged are rows of the disk below an ID with what the filter says of them: whole ones where their
// order asks for that.
func judged(m *Model, below flow.ID) (rows []history.Judged, next flow.ID) {
	if m.sort.Column == "" {
		return m.older.disk.Judge(m.filter, below)
	}
	whole, next := m.older.disk.Older(below)
	rows = make([]history.Judged, len(whole))
	for i := range whole {
		rows[i] = history.Judged{ID: whole[i].ID, Alike: &whole[i], Result: m.filter.Row(&whole[i])}
	}
	return rows, next
}

// addOlder takes in rows of the disk, by rising ID; those that are known stay as they are.
func (m *Model) addOlder(rows []history.Judged) {
	fresh := rows[:0]
	for i := range rows {
		if _, known := slices.BinarySearch(m.All, rows[i].ID); !known {
			fresh = append(fresh, rows[i])
		}
	}
	if len(fresh) == 0 {
		return
	}
	m.steps++
	var pass []flow.ID
	for i := range fresh {
		r := &fresh[i]
		if m.looks.pass(r.ID, r.Result) {
			pass = append(pass, r.ID)
		}
		if m.filter.NeedsContents() {
			m.looks.again(r.ID, r.Result)
		}
	}
	m.All = m.Counts.merge(m.All, fresh)
	if m.sort.Column != "" {
		addKeys(m, fresh)
		m.stale = true
		return
	}
	m.show(pass)
}

// show adds rising IDs to what is shown by ID.
func (m *Model) show(ids []flow.ID) {
	if len(ids) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shown.ids = mergeIDs(m.shown.ids, ids)
	m.shown.version++
}

// merge counts rows that come among all; it returns all with them.
func (t *counts) merge(all []flow.ID, rows []history.Judged) []flow.ID {
	t.Changed = true
	at, from := len(all)-1, len(rows)-1
	all, t.Of = slices.Grow(all, len(rows))[:len(all)+len(rows)], append(t.Of, make([]membership, len(rows))...)
	joined := map[*flow.Row]membership{}
	for put := len(all) - 1; from >= 0; put-- {
		if at >= 0 && all[at] > rows[from].ID {
			all[put], t.Of[put] = all[at], t.Of[at]
			at--
			continue
		}
		all[put], t.Of[put] = rows[from].ID, t.join(rows[from].Alike, joined)
		from--
	}
	return all
}

// join counts a row in. Those that are alike are counted alike, and named once.
func (t *counts) join(r *flow.Row, joined map[*flow.Row]membership) membership {
	of, known := joined[r]
	if known {
		t.hosts.list[of.host].Count++
		t.apps.list[of.app].Count++
		return of
	}
	of = membership{t.hosts.Join(HostGroup(r)), t.apps.Join(r.App)}
	t.apps.note(of.app, r)
	t.hosts.spell(of.host, r)
	joined[r] = of
	return of
}

// filterOlder has the filter judge rows of the disk that memory does not have: those it
// has were judged there.
func (m *Model) filterOlder(rows []history.Judged) {
	m.looks.began = m.filter.NeedsContents()
	defer func() { m.looks.began = false }()
	var pass []flow.ID
	kept := rows[:0]
	for i := range rows {
		r := rows[i]
		if _, known := slices.BinarySearch(m.All, r.ID); !known || !m.looks.pass(r.ID, r.Result) {
			continue
		}
		pass, kept = append(pass, r.ID), append(kept, r)
	}
	if m.sort.Column != "" {
		addKeys(m, kept)
		return
	}
	if len(pass) > 0 {
		m.steps++
	}
	m.show(pass)
}

// followDisk takes in what the disk has told since.
func (m *Model) followDisk(now time.Time) (changed bool) {
	o := &m.older
	if o.disk == nil {
		return false
	}
	steps := m.steps
	if era := o.disk.Era(); era != o.era {
		o.era, o.removed = era, 0
		_, o.removed, _ = o.disk.Removed(0)
		o.top, o.bottom = newest, 0
		m.recheck()
	}
	m.forgetRemoved()
	m.followTouched()
	m.settleLimbo(now)
	if o.late > 0 && o.top == 0 {
		o.late--
		o.top = newest
	}
	return m.steps != steps
}

// forgetRemoved takes out what retention removed from the disk and memory does not have.
func (m *Model) forgetRemoved() {
	ranges, next, all := m.older.disk.Removed(m.older.removed)
	m.older.removed = next
	if all {
		m.recheck()
		return
	}
	var gone []flow.ID
	for _, r := range ranges {
		at, _ := slices.BinarySearch(m.All, r.First)
		for ; at < len(m.All) && m.All[at] <= r.Last; at++ {
			gone = append(gone, m.All[at])
		}
	}
	m.drop(slices.DeleteFunc(gone, m.older.disk.InMemory))
}

// followTouched looks again at rows that were changed on the disk alone.
func (m *Model) followTouched() {
	ids, recheck := m.older.disk.TakeTouched()
	if recheck {
		m.older.many = true
		m.recheck()
		m.found = nil
		m.rebuild()
		m.readOlder()
		return
	}
	var gone []flow.ID
	var back []history.Judged // were deleted, and are there again
	for _, id := range ids {
		row, ok := m.Rows.Row(id)
		if _, known := slices.BinarySearch(m.All, id); !known {
			if ok && len(m.All) < m.older.max && !m.older.disk.InMemory(id) {
				back = append(back, history.Judged{ID: id, Alike: &row, Result: m.filter.Row(&row)})
			}
			continue
		}
		if !ok {
			gone = append(gone, id)
			continue
		}
		m.steps++
		m.older.told = append(m.older.told, id)
		if m.sort.Column != "" {
			m.found = slices.DeleteFunc(m.found, func(k SortKey) bool { return k.id == id })
			addKeys(m, []history.Judged{{ID: id, Alike: &row, Result: m.filter.Row(&row)}})
			m.stale = true
			continue
		}
		m.place(id, m.passes(&row), true)
	}
	m.drop(gone)
	slices.SortFunc(back, func(a, b history.Judged) int { return cmp.Compare(a.ID, b.ID) })
	m.addOlder(slices.CompactFunc(back, func(a, b history.Judged) bool { return a.ID == b.ID }))
}

// settleLimbo keeps what has come to the disk and takes out what has not.
func (m *Model) settleLimbo(now time.Time) {
	o := &m.older
	var gone []flow.ID
	o.limbo = slices.DeleteFunc(o.limbo, func(l limboRow) bool {
		if o.disk.OnDisk(l.id) || o.disk.InMemory(l.id) {
			return true
		}
		if now.Before(l.until) {
			return false
		}
		gone = append(gone, l.id)
		return true
	})
	m.drop(gone)
}

// recheck takes out all rows that are nowhere.
func (m *Model) recheck() { m.drop(m.missing()) }

// drop takes out rows, in any order.
func (m *Model) drop(gone []flow.ID) {
	if len(gone) == 0 {
		return
	}
	slices.Sort(gone)
	m.Remove(gone)
	m.steps++
}

// leave is for rows that left memory, named in rising order: it takes out those that the
// disk will not have.
func (m *Model) leave(gone []flow.ID, now time.Time) {
	o := &m.older
	if o.disk != nil {
		gone = slices.DeleteFunc(gone, func(id flow.ID) bool {
			if o.disk.OnDisk(id) {
				return true
			}
			if o.clears || len(o.limbo) >= maxLimbo {
				return false
			}
			o.limbo = append(o.limbo, limboRow{id, now.Add(limboTime)})
			return true
		})
	}
	if len(gone) > 0 {
		m.Remove(gone)
	}
}

// note says how many rows a person has removed from memory: these are not waited for.
func (o *older) note(cleared uint64) { o.cleared, o.clears = cleared, o.cleared != cleared }

// maxLimbo bounds the rows that are waited for.
const maxLimbo = 100_000

// missed is for rows that left memory before they were read, of which the lowest may have
// this ID: the disk may have them.
func (o *older) missed(lowest flow.ID) {
	if o.disk == nil {
		return
	}
	if o.top == 0 || lowest < o.bottom {
		o.bottom = lowest
	}
	o.top, o.late = newest, lateScans
}

// unread is the lowest ID of a row of the model that may end without being read: one under way, or one
// that is not known.
func unread(m *Model) flow.ID {
	lowest := flow.ID(1)
	if n := len(m.All); n > 0 {
		lowest = m.All[n-1] + 1
	}
	for id := range m.open {
		lowest = min(lowest, id)
	}
	return lowest
}

// watch tells when followDisk has something to take in. Without a disk it never does.
func (o *older) watch() *signal.Watcher {
	if o.disk == nil {
		return new(signal.Hub).Watch()
	}
	return o.disk.Watch()
}

// trim leaves the oldest rows out of a list that is full.
func (m *Model) trim() {
	if m.older.disk == nil || len(m.All) <= m.older.max {
		return
	}
	gone := slices.Clone(m.All[:len(m.All)-m.older.max*15/16])
	m.Remove(slices.DeleteFunc(gone, func(id flow.ID) bool { _, open := m.open[id]; return open }))
}

// readOlder has rows of the disk filtered and sorted, where that needs them.
func (m *Model) readOlder() {
	o := &m.older
	o.filter = 0
	if o.disk != nil && (m.sort.Column != "" || !m.filter.Empty() && hostFilter(m) == nil) {
		o.filter = newest
	}
}
