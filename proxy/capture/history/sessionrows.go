package history

import "posthouse/proxy/flow"

// Rows returns at most max rows from first on, by rising ID.
func (s *Session) Rows(first flow.ID, max int) (rows []flow.Row) {
	if !s.readers.enter() {
		return nil
	}
	defer s.readers.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.list()
	var near recordCursor
	for i := s.from(first); i < len(all) && len(rows) < max; i++ {
		if row, ok := s.rowNear(all[i], &near); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

// recordCursor is how far the records of a frame were gone through.
type recordCursor struct {
	of   int64  // the frame's place; 0: none
	b    []byte // all of it
	rest []byte
	nth  int32 // of the first of rest
}

// rowNear is row for one that probably stands behind the last: a frame has thousands, and to
// find each from the beginning would take their square. It needs mu.
func (s *Session) rowNear(at rowPlace, near *recordCursor) (flow.Row, bool) {
	frame, _ := s.blockOf(at)
	if near.of != frame.at || near.nth > at.nth {
		b, err := s.read(frame)
		if err != nil {
			return s.row(at) // which says so
		}
		*near = recordCursor{frame.at, b, b, 0}
	}
	for {
		record, rest, ok := cutRecord(near.rest)
		if !ok {
			return s.row(at)
		}
		near.rest, near.nth = rest, near.nth+1
		if near.nth <= at.nth {
			continue
		}
		var x flow.Exchange
		if err := readWhole(record, near.b, &x); err != nil || x.ID != at.id {
			return s.row(at)
		}
		s.now(&x)
		return x.Row, true
	}
}

// Each visits all rows in the order of the file. The row is visit's until it returns.
func (s *Session) Each(visit func(*flow.Row)) {
	if !s.readers.enter() {
		return
	}
	defer s.readers.leave()
	s.mu.Lock()
	s.list() // finds out whether the frames of rows can be read
	frames := s.rows
	if len(frames) == 0 {
		frames = s.blocks
	}
	s.mu.Unlock()
	for _, p := range frames {
		b, err := readBlock(s.r, p, s.name)
		if err == nil {
			err = eachRecord(b, func(_ int, x *flow.Exchange) bool {
				s.mu.Lock()
				s.now(x)
				s.mu.Unlock()
				visit(&x.Row)
				return s.readers.ctx.Err() == nil
			})
		}
		if s.readers.ctx.Err() != nil {
			return
		}
		if err != nil {
			s.mu.Lock()
			s.damage(p.at)
			s.mu.Unlock()
		}
	}
}
