package archive

import "posthouse/proxy/flow"

// Numbers are those that exchanges of a file have now, by those that they had in it, where they are numbered
// anew: what one was made from (flow.Row.From) has another number then. Those of the last keptNumbers are
// known at least, and of twice as many at most. The zero value knows none.
type Numbers struct{ newer, older map[flow.ID]flow.ID }

const keptNumbers = 1 << 16

// Add says which number an exchange has now.
func (n *Numbers) Add(was, now flow.ID) {
	if len(n.newer) >= keptNumbers {
		n.older, n.newer = n.newer, nil
	}
	if n.newer == nil {
		n.newer = map[flow.ID]flow.ID{}
	}
	n.newer[was] = now
}

// Now is 0 for a number that is not known: any other would be of another exchange.
func (n *Numbers) Now(was flow.ID) flow.ID {
	if now, ok := n.newer[was]; ok {
		return now
	}
	return n.older[was]
}
