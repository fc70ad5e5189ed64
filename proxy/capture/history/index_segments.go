package history

import (
	"slices"

	"github.com/ncruces/go-sqlite3"

	"posthouse/proxy/flow"
)

// addBlock puts the rows of a block in, and what is known of its segment, whose rows it
// counts: one that is there already is left alone, but for one in a segment of marked
// exchanges, which was moved there. It returns how many are in which other segment too.
func (x *index) addBlock(of *blockRows, p placed, g *segment) (twice map[uint64]uint64, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	added := uint64(0)
	err = x.changing(func() (err error) {
		if added, twice, err = x.addRows(of, p, g.kept); err != nil {
			return err
		}
		return x.saveSegment(g, added)
	})
	if err == nil {
		g.rows += added
		x.debt.passed(g)
	}
	return twice, err
}

// addRows puts the rows of a block in, and says how many were not there. It needs mu and a transaction.
func (x *index) addRows(of *blockRows, p placed, kept bool) (added uint64, twice map[uint64]uint64, err error) {
	of.sort()
	for from := 0; from < len(of.rows); {
		n := rowsTogether
		if len(of.rows)-from < n {
			n = 1
		}
		fresh, err := x.insertRows(of, from, n, p)
		if err != nil {
			return 0, nil, err
		}
		added += uint64(fresh)
		for at := from; at < from+n && fresh < int64(n); at++ {
			i := of.ith(at)
			moved, err := x.foundRow(of.rows[i].ID, of.nths[i], p, kept, &twice)
			if err != nil {
				return 0, nil, err
			}
			added += moved
		}
		from += n
	}
	return added, twice, nil
}

// foundRow looks whether a row of a block is in another segment, and moves it to where it is kept.
// It needs mu and a transaction.
func (x *index) foundRow(id flow.ID, nth int, p placed, kept bool, twice *map[uint64]uint64) (moved uint64, err error) {
	other, err := x.integer(`SELECT segment FROM rows WHERE id = ?`, id)
	if err != nil || uint64(other) == p.segment {
		return 0, err
	}
	if *twice == nil {
		*twice = map[uint64]uint64{}
	}
	(*twice)[uint64(other)]++
	if !kept {
		return 0, nil
	}
	return 1, x.moveRow(id, uint64(other), p, nth)
}

// moveRow says that a row of a segment lies in another one now. It needs mu and a transaction.
func (x *index) moveRow(id flow.ID, from uint64, p placed, nth int) error {
	if err := x.exec(`UPDATE segments SET rows = rows - 1 WHERE number = ?`, from); err != nil {
		return err
	}
	return x.exec(`UPDATE rows SET segment = ?, offset = ?, nth = ? WHERE id = ?`, p.segment, p.at, nth, id)
}

// saveSegment saves what is known of a segment that is to have more rows, but for what is owed of it. It
// needs mu and a transaction.
func (x *index) saveSegment(g *segment, more uint64) error {
	indexed, rows := g.indexed, g.rows+more
	if of := x.debt.of(g.number); of != nil {
		indexed, rows = of.indexed(), rows-uint64(of.rows)
	}
	return x.exec(`INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?, ?)`, g.number, indexed, rows, g.first, g.last,
		g.oldest, g.newest)
}

// placed is a frame in a segment.
type placed struct {
	segment uint64
	place
}

// segments reads what is known of all segments.
func (x *index) segments() (all map[uint64]segment, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	all = map[uint64]segment{}
	err = x.query(`SELECT number, indexed, rows, first, last, oldest, newest FROM segments`, func(s *sqlite3.Stmt) error {
		g := segment{number: uint64(s.ColumnInt64(0)), indexed: s.ColumnInt64(1), rows: uint64(s.ColumnInt64(2)),
			first: flow.ID(s.ColumnInt64(3)), last: flow.ID(s.ColumnInt64(4)), oldest: s.ColumnInt64(5), newest: s.ColumnInt64(6)}
		all[g.number] = g
		return nil
	})
	return all, err
}

// idsOf lists the rows of a segment, whose IDs are from first to last, by rising ID, with those that are
// owed.
func (x *index) idsOf(segment uint64, first, last flow.ID) (ids, marked []flow.ID, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.debt.each(func(number uint64, o *owedBlock) {
		if number == segment {
			o.each(first, last, func(id flow.ID) { ids = append(ids, id) })
		}
	})
	err = x.query(`SELECT id, mark IS NOT NULL OR star IS NOT NULL OR note IS NOT NULL FROM rows
		WHERE id BETWEEN ? AND ? AND segment = ? ORDER BY id`, func(s *sqlite3.Stmt) error {
		id := flow.ID(s.ColumnInt64(0))
		if s.ColumnBool(1) {
			marked = append(marked, id)
		} else {
			ids = append(ids, id)
		}
		return nil
	}, first, last, segment)
	slices.Sort(ids)
	return ids, marked, err
}

// markedOf counts what is marked of each segment.
func (x *index) markedOf() (of map[uint64]uint64, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	of = map[uint64]uint64{}
	err = x.query(`SELECT segment, count(*) FROM rows WHERE mark IS NOT NULL OR star IS NOT NULL OR note IS NOT NULL GROUP BY segment`,
		func(s *sqlite3.Stmt) error {
			of[uint64(s.ColumnInt64(0))] = uint64(s.ColumnInt64(1))
			return nil
		})
	return of, err
}

// unmarked counts what is not marked of a range.
func (x *index) unmarked(r Range) (uint64, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n, err := x.integer(`SELECT count(*) FROM rows WHERE id BETWEEN ? AND ? AND mark IS NULL AND star IS NULL AND note IS NULL`,
		r.First, r.Last)
	x.debt.each(func(_ uint64, o *owedBlock) { o.each(r.First, r.Last, func(flow.ID) { n++ }) })
	return uint64(n), err
}

// dropSegment removes what is left of a segment.
func (x *index) dropSegment(segment uint64, first, last flow.ID) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.changing(func() error {
		err := x.exec(`DELETE FROM rows WHERE id BETWEEN ? AND ? AND segment = ?`, first, last, segment)
		if err != nil {
			return err
		}
		if err := x.exec(`DELETE FROM state WHERE name = ? AND value = ?`, stateLeaving, segment); err != nil {
			return err
		}
		return x.exec(`DELETE FROM segments WHERE number = ?`, segment)
	})
	if err == nil {
		x.debt.forgive(segment)
	}
	return err
}

// tidy removes contexts without rows and gives free pages back.
func (x *index) tidy() error {
	err := x.change(func() error {
		x.contexts.reset()
		return x.exec(`DELETE FROM contexts WHERE id NOT IN (SELECT context FROM rows)`)
	})
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	free, err := x.integer(`PRAGMA freelist_count`)
	pages, err2 := x.integer(`PRAGMA page_count`)
	if err != nil || err2 != nil || free*4 < pages {
		return err
	}
	x.files = nil
	return x.db.Exec(`PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)`)
}

// checkpoint takes what is in the -wal over into the file, and empties it.
func (x *index) checkpoint() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.db == nil {
		return errClosed
	}
	x.files = nil
	return x.db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
}

// follow makes the rows what the notes say of them: what a kill, or a loss of power, has kept
// from the index. Both are the same after a clean end, which stateNoted says.
func (x *index) follow(n *notes) error {
	return x.change(func() error {
		for _, r := range n.deleted {
			if err := x.deleteRange(r); err != nil {
				return err
			}
		}
		for id, a := range n.marks {
			mark, star, note := annotationColumns(a)
			err := x.exec(`UPDATE rows SET mark = ?1, star = ?2, note = ?3
				WHERE id = ?4 AND (mark IS NOT ?1 OR star IS NOT ?2 OR note IS NOT ?3)`, mark, star, note, id)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// deleteRange removes rows. It needs mu and a transaction.
func (x *index) deleteRange(r Range) error {
	of := map[int64]int64{}
	err := x.query(`SELECT segment, count(*) FROM rows WHERE id BETWEEN ? AND ? GROUP BY segment`, func(s *sqlite3.Stmt) error {
		of[s.ColumnInt64(0)] = s.ColumnInt64(1)
		return nil
	}, r.First, r.Last)
	if err != nil || len(of) == 0 {
		return err
	}
	for number, n := range of {
		if err := x.exec(`UPDATE segments SET rows = rows - ? WHERE number = ?`, n, number); err != nil {
			return err
		}
	}
	return x.exec(`DELETE FROM rows WHERE id BETWEEN ? AND ?`, r.First, r.Last)
}

// moveBlock says that rows of a segment lie in another one now.
func (x *index) moveBlock(ids []flow.ID, from uint64, p placed, to *segment) error {
	more := uint64(len(ids))
	err := x.change(func() error {
		for nth, id := range ids {
			if err := x.moveRow(id, from, p, nth); err != nil {
				return err
			}
		}
		if err := x.exec(`INSERT OR REPLACE INTO state VALUES (?, ?)`, stateLeaving, from); err != nil {
			return err
		}
		return x.saveSegment(to, more)
	})
	if err == nil {
		to.rows += more
	}
	return err
}

// Numbers that the index remembers.
const (
	stateLast     = "last"     // the highest ID ever given
	stateLeaving  = "leaving"  // the segment that was being removed, what is marked in it is elsewhere
	stateNoted    = "noted"    // how long the notes were when the index followed all of them
	stateFiltered = "filtered" // up to which segment all blocks have filters
)

// keepState remembers a number.
func (x *index) keepState(name string, n int64) error {
	return x.change(func() error { return x.exec(`INSERT OR REPLACE INTO state VALUES (?, ?)`, name, n) })
}

// state returns a number, 0 for none.
func (x *index) state(name string) (int64, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.integer(`SELECT value FROM state WHERE name = ?`, name)
}

// takeState returns a number and forgets it.
func (x *index) takeState(name string) (n int64, err error) {
	err = x.change(func() error {
		if n, err = x.integer(`SELECT value FROM state WHERE name = ?`, name); err != nil || n == 0 {
			return err
		}
		return x.exec(`DELETE FROM state WHERE name = ?`, name)
	})
	return n, err
}

// totals are of all rows.
type totals struct {
	rows, marked uint64
	first, last  flow.ID
	lastKept     flow.ID // the state's
	oldest       int64   // nanoseconds
}

func (x *index) totals() (t totals, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, q := range [...]struct {
		sql string
		set func(int64)
	}{
		{`SELECT sum(rows) FROM segments`, func(n int64) { t.rows = uint64(n) }},
		{`SELECT count(*) FROM rows WHERE mark IS NOT NULL OR star IS NOT NULL OR note IS NOT NULL`,
			func(n int64) { t.marked = uint64(n) }},
		{`SELECT min(id) FROM rows`, func(n int64) { t.first = flow.ID(n) }},
		{`SELECT max(id) FROM rows`, func(n int64) { t.last = flow.ID(n) }},
		{`SELECT value FROM state WHERE name = '` + stateLast + `'`, func(n int64) { t.lastKept = flow.ID(n) }},
		{`SELECT started FROM rows ORDER BY id LIMIT 1`, func(n int64) { t.oldest = n }},
	} {
		n, err := x.integer(q.sql)
		if err != nil {
			return t, err
		}
		q.set(n)
	}
	x.debt.each(func(_ uint64, o *owedBlock) {
		t.rows += uint64(o.count)
		if t.first == 0 || o.first < t.first {
			t.first, t.oldest = o.first, o.started
		}
		t.last = max(t.last, o.last)
	})
	return t, nil
}
