package capture

import (
	"time"

	"posthouse/proxy/flow"
)

// Finish ends the exchange and publishes its final state; the record must not be
// used afterwards. With a failure the exchange has failed. The status is what
// the client got if no response head was noted; 0 keeps what there is.
func (r *Record) Finish(f flow.Failure, why flow.Reason, status int, at time.Time) {
	s := r.s
	if !r.listed {
		if f != flow.FailureNone {
			r.stripe.failed.Add(1)
		}
		r.stripe.active.Add(-1)
		sent := r.kept.sent
		r.kept.sent = nil
		s.records.Put(r)
		s.signalLate()
		sent.ended(&flow.Row{Failure: f, Reason: why.Cut(), Status: status})
		return
	}
	r.mu.Lock()
	if r.process != nil {
		// Who asked is not known yet: the row ends as soon as it is.
		r.ending = &ending{f, why.Cut(), status, at}
		r.mu.Unlock()
		return
	}
	r.finish(f, why, status, at)
}

// finish is Finish once nothing more can become known. It needs r.mu, and gives it up.
func (r *Record) finish(f flow.Failure, why flow.Reason, status int, at time.Time) {
	s := r.s
	r.failure, r.why = f, why.Cut()
	if r.phase == flow.PhaseRequest && status != 0 {
		r.status = status
	}
	r.phase = flow.PhaseDone
	if f != flow.FailureNone {
		r.phase = flow.PhaseFailed
	}
	r.timing.End = r.since(at)
	r.kept.ruled.tellIdle()
	var h rowHeader
	r.rowHeader(&h)
	sent, row := r.kept.sent, flow.Row{}
	if sent != nil {
		row = r.rowLocked(flightRef{r, r.id, r.rev.Load(), flow.Annotation{}})
	}
	s.mu.Lock()
	s.seal(r, &h)
	s.mu.Unlock()
	r.reset()
	r.mu.Unlock()
	s.records.Put(r)
	s.signal()
	sent.ended(&row)
}

// rowHeader writes down what the row shows. What depends on the log is left to
// seal.
func (r *Record) rowHeader(h *rowHeader) {
	h.id = r.id
	h.start = unixNano(r.start)
	t := &r.timing
	h.timing = [6]int64{int64(t.Resolved), int64(t.Connected), int64(t.Sent), int64(t.FirstByte), int64(t.End), int64(t.Dialed)}
	h.client.set(r.client)
	h.remote.set(r.remote)
	for i, text := range r.texts() {
		h.texts[i] = uint16(len(text))
	}
	r.kept.describe(h)
	h.status, h.pid = int32(r.status), r.program.PID
	h.kind, h.phase, h.failure = r.kind, r.phase, r.failure
	h.scheme = schemeCode(r.scheme)
	h.altered.hostReplaced, h.altered.mended = r.hostReplaced, r.mended
	h.reused, h.tlsSeen = t.Reused, r.tls.Seen
	h.http2, h.lineage = headerHTTP2{r.http2.NeverIndexed, r.http2.Stream}, r.kept.sent.lineage()
}

// texts are the row's texts that lie in no head, in the order of their numbers.
func (r *Record) texts() [textCount]string {
	code, args := r.why.Packed()
	t := [textCount]string{
		textReason: code, textReasonArgs: args,
		textSNI: r.tls.SNI, textALPN: r.tls.ALPN, textVersion: r.tls.Version,
		textClientZone: zone(r.client), textRemoteZone: zone(r.remote),
		textUpstream: r.upstream, textApp: r.program.Name, textAppPath: r.program.Path,
		textOpening: r.http2.Opening, textPriority: r.http2.Priority, textDid: r.kept.ruled.did,
		textWent: r.kept.packWent(r.phase.Final()),
	}
	if schemeCode(r.scheme) == otherScheme {
		t[textScheme] = clip(r.scheme, maxText)
	}
	if r.secured {
		t[textSecure] = r.secure.text()
	}
	return t
}

// seal moves the record from the list to the logs.
func (s *Store) seal(r *Record, h *rowHeader) {
	s.active.remove(r)
	s.count.active--
	if h.failure != flow.FailureNone {
		s.count.failed++
	}
	for i, b := range [...]*body{&r.kept.request, &r.kept.response} {
		if b.stage.Len > 0 {
			p := r.kept.staged(b)
			b.stage.Len = 0
			s.appendBody(&b.ref, p)
		}
		h.bodies[i] = headerBody{ref: b.ref, state: b.state(true)}
	}
	s.memory.flight -= r.kept.cost
	s.rev++
	h.rev = s.rev
	n := rowHeaderSize + h.textsSize() + r.kept.size()
	h.size = uint64(aligned(n))
	l := &s.rows
	if s.openPlace(h.id) && s.addSegments(&l.segmentLog, int(h.size), keepsNone) {
		s.index.put(h.id, l.end)
		s.writeRow(r, h)
		return
	}
	// Only what is in flight fills the memory (after SetLimits): all rows go.
	s.count.evicted += l.live() + 1
	l.dropAll(&s.memory)
	s.index.reset(&s.memory)
	s.marks.retain(&s.memory, &s.active)
	s.deletions.clear(&s.memory)
	l.next.seq++
	l.first = l.next
}

// openPlace makes the place in the index before room is made in the log: the rows
// that leave for that may be the last ones of its page.
func (s *Store) openPlace(id flow.ID) bool {
	if !s.index.has(id) && !s.lend(pageCost) {
		return false
	}
	s.index.open(&s.memory, id)
	return true
}

func (s *Store) writeRow(r *Record, h *rowHeader) {
	l := &s.rows
	pos := l.write(l.end, h.bytes())
	for _, text := range r.texts() {
		pos = l.writeString(pos, text)
	}
	r.kept.write(l, pos)
	l.end += h.size
	l.next = rowMark{l.next.seq + 1, l.end}
}
