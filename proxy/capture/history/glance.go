package history

import (
	"encoding/binary"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// glance is what a record tells without being read: where its heads and bodies lie, and whether
// they are all that there was. Of two the first is the request's.
type glance struct {
	kind   flow.Kind
	phase  flow.Phase
	status int
	heads  [2][]byte
	bodies [2][]byte
	states [2]flow.BodyState
	sizes  [2]int64
}

// glanceAt looks at a record; false if it is malformed.
func glanceAt(record []byte) (g glance, ok bool) {
	for len(record) > 0 {
		key, n := binary.Uvarint(record)
		if n <= 0 {
			return g, false
		}
		record = record[n:]
		v, n := binary.Uvarint(record)
		if n <= 0 {
			return g, false
		}
		record = record[n:]
		if key&1 == wireNumber {
			g.number(key>>1, v)
			continue
		}
		if v > uint64(len(record)) {
			return g, false
		}
		switch b := record[:v:v]; key >> 1 {
		case 64, 65:
			g.heads[key>>1-64] = b
		case 72:
			g.bodies[0] = b
		case 75:
			g.bodies[1] = b
		}
		record = record[v:]
	}
	return g, true
}

// number takes in a number that matters (fields.go).
func (g *glance) number(number, v uint64) {
	switch number {
	case 1:
		g.kind = flow.Kind(v)
	case 13:
		g.phase = flow.Phase(v)
	case 36:
		g.status = int(unzigzag(v))
	case 70, 73:
		g.states[(number-70)/3] = flow.BodyState(v)
	case 71, 74:
		g.sizes[(number-71)/3] = unzigzag(v)
	}
}

func glanceOf(x *flow.Exchange) glance {
	return glance{kind: x.Kind, phase: x.Phase, status: x.Status, heads: [2][]byte{x.RequestHead, x.ResponseHead},
		bodies: [2][]byte{x.RequestBody.Bytes, x.ResponseBody.Bytes}, states: [2]flow.BodyState{x.RequestBody.State, x.ResponseBody.State},
		sizes: [2]int64{x.RequestBody.Size, x.ResponseBody.Size}}
}

// lacks reports whether something may be missing that a search would look at.
func (g *glance) lacks() bool {
	return g.hidden() || g.partial()
}

// hidden reports whether something passed inside a tunnel or behind an upgrade. A row tells that too.
func (g *glance) hidden() bool {
	return (g.kind == flow.KindTunnel || g.kind == flow.KindUpgraded) &&
		(g.sizes[0] > int64(len(g.bodies[0])) || g.sizes[1] > int64(len(g.bodies[1])))
}

// partial reports whether of something else there is a part, or nothing.
func (g *glance) partial() bool {
	if !g.phase.Final() || len(g.heads[0]) == 0 || len(g.heads[1]) == 0 && g.status != 0 {
		return true
	}
	for i, state := range g.states {
		switch state {
		case flow.BodyNone, flow.BodyWhole:
		case flow.BodyNotRecorded:
			if g.sizes[i] > 0 && g.kind != flow.KindTunnel && g.kind != flow.KindUpgraded {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// sought is what a scan looks for in records before it reads them.
type sought struct {
	sets  [][]query.Literal
	ascii bool // all of it
}

func newSought(sets [][]string) *sought {
	s := &sought{ascii: true}
	for _, set := range sets {
		var all []query.Literal
		for _, text := range set {
			all = append(all, query.NewLiteral(text))
			for i := range len(text) {
				s.ascii = s.ascii && text[i] < 0x80
			}
		}
		s.sets = append(s.sets, all)
	}
	return s
}

// rulesOut reports whether a record surely has not one text of each set in its heads and decoded
// bodies, and lacks nothing. What is coded, or in a charset of its own, is never ruled out.
func (s *sought) rulesOut(record []byte) bool {
	if s.inAll(record) {
		return false
	}
	g, ok := glanceAt(record)
	if !ok || g.lacks() {
		return false
	}
	for i, body := range g.bodies {
		if len(body) > 0 && (hasField(g.heads[i], "content-encoding") || !content.AsItIs(g.heads[i], body, s.ascii)) {
			return false
		}
	}
	return true
}

// inAll reports whether one text of each set is there.
func (s *sought) inAll(b []byte) bool {
	for _, set := range s.sets {
		found := false
		for i := range set {
			if found = set[i].In(b); found {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
