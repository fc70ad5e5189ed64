package feed

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// source is what the model reads of the store.
type source interface {
	Row(flow.ID) (flow.Row, bool)
	Each(visit func(*flow.Row)) // all there are; a row is visit's until it returns
}

// Model is the list of exchanges to show: IDs, where each is counted and when it
// finished, 32 bytes a row; what a row shows is asked of the store when it is on the screen. One goroutine (the
// feed's) changes it, at any time; the UI goroutine reads what is shown, and draws a copy.
//
// In the order of arrival a change costs by the rows that changed. In another
// order the list is sorted anew in the background, at most so often that it
// takes a fifth of a core.
type Model struct {
	Rows source
	keys keys

	// The feed's own.
	All      []flow.ID           // rising
	Counts   counts              // of all, in its order
	ended    []endedRow          // by rising Rev: the order in which rows leave memory
	open     map[flow.ID]openRow // rows that are not known to have ended
	steps    uint64              // how often a row came, ended, went on to another phase, or was annotated
	filter   *query.Query
	looks    looks
	older    older     // what is on the disk
	found    []SortKey // in another order than that of arrival: what is shown
	sort     Sorting
	ResortAt time.Time // when a list in another order may be sorted again
	stale    bool      // it has to be

	mu    sync.RWMutex
	shown Shown
}

// openRow is what is drawn immediately when it changes.
type openRow struct {
	phase flow.Phase
	said  flow.Annotation
}

// endedRow is a row of which only the annotation may still change, and the Rev with which it ended.
type endedRow struct {
	rev flow.Rev
	id  flow.ID
}

// NewModel makes an empty model of rows; keys are what columns are sorted by.
func NewModel(rows source, keys keys) *Model {
	m := &Model{Rows: rows, keys: keys, shown: Shown{byID: true}, filter: &query.Query{}, Counts: newCounts(),
		open: map[flow.ID]openRow{}}
	m.older.disk, _ = rows.(tiers)
	m.older.max = maxListed
	return m
}

// Len is how many rows are shown.
func (m *Model) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.shown.Len()
}

// At is the ID of a shown row, 0 if there is none.
func (m *Model) At(i int) flow.ID {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.shown.At(i)
}

// Index is where an ID is shown, -1 if it is not.
func (m *Model) Index(id flow.ID) int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.shown.Index(id)
}

// CopyShown brings a copy of what is shown up to date. It costs nothing where that is as it was.
func (m *Model) CopyShown(to *Shown) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if to.version != m.shown.version {
		to.ids, to.byID, to.version = append(to.ids[:0], m.shown.ids...), m.shown.byID, m.shown.version
	}
}

// total is how many rows there are, shown or not. It belongs to the feed.
func (m *Model) total() int { return len(m.All) }

// Apply takes changed rows in; it reports how many new ones are
// shown, or will be once they are sorted.
func (m *Model) Apply(rows []flow.Row) (fresh int) {
	for i := range rows {
		id := rows[i].ID
		match := m.passes(&rows[i])
		known := len(m.All) > 0 && id <= m.All[len(m.All)-1]
		if known {
			if at, ok := slices.BinarySearch(m.All, id); !ok {
				m.All = slices.Insert(m.All, at, id)
				m.Counts.Add(at, &rows[i])
				known = false
			} else {
				m.Counts.change(at, &rows[i])
			}
		} else {
			m.Counts.Add(len(m.All), &rows[i])
			m.All = append(m.All, id)
		}
		if m.noteStep(&rows[i], known) {
			m.lookAgain(&rows[i])
		}
		if m.sort.Column != "" {
			m.stale = true
			if match && !known {
				fresh++
			}
			continue
		}
		if m.place(id, match, known) {
			fresh++
		}
	}
	m.trim()
	return fresh
}

// place puts an ID into what is shown, or takes it out; it reports whether it is new there.
func (m *Model) place(id flow.ID, match, known bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shown.place(id, match, known)
}

// noteStep keeps in mind how far a row is, and when it will leave memory: told again
// for its annotation after it ended, it leaves when it would have left without. known says
// that the row was told before; stepped is whether it is another state than was.
func (m *Model) noteStep(r *flow.Row, known bool) (stepped bool) {
	was, open := m.open[r.ID]
	now := openRow{r.Phase, r.Annotation}
	if stepped = !open || was != now; stepped {
		m.steps++
	}
	if !r.Phase.Final() {
		m.open[r.ID] = now
		return stepped
	}
	delete(m.open, r.ID)
	if open || !known {
		m.ended = append(m.ended, endedRow{r.Rev, r.ID})
	}
	return stepped
}

// evict removes the finished rows whose Rev is below oldest: they have left memory.
// It costs nothing where there are none. missed says that rows left before anybody
// read that they had finished; then those under way are looked for.
func (m *Model) evict(oldest flow.Rev, missed bool) {
	n, _ := slices.BinarySearchFunc(m.ended, oldest, func(e endedRow, rev flow.Rev) int { return cmp.Compare(e.rev, rev) })
	var gone []flow.ID
	for _, e := range m.ended[:n] {
		gone = append(gone, e.id)
	}
	m.ended = m.ended[n:]
	if missed {
		for id := range m.open {
			if !m.inMemory(id) {
				gone = append(gone, id)
				delete(m.open, id)
			}
		}
	}
	if len(gone) > 0 {
		slices.Sort(gone)
		m.leave(gone, time.Now())
	}
}

// deleted takes out rows that a person deleted. With recheck there were more than are named.
func (m *Model) deleted(ids []flow.ID, recheck bool) {
	gone := slices.Clone(ids)
	if recheck {
		gone = m.missing()
	}
	if len(gone) == 0 {
		return
	}
	slices.Sort(gone)
	for _, id := range gone {
		delete(m.open, id)
	}
	m.ended = slices.DeleteFunc(m.ended, func(e endedRow) bool {
		_, ok := slices.BinarySearch(gone, e.id)
		return ok
	})
	m.Remove(gone)
	m.steps++
}

// missing are the rows that are nowhere.
func (m *Model) missing() []flow.ID {
	var there []flow.ID
	m.eachInMemory(func(r *flow.Row) { there = append(there, r.ID) })
	slices.Sort(there)
	is := among(there)
	gone := slices.DeleteFunc(slices.Clone(m.All), is)
	if m.older.disk != nil {
		gone = slices.DeleteFunc(gone, m.older.disk.OnDisk)
	}
	return gone
}

// eachInMemory visits the rows that memory has.
func (m *Model) eachInMemory(visit func(*flow.Row)) {
	if m.older.disk != nil {
		m.older.disk.EachInMemory(visit)
		return
	}
	m.Rows.Each(visit)
}

func (m *Model) inMemory(id flow.ID) bool {
	if m.older.disk != nil {
		return m.older.disk.InMemory(id)
	}
	_, ok := m.Rows.Row(id)
	return ok
}

// Remove takes out rows, named in rising order.
func (m *Model) Remove(gone []flow.ID) {
	left := among(gone)
	m.Counts.drop(func(at int) bool { return left(m.All[at]) })
	m.All = slices.DeleteFunc(m.All, among(gone))
	m.forgetLooks(gone)
	if m.shown.byID { // which only the feed changes
		m.mu.Lock()
		defer m.mu.Unlock()
		m.shown.ids = slices.DeleteFunc(m.shown.ids, among(gone))
		m.shown.version++
		return
	}
	m.swap(slices.DeleteFunc(slices.Clone(m.shown.ids), func(id flow.ID) bool {
		_, ok := slices.BinarySearch(gone, id)
		return ok
	}), false)
}

// among tells which IDs are among sorted ones, if it is asked for them in rising order.
func among(sorted []flow.ID) func(flow.ID) bool {
	return func(id flow.ID) bool {
		for len(sorted) > 0 && sorted[0] < id {
			sorted = sorted[1:]
		}
		return len(sorted) > 0 && sorted[0] == id
	}
}

// swap shows another list. Only the feed changes it, so what it made without
// the lock is still right.
func (m *Model) swap(shown []flow.ID, byID bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shown = Shown{ids: shown, byID: byID, version: m.shown.version + 1}
}

// SetFilter shows what a filter lets pass.
func (m *Model) SetFilter(q *query.Query) {
	m.filter, m.found = q, nil
	m.looks.reset()
	m.rebuild()
	m.readOlder()
	m.looks.began = false
}

// SetSort takes another order.
func (m *Model) SetSort(s Sorting) {
	m.sort, m.found = s, nil
	m.rebuild()
	m.readOlder()
}

// Settle sorts again if something changed since, and time allows.
func (m *Model) Settle(now time.Time) bool {
	if !m.stale || now.Before(m.ResortAt) {
		return false
	}
	m.rebuild()
	return true
}

// rebuild filters and sorts all rows, but for those of the disk that have to be read for
// it: they follow (readOlder).
func (m *Model) rebuild() {
	m.stale = false
	switch {
	case m.sort.Column != "":
		m.rebuildSorted()
	case m.filter.Empty():
		m.swap(slices.Clone(m.All), true)
	default:
		if by := hostFilter(m); by != nil {
			m.swap(by, true)
			return
		}
		var shown []flow.ID
		m.eachInMemory(func(r *flow.Row) {
			if m.passes(r) {
				shown = append(shown, r.ID)
			}
		})
		slices.Sort(shown)
		known := among(m.All) // there may be some that apply was not told of: they wait until it is
		m.swap(slices.DeleteFunc(shown, func(id flow.ID) bool { return !known(id) }), true)
	}
}
