package capture

import (
	"encoding/binary"

	"posthouse/proxy/flow"
)

// A rowMark is a place between finished rows: how many finished before it, and
// where in the log the next one lies.
type rowMark struct{ seq, pos uint64 }

// rowLog holds the finished rows with their heads, in the order in which they
// finished, which is the order of their Rev. Each is a header (see rowHeader) with
// its texts and heads behind it.
type rowLog struct {
	segmentLog
	first, next rowMark
	gaps        uint64 // deleted rows between them
}

func (l *rowLog) init(segmentSize int64) { l.size = uint64(segmentSize) }

// sizeAndID reads the first 16 bytes of the record at pos. The ID of a deleted row is 0.
func (l *rowLog) sizeAndID(pos uint64) (uint64, flow.ID) {
	b := l.at(pos).mem[pos%l.size:][:16]
	return binary.NativeEndian.Uint64(b), flow.ID(binary.NativeEndian.Uint64(b[8:]))
}

func (l *rowLog) header(pos uint64) (h rowHeader) {
	l.read(pos, h.bytes())
	return h
}

// dropOldest lets the oldest segment go with the rows that begin in it, and
// says how many those were without the deleted ones.
func (l *rowLog) dropOldest(m *memory, x *index, k *marks) (rows uint64) {
	m.freeSegment(l.segs[0])
	end := (l.base + 1) * l.size
	for l.first.pos < end && l.first.seq < l.next.seq {
		size, id := l.sizeAndID(l.first.pos)
		l.pass(size)
		if id == 0 {
			l.gaps--
			continue
		}
		x.remove(m, id)
		k.remove(m, id)
		rows++
	}
	l.dropFirst()
	return rows
}

// dropAll empties the log. The index is the caller's to reset.
func (l *rowLog) dropAll(m *memory) {
	for _, g := range l.segs {
		m.freeSegment(g)
	}
	clear(l.segs)
	l.skipGaps()
	l.next.pos = l.end
	l.first, l.gaps = l.next, 0
}
