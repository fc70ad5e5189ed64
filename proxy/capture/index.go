package capture

import "posthouse/proxy/flow"

const (
	pageIDs  = 511
	pageCost = 4096 + 32 // bytes: a page, and its place in the map
)

// index finds a finished row by its ID. Rows finish out of order, but not far
// out, so positions lie in pages of neighbouring IDs; a page goes when its last
// row goes. A page is pointer-free and exactly 4 KiB.
type index struct {
	pages  map[flow.ID]*indexPage
	lastNo flow.ID // the page used last, which is nearly always the next one used
	last   *indexPage
}

type indexPage struct {
	live uint64
	at   [pageIDs]uint64 // position+1 in the rows log; 0 is none
}

func (x *index) page(no flow.ID) *indexPage {
	if x.last != nil && x.lastNo == no {
		return x.last
	}
	p := x.pages[no]
	if p != nil {
		x.last, x.lastNo = p, no
	}
	return p
}

// has says whether open can do without a new page.
func (x *index) has(id flow.ID) bool { return x.page(id/pageIDs) != nil }

// open makes the place for an ID, whose page then stays whatever else is removed.
func (x *index) open(m *memory, id flow.ID) {
	p := x.page(id / pageIDs)
	if p == nil {
		if x.pages == nil {
			x.pages = map[flow.ID]*indexPage{}
		}
		p = new(indexPage)
		x.pages[id/pageIDs] = p
		x.last, x.lastNo = p, id/pageIDs
		m.pages += pageCost
	}
	p.live++
}

// put fills the place that open made.
func (x *index) put(id flow.ID, pos uint64) { x.page(id / pageIDs).at[id%pageIDs] = pos + 1 }

func (x *index) get(id flow.ID) (pos uint64, ok bool) {
	p := x.page(id / pageIDs)
	if p == nil || p.at[id%pageIDs] == 0 {
		return 0, false
	}
	return p.at[id%pageIDs] - 1, true
}

func (x *index) remove(m *memory, id flow.ID) {
	p := x.page(id / pageIDs)
	p.at[id%pageIDs] = 0
	p.live--
	if p.live == 0 {
		delete(x.pages, id/pageIDs)
		x.last = nil
		m.pages -= pageCost
	}
}

func (x *index) reset(m *memory) {
	m.pages -= int64(len(x.pages)) * pageCost
	*x = index{}
}
