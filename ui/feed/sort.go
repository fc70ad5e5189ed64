package feed

import (
	"cmp"
	"strings"

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
