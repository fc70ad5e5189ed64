package capture

import (
	"unsafe"

	"posthouse/proxy/flow"
)

// Ended reads what has ended, once each and with all that is kept of it, in the order in which it
// ended. It is for who writes everything down: what happens in flight is not numbered for it, and
// what it copies it copies into memory that it uses again. It is for one goroutine.
type Ended struct {
	s    *Store
	next rowMark // the first row not read
	said uint64  // the rev up to which annotations were told

	raw    []byte // what was copied under the lock
	found  []endedRow
	marked []markRef
	texts  []byte // of the row that is visited
	x      flow.Exchange
}

// EndedBatch is what Ended.Read says beside the exchanges.
type EndedBatch struct {
	Stats  flow.Stats // the totals before the first of them was read
	Missed uint64     // rows that ended, and left memory before this read
	Said   []flow.Row // rows read before, of which something was said since
	More   bool       // there are more than max
}

// endedRow is a row whose contents lie in Ended.raw.
type endedRow struct {
	packedRow
	at     int // what lies behind the header
	copied [2]endedBody
	chain  [][]byte
}

// endedBody is a body in Ended.raw, or one that is yet to be read.
type endedBody struct {
	at, n int
	later bool
	gone  bool
}

// ReadEnded returns a reader that begins with the oldest row in memory.
func ReadEnded(s *Store) *Ended { return &Ended{s: s} }

// Read visits at most max of what has ended and was not read. What visit gets, texts and all, is
// valid until it returns.
func (e *Ended) Read(max int, visit func(*flow.Exchange)) (b EndedBatch) {
	before := e.next.seq
	until := e.begin(&b)
	told := 0
	for e.next.seq < until && told < max {
		e.load(until, max-told)
		for i := range e.found {
			visit(e.exchange(&e.found[i]))
			told++
		}
	}
	b.Missed, b.More = e.next.seq-before-uint64(told), e.next.seq < until
	if cap(e.raw) > 8*bytesAtOnce {
		e.raw = nil
	}
	if cap(e.texts) > bytesAtOnce {
		e.texts = nil
	}
	clear(e.found)
	e.x = flow.Exchange{}
	return b
}

// begin says up to where there are rows, and what was said of those read before.
func (e *Ended) begin(b *EndedBatch) (until uint64) {
	s := e.s
	s.mu.Lock()
	until = s.rows.next.seq
	e.catchUp()
	e.marked = s.marks.since(e.marked[:0], e.said, e.next.pos, &s.index)
	e.said = s.rev
	b.Stats = s.stats()
	s.mu.Unlock()
	for _, m := range e.marked {
		b.Said = s.appendMarked(b.Said, m)
	}
	return until
}

// catchUp passes over what has left memory. It needs Store.mu.
func (e *Ended) catchUp() {
	// At the same number the place may have moved: an emptied log goes on elsewhere.
	if first := e.s.rows.first; e.next.seq <= first.seq {
		e.next = first
	}
}

// load copies the next rows, at most max, with their contents but for large bodies; perhaps none
// where some were deleted.
func (e *Ended) load(until uint64, max int) {
	s := e.s
	e.raw, e.found = e.raw[:0], e.found[:0]
	s.mu.Lock()
	defer s.mu.Unlock()
	e.catchUp()
	for range min(max, rowsAtOnce) {
		if e.next.seq >= until || len(e.raw) >= bytesAtOnce {
			return
		}
		pos := e.next.pos
		size, id := s.rows.sizeAndID(pos)
		e.next = rowMark{e.next.seq + 1, pos + size}
		if id == 0 {
			continue
		}
		e.found = append(e.found, endedRow{at: len(e.raw)})
		row := &e.found[len(e.found)-1]
		e.raw = s.rows.copy(&row.rowHeader, pos, e.raw)
		row.said = s.marks.of(id)
		row.chain = s.chains.of(&row.rowHeader, e.raw[row.at:])
		for i := range row.copied {
			row.copied[i], e.raw = s.bodies.copy(row.bodies[i].ref, e.raw)
		}
	}
}

// copy reads the header at pos, and appends what lies behind it to p.
func (l *rowLog) copy(h *rowHeader, pos uint64, p []byte) []byte {
	l.read(pos, h.bytes())
	return l.appendTo(p, pos+uint64(rowHeaderSize), int(h.size)-rowHeaderSize)
}

// copy appends a body that is small and lies in one piece to p.
func (l *bodyLog) copy(ref bodyRef, p []byte) (endedBody, []byte) {
	switch {
	case ref.first == 0:
		return endedBody{}, p
	case ref.first != ref.last || ref.logged > copyPiece:
		return endedBody{later: true}, p
	case l.gone(ref) || l.lacks(ref.first-1, chunkHeader+int(ref.logged)):
		return endedBody{gone: true}, p
	}
	n := int(ref.logged)
	return endedBody{at: len(p), n: n}, l.appendTo(p, ref.first-1+chunkHeader, n)
}

// exchange makes the exchange of a row.
func (e *Ended) exchange(row *endedRow) *flow.Exchange {
	x := &e.x
	raw := e.raw[row.at:]
	e.texts = row.gatherIn(raw, e.texts[:0])
	row.text = unsafe.String(unsafe.SliceData(e.texts), len(e.texts))
	row.unpack(raw, x)
	x.Secure.Chain = row.chain
	for i, b := range [...]*flow.Body{&x.RequestBody, &x.ResponseBody} {
		switch from := &row.copied[i]; {
		case from.later:
			p, ok := e.s.readBody(row.bodies[i].ref, 0)
			if b.Bytes = p; !ok {
				b.State = flow.BodyEvicted
			}
		case from.gone:
			b.State = flow.BodyEvicted
		case from.n > 0:
			b.Bytes = e.raw[from.at:][:from.n:from.n]
		}
	}
	readWent(e.s, x, &row.went)
	return x
}

// of finds the certificates of a row, of which raw is what lies behind its header. They must
// not be altered. It needs Store.mu.
func (c *chains) of(h *rowHeader, raw []byte) [][]byte {
	if int(h.texts[textSecure]) != packedSize || len(c.by) == 0 {
		return nil
	}
	at := 0
	for _, n := range h.texts[:textSecure] {
		at += int(n)
	}
	return c.get([32]byte(raw[at+packedFingerprint:]))
}

// unpack makes an exchange without bodies and certificates of a row whose contents are raw, which
// lies behind the header, and whose texts were gathered. Heads stay in raw.
func (m *packedRow) unpack(raw []byte, x *flow.Exchange) {
	*x = flow.Exchange{}
	x.Row = m.row()
	at := m.textsSize()
	part := func(n, all uint32) (p []byte) {
		if n > 0 {
			p = raw[at:][:n:n]
		}
		at += int(all)
		return p
	}
	x.RequestHead = part(m.requestHead, m.requestBlob)
	x.ResponseHead = part(m.responseHead, m.responseBlob)
	x.Interim = part(m.interim, m.interim)
	x.RequestTrailer = part(m.trailers[0], m.trailers[0])
	x.ResponseTrailer = part(m.trailers[1], m.trailers[1])
	x.Unusable = part(m.unusable, m.unusable)
	x.Ruled.Request = part(m.altered.heads[0], m.altered.heads[0])
	x.Ruled.Response = part(m.altered.heads[1], m.altered.heads[1])
	x.Ruled.Did = flow.UnpackReasons(m.textAt(textDid))
	m.went = unpackWent(m.textAt(textWent), &x.Ruled)
	x.HTTP2 = m.http2()
	unpackSecure(m.textAt(textSecure), &x.Secure)
	x.RequestBody = flow.Body{State: m.bodies[0].state, Size: m.up}
	x.ResponseBody = flow.Body{State: m.bodies[1].state, Size: m.down}
}

// gatherIn is rowLog.gather for a row that was copied out of the log.
func (m *packedRow) gatherIn(raw, p []byte) []byte {
	texts := m.textsSize()
	request := raw[texts:][:m.requestBlob]
	response := raw[texts+int(m.requestBlob):][:m.responseBlob]
	for i := range m.spans {
		sp, blob := m.spans[i], request
		if i == spanContentType {
			blob = response
		}
		start := len(p)
		p = append(p, blob[sp.Off:][:sp.Len]...)
		if i == spanPath {
			p = rootPath(p, start, &m.rowHeader)
		}
	}
	return append(p, raw[:texts]...)
}
