package list

import (
	"slices"

	"fyne.io/fyne/v2"

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
	Selected flow.ID // the row of them that a person came to last; 0: none is selected

	shown   *feed.Shown // the rows as they are drawn
	changed func()      // called after each change; nil: nothing wants to know

	ids    []flow.ID // rising, never changed in place; 8 bytes a row
	cursor flow.ID   // where keys go on: Selected, or where they went from there without selecting
	anchor flow.ID   // where a range begins

	version uint64 // rises with each change of ids
	acted   actedOn
}

// actedOn is what of a selection is shown, until one of them changes.
type actedOn struct {
	selection, shown uint64
	ids              []flow.ID
}

// Selection is what is acted on, by rising ID: the selected row or, of several, those that
// are shown. The caller must not change it.
func (s *selection) Selection() []flow.ID {
	if !s.Several() {
		return s.ids
	}
	if now := (actedOn{selection: s.version, shown: s.shown.Version()}); s.acted.selection != now.selection || s.acted.shown != now.shown {
		now.ids = s.shown.Among(s.ids)
		s.acted = now
	}
	return s.acted.ids
}

// Several reports whether more than one row is selected, shown or not.
func (s *selection) Several() bool { return len(s.ids) > 1 }

// SelectedHidden is how many of several selected rows are not shown: the filter hides
// them, or they are gone.
func (s *selection) SelectedHidden() int {
	if !s.Several() {
		return 0
	}
	return len(s.ids) - len(s.Selection())
}

// has reports whether a row is selected.
func (s *selection) has(id flow.ID) bool {
	if !s.Several() {
		return id != 0 && id == s.Selected
	}
	_, ok := slices.BinarySearch(s.ids, id)
	return ok
}

// After is the row that stands below the selected ones, else above them: where a person is
// once these are gone. 0: there is none.
func (s *selection) After() flow.ID {
	return s.nearest(s.Selected, func(id flow.ID) bool { return !s.has(id) })
}

// SelectID selects one exchange alone, or none with 0.
func (s *selection) SelectID(id flow.ID) {
	if !s.Several() && s.Selected == id && s.cursor == id {
		return
	}
	s.anchor = id
	if id == 0 {
		s.set(nil, 0, 0)
		return
	}
	s.set([]flow.ID{id}, id, id)
}

// SelectAll selects every row that is shown.
func (s *selection) SelectAll() { s.lay(s.shown.Between(0, s.shown.Len()-1)) }

// InvertSelection selects the rows shown that are not selected, and no others.
func (s *selection) InvertSelection() {
	s.lay(slices.DeleteFunc(s.shown.Between(0, s.shown.Len()-1), s.has))
}

// point selects by a click or a key on a row, with what is held down beside it: Shift
// extends to it, Ctrl (Cmd on macOS) toggles it, both add a range.
func (s *selection) point(id flow.ID, held fyne.KeyModifier) {
	const toggle = fyne.KeyModifierShortcutDefault
	switch {
	case held&fyne.KeyModifierShift != 0 && s.shown.Index(id) >= 0:
		s.extend(id, held&toggle != 0)
	case held&toggle != 0:
		s.toggle(id)
	default:
		s.SelectID(id)
	}
}

// set selects rows, of which lead is the one that a person came to; keys go on from the cursor.
func (s *selection) set(ids []flow.ID, lead, cursor flow.ID) {
	s.ids, s.Selected, s.cursor = ids, lead, cursor
	s.version++
	if s.changed != nil {
		s.changed()
	}
}

// toggle selects one row more, or one less.
func (s *selection) toggle(id flow.ID) {
	at, selected := slices.BinarySearch(s.ids, id)
	lead, ids := id, slices.Clone(s.ids)
	if selected {
		ids = slices.Delete(ids, at, at+1)
		if lead = s.Selected; lead == id {
			lead = s.nearestOf(ids, id)
		}
	} else {
		ids = slices.Insert(ids, at, id)
	}
	s.anchor = id
	if lead == 0 {
		id = 0
	}
	s.set(ids, lead, id)
}

// extend selects all rows from the anchor to one; added keeps those selected before.
func (s *selection) extend(to flow.ID, added bool) {
	last := s.shown.Index(to)
	first := s.shown.Index(s.anchor)
	if first < 0 {
		s.anchor = s.cursor
		first = s.shown.Index(s.anchor)
	}
	if first < 0 {
		s.anchor, first = to, last
	}
	ids := s.shown.Between(min(first, last), max(first, last))
	if added {
		ids = append(ids, s.ids...)
	}
	slices.Sort(ids)
	s.set(slices.Compact(ids), to, to)
}

// lay selects rows of which none was pointed at: a person stays where they were, or goes
// to the nearest.
func (s *selection) lay(ids []flow.ID) {
	slices.Sort(ids)
	lead := s.Selected
	if _, ok := slices.BinarySearch(ids, lead); !ok {
		lead = s.nearestOf(ids, lead)
	}
	s.anchor = lead
	s.set(ids, lead, lead)
}

// nearestOf is the row of some that stands next to one.
func (s *selection) nearestOf(ids []flow.ID, id flow.ID) flow.ID {
	found := s.nearest(id, func(id flow.ID) bool { _, ok := slices.BinarySearch(ids, id); return ok })
	if found == 0 && len(ids) > 0 {
		return ids[0] // all of them are hidden
	}
	return found
}

// nearest is the next shown row below one for which something is so, else the next above.
func (s *selection) nearest(id flow.ID, so func(flow.ID) bool) flow.ID {
	at := s.shown.Index(id)
	for i := at + 1; i < s.shown.Len(); i++ {
		if so(s.shown.At(i)) {
			return s.shown.At(i)
		}
	}
	for i := at - 1; i >= 0; i-- {
		if so(s.shown.At(i)) {
			return s.shown.At(i)
		}
	}
	return 0
}
