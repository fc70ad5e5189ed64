package feed

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
)

// SortKey is what a row is sorted by: a number, then a text, then its ID.
type SortKey struct {
	number float64
	text   string
	id     flow.ID
}

func (k SortKey) compare(o SortKey) int {
	return cmp.Or(cmp.Compare(k.number, o.number), cmp.Compare(k.text, o.text), cmp.Compare(k.id, o.id))
}

// ByNumber sorts by a number of the row.
func ByNumber(of func(*flow.Row) float64) func(*flow.Row) SortKey {
	return func(r *flow.Row) SortKey { return SortKey{number: of(r)} }
}

// ByText sorts by a text of the row.
func ByText(of func(*flow.Row) string) func(*flow.Row) SortKey {
	return func(r *flow.Row) SortKey { return SortKey{text: strings.ToLower(of(r))} }
}

// ByTextIfAny sorts by a text of the row; rows without one come last.
func ByTextIfAny(of func(*flow.Row) string) func(*flow.Row) SortKey {
	return func(r *flow.Row) SortKey {
		k := SortKey{text: strings.ToLower(of(r))}
		if k.text == "" {
			k.number = 1
		}
		return k
	}
}

// Sorting is the order of the list.
type Sorting struct {
	Column     string // "" is the order of arrival
	Descending bool
}

// keys finds what rows are sorted by in the order of a column.
type keys func(column string) func(*flow.Row) SortKey

// rebuildSorted sorts anew what memory has, and keeps what was found on the disk before.
func (m *Model) rebuildSorted() {
	begun := time.Now()
	key := m.keys(m.sort.Column)
	found := make([]SortKey, 0, len(m.All))
	var inMemory []flow.ID
	m.eachInMemory(func(r *flow.Row) {
		inMemory = append(inMemory, r.ID)
		if !m.passes(r) {
			return
		}
		if _, known := slices.BinarySearch(m.All, r.ID); known {
			k := key(r)
			k.id = r.ID
			found = append(found, k)
		}
	})
	if len(m.found) > 0 && m.older.disk != nil {
		slices.Sort(inMemory)
		for _, k := range m.found {
			_, now := slices.BinarySearch(inMemory, k.id)
			if _, known := slices.BinarySearch(m.All, k.id); known && !now {
				found = append(found, k)
			}
		}
	}
	m.found = found
	m.showSorted()
	now := time.Now()
	m.ResortAt = now.Add(max(500*time.Millisecond, 4*now.Sub(begun)))
}

// addKeys keeps rows of the disk, whole ones, that the filter lets pass for the next sorting.
func addKeys(m *Model, rows []history.Judged) {
	key := m.keys(m.sort.Column)
	for i := range rows {
		if r := &rows[i]; m.looks.pass(r.ID, r.Result) {
			k := key(r.Alike)
			k.id, k.text = r.ID, strings.Clone(k.text)
			m.found = append(m.found, k)
		}
	}
}

// showSorted shows what was found, in its order and each once.
func (m *Model) showSorted() {
	slices.SortFunc(m.found, SortKey.compare)
	m.found = slices.CompactFunc(m.found, func(a, b SortKey) bool { return a.id == b.id })
	shown := make([]flow.ID, 0, len(m.found))
	for _, k := range m.found {
		shown = append(shown, k.id)
	}
	if m.sort.Descending {
		slices.Reverse(shown)
	}
	m.swap(shown, false)
	if m.older.disk == nil {
		m.found = nil
	}
}
