package history

import (
	"encoding/binary"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// glance is what a record tells without being read: where its texts, heads and bodies lie, and
// whether they are all that there was. Of two the first is the request's; of four bodies the last
// two are those that rules made.
type glance struct {
	scheme []byte
	host   []byte
	path   []byte
	kind   flow.Kind
	phase  flow.Phase
	status int
	heads  [2][]byte
	bodies [4][]byte
	states [4]flow.BodyState
	sizes  [4]int64
	others [4][]byte // interim heads, an answer that was not passed on, trailers
	ruled  [2][]byte // heads after rules
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
		g.bytes(key>>1, record[:v:v])
		record = record[v:]
	}
	return g, true
}

// bytes takes in bytes that matter (fields.go).
func (g *glance) bytes(number uint64, b []byte) {
	switch number {
	case 3:
		g.scheme = b
	case 4:
		g.host = b
	case 35:
		g.path = b
	case 64, 65:
		g.heads[number-64] = b
	case 66, 67, 68, 69:
		g.others[number-66] = b
	case 72:
		g.bodies[0] = b
	case 75:
		g.bodies[1] = b
	case 101, 102:
		g.ruled[number-101] = b
	case 105:
		g.bodies[2] = b
	case 108:
		g.bodies[3] = b
	}
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
	case 103, 106:
		g.states[2+(number-103)/3] = flow.BodyState(v)
	case 104, 107:
		g.sizes[2+(number-104)/3] = unzigzag(v)
	}
}

// headOf is the head that a body stands behind.
func (g *glance) headOf(body int) []byte {
	if body >= 2 && len(g.ruled[body-2]) > 0 {
		return g.ruled[body-2]
	}
	return g.heads[body&1]
}

// appendURL appends what flow.Row.URL returns.
func (g *glance) appendURL(b []byte) []byte {
	switch {
	case len(g.scheme) == 0:
		return append(b, g.host...)
	case len(g.host) == 0 || len(g.path) > 0 && g.path[0] != '/' && g.path[0] != '*':
		return append(b, g.path...)
	}
	return append(append(append(append(b, g.scheme...), "://"...), g.host...), g.path...)
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
		head := g.headOf(i)
		if len(body) > 0 && (content.MayHaveField(head, "content-encoding") || !content.AsItIs(head, body, s.ascii)) {
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
