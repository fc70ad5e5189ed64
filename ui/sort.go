package ui

import (
	"cmp"
	"strings"

	"posthouse/proxy/flow"
)

// sortKey is what a row is sorted by: a number, then a text, then its ID.
type sortKey struct {
	number float64
	text   string
	id     flow.ID
}

func (k sortKey) compare(o sortKey) int {
	return cmp.Or(cmp.Compare(k.number, o.number), cmp.Compare(k.text, o.text), cmp.Compare(k.id, o.id))
}

func byNumber(of func(*flow.Row) float64) func(*flow.Row) sortKey {
	return func(r *flow.Row) sortKey { return sortKey{number: of(r)} }
}

func byText(of func(*flow.Row) string) func(*flow.Row) sortKey {
	return func(r *flow.Row) sortKey { return sortKey{text: strings.ToLower(of(r))} }
}

// sorting is the order of the list.
type sorting struct {
	column     string // "" is the order of arrival
	descending bool
}

// Keys finds what rows are sorted by in the order of a column.
type Keys func(column string) func(*flow.Row) sortKey
