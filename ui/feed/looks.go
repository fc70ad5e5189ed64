package feed

import (
	"math/bits"
	"slices"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// Looks says how far a filter that asks for fields or bodies has come: rows do not hold
// these, so exchanges are looked at one after the other, the newest first.
type Looks struct {
	Pending int // rows that are still to be looked at
	Unknown int // rows that could not be looked at, or not whole
	Lacks   Lacks
}

// Lacks are how many rows have what is lacking; several may be of one row.
type Lacks [8]int

// Of is how many rows have one lack.
func (l *Lacks) Of(lack query.Lack) int { return l[bits.TrailingZeros8(uint8(lack))] }

// looks is what is known of rows that do not tell themselves whether a filter matches. It
// belongs to the feed's goroutine: 16 bytes a row that matches or cannot be looked at, and
// 8 a row that waits.
type looks struct {
	found   map[flow.ID]struct{}
	lacking map[flow.ID]query.Lack
	lacks   Lacks
	wanted  []flow.ID // to be handed to the looker
	began   bool      // all rows are gone through for a new filter
}

// looked is what came of one look.
type looked struct {
	id     flow.ID
	result query.Result
	lack   query.Lack
}

// reset forgets all, for another filter.
func (k *looks) reset() {
	*k = looks{found: map[flow.ID]struct{}{}, lacking: map[flow.ID]query.Lack{}, began: true}
}

// forget forgets a row.
func (k *looks) forget(id flow.ID) {
	delete(k.found, id)
	k.setLack(id, 0)
}

func (k *looks) setLack(id flow.ID, lack query.Lack) {
	old, had := k.lacking[id]
	if lack == old {
		return
	}
	for i := range k.lacks {
		bit := query.Lack(1) << i
		if old&bit != 0 {
			k.lacks[i]--
		}
		if lack&bit != 0 {
			k.lacks[i]++
		}
	}
	switch {
	case lack != 0:
		k.lacking[id] = lack
	case had:
		delete(k.lacking, id)
	}
}

// passes reports whether the filter lets a row pass, as far as is known.
func (m *Model) passes(r *flow.Row) bool { return m.looks.pass(r.ID, m.filter.Row(r)) }

// pass is Model.passes for a row of which the filter has said something.
func (k *looks) pass(id flow.ID, said query.Result) bool {
	if said != query.Unknown {
		return said == query.Matched
	}
	if k.began {
		k.wanted = append(k.wanted, id)
	}
	_, found := k.found[id]
	return found
}

// lookAgain has a row looked at that came, or went on.
func (m *Model) lookAgain(r *flow.Row) {
	if m.filter.NeedsContents() {
		m.looks.again(r.ID, m.filter.Row(r))
	}
}

// again is Model.lookAgain for a row of which the filter has said something.
func (k *looks) again(id flow.ID, said query.Result) {
	if said != query.Unknown {
		k.forget(id)
		return
	}
	k.wanted = append(k.wanted, id)
}

// takeWanted are the rows to be looked at.
func (m *Model) takeWanted() []flow.ID {
	wanted := m.looks.wanted
	m.looks.wanted = nil
	return wanted
}

// look takes in what came of looks; it reports how many rows are shown for it.
func (m *Model) look(all []looked) (fresh int) {
	for _, l := range all {
		r, there := m.Rows.Row(l.id)
		if _, known := slices.BinarySearch(m.All, l.id); !there || !known || m.filter.Row(&r) != query.Unknown {
			m.looks.forget(l.id) // it went on meanwhile, or has left
			continue
		}
		_, was := m.looks.found[l.id]
		match := l.result == query.Matched
		if match {
			m.looks.found[l.id] = struct{}{}
		} else {
			delete(m.looks.found, l.id)
		}
		m.looks.setLack(l.id, l.lack)
		switch {
		case was == match:
		case m.sort.Column != "":
			m.stale = true
		default:
			m.place(l.id, match, true)
		}
		if match && !was {
			fresh++
		}
	}
	return fresh
}

// forgetLooks forgets rows that left.
func (m *Model) forgetLooks(gone []flow.ID) {
	if len(m.looks.found)+len(m.looks.lacking) == 0 {
		return
	}
	for _, id := range gone {
		m.looks.forget(id)
	}
}
