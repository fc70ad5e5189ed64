package capture

// A segment is one equal part of a log.
type segment struct {
	mem   []byte
	begun uint64 // bodies whose first chunk begins here (bodies log only)
	ended uint64 // how many rows had finished when the log grew past it (bodies log only)
}

// A segmentLog is a stretch of bytes that grows at its end and is freed at its
// start, segment by segment. A position is the number of bytes that were ever
// before it, so it stays true for as long as its byte is held.
type segmentLog struct {
	size uint64     // bytes of a segment
	segs []*segment // nil where Clear let one go between others
	base uint64     // number of segs[0], counted from the first ever
	end  uint64     // where the next byte goes
}

func (l *segmentLog) start() uint64 { return l.base * l.size }

// wants says how many segments must be added before n more bytes fit.
func (l *segmentLog) wants(n int) int {
	have := (l.base + uint64(len(l.segs))) * l.size
	if need := l.end + uint64(n); need > have {
		return int((need - have + l.size - 1) / l.size)
	}
	return 0
}

func (l *segmentLog) at(pos uint64) *segment { return l.segs[pos/l.size-l.base] }

// last is the segment that grows.
func (l *segmentLog) last() *segment {
	if len(l.segs) == 0 {
		return nil
	}
	return l.segs[len(l.segs)-1]
}

// canDrop says whether the oldest segment is not the one that grows.
func (l *segmentLog) canDrop() bool { return len(l.segs) > 0 && (l.base+1)*l.size <= l.end }

// dropFirst takes the oldest segment out, and the gaps behind it.
func (l *segmentLog) dropFirst() *segment {
	first := l.segs[0]
	l.segs[0] = nil
	l.skipGaps()
	return first
}

// skipGaps moves the start to the oldest segment that is held. A log without
// any goes on at the next segment's beginning.
func (l *segmentLog) skipGaps() {
	for len(l.segs) > 0 && l.segs[0] == nil {
		l.segs = l.segs[1:]
		l.base++
	}
	if len(l.segs) == 0 {
		l.base = (l.end + l.size - 1) / l.size
		l.end = l.base * l.size
	}
}

// write copies p to pos and returns the position behind it. The segments must
// be there.
func (l *segmentLog) write(pos uint64, p []byte) uint64 {
	for len(p) > 0 {
		n := copy(l.at(pos).mem[pos%l.size:], p)
		p, pos = p[n:], pos+uint64(n)
	}
	return pos
}

func (l *segmentLog) writeString(pos uint64, p string) uint64 {
	for len(p) > 0 {
		n := copy(l.at(pos).mem[pos%l.size:], p)
		p, pos = p[n:], pos+uint64(n)
	}
	return pos
}

// read fills p with what lies at pos.
func (l *segmentLog) read(pos uint64, p []byte) {
	for len(p) > 0 {
		n := copy(p, l.at(pos).mem[pos%l.size:])
		p, pos = p[n:], pos+uint64(n)
	}
}

// appendTo appends the n bytes at pos to p.
func (l *segmentLog) appendTo(p []byte, pos uint64, n int) []byte {
	for n > 0 {
		part := l.at(pos).mem[pos%l.size:]
		part = part[:min(len(part), n)]
		p, pos, n = append(p, part...), pos+uint64(len(part)), n-len(part)
	}
	return p
}

// aligned rounds up to what headers in a log are aligned to, so that the first
// 16 bytes of each lie in one segment.
func aligned[T int | uint64](n T) T { return (n + 15) &^ 15 }
