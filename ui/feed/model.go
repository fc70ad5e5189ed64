package feed

import (
	"slices"
	"sync"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// source is what the model reads of the store.
type source interface {
	Row(flow.ID) (flow.Row, bool)
}

// Model is the list of exchanges to show: IDs, and where each is counted, 16
// bytes a row; what a row shows is asked of the store when it is on the screen. One goroutine (the
// feed's) changes it; the UI goroutine reads what is shown.
//
// In the order of arrival a change costs by the rows that changed. In another
// order the list is sorted anew in the background, at most so often that it
// takes a fifth of a core.
type Model struct {
	Rows source
	keys keys

	// The feed's own.
	all      []flow.ID // rising
	Tally    tally     // of all, in its order
	filter   *query.Query
	sort     Sorting
	ResortAt time.Time // when a list in another order may be sorted again
	stale    bool      // it has to be

	mu      sync.RWMutex
	shown   []flow.ID
	byID    bool // shown rises
	version uint64
}

func NewModel(rows source, keys keys) *Model {
	return &Model{Rows: rows, keys: keys, byID: true, filter: &query.Query{}, Tally: newTally()}
}

// Len is how many rows are shown.
func (m *Model) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.shown)
}

// At is the ID of a shown row, 0 if there is none.
func (m *Model) At(i int) flow.ID {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if i < 0 || i >= len(m.shown) {
		return 0
	}
	return m.shown[i]
}

// Index is where an ID is shown, -1 if it is not.
func (m *Model) Index(id flow.ID) int {
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
func (m *Model) Near(id flow.ID, was int) int {
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

// total is how many rows there are, shown or not. It belongs to the feed.
func (m *Model) total() int { return len(m.all) }

// Apply takes changed rows in; it reports how many new ones are
// shown, or will be once they are sorted.
func (m *Model) Apply(rows []flow.Row) (fresh int) {
	for i := range rows {
		id := rows[i].ID
		match := m.filter.Match(&rows[i])
		known := len(m.all) > 0 && id <= m.all[len(m.all)-1]
		if known {
			if at, ok := slices.BinarySearch(m.all, id); !ok {
				m.all = slices.Insert(m.all, at, id)
				m.Tally.Add(at, &rows[i])
				known = false
			} else {
				m.Tally.change(at, &rows[i])
			}
		} else {
			m.Tally.Add(len(m.all), &rows[i])
			m.all = append(m.all, id)
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
	return fresh
}

// place puts an ID into what is shown, or takes it out; it reports whether it is new there.
func (m *Model) place(id flow.ID, match, known bool) bool {
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

// Drop removes rows that have left memory, looking from the oldest on. whole
// looks at all of them, else it stops after a stretch of rows that are there.
func (m *Model) Drop(whole bool) {
	const stretch = 256
	gone, present := map[flow.ID]bool{}, 0
	for _, id := range m.all {
		if _, ok := m.Rows.Row(id); ok {
			if present++; present == stretch && !whole {
				break
			}
			continue
		}
		gone[id] = true
		present = 0
	}
	if len(gone) == 0 {
		return
	}
	m.Tally.drop(func(at int) bool { return gone[m.all[at]] })
	m.all = slices.DeleteFunc(slices.Clone(m.all), func(id flow.ID) bool { return gone[id] })
	m.mu.Lock()
	shown := m.shown
	m.mu.Unlock()
	shown = slices.DeleteFunc(slices.Clone(shown), func(id flow.ID) bool { return gone[id] })
	m.swap(shown, m.byID)
}

// swap shows another list. Only the feed changes it, so what it made without
// the lock is still right.
func (m *Model) swap(shown []flow.ID, byID bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shown, m.byID = shown, byID
	m.version++
}

// SetFilter shows what a filter lets pass.
func (m *Model) SetFilter(q *query.Query) {
	m.filter = q
	m.rebuild()
}

func (m *Model) SetSort(s Sorting) {
	m.sort = s
	m.rebuild()
}

// Settle sorts again if something changed since, and time allows.
func (m *Model) Settle(now time.Time) bool {
	if !m.stale || now.Before(m.ResortAt) {
		return false
	}
	m.rebuild()
	return true
}

// rebuild filters and sorts all rows.
func (m *Model) rebuild() {
	begun := time.Now()
	m.stale = false
	shown := make([]flow.ID, 0, len(m.all))
	if m.sort.Column == "" {
		if m.filter.Empty() {
			shown = append(shown, m.all...)
		} else {
			for _, id := range m.all {
				if row, ok := m.Rows.Row(id); ok && m.filter.Match(&row) {
					shown = append(shown, id)
				}
			}
		}
		m.swap(shown, true)
		return
	}
	key := m.keys(m.sort.Column)
	found := make([]SortKey, 0, len(m.all))
	for _, id := range m.all {
		if row, ok := m.Rows.Row(id); ok && m.filter.Match(&row) {
			k := key(&row)
			k.id = id
			found = append(found, k)
		}
	}
	slices.SortFunc(found, SortKey.compare)
	if m.sort.Descending {
		slices.Reverse(found)
	}
	for _, k := range found {
		shown = append(shown, k.id)
	}
	m.swap(shown, false)
	now := time.Now()
	m.ResortAt = now.Add(max(500*time.Millisecond, 4*now.Sub(begun)))
}

// clear forgets rows that are not there any more.
func (m *Model) clear() { m.Drop(true) }
