package ui

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

// model is the list of exchanges to show: IDs, where each is counted and when it
// finished, 32 bytes a row; what a row shows is asked of the store when it is on the screen. One goroutine (the
// feed's) changes it; the UI goroutine reads what is shown.
//
// In the order of arrival a change costs by the rows that changed. In another
// order the list is sorted anew in the background, at most so often that it
// takes a fifth of a core.
type model struct {
	rows source

	// The feed's own.
	all      []flow.ID              // rising
	tally    tally                  // of all, in its order
	ended    []endedRow             // by rising Rev: the order in which rows leave memory
	open     map[flow.ID]flow.Phase // rows that are not known to have ended
	steps    uint64                 // how often a row came, ended, or went on to another phase
	filter   *query.Query
	sort     sorting
	resortAt time.Time // when a list in another order may be sorted again
	stale    bool      // it has to be

	mu    sync.RWMutex
	shown []flow.ID
	byID  bool // shown rises
}

// endedRow is a row that changes no more.
type endedRow struct {
	rev flow.Rev
	id  flow.ID
}

// sorting is the order of the list.
type sorting struct {
	column     string // "" is the order of arrival
	descending bool
}

func newModel(rows source) *model {
	return &model{rows: rows, byID: true, filter: &query.Query{}, tally: newTally(), open: map[flow.ID]flow.Phase{}}
}

// Len is how many rows are shown.
func (m *model) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.shown)
}

// At is the ID of a shown row, 0 if there is none.
func (m *model) At(i int) flow.ID {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if i < 0 || i >= len(m.shown) {
		return 0
	}
	return m.shown[i]
}

// Index is where an ID is shown, -1 if it is not.
func (m *model) Index(id flow.ID) int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.byID {
		if i, ok := slices.BinarySearch(m.shown, id); ok {
			return i
		}
		return -1
	}
	return slices.Index(m.shown, id)
}

// Near is where an ID is shown, or, if it is not any more, where it would be. In
// another order than that of arrival nobody knows that: it is where it was.
func (m *model) Near(id flow.ID, was int) int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.byID {
		i, _ := slices.BinarySearch(m.shown, id)
		return i
	}
	if i := slices.Index(m.shown, id); i >= 0 {
		return i
	}
	return was
}

// Total is how many rows there are, shown or not. It belongs to the feed.
func (m *model) total() int { return len(m.all) }

// apply takes changed rows in; it reports how many new ones are
// shown, or will be once they are sorted.
func (m *model) apply(rows []flow.Row) (fresh int) {
	for i := range rows {
		id := rows[i].ID
		match := m.filter.Match(&rows[i])
		m.noteStep(&rows[i])
		known := len(m.all) > 0 && id <= m.all[len(m.all)-1]
		if known {
			if at, ok := slices.BinarySearch(m.all, id); !ok {
				m.all = slices.Insert(m.all, at, id)
				m.tally.add(at, &rows[i])
				known = false
			} else {
				m.tally.change(at, &rows[i])
			}
		} else {
			m.tally.add(len(m.all), &rows[i])
			m.all = append(m.all, id)
		}
		if m.sort.column != "" {
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
	return fresh
}

// place puts an ID into what is shown, or takes it out; it reports whether it is new there.
func (m *model) place(id flow.ID, match, known bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.shown); match && (n == 0 || m.shown[n-1] < id) {
		m.shown = append(m.shown, id)
		return true
	}
	if !known && !match {
		return false
	}
	at, ok := slices.BinarySearch(m.shown, id)
	switch {
	case match && !ok:
		m.shown = slices.Insert(m.shown, at, id)
		return true
	case !match && ok:
		m.shown = slices.Delete(m.shown, at, at+1)
	}
	return false
}

// noteStep keeps in mind how far a row is, and when it will leave memory.
func (m *model) noteStep(r *flow.Row) {
	was, known := m.open[r.ID]
	if !known || was != r.Phase {
		m.steps++
	}
	if !r.Phase.Final() {
		m.open[r.ID] = r.Phase
		return
	}
	delete(m.open, r.ID)
	m.ended = append(m.ended, endedRow{r.Rev, r.ID})
}

// evict removes the finished rows whose Rev is below oldest: they have left memory.
// It costs nothing where there are none. missed says that rows left before anybody
// read that they had finished; then those under way are looked for.
func (m *model) evict(oldest flow.Rev, missed bool) {
	n, _ := slices.BinarySearchFunc(m.ended, oldest, func(e endedRow, rev flow.Rev) int { return cmp.Compare(e.rev, rev) })
	var gone []flow.ID
	for _, e := range m.ended[:n] {
		gone = append(gone, e.id)
	}
	m.ended = m.ended[n:]
	if missed {
		for id := range m.open {
			if _, ok := m.rows.Row(id); !ok {
				gone = append(gone, id)
				delete(m.open, id)
			}
		}
	}
	if len(gone) > 0 {
		slices.Sort(gone)
		m.remove(gone)
	}
}

// remove takes out rows, named in rising order.
func (m *model) remove(gone []flow.ID) {
	left := among(gone)
	m.tally.drop(func(at int) bool { return left(m.all[at]) })
	m.all = slices.DeleteFunc(m.all, among(gone))
	if m.byID { // which only the feed changes
		m.mu.Lock()
		defer m.mu.Unlock()
		m.shown = slices.DeleteFunc(m.shown, among(gone))
		return
	}
	m.swap(slices.DeleteFunc(slices.Clone(m.shown), func(id flow.ID) bool {
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
func (m *model) swap(shown []flow.ID, byID bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shown, m.byID = shown, byID
}

// setFilter shows what a filter lets pass.
func (m *model) setFilter(q *query.Query) {
	m.filter = q
	m.rebuild()
}

func (m *model) setSort(s sorting) {
	m.sort = s
	m.rebuild()
}

// settle sorts again if something changed since, and time allows.
func (m *model) settle(now time.Time) bool {
	if !m.stale || now.Before(m.resortAt) {
		return false
	}
	m.rebuild()
	return true
}

// rebuild filters and sorts all rows.
func (m *model) rebuild() {
	m.stale = false
	switch {
	case m.sort.column != "":
		m.rebuildSorted()
	case m.filter.Empty():
		m.swap(slices.Clone(m.all), true)
	default:
		var shown []flow.ID
		m.each(func(r *flow.Row) { shown = append(shown, r.ID) })
		slices.Sort(shown)
		known := among(m.all)
		m.swap(slices.DeleteFunc(shown, func(id flow.ID) bool { return !known(id) }), true)
	}
}

// each visits the rows that the filter lets pass. There may be some among them that
// apply was not told of: they wait until it is.
func (m *model) each(visit func(*flow.Row)) {
	m.rows.Each(func(r *flow.Row) {
		if m.filter.Match(r) {
			visit(r)
		}
	})
}

func (m *model) rebuildSorted() {
	begun := time.Now()
	key := columnNamed(m.sort.column).key
	keys := make([]sortKey, 0, len(m.all))
	m.each(func(r *flow.Row) {
		if _, known := slices.BinarySearch(m.all, r.ID); known {
			k := key(r)
			k.id = r.ID
			keys = append(keys, k)
		}
	})
	slices.SortFunc(keys, sortKey.compare)
	if m.sort.descending {
		slices.Reverse(keys)
	}
	shown := make([]flow.ID, 0, len(keys))
	for _, k := range keys {
		shown = append(shown, k.id)
	}
	m.swap(shown, false)
	now := time.Now()
	m.resortAt = now.Add(max(500*time.Millisecond, 4*now.Sub(begun)))
}
