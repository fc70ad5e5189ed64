package capture

import "posthouse/proxy/flow"

// Each visits the latest state of every row in memory once, the finished ones
// first, and allocates a piece of memory for each 64 of them. The row is visit's
// until it returns; its texts share memory with those of its neighbours, so who
// keeps one for long copies it. Rows that begin meanwhile are left out, and so
// are those that leave memory before their turn. Like Changes it holds up the
// writer for some microseconds at a time.
func (s *Store) Each(visit func(*flow.Row)) {
	v := readings.Get().(*reading)
	defer v.release()
	s.view(v, Cursor{})
	var row flow.Row
	for v.mark.seq < v.until {
		for i := range s.load(v, true) {
			row = v.finished[i].row()
			visit(&row)
		}
	}
	for _, ref := range v.flight {
		var ok bool
		if row, ok = ref.r.row(ref); !ok {
			row, ok = s.Row(ref.id) // it has ended since
		}
		if ok {
			visit(&row)
		}
	}
}
