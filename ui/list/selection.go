package list

import (
	"slices"

	"posthouse/proxy/flow"
	"posthouse/ui/feed"
)

// selection is which rows are selected: IDs, so that it stays on its rows whatever arrives,
// is filtered or sorted. Its states are none, one and several.
//
//	what happens             none       one                          several
//	a row is chosen          one        one, that row                one, that row
//	toggled, not selected    one        several                      several, one more
//	toggled, selected        -          none                         one less: several or one
//	extended to a row        one        from the anchor to the row   the same, in place of what there was
//	a range is added         one        and from the anchor to it    the same
//	the cursor goes on       none       one                          several
//	all                      as many as are shown
//	inverted                 those shown that were not selected
//	cleared                  none       none                         none
//	a filter hides rows      none       one, its details stay        several; only those shown are acted on
//	rows arrive, are sorted  none       one                          several
//	rows leave               none       one, what was read stays     several; only those shown are acted on
//
// Rows that a filter hides are selected again when they come back, and are not touched
// meanwhile: what is done is done to what is seen, but for a single row whose details are
// open. A range lies between two rows as they are shown when it is made; without an anchor
// in sight it begins at the cursor, else where it ends.
type selection struct {
	ids    []flow.ID // rising, never changed in place; 8 bytes a row
	lead   flow.ID   // the one of them that a person came to last; 0: none is selected
	cursor flow.ID   // where keys go on: the lead, or where they went from there without selecting
	anchor flow.ID   // where a range begins

	version uint64 // rises with each change of ids
}

// has reports whether a row is selected.
func (s *selection) has(id flow.ID) bool {
	if len(s.ids) <= 1 {
		return id != 0 && id == s.lead
	}
	_, ok := slices.BinarySearch(s.ids, id)
	return ok
}

// several reports whether more than one row is selected.
func (s *selection) several() bool { return len(s.ids) > 1 }

// set selects rows, of which lead is the one that a person came to.
func (s *selection) set(ids []flow.ID, lead flow.ID) {
	s.ids, s.lead, s.cursor = ids, lead, lead
	s.version++
}

// choose selects one row, or none with 0.
func (s *selection) choose(id flow.ID) {
	s.anchor = id
	if id == 0 {
		s.set(nil, 0)
		return
	}
	s.set([]flow.ID{id}, id)
}

// toggle selects one row more, or one less.
func (s *selection) toggle(id flow.ID, shown *feed.Shown) {
	at, selected := slices.BinarySearch(s.ids, id)
	lead := id
	ids := slices.Clone(s.ids)
	if selected {
		ids = slices.Delete(ids, at, at+1)
		if lead = s.lead; lead == id {
			lead = nearest(ids, id, shown)
		}
	} else {
		ids = slices.Insert(ids, at, id)
	}
	s.set(ids, lead)
	s.cursor, s.anchor = id, id
	if len(ids) == 0 {
		s.cursor = 0
	}
}

// nearest is the selected row that stands next to one, the next below before those above.
func nearest(ids []flow.ID, id flow.ID, shown *feed.Shown) flow.ID {
	if len(ids) == 0 {
		return 0
	}
	among := func(i int) bool { _, ok := slices.BinarySearch(ids, shown.At(i)); return ok }
	at := shown.Index(id)
	for i := at + 1; i < shown.Len(); i++ {
		if among(i) {
			return shown.At(i)
		}
	}
	for i := at - 1; i >= 0; i-- {
		if among(i) {
			return shown.At(i)
		}
	}
	return ids[0] // all the others are hidden
}

// extend selects all rows from the anchor to one; added keeps those selected before.
func (s *selection) extend(to flow.ID, added bool, shown *feed.Shown) {
	last := shown.Index(to)
	first := shown.Index(s.anchor)
	if first < 0 {
		s.anchor = s.cursor
		first = shown.Index(s.anchor)
	}
	if first < 0 {
		s.anchor, first = to, last
	}
	ids := shown.Between(min(first, last), max(first, last))
	if added {
		ids = append(ids, s.ids...)
	}
	slices.Sort(ids)
	s.set(slices.Compact(ids), to)
}

// all selects every row that is shown.
func (s *selection) all(shown *feed.Shown) {
	ids := shown.Between(0, shown.Len()-1)
	slices.Sort(ids)
	s.lay(ids, shown)
}

// invert selects the rows shown that are not selected.
func (s *selection) invert(shown *feed.Shown) {
	ids := slices.DeleteFunc(shown.Between(0, shown.Len()-1), s.has)
	slices.Sort(ids)
	s.lay(ids, shown)
}

// lay selects rows of which none was pointed at: the lead stays, or is the nearest to it.
func (s *selection) lay(ids []flow.ID, shown *feed.Shown) {
	lead := s.lead
	if _, ok := slices.BinarySearch(ids, lead); !ok {
		lead = nearest(ids, lead, shown)
	}
	s.set(ids, lead)
	s.anchor = lead
}
