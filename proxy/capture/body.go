package capture

import "posthouse/proxy/flow"

// body is what a record knows of one body. Its first bytes may be staged in the
// record's block; the rest, in order, lies in the bodies log.
type body struct {
	size    int64   // payload bytes that passed
	ref     bodyRef // written under Store.mu too
	stage   Span    // of the block; behind what ref holds
	stopped bool    // no more is kept, because something was not
}

// copyPiece is how many bytes of a body are copied under one hold of Store.mu.
const copyPiece = 16 << 10

func (b *body) kept() int64 { return b.ref.logged + int64(b.stage.Len) }

// state labels a body as if its beginning were still in the log.
func (b *body) state(final bool) flow.BodyState {
	switch kept := b.kept(); {
	case b.size == 0:
		return flow.BodyNone
	case kept == 0:
		return flow.BodyNotRecorded
	case kept < b.size:
		return flow.BodyCut
	case final:
		return flow.BodyWhole
	}
	return flow.BodyArriving
}

// RequestBody counts a piece of the request body, and keeps it up to the limit.
func (r *Record) RequestBody(p []byte) {
	r.stripe.up.Add(uint64(len(p)))
	r.pass(&r.kept.request, p, int64(len(p)))
}

// RequestBytes counts n bytes to the origin that passed unseen.
func (r *Record) RequestBytes(n int64) {
	r.stripe.up.Add(uint64(n))
	r.pass(&r.kept.request, nil, n)
}

// ResponseBody counts a piece of the response body, and keeps it up to the limit.
func (r *Record) ResponseBody(p []byte) {
	r.stripe.down.Add(uint64(len(p)))
	r.pass(&r.kept.response, p, int64(len(p)))
}

// ResponseBytes counts n bytes from the origin that passed unseen.
func (r *Record) ResponseBytes(n int64) {
	r.stripe.down.Add(uint64(n))
	r.pass(&r.kept.response, nil, n)
}

// pass counts n bytes, of which p is what was seen.
func (r *Record) pass(b *body, p []byte, n int64) {
	if n <= 0 {
		return
	}
	if r.listed {
		r.mu.Lock()
		b.size += n
		if !b.stopped {
			r.kept.keep(b, p, n)
		}
		r.changed()
		r.mu.Unlock()
	}
	r.s.signalLate()
}

// KeepsResponse says whether more of the response body would be kept. If not,
// the bytes need not be shown: ResponseBytes may count them.
func (r *Record) KeepsResponse() bool {
	if !r.listed || !r.kept.recorded() {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.kept.response.stopped && r.kept.response.kept() < r.s.bodyLimit.Load()
}

// recorded reports whether contents are kept now.
func (k *contents) recorded() bool { return k.sent != nil || k.s.recording.Load() }

func (k *contents) keep(b *body, p []byte, n int64) {
	if !k.recorded() {
		b.stopped = true
		return
	}
	room := max(0, k.s.bodyLimit.Load()-b.kept())
	if int64(len(p)) > room {
		p = p[:room]
	}
	b.stopped = int64(len(p)) < n
	if len(p) == 0 || k.toStage(b, p) {
		return
	}
	k.flush(b)
	if !k.toStage(b, p) {
		k.toLog(b, p)
	}
}

// toStage puts p into the block, if the body's stage is or can be at its end and
// there is room.
func (k *contents) toStage(b *body, p []byte) bool {
	buf := k.block.buf
	if len(buf)+len(p) > cap(buf) {
		return false
	}
	if b.stage.Len == 0 {
		b.stage.Off = uint32(len(buf))
	} else if int(b.stage.Off+b.stage.Len) != len(buf) {
		return false
	}
	k.block.buf = append(buf, p...)
	b.stage.Len += uint32(len(p))
	return true
}

func (k *contents) staged(b *body) []byte { return k.block.buf[b.stage.Off:][:b.stage.Len] }

// flush sends what is staged to the log.
func (k *contents) flush(b *body) {
	if b.stage.Len == 0 {
		return
	}
	p := k.staged(b)
	b.stage = Span{}
	k.toLog(b, p)
	if k.request.stage.Len+k.response.stage.Len == 0 {
		k.block.buf = k.block.buf[:k.headsEnd]
	}
}

// toLog appends p to the bodies log, or what of it finds room.
func (k *contents) toLog(b *body, p []byte) {
	s := k.s
	for len(p) > 0 {
		part := p[:min(len(p), copyPiece)]
		s.mu.Lock()
		n := s.appendBody(&b.ref, part)
		s.mu.Unlock()
		if n < len(part) {
			b.stopped = true
			return
		}
		p = p[n:]
	}
}
