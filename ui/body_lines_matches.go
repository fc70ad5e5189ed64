package ui

import "sort"

// lineMatches are what a search found, in order, and the one that it stands at.
type lineMatches struct {
	all []docMatch
	now int // index into all, -1 for none
}

// replace takes what was found anew. It stands at none of that, and returns the match
// that it stood at before.
func (m *lineMatches) replace(found []docMatch) (before docMatch) {
	if m.now >= 0 {
		before = m.all[m.now]
	}
	m.all, m.now = found, -1
	return before
}

// standAt goes to a match, or where it is gone, to the first in or after its line. There is
// one at least.
func (m *lineMatches) standAt(match docMatch) {
	m.now = m.first(match.line)
	for i := m.now; i < len(m.all) && m.all[i].line == match.line; i++ {
		if m.all[i] == match {
			m.now = i
		}
	}
}

// first is the index of the first match in or after a line, around the end.
func (m *lineMatches) first(line int) int {
	i := m.from(line)
	if i == len(m.all) {
		return 0
	}
	return i
}

// from is the index of the first match in or after a line; there may be none.
func (m *lineMatches) from(line int) int {
	return sort.Search(len(m.all), func(i int) bool { return m.all[i].line >= line })
}

// next is the index some matches on, around the end.
func (m *lineMatches) next(by int) int {
	n := len(m.all)
	return ((m.now+by)%n + n) % n
}
