package feed

import (
	"slices"

	"posthouse/proxy/flow"
)

// Shown is which rows are shown, in their order. The window draws a copy, which it takes
// with each refresh: the model is the feed's and goes on meanwhile, and a list that is drawn
// anew for a click must not slide away below the pointer. The copy is 8 bytes a row.
type Shown struct {
	ids     []flow.ID
	byID    bool   // ids rise
	version uint64 // rises with each change
}

// Len is how many rows there are.
func (s *Shown) Len() int { return len(s.ids) }

// At is the ID of a row, 0 if there is none.
func (s *Shown) At(i int) flow.ID {
	if i < 0 || i >= len(s.ids) {
		return 0
	}
	return s.ids[i]
}

// Index is where an ID is, -1 if it is not there.
func (s *Shown) Index(id flow.ID) int {
	if s.byID {
		if i, ok := slices.BinarySearch(s.ids, id); ok {
			return i
		}
		return -1
	}
	return slices.Index(s.ids, id)
}

// Between are the IDs from one place to another, both included, in their order; a copy.
func (s *Shown) Between(first, last int) []flow.ID {
	first, last = max(first, 0), min(last, len(s.ids)-1)
	if first > last {
		return nil
	}
	return slices.Clone(s.ids[first : last+1])
}

// Among are those of some rising IDs that are there, rising too. It costs by the few there
// are, or by all that is shown.
func (s *Shown) Among(ids []flow.ID) []flow.ID {
	found := make([]flow.ID, 0, min(len(ids), len(s.ids)))
	switch {
	case s.byID && len(ids) < len(s.ids)/16:
		for _, id := range ids {
			if s.Index(id) >= 0 {
				found = append(found, id)
			}
		}
	case s.byID:
		is := among(s.ids)
		for _, id := range ids {
			if is(id) {
				found = append(found, id)
			}
		}
	default:
		for _, id := range s.ids {
			if _, ok := slices.BinarySearch(ids, id); ok {
				found = append(found, id)
			}
		}
		slices.Sort(found)
	}
	return found
}

// Version rises with each change.
func (s *Shown) Version() uint64 { return s.version }

// Near is where an ID is or, if it is not there, where it would be. In another order than
// that of arrival this is not known: it is where it was.
func (s *Shown) Near(id flow.ID, was int) int {
	if s.byID {
		i, _ := slices.BinarySearch(s.ids, id)
		return i
	}
	if i := slices.Index(s.ids, id); i >= 0 {
		return i
	}
	return was
}

// place puts an ID into rows that rise, or takes it out; it reports whether it is new there.
// known says that it may be there.
func (s *Shown) place(id flow.ID, match, known bool) bool {
	if n := len(s.ids); match && (n == 0 || s.ids[n-1] < id) {
		s.ids = append(s.ids, id)
		s.version++
		return true
	}
	if !known && !match {
		return false
	}
	at, ok := slices.BinarySearch(s.ids, id)
	switch {
	case match && !ok:
		s.ids = slices.Insert(s.ids, at, id)
	case !match && ok:
		s.ids = slices.Delete(s.ids, at, at+1)
	default:
		return false
	}
	s.version++
	return match
}

// mergeIDs adds rising IDs to rising ones, each once.
func mergeIDs(to, more []flow.ID) []flow.ID {
	more = slices.DeleteFunc(more, func(id flow.ID) bool { _, known := slices.BinarySearch(to, id); return known })
	at, from := len(to)-1, len(more)-1
	to = append(to, more...)
	for put := len(to) - 1; from >= 0; put-- {
		if at >= 0 && to[at] > more[from] {
			to[put] = to[at]
			at--
		} else {
			to[put] = more[from]
			from--
		}
	}
	return to
}
