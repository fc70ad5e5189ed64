package history

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// Session is an opened session file. All methods are safe for concurrent use. It holds 16
// bytes for each row and what was said of them; rows and blocks are read when asked for.
// After Close it has no rows.
type Session struct {
	readers gate
	changed signal.Hub

	r       io.ReaderAt
	name    string
	blocks  []place // of exchanges
	rows    []place // of rows
	trailer int64
	damaged []int64 // places that could not be read, at most 1024

	cache    blockCache // of blocks
	rowCache blockCache // of frames of rows

	mu     sync.Mutex
	size   int64
	walked walk
	synced time.Time // when what was appended was last known to be on the disk
	noted  *notes
	unkept unkept
	found  []rowPlace // all rows, by rising ID; made when first asked for
	ready  bool
}

// rowPlace is where a row stands: in which frame, as which record.
type rowPlace struct {
	id    flow.ID
	frame int32 // of rows; below 0: of blocks, -1-frame
	nth   int32
}

const maxDamaged = 1024

// OpenSession opens a session file by its end. Where r is an io.WriterAt too, Annotate
// appends to it. A file without an end, or with a damaged one, is read from its beginning, up
// to where it breaks off.
func OpenSession(r io.ReaderAt, size int64) (*Session, error) {
	s := &Session{readers: newGate(), r: r, size: size, name: "session", noted: &notes{marks: map[flow.ID]flow.Annotation{}}}
	if named, ok := r.(interface{ Name() string }); ok {
		s.name = named.Name()
	}
	if err := checkFileHead(r, s.name, fileSession); err != nil {
		return nil, err
	}
	end := make([]byte, endSize)
	if size >= fileHeadSize+endSize {
		if _, err := r.ReadAt(end, size-endSize); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	if trailer, ok := parseEnd(end); ok && trailer >= fileHeadSize && trailer < size && s.byTrailer(trailer) {
		return s, nil
	}
	return s, s.byFrames()
}

// byTrailer reads where all frames are, false if the trailer is not what it should be.
func (s *Session) byTrailer(at int64) bool {
	head := make([]byte, frameHeadSize)
	if _, err := s.r.ReadAt(head, at); err != nil {
		return false
	}
	f, ok := parseFrame(head)
	p := place{f, at}
	if !ok || f.kind != frameTrailer || p.end() > s.size {
		return false
	}
	b, err := readBlock(s.r, p, s.name)
	if err != nil {
		return false
	}
	for ; len(b) >= frameHeadSize+8; b = b[frameHeadSize+8:] {
		f, ok := parseFrame(b[:frameHeadSize])
		p := place{f, int64(binary.LittleEndian.Uint64(b[frameHeadSize:]))}
		if !ok || p.at < fileHeadSize || p.at > at || p.end() > at {
			s.blocks, s.rows = nil, nil
			return false
		}
		s.addFrame(p)
	}
	s.trailer = at
	s.readAppended(p.end())
	return true
}

func (s *Session) addFrame(p place) {
	switch p.kind {
	case frameExchanges:
		s.blocks = append(s.blocks, p)
	case frameRows:
		s.rows = append(s.rows, p)
	}
}

// byFrames looks at all frames. Rows are made of the blocks then.
func (s *Session) byFrames() error {
	s.blocks, s.rows = nil, nil
	_, err := framesOf(s.r, fileHeadSize, s.size, func(p place) bool {
		switch p.kind {
		case frameExchanges:
			s.blocks = append(s.blocks, p)
		case frameTrailer:
			s.trailer = p.at
		case frameNotes, frameDeleted:
			s.note(p)
		}
		return true
	}, s.damage)
	return err
}

// damage tells of a place that could not be read, which an end is not, nor is what stands
// behind one if it is a frame.
func (s *Session) damage(at int64) {
	b := make([]byte, frameHeadSize)
	for {
		n, _ := s.r.ReadAt(b, at)
		if _, ok := parseEnd(b[:min(n, endSize)]); !ok {
			break
		}
		at += endSize
		n, _ = s.r.ReadAt(b, at)
		if _, ok := parseFrame(b[:n]); ok || at >= s.size {
			return
		}
	}
	if len(s.damaged) < maxDamaged && !slices.Contains(s.damaged, at) {
		s.damaged = append(s.damaged, at)
	}
}

// readAppended reads what was said of rows after the file was written.
func (s *Session) readAppended(at int64) {
	_, err := framesOf(s.r, at, s.size, func(p place) bool {
		s.note(p)
		return true
	}, s.damage)
	if err != nil {
		s.damage(at)
	}
}

func (s *Session) note(p place) {
	b, err := payload(s.r, p, s.name)
	if err == nil {
		err = s.noted.add(p.kind, b)
	}
	if err != nil {
		s.damage(p.at)
	}
}

// Damaged lists the offsets of what could not be read so far.
func (s *Session) Damaged() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.damaged)
}

// Ended reports whether the file has its trailer: one without was not written to its end.
func (s *Session) Ended() bool { return s.trailer > 0 }

// Len is how many rows can be read.
func (s *Session) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.list())
}

// list finds all rows, once. It needs mu.
func (s *Session) list() []rowPlace {
	if s.ready {
		return s.found
	}
	s.ready = true
	if len(s.rows) == 0 || !s.listIn(s.rows, false) {
		s.rows, s.found = nil, nil
		s.listIn(s.blocks, true)
	}
	slices.SortStableFunc(s.found, func(a, b rowPlace) int {
		switch {
		case a.id < b.id:
			return -1
		case a.id > b.id:
			return 1
		}
		return 0
	})
	s.found = slices.CompactFunc(s.found, func(a, b rowPlace) bool { return a.id == b.id })
	return s.found
}

// maxSessionRows bounds the rows that a file may have.
const maxSessionRows = 16 << 20

// listIn lists the rows in frames of rows, or of blocks, and reports whether all could be read.
func (s *Session) listIn(frames []place, blocks bool) bool {
	whole := true
	for i, p := range frames[:min(len(frames), math.MaxInt32-1)] {
		b, err := s.read(p)
		if err == nil {
			err = eachRecord(b, func(nth int, x *flow.Exchange) bool {
				at := int32(i)
				if blocks {
					at = -1 - at
				}
				if x.ID != 0 {
					s.found = append(s.found, rowPlace{x.ID, at, int32(nth)})
				}
				return len(s.found) < maxSessionRows
			})
		}
		if err != nil {
			s.damage(p.at)
			whole = false
		}
	}
	return whole
}

func (s *Session) read(p place) ([]byte, error) {
	cache := &s.cache
	if p.kind == frameRows {
		cache = &s.rowCache // looking through exchanges must not push out the rows in sight
	}
	if b := cache.get(0, p.at); b != nil {
		return b, nil
	}
	b, err := readBlock(s.r, p, s.name)
	if err == nil {
		cache.put(0, p.at, b)
	}
	return b, err
}

// record reads what a row's place has: the row, and where its exchange lies.
func (s *Session) record(p rowPlace) (x flow.Exchange, block place, nth int, err error) {
	frame, rows := s.blockOf(p)
	b, err := s.read(frame)
	if err != nil {
		return x, block, 0, err
	}
	record, err := s.walked.to(frame.at, b, int(p.nth))
	if err != nil {
		return x, block, 0, err
	}
	if err = readWhole(record, b, &x); err != nil || !rows {
		return x, frame, int(p.nth), err
	}
	at, n := placeIn(record)
	i, ok := slices.BinarySearchFunc(s.blocks, at, func(p place, at int64) int { return int(min(max(p.at-at, -1), 1)) })
	if !ok {
		return x, block, 0, errRecord
	}
	return x, s.blocks[i], n, nil
}

func (s *Session) blockOf(p rowPlace) (frame place, rows bool) {
	if p.frame < 0 {
		return s.blocks[-1-p.frame], false
	}
	return s.rows[p.frame], true
}

// find finds a row. It needs mu.
func (s *Session) find(id flow.ID) (rowPlace, bool) {
	all := s.list()
	i := s.from(id)
	if i < len(all) && all[i].id == id {
		return all[i], true
	}
	return rowPlace{}, false
}

// from is the first row with an ID not below. It needs mu.
func (s *Session) from(id flow.ID) int {
	i, _ := slices.BinarySearchFunc(s.list(), id, func(p rowPlace, id flow.ID) int {
		if p.id < id {
			return -1
		}
		return 1
	})
	return i
}

// Row returns a row; false if it is not here.
func (s *Session) Row(id flow.ID) (flow.Row, bool) {
	if !s.readers.enter() {
		return flow.Row{}, false
	}
	defer s.readers.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.find(id)
	if !ok {
		return flow.Row{}, false
	}
	return s.row(at)
}

// row needs mu.
func (s *Session) row(at rowPlace) (flow.Row, bool) {
	x, _, _, err := s.record(at)
	if err != nil || x.ID != at.id {
		frame, _ := s.blockOf(at)
		s.damage(frame.at)
		return flow.Row{}, false
	}
	s.now(&x)
	return x.Row, true
}

// now gives an exchange what was said of it since. It needs mu.
func (s *Session) now(x *flow.Exchange) {
	if a, said := s.noted.marks[x.ID]; said {
		x.Annotation = a
	}
	x.Annotation = cleanAnnotation(x.Annotation)
}

// Get reads an exchange. Its errors are ErrNotHere, a DamagedError, or the system's.
func (s *Session) Get(id flow.ID) (x flow.Exchange, err error) {
	if !s.readers.enter() {
		return x, ErrNotHere
	}
	defer s.readers.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.find(id)
	if !ok {
		return x, ErrNotHere
	}
	_, p, nth, err := s.record(at)
	if err != nil {
		return x, err
	}
	b, err := s.read(p)
	if err != nil {
		s.damage(p.at)
		return x, err
	}
	record, err := nthRecord(b, nth)
	if err == nil {
		err = readWhole(record, b, &x)
	}
	if err == nil && x.ID != id {
		err = errRecord
	}
	if err != nil {
		s.damage(p.at)
		return flow.Exchange{}, &DamagedError{s.name, p.at, err}
	}
	s.now(&x)
	return x, nil
}
