package document

import "sort"

// lineMatches are what a search found, in order, and the one that it stands at.
type lineMatches struct {
	All []match
	now int // index into all, -1 for none
}

// replace takes what was found anew. It stands at none of that, and returns the match
// that it stood at before.
func (m *lineMatches) replace(found []match) (before match) {
	if m.now >= 0 {
		before = m.All[m.now]
	}
	m.All, m.now = found, -1
	return before
}

// standAt goes to a match, or where it is gone, to the first in or after its line. There is
// one at least.
func (m *lineMatches) standAt(match match) {
	m.now = m.first(match.Line)
	for i := m.now; i < len(m.All) && m.All[i].Line == match.Line; i++ {
		if m.All[i] == match {
			m.now = i
		}
	}
}

// first is the index of the first match in or after a line, around the end.
func (m *lineMatches) first(line int) int {
	i := m.from(line)
	if i == len(m.All) {
		return 0
	}
	return i
}

// from is the index of the first match in or after a line; there may be none.
func (m *lineMatches) from(line int) int {
	return sort.Search(len(m.All), func(i int) bool { return m.All[i].Line >= line })
}

// next is the index some matches on, around the end.
func (m *lineMatches) next(by int) int {
	n := len(m.All)
	return ((m.now+by)%n + n) % n
}
