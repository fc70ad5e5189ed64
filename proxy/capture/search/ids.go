package search

import (
	"math/bits"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// idSet is a set of IDs: a bit for each, in pages of 512 bytes for 4096 neighbours. Of a million
// rows it has 125 KB.
type idSet struct {
	pages map[flow.ID]*[64]uint64
	count int
	last  *[64]uint64 // the page that was used last
	at    flow.ID     // its number
}

// word is where the bit of an ID is; nil if there is no page for it, and make does not say to make one.
func (s *idSet) word(id flow.ID, create bool) (word *uint64, bit uint64) {
	if s.last == nil || s.at != id>>12 {
		page := s.pages[id>>12]
		if page == nil {
			if !create {
				return nil, 0
			}
			if s.pages == nil {
				s.pages = map[flow.ID]*[64]uint64{}
			}
			page = new([64]uint64)
			s.pages[id>>12] = page
		}
		s.last, s.at = page, id>>12
	}
	return &s.last[id>>6&63], 1 << (id & 63)
}

func (s *idSet) has(id flow.ID) bool {
	word, bit := s.word(id, false)
	return word != nil && *word&bit != 0
}

func (s *idSet) add(id flow.ID) {
	if word, bit := s.word(id, true); *word&bit == 0 {
		*word |= bit
		s.count++
	}
}

func (s *idSet) remove(id flow.ID) {
	if word, bit := s.word(id, false); word != nil && *word&bit != 0 {
		*word &^= bit
		s.count--
	}
}

// each visits all, in no order.
func (s *idSet) each(visit func(flow.ID)) {
	for number, page := range s.pages {
		for i, word := range page {
			for ; word != 0; word &= word - 1 {
				visit(number<<12 | flow.ID(i<<6|bits.TrailingZeros64(word)))
			}
		}
	}
}

// known is what is known of the exchanges of one space.
type known struct {
	decided idSet    // by a place that was searched
	open    idSet    // not known so far
	lacks   [8]idSet // why
}

func (k *known) decide(id flow.ID) {
	k.decided.add(id)
	if k.open.has(id) {
		k.leaveOpen(id, 0)
		k.open.remove(id)
	}
}

// leaveOpen says what is lacking to decide.
func (k *known) leaveOpen(id flow.ID, lack query.Lack) {
	k.open.add(id)
	for i := range k.lacks {
		if lack&(1<<i) != 0 {
			k.lacks[i].add(id)
		} else {
			k.lacks[i].remove(id)
		}
	}
}
