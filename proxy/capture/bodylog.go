package capture

import "encoding/binary"

// bodyLog holds the kept bytes of all bodies, in flight or finished, in chunks
// as they came in. Each chunk begins with where its body's previous chunk lies,
// so a body is read from its end; it is there as long as its first chunk is.
type bodyLog struct {
	segmentLog
	held uint64 // segments that are not nil
}

const chunkHeader = 16 // previous chunk's position+1 (8), bytes (4), unused (4)

// bodyRef says where the chunks of a body lie; zero is nowhere.
type bodyRef struct {
	first, last uint64 // position+1
	logged      int64  // bytes in the log
}

func (l *bodyLog) init(segmentSize int64) { l.size = uint64(segmentSize) }

func (l *bodyLog) bytes() int64 { return int64(l.held * l.size) }

// gone says whether the body's beginning was evicted.
func (l *bodyLog) gone(b bodyRef) bool { return b.first != 0 && b.first-1 < l.start() }

func (l *bodyLog) chunk(pos uint64) (prev uint64, n int) {
	b := l.at(pos).mem[pos%l.size:][:chunkHeader]
	return binary.NativeEndian.Uint64(b), int(binary.NativeEndian.Uint32(b[8:]))
}

func (l *bodyLog) setChunk(pos, prev uint64, n int) {
	b := l.at(pos).mem[pos%l.size:][:chunkHeader]
	binary.NativeEndian.PutUint64(b, prev)
	binary.NativeEndian.PutUint32(b[8:], uint32(n))
}

// dropOldest lets the oldest segment go.
func (l *bodyLog) dropOldest(m *memory) {
	m.freeSegment(l.dropFirst())
	l.held--
}

// forget says that nobody wants a body any longer: when its segment goes, none leaves with it.
func (l *bodyLog) forget(b bodyRef) {
	if b.first != 0 && !l.lacks(b.first-1, 1) {
		l.at(b.first-1).begun--
	}
}

// retain lets all segments go but those that bodies in flight lie in.
func (l *bodyLog) retain(m *memory, active *recordList) {
	begun := map[uint64]uint64{} // by segment number; present: stays
	for r := active.first; r != nil; r = r.next {
		refs := []bodyRef{r.kept.request.ref, r.kept.response.ref}
		if w := r.kept.ruled.went; w != nil {
			refs = append(refs, w[0].ref, w[1].ref)
		}
		for _, b := range refs {
			if b.first == 0 || l.gone(b) {
				continue
			}
			for pos := b.last; pos != 0; {
				prev, n := l.chunk(pos - 1)
				for no := (pos - 1) / l.size; no <= (pos-2+chunkHeader+uint64(n))/l.size; no++ {
					begun[no] += 0
				}
				pos = prev
			}
			begun[(b.first-1)/l.size]++
		}
	}
	for i, g := range l.segs {
		n, stays := begun[l.base+uint64(i)]
		switch {
		case g == nil:
		case stays:
			g.begun = n
		default:
			m.freeSegment(g)
			l.segs[i] = nil
			l.held--
		}
	}
	l.dropEmptyEnd()
	l.skipGaps()
}

// dropEmptyEnd goes on at the next segment if the one that grew is gone.
func (l *bodyLog) dropEmptyEnd() {
	if len(l.segs) == 0 || l.last() != nil {
		return
	}
	l.end = (l.base + uint64(len(l.segs))) * l.size
}

// appendBody adds p to a body and says how many bytes found room. It cuts the
// body where only its own beginning could make room.
func (s *Store) appendBody(b *bodyRef, p []byte) (kept int) {
	l := &s.bodies
	if l.gone(*b) {
		return 0
	}
	for len(p) > 0 {
		// Small pieces, so that a body that does not fit is cut near the budget
		// and not a whole piece before it.
		part := p[:min(len(p), int(l.size)/2)]
		if !s.appendChunk(b, part) {
			break
		}
		kept += len(part)
		p = p[len(part):]
	}
	return kept
}

func (s *Store) appendChunk(b *bodyRef, p []byte) bool {
	l := &s.bodies
	own := b.first - 1 // keepsNone where there is none yet
	if b.last != 0 {
		prev, n := l.chunk(b.last - 1)
		end := b.last - 1 + chunkHeader + uint64(n)
		if aligned(end) == l.end && n+len(p) <= maxBodyLimit { // nothing came after it: it grows
			if !s.addBody(max(0, int(end)+len(p)-int(l.end)), own) {
				return false
			}
			l.end = aligned(l.write(end, p))
			l.setChunk(b.last-1, prev, n+len(p))
			b.logged += int64(len(p))
			return true
		}
	}
	if !s.addBody(chunkHeader+len(p), own) {
		return false
	}
	pos := l.end
	l.setChunk(pos, b.last, len(p))
	l.end = aligned(l.write(pos+chunkHeader, p))
	if b.first == 0 {
		b.first = pos + 1
		l.at(pos).begun++
	}
	b.last = pos + 1
	b.logged += int64(len(p))
	return true
}

// addBody makes room for n more bytes at the end of the bodies log.
func (s *Store) addBody(n int, own uint64) bool {
	before := len(s.bodies.segs) + int(s.bodies.base)
	ok := s.addSegments(&s.bodies.segmentLog, aligned(n), own)
	s.bodies.held += uint64(len(s.bodies.segs) + int(s.bodies.base) - before)
	return ok
}
