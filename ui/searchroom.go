package ui

import (
	"posthouse/proxy/capture/search"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	roomsearch "posthouse/ui/search"
)

// finding goes to what is kept, wherever it is. It belongs to the UI goroutine.
type finding struct{ w *Window }

// open opens the room that searches what is kept, with what was searched last.
func (f finding) open() {
	w := f.w
	searched := append([]*tab{w.tab}, w.tabs.others()...) // by the space of a hit
	roomsearch.Open(roomsearch.Deps{
		Window: w.win, Context: w.ctx, Work: w.work, Do: w.do, Open: w.open, Mistake: filterErrorText, Text: w.searched,
		Mask: w.secrets.text,
		Places: func() (all []search.Place) {
			for space, t := range searched {
				if t.live() {
					all = append(all, search.Place{Source: search.Memory{Store: t.tiers.Memory()}, Space: space})
				}
				all = append(all, search.Place{Source: search.OnDisk(t.tiers), Space: space})
			}
			return all
		},
		Name: func(space int) string {
			if len(searched) == 1 {
				return ""
			}
			return tabName(searched[space])
		},
		Choose: func(h *search.Hit, s *search.Snippet) {
			if t := searched[h.Space]; !t.closed {
				w.tabs.show(t)
				f.show(h, s)
			}
		},
	}, func(text string) { w.searched = text })
}

// show selects what was found, and a place of it in a body.
func (f finding) show(h *search.Hit, s *search.Snippet) {
	f.goTo(h.Row.ID)
	if s == nil {
		return
	}
	if nth, ok := s.Part.Body(); ok {
		details.FindText(f.w.details, h.Row.ID, nth, s.Match)
	}
}

// goTo selects a row; a filter that hides it is taken off.
func (f finding) goTo(id flow.ID) {
	w := f.w
	w.rooms.show(roomTraffic)
	if w.filteredOut(id) {
		w.filter.reset()
	}
	w.list.SetFollow(false)
	w.list.SelectID(id)
	w.list.Reveal(id)
}
