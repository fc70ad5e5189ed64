package history

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"

	"posthouse/proxy/flow"
)

// settler is the index with what it owes: where it puts that off and takes it in, and does what needs that before.
type settler struct{ *index }

// owe has the rows of a block be taken in later; false where that is not to be.
func (x settler) owe(ids []flow.ID, started time.Time, p placed, g *segment) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.db == nil || x.debt.read == nil || !x.debt.add(ids, started, p, g.indexed) {
		return false
	}
	g.rows += uint64(len(ids))
	return true
}

// settle takes in the blocks that want names, one after the other, others in between.
func (x settler) settle(want func(*owedBlock) bool) error {
	for more := true; more; {
		var err error
		if more, err = x.next(want); err != nil {
			return err
		}
	}
	return nil
}

// next takes in the first block that want names; more is false where there is none.
func (x settler) next(want func(*owedBlock) bool) (more bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, of := range x.debt.all {
		for i := range of.blocks {
			if want(&of.blocks[i]) {
				return true, x.block(of, i)
			}
		}
	}
	return false, nil
}

func (x settler) row(id flow.ID) error {
	return x.settle(func(o *owedBlock) bool { return o.has(id) })
}

func (x settler) span(first, last flow.ID) error {
	return x.settle(func(o *owedBlock) bool { return o.touches(first, last) })
}

func (x settler) all() error {
	return x.settle(func(*owedBlock) bool { return true })
}

// from takes in what the lowest rows from an ID on may be of, so many.
func (x settler) from(first flow.ID, rows int) error {
	return x.until(rows, func(o, before *owedBlock) bool {
		return o.last >= first && (before == nil || o.first < before.first)
	}, func(id flow.ID, o *owedBlock) bool { return id < o.first },
		`SELECT id FROM rows WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?`, first)
}

// below takes in what the highest rows below an ID may be of, so many.
func (x settler) below(below flow.ID, rows int) error {
	return x.until(rows, func(o, before *owedBlock) bool {
		return o.first < below && (before == nil || o.last > before.last)
	}, func(id flow.ID, o *owedBlock) bool { return id > o.last },
		`SELECT id FROM rows WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?`, min(below, math.MaxInt64))
}

// until takes in one block after the other, each time the one that is to come before the others,
// until so many rows are there that come before all that is owed.
func (x settler) until(rows int, before func(o, other *owedBlock) bool, passed func(flow.ID, *owedBlock) bool,
	nth string, from flow.ID) error {
	next := func() (more bool, err error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		of, at := x.debt.first(before)
		if of == nil {
			return false, nil
		}
		id, err := x.integer(nth, from, rows-1)
		if err != nil || id != 0 && passed(flow.ID(id), &of.blocks[at]) {
			return false, err
		}
		return true, x.block(of, at)
	}
	for more := true; more; {
		var err error
		if more, err = next(); err != nil {
			return err
		}
	}
	return nil
}

// at takes in a block that is owed, and that somebody has read.
func (x settler) at(p placed, b []byte) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	of := x.debt.of(p.segment)
	if of == nil {
		return nil
	}
	at := slices.IndexFunc(of.blocks, func(o owedBlock) bool { return o.place == p.place })
	if at < 0 || x.debt.scratch.read(b) != nil {
		return nil
	}
	return x.takeIn(of, at)
}

// block takes in a block. It needs mu.
func (x settler) block(of *owing, at int) error {
	if err := x.debt.read(placed{of.number, of.blocks[at].place}, &x.debt.scratch); err != nil {
		return err
	}
	return x.takeIn(of, at)
}

// takeIn takes in a block that was read. It needs mu.
func (x settler) takeIn(of *owing, at int) error {
	p, k := placed{of.number, of.blocks[at].place}, &x.debt.scratch
	defer func() {
		if k.done(); len(x.debt.all) == 0 {
			*k = owedScratch{}
		}
	}()
	left := owing{number: of.number, through: of.through, blocks: slices.Delete(slices.Clone(of.blocks), at, at+1),
		rows: of.rows - int(p.count)}
	err := x.changing(func() error {
		added, _, err := x.addRows(&blockRows{rows: k.rows, nths: k.nths, packed: k.ith}, p, false)
		if err != nil {
			return err
		}
		return x.exec(`INSERT INTO segments VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (number) DO UPDATE SET
			indexed = ?2, rows = rows + ?3, first = CASE WHEN last = 0 THEN ?4 ELSE min(first, ?4) END, last = max(last, ?5),
			oldest = CASE WHEN last = 0 THEN ?6 ELSE min(oldest, ?6) END, newest = CASE WHEN last = 0 THEN ?7 ELSE max(newest, ?7) END`,
			of.number, left.indexed(), added, p.first, p.last, p.oldest, p.newest)
	})
	if err != nil {
		return err
	}
	if *of = left; len(of.blocks) == 0 {
		x.debt.forgive(of.number)
	}
	x.debt.grew.Set()
	return nil
}

// rowsBetween reads the rows of a range.
func (x settler) rowsBetween(first, last flow.ID) ([]flow.Row, error) {
	if err := x.span(first, last); err != nil {
		return nil, err
	}
	return x.rowsWhere(`WHERE id BETWEEN ? AND ? ORDER BY id`, int(last-first)+1, first, last)
}

// rowsFrom reads the lowest rows from an ID on, by rising ID, at most so many.
func (x settler) rowsFrom(first flow.ID, most int) ([]flow.Row, error) {
	if err := x.from(first, most); err != nil {
		return nil, err
	}
	return x.rowsWhere(`WHERE id >= ? ORDER BY id LIMIT ?`, most, first, most)
}

// annotate has a row say what a person said.
func (x settler) annotate(id flow.ID, a flow.Annotation) error {
	if err := x.row(id); err != nil {
		return err
	}
	mark, star, note := annotationColumns(a)
	return x.change(func() error {
		return x.exec(`UPDATE rows SET mark = ?, star = ?, note = ? WHERE id = ?`, mark, star, note, id)
	})
}

// delete removes rows, and returns of which segments how many. It tells was where they were, up to a number.
func (x settler) delete(ids []flow.ID, was map[flow.ID]location) (of map[uint64]uint64, err error) {
	of = map[uint64]uint64{}
	if err = x.settle(func(o *owedBlock) bool { return slices.ContainsFunc(ids, o.has) }); err != nil {
		return of, err
	}
	err = x.change(func() error {
		for _, id := range ids {
			err := x.query(`SELECT segment, offset, nth FROM rows WHERE id = ?`, func(s *sqlite3.Stmt) error {
				at := location{segment: uint64(s.ColumnInt64(0)), offset: s.ColumnInt64(1), nth: s.ColumnInt(2)}
				if of[at.segment]++; len(was) < maxUndoRows {
					was[id] = at
				}
				return nil
			}, id)
			if err != nil {
				return err
			}
			if err := x.exec(`DELETE FROM rows WHERE id = ?`, id); err != nil {
				return err
			}
		}
		for number, n := range of {
			if err := x.exec(`UPDATE segments SET rows = rows - ? WHERE number = ?`, n, number); err != nil {
				return err
			}
		}
		return nil
	})
	return of, err
}

// readOwed reads the rows of a block that is owed, which to has room for: they are good until the next call.
// Of a damaged one it has those that can be read.
func readOwed(h *History, p placed, to *owedScratch) error {
	to.begin()
	g := segment{number: p.segment}
	f, err := openRegular(filepath.Join(h.folder, g.name()))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if to.stored, err = payloadIn(to.stored, f, p.place, g.name()); err == nil {
		var b []byte
		if b, err = decompress(to.raw, to.stored, p.codec, int(p.frameHead.raw)); err == nil {
			if p.codec != codecStored {
				to.raw = b
			}
			err = to.read(b)
		}
	}
	var damaged *DamagedError
	if errors.As(err, &damaged) || errors.Is(err, errRecord) {
		h.damage(g.name(), p.at, err)
		err = nil
	}
	return err
}

// owedScratch is what blocks that are owed are read into, one after the other.
type owedScratch struct {
	scratch
	rows   []flow.Row
	nths   []int
	packed []packedRow // of each row, as it lies in its record
}

func (k *owedScratch) begin() { k.rows, k.nths, k.packed = k.rows[:0], k.nths[:0], k.packed[:0] }

// done keeps nothing of the block.
func (k *owedScratch) done() {
	clear(k.rows)
	clear(k.packed)
	k.tidy()
}

func (k *owedScratch) ith(i int) packedRow { return k.packed[i] }

// read reads the rows of a block as this program writes it: the fields of a context first, then those that
// have columns, then those that the index keeps in one piece.
func (k *owedScratch) read(b []byte) error {
	k.begin()
	var context []byte
	var alike, x flow.Exchange
	for rest, nth := b, 0; len(rest) > 0; nth++ {
		record, after, ok := cutRecord(rest)
		if !ok {
			return errRecord
		}
		own := fieldsEnd(record, 0, func(number uint64) bool { return number < 32 && number != 12 })
		packed := fieldsEnd(record, own, func(number uint64) bool { return number >= 32 && number < 42 })
		end := fieldsEnd(record, packed, func(number uint64) bool { return number == 12 || number >= 42 && number < 64 })
		if context == nil || !bytes.Equal(context, record[:own]) {
			context, alike = record[:own], flow.Exchange{}
			if err := read(context, b, &alike, true); err != nil {
				return err
			}
		}
		x.Row = alike.Row
		if err := read(record[own:end], b, &x, true); err != nil {
			return err
		}
		x.Timing.End += x.Duration
		k.rows, k.nths = append(k.rows, x.Row), append(k.nths, nth)
		k.packed = append(k.packed, packedRow{record[:own], record[packed:end]})
		rest = after
	}
	return nil
}

// fieldsEnd is where the fields of a record end, from one on, whose numbers are among some.
func fieldsEnd(record []byte, at int, among func(number uint64) bool) int {
	for at < len(record) {
		key, n := binary.Uvarint(record[at:])
		v, m := binary.Uvarint(record[at+max(n, 0):])
		if n <= 0 || m <= 0 || !among(key>>1) {
			return at
		}
		next := at + n + m
		if key&1 == wireBytes {
			if v > uint64(len(record)-next) {
				return at
			}
			next += int(v)
		}
		at = next
	}
	return at
}
