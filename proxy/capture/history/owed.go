package history

import (
	"math/bits"
	"slices"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
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

// debt is what the index owes. Index.mu guards it.
type debt struct {
	all     []*owing
	read    func(placed, *owedScratch) error // reads a block
	scratch owedScratch                      // of the block that is taken in
	grew    signal.Slot                      // something was taken in: there may be too much
}

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

// add adds a block, of which the first began at some time; false where that would be too much.
func (d *debt) add(ids []flow.ID, started time.Time, p placed, through int64) bool {
	n, blocks := d.count()
	if len(ids) == 0 || p.last-p.first >= maxOwedSpan || n+len(ids) > maxOwedRows || blocks >= maxOwedBlocks {
		return false
	}
	block := owedBlock{place: p.place, ids: make([]uint64, (p.last-p.first)/64+1), started: started.UnixNano()}
	for _, id := range ids {
		block.ids[(id-p.first)/64] |= 1 << ((id - p.first) % 64)
	}
	of := d.of(p.segment)
	if of == nil {
		of = &owing{number: p.segment}
		d.all = append(d.all, of)
	}
	of.blocks, of.rows, of.through = append(of.blocks, block), of.rows+len(ids), through
	return true
}

func (d *debt) count() (rows, blocks int) {
	for _, of := range d.all {
		rows, blocks = rows+of.rows, blocks+len(of.blocks)
	}
	return rows, blocks
}

// of is what is owed of a segment; nil for nothing.
func (d *debt) of(segment uint64) *owing {
	for _, of := range d.all {
		if of.number == segment {
			return of
		}
	}
	return nil
}

// each visits all blocks.
func (d *debt) each(visit func(segment uint64, o *owedBlock)) {
	for _, of := range d.all {
		for i := range of.blocks {
			visit(of.number, &of.blocks[i])
		}
	}
}

// has reports whether a row is owed.
func (d *debt) has(id flow.ID) (is bool) {
	d.each(func(_ uint64, o *owedBlock) { is = is || o.has(id) })
	return is
}

// first is the block that is to come before all others, of those that before names; nil for none.
func (d *debt) first(before func(o, other *owedBlock) bool) (of *owing, at int) {
	for _, o := range d.all {
		for i := range o.blocks {
			var other *owedBlock
			if of != nil {
				other = &of.blocks[at]
			}
			if before(&o.blocks[i], other) {
				of, at = o, i
			}
		}
	}
	return of, at
}

// forgive forgets what is owed of a segment.
func (d *debt) forgive(segment uint64) {
	d.all = slices.DeleteFunc(d.all, func(of *owing) bool { return of.number == segment })
}

// passed says that a segment was indexed on, behind what is owed of it.
func (d *debt) passed(g *segment) {
	if of := d.of(g.number); of != nil {
		of.through = g.indexed
	}
}

// indexed is up to where all blocks of the segment are in the index.
func (of *owing) indexed() int64 {
	if len(of.blocks) == 0 {
		return of.through
	}
	return of.blocks[0].at
}

// owedIn counts what an index owes.
func owedIn(x *index) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	rows, _ := x.debt.count()
	return rows
}
