package capture

import (
	"bytes"

	"posthouse/proxy/flow"
)

// Row returns the latest state of one row; false if it is not in memory.
func (s *Store) Row(id flow.ID) (flow.Row, bool) {
	for {
		s.mu.Lock()
		if pos, ok := s.index.get(id); ok {
			defer s.mu.Unlock()
			var m packedRow
			var text []byte
			m.rowHeader, text = s.rows.gather(pos, nil)
			m.text, m.said = string(text), s.marks.of(id)
			return m.row(), true
		}
		r := s.inFlight(id)
		if r == nil {
			s.mu.Unlock()
			return flow.Row{}, false
		}
		ref := flightRef{r, id, r.rev.Load(), s.marks.of(id)}
		s.mu.Unlock()
		if row, ok := r.row(ref); ok {
			return row, true
		}
	}
}

// inFlight finds the record of an exchange that has not ended. It needs Store.mu.
func (s *Store) inFlight(id flow.ID) *Record {
	if id == 0 || id > s.lastID {
		return nil
	}
	for r := s.active.last; r != nil; r = r.prev {
		if r.id == id {
			return r
		}
	}
	return nil
}

// Get returns all that is kept of an exchange, copied; false if it is not in memory.
func (s *Store) Get(id flow.ID) (flow.Exchange, bool) {
	for {
		s.mu.Lock()
		if pos, ok := s.index.get(id); ok {
			return s.getEnded(pos), true
		}
		r := s.inFlight(id)
		if r == nil {
			s.mu.Unlock()
			return flow.Exchange{}, false
		}
		ref := flightRef{r, id, r.rev.Load(), s.marks.of(id)}
		s.mu.Unlock()
		x, refs, ok := r.exchange(ref)
		if ok {
			s.readBodies(&x, &refs)
			return x, true
		}
	}
}

// bodyRefs are where the bodies of an exchange lie.
type bodyRefs struct {
	came, went [2]bodyRef
	staged     [2][]byte // of those that came: behind what lies in the log
}

// getEnded copies the exchange whose row is at pos. It needs Store.mu, and gives it up.
func (s *Store) getEnded(pos uint64) (x flow.Exchange) {
	var m packedRow
	raw := s.rows.copy(&m.rowHeader, pos, nil)
	m.said = s.marks.of(m.id)
	chain := s.chains.of(&m.rowHeader, raw)
	s.mu.Unlock()
	m.text = string(m.gatherIn(raw, nil))
	m.unpack(raw, &x)
	x.Secure.Chain = cloneChain(chain)
	s.readBodies(&x, &bodyRefs{came: [2]bodyRef{m.bodies[0].ref, m.bodies[1].ref}, went: m.went})
	return x
}

// exchange copies an exchange in flight but for what of its bodies lies in the
// log; false if it has ended meanwhile.
func (r *Record) exchange(ref flightRef) (x flow.Exchange, refs bodyRefs, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.id != ref.id {
		return x, refs, false
	}
	x.Row, x.HTTP2 = r.rowLocked(ref), r.http2
	if r.secured {
		r.s.mu.Lock()
		r.s.chains.unpack(r.secure.text(), &x.Secure)
		r.s.mu.Unlock()
	}
	k := &r.kept
	x.RequestHead = bytes.Clone(k.block.buf[k.req.off:][:k.req.head])
	x.ResponseHead = bytes.Clone(k.block.buf[k.resp.off:][:k.resp.head])
	x.Interim = bytes.Clone(k.interim)
	x.RequestTrailer = bytes.Clone(k.trailers[0])
	x.ResponseTrailer = bytes.Clone(k.trailers[1])
	x.Unusable = bytes.Clone(k.unusable)
	x.Ruled.Did = flow.UnpackReasons(k.ruled.did)
	x.Ruled.Request, x.Ruled.Response = bytes.Clone(k.ruled.heads[0]), bytes.Clone(k.ruled.heads[1])
	for i, b := range [...]*body{&k.request, &k.response} {
		refs.came[i], refs.staged[i] = b.ref, bytes.Clone(k.staged(b))
	}
	x.RequestBody = flow.Body{State: k.request.state(false), Size: k.request.size}
	x.ResponseBody = flow.Body{State: k.response.state(false), Size: k.response.size}
	refs.went = unpackWent(k.packWent(false), &x.Ruled)
	return x, refs, true
}

func (s *Store) readBodies(x *flow.Exchange, refs *bodyRefs) {
	for i, b := range [...]*flow.Body{&x.RequestBody, &x.ResponseBody} {
		p, ok := s.readBody(refs.came[i], len(refs.staged[i]))
		if !ok {
			b.State = flow.BodyEvicted
			continue
		}
		b.Bytes = append(p, refs.staged[i]...)
	}
	readWent(s, x, &refs.went)
}

// readWent reads the bodies that rules made.
func readWent(s *Store, x *flow.Exchange, refs *[2]bodyRef) {
	for i, b := range [...]*flow.Body{&x.Ruled.RequestBody, &x.Ruled.ResponseBody} {
		var ok bool
		if b.Bytes, ok = s.readBody(refs[i], 0); !ok {
			b.State = flow.BodyEvicted
		}
	}
}

// chunkRef is a stretch of a body in the log.
type chunkRef struct {
	pos uint64
	n   int
}

// readBody copies a body out of the log, with room for extra bytes behind it,
// and lets writers in between pieces. It reports whether the body is still there.
func (s *Store) readBody(ref bodyRef, extra int) ([]byte, bool) {
	if ref.first == 0 {
		return nil, true
	}
	chunks, ok := s.chunks(ref)
	if !ok {
		return nil, false
	}
	p := make([]byte, 0, int(ref.logged)+extra)
	for i := len(chunks) - 1; i >= 0; i-- {
		pos, left := chunks[i].pos, min(chunks[i].n, int(ref.logged)-len(p))
		for left > 0 {
			n := min(left, bytesAtOnce)
			s.mu.Lock()
			if s.bodies.gone(ref) || s.bodies.lacks(pos, n) {
				s.mu.Unlock()
				return nil, false
			}
			p = s.bodies.appendTo(p, pos, n)
			s.mu.Unlock()
			pos, left = pos+uint64(n), left-n
		}
	}
	return p, true
}

// chunks lists where a body lies, its last stretch first.
func (s *Store) chunks(ref bodyRef) ([]chunkRef, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bodies.gone(ref) {
		return nil, false
	}
	var all []chunkRef
	for pos := ref.last; pos != 0; {
		if s.bodies.lacks(pos-1, chunkHeader) {
			return nil, false // Clear removed it
		}
		prev, n := s.bodies.chunk(pos - 1)
		all = append(all, chunkRef{pos - 1 + chunkHeader, n})
		pos = prev
	}
	return all, true
}

// lacks reports whether a segment of the n bytes at pos was evicted.
func (l *bodyLog) lacks(pos uint64, n int) bool {
	if n <= 0 {
		return false
	}
	for no := pos / l.size; no <= (pos+uint64(n)-1)/l.size; no++ {
		if no < l.base || no-l.base >= uint64(len(l.segs)) || l.segs[no-l.base] == nil {
			return true
		}
	}
	return false
}
