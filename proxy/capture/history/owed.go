package history

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"path/filepath"
	"slices"

	"posthouse/proxy/flow"
)

// While much comes the index is told of a block later: its rows are in the segment, and the index owes
// them. It takes them in before it answers anything that may be about them, so that nobody sees a
// difference, and when it is quiet. What it says on the disk of how much of a segment it has ends before
// the first block that it owes: after a kill these are indexed like all that it lacks.

// Bounds of what the index owes; beyond them it is told at once.
const (
	maxOwedRows   = 1 << 20
	maxOwedBlocks = 4096
	maxOwedSpan   = 1 << 14 // IDs from a block's first to its last, a bit each
)

// owing is what the index owes of a segment.
type owing struct {
	number  uint64
	blocks  []owedBlock // by rising offset; never empty
	rows    int
	through int64 // up to where its blocks are in the index, but for these
}

// owedBlock is a block that the index owes.
type owedBlock struct {
	place
	ids     []uint64 // a bit for each ID from the first on
	started int64    // nanoseconds: when the first began
}

// has reports whether a row is in the block.
func (o *owedBlock) has(id flow.ID) bool {
	return id >= o.first && id <= o.last && o.ids[(id-o.first)/64]&(1<<((id-o.first)%64)) != 0
}

// touches reports whether the block may have rows of a range.
func (o *owedBlock) touches(first, last flow.ID) bool { return o.first <= last && o.last >= first }

// each visits the IDs of a range by rising ID.
func (o *owedBlock) each(first, last flow.ID, visit func(flow.ID)) {
	for i, word := range o.ids {
		for ; word != 0; word &= word - 1 {
			if id := o.first + flow.ID(64*i+bits.TrailingZeros64(word)); id >= first && id <= last {
				visit(id)
			}
		}
	}
}

// owe has the rows of a block be taken in later; false where that is not to be.
func (x *index) owe(rows []flow.Row, p placed, g *segment) bool {
	if len(rows) == 0 || p.last-p.first >= maxOwedSpan {
		return false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	all, blocks := 0, 0
	for _, of := range x.owed {
		all, blocks = all+of.rows, blocks+len(of.blocks)
	}
	if x.db == nil || x.readOwed == nil || all+len(rows) > maxOwedRows || blocks >= maxOwedBlocks {
		return false
	}
	block := owedBlock{place: p.place, ids: make([]uint64, (p.last-p.first)/64+1)}
	for i := range rows {
		id := rows[i].ID - p.first
		block.ids[id/64] |= 1 << (id % 64)
		if id == 0 {
			block.started = rows[i].Start.UnixNano()
		}
	}
	of := x.owingOf(p.segment)
	if of == nil {
		of = &owing{number: p.segment}
		x.owed = append(x.owed, of)
	}
	of.blocks, of.rows, of.through = append(of.blocks, block), of.rows+len(rows), g.indexed
	g.rows += uint64(len(rows))
	return true
}

// owingOf is what is owed of a segment; nil for nothing. It needs mu.
func (x *index) owingOf(segment uint64) *owing {
	for _, of := range x.owed {
		if of.number == segment {
			return of
		}
	}
	return nil
}

// owes reports whether a row is owed.
func (x *index) owes(id flow.ID) (is bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.eachOwed(func(_ uint64, o *owedBlock) { is = is || o.has(id) })
	return is
}

// goneThrough says that a segment was indexed on, behind what is owed of it. It needs mu.
func (x *index) goneThrough(g *segment) {
	if of := x.owingOf(g.number); of != nil {
		of.through = g.indexed
	}
}

// owedRows counts what is owed.
func (x *index) owedRows() (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, of := range x.owed {
		n += of.rows
	}
	return n
}

// eachOwed visits all blocks that are owed. It needs mu.
func (x *index) eachOwed(visit func(segment uint64, o *owedBlock)) {
	for _, of := range x.owed {
		for i := range of.blocks {
			visit(of.number, &of.blocks[i])
		}
	}
}

// settle takes in the blocks that want names, one after the other, others in between.
func (x *index) settle(want func(*owedBlock) bool) error {
	for more := true; more; {
		var err error
		if more, err = x.settleNext(want); err != nil {
			return err
		}
	}
	return nil
}

// settleNext takes in the first block that want names; more is false where there is none.
func (x *index) settleNext(want func(*owedBlock) bool) (more bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, of := range x.owed {
		for i := range of.blocks {
			if want(&of.blocks[i]) {
				return true, x.settleBlock(of, i)
			}
		}
	}
	return false, nil
}

func (x *index) settleID(id flow.ID) error {
	return x.settle(func(o *owedBlock) bool { return o.has(id) })
}

func (x *index) settleRange(first, last flow.ID) error {
	return x.settle(func(o *owedBlock) bool { return o.touches(first, last) })
}

func (x *index) settleAll() error {
	return x.settle(func(*owedBlock) bool { return true })
}

// settleFrom takes in what the lowest rows from an ID on may be of, so many.
func (x *index) settleFrom(first flow.ID, rows int) error {
	return x.settleUntil(rows, func(o, before *owedBlock) bool {
		return o.last >= first && (before == nil || o.first < before.first)
	}, func(id flow.ID, o *owedBlock) bool { return id < o.first },
		`SELECT id FROM rows WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?`, first)
}

// settleBelow takes in what the highest rows below an ID may be of, so many.
func (x *index) settleBelow(below flow.ID, rows int) error {
	return x.settleUntil(rows, func(o, before *owedBlock) bool {
		return o.first < below && (before == nil || o.last > before.last)
	}, func(id flow.ID, o *owedBlock) bool { return id > o.last },
		`SELECT id FROM rows WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?`, min(below, math.MaxInt64))
}

// settleUntil takes in one block after the other, each time the one that is to come before the others,
// until so many rows are there that come before all that is owed.
func (x *index) settleUntil(rows int, before func(o, other *owedBlock) bool, passed func(flow.ID, *owedBlock) bool,
	nth string, from flow.ID) error {
	next := func() (more bool, err error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		var of *owing
		var at int
		var first *owedBlock
		for _, o := range x.owed {
			for i := range o.blocks {
				if before(&o.blocks[i], first) {
					of, at, first = o, i, &o.blocks[i]
				}
			}
		}
		if first == nil {
			return false, nil
		}
		id, err := x.integer(nth, from, rows-1)
		if err != nil || id != 0 && passed(flow.ID(id), first) {
			return false, err
		}
		return true, x.settleBlock(of, at)
	}
	for more := true; more; {
		var err error
		if more, err = next(); err != nil {
			return err
		}
	}
	return nil
}

// settleAt takes in a block that is owed, and that somebody has read.
func (x *index) settleAt(p placed, b []byte) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	of := x.owingOf(p.segment)
	if of == nil {
		return nil
	}
	at := slices.IndexFunc(of.blocks, func(o owedBlock) bool { return o.place == p.place })
	if at < 0 || x.scratch.read(b) != nil {
		return nil
	}
	return x.settleRead(of, at)
}

// settleBlock takes in a block. It needs mu.
func (x *index) settleBlock(of *owing, at int) error {
	if err := x.readOwed(placed{of.number, of.blocks[at].place}, &x.scratch); err != nil {
		return err
	}
	return x.settleRead(of, at)
}

// settleRead takes in a block that was read. It needs mu.
func (x *index) settleRead(of *owing, at int) error {
	p, k := placed{of.number, of.blocks[at].place}, &x.scratch
	defer func() {
		clear(k.rows)
		clear(k.packed)
		if k.tidy(); len(x.owed) == 0 {
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
		x.forgive(of.number)
	}
	x.grew.Set()
	return nil
}

// indexed is up to where all blocks of the segment are in the index.
func (of *owing) indexed() int64 {
	if len(of.blocks) == 0 {
		return of.through
	}
	return of.blocks[0].at
}

// forgive forgets what is owed of a segment. It needs mu.
func (x *index) forgive(segment uint64) {
	x.owed = slices.DeleteFunc(x.owed, func(of *owing) bool { return of.number == segment })
}

// rowsOwed reads the rows of a block that is owed, which to has room for: they are good until the next call.
// Of a damaged one it has those that can be read.
func (h *History) rowsOwed(p placed, to *owedScratch) error {
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
