package history

import (
	"encoding/binary"
	"io"

	"posthouse/proxy/flow"
)

// A session file is the same blocks as a segment's, frames with the rows of the blocks before
// each, a trailer that says where all of them stand, and an end of fixed size. Marks that are
// made later are appended, with another end.

const (
	endMagic = "\xf6PHend\r\n"
	endSize  = 24
	rowsSize = 256 << 10 // bytes of rows after which they are written
)

// sessionEnd is what a session file ends with.
func sessionEnd(trailer int64) []byte {
	b := append(make([]byte, 0, endSize), endMagic...)
	b = binary.LittleEndian.AppendUint64(b, uint64(trailer))
	b = append(b, 0, 0, 0, 0)
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

func parseEnd(b []byte) (trailer int64, ok bool) {
	if len(b) != endSize || string(b[:8]) != endMagic || binary.LittleEndian.Uint32(b[20:]) != checksum(b[:20]) {
		return 0, false
	}
	return int64(binary.LittleEndian.Uint64(b[8:])), true
}

// Numbers of fields that say where the record of a row stands, beside the row.
const (
	numberBlock = 100 // the offset of the block's frame
	numberNth   = 101
)

// SessionWriter writes a session file as a stream. It holds one block, and 40 bytes for each
// that it has written.
type SessionWriter struct {
	w          io.Writer
	at         int64
	k          *block
	rows       encoder // of the blocks since the last frame of rows
	rowsHead   frameHead
	frames     []place
	filtering  *trigrams
	compressor *compressor
	err        error
	count      uint64
}

// NewSessionWriter begins a session file.
func NewSessionWriter(w io.Writer) *SessionWriter {
	s := &SessionWriter{w: w, k: newBlock(), filtering: newTrigrams(), compressor: &compressor{}}
	s.write(fileHead(fileSession, 0))
	return s
}

func (s *SessionWriter) write(b []byte) {
	if s.err == nil {
		_, s.err = s.w.Write(b)
		s.at += int64(len(b))
	}
}

// frame writes a frame.
func (s *SessionWriter) frame(f frameHead, raw []byte) {
	var stored []byte
	stored, f.codec = s.compressor.compress(raw, effortMost, nil)
	f.raw, f.size, f.sum = uint32(len(raw)), uint32(len(stored)), checksum(stored)
	if f.kind == frameExchanges || f.kind == frameRows {
		s.frames = append(s.frames, place{f, s.at})
	}
	s.write(f.append(make([]byte, 0, frameHeadSize)))
	s.write(stored)
}

// Write adds an exchange. IDs must differ. It returns ErrTooLarge, or the first error of
// the io.Writer.
func (s *SessionWriter) Write(x *flow.Exchange) error {
	if s.err != nil {
		return s.err
	}
	whole := *x // bodies may be cut
	if !s.k.add(&whole) {
		return ErrTooLarge
	}
	s.count++
	if s.err = s.filtering.addRecord(s.k.record(len(s.k.starts) - 1)); s.err != nil {
		return s.err
	}
	if s.k.full() {
		s.flush()
	}
	return s.err
}

func (s *SessionWriter) flush() {
	k := s.k
	if len(k.starts) == 0 {
		return
	}
	at, head := s.at, k.head()
	s.frame(head, k.b)
	filter := s.filtering.filter()
	s.write(appendFilter(nil, filter, head))
	for i := range k.ids {
		s.addRow(k.row(i), at, i)
	}
	k.reset()
	s.filtering.reset()
	if len(s.rows.b) >= rowsSize {
		s.flushRows()
	}
}

func (s *SessionWriter) addRow(row unwritten, block int64, nth int) {
	e, start := &s.rows, len(s.rows.b)
	e.b = append(e.b, 0, 0, 0, 0)
	e.b = append(e.b, row.fields...)
	e.number(numberBlock, uint64(block))
	e.number(numberNth, uint64(nth))
	binary.LittleEndian.PutUint32(e.b[start:], uint32(len(e.b)-start-4))
	f := &s.rowsHead
	if f.count == 0 || row.id < f.first {
		f.first = row.id
	}
	f.last = max(f.last, row.id)
	f.count++
}

func (s *SessionWriter) flushRows() {
	if s.rowsHead.count == 0 {
		return
	}
	s.rowsHead.kind = frameRows
	s.frame(s.rowsHead, s.rows.b)
	s.rows.b, s.rowsHead = s.rows.b[:0], frameHead{}
}

// Close writes the end. It does not close the io.Writer.
func (s *SessionWriter) Close() error {
	s.flush()
	s.flushRows()
	at := s.at
	var b []byte
	for _, p := range s.frames {
		b = p.frameHead.append(b)
		b = binary.LittleEndian.AppendUint64(b, uint64(p.at))
	}
	s.frame(frameHead{kind: frameTrailer, count: uint32(len(s.frames))}, b)
	s.write(sessionEnd(at))
	if s.err != nil {
		return s.err
	}
	s.err = errClosed
	return nil
}
