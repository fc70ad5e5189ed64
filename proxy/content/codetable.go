package content

import (
	"math/bits"
	"sync"
)

// build makes the table of the codes that have these lengths, 0 for none (section 3.2.2). It reports
// whether they are a set of codes: whole, of one code, or empty.
func (t *codeTable) build(lengths []uint8, entries []uint32) bool {
	t.count = [maxBits + 1]int{}
	for _, n := range lengths {
		t.count[n&maxBits]++
	}
	t.count[0] = 0
	var at [maxBits + 2]int
	open, longest := 1, 0
	for n := 1; n <= maxBits; n++ {
		if open = open<<1 - t.count[n]; open < 0 {
			return false
		}
		if at[n+1] = at[n] + t.count[n]; t.count[n] > 0 {
			longest = n
		}
	}
	if open > 0 && longest > 0 && (longest > 1 || t.count[1] > 1) {
		return false
	}
	for symbol, n := range lengths {
		if n != 0 {
			t.sorted[at[n]] = entries[symbol]
			at[n]++
		}
	}
	t.fill(min(longest, litBits))
	return true
}

// fill enters the codes of up to so many bits. They are read from their highest bit on, so the table
// has them mirrored: it becomes twice as large with each length, and its halves are alike but for the
// codes of that length.
func (t *codeTable) fill(width int) {
	t.bits = uint(width)
	code, size, next := 0, 1, 0
	for n := 1; n <= width; n++ {
		copy(t.at[size:2*size], t.at[:size])
		size *= 2
		for range t.count[n] {
			t.at[code] = t.sorted[next] | uint32(n)
			next++
			if code == size-1 {
				return // it was the last one
			}
			code = after(code, size)
		}
	}
	for ; ; code = after(code, size) { // the beginnings of longer codes, and what is none
		if t.at[code] = 0; code == size-1 {
			return
		}
	}
}

// after is the code behind another one, mirrored, of those that fit into a table of a size.
func after(code, size int) int {
	bit := 1 << (bits.Len(uint(code^(size-1))) - 1)
	return code&(bit-1) | bit
}

// long finds a code that the table has no room for, 0 if there is none.
func (t *codeTable) long(buf uint64) uint32 {
	code, first, index := 0, 0, 0
	for n := 1; n <= maxBits; n++ {
		code |= int(buf & 1)
		buf >>= 1
		count := t.count[n]
		if code-count < first {
			return t.sorted[index+code-first] | uint32(n)
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0
}

// The entries of the three alphabets, by symbol (sections 3.2.5 and 3.2.7).
var (
	litEntries  = entriesOfLit()
	distEntries = entriesOfDist()
	lensEntries = entriesOfLens()
)

func entriesOfLit() (all [numLit]uint32) {
	for i := range 256 {
		all[i] = uint32(i)<<valueShift | entryLiteral
	}
	all[256] = entryEnd
	base := uint32(3)
	for i := range uint32(28) {
		extra := max(i/4, 1) - 1
		all[257+i] = base<<valueShift | extra<<extraShift
		base += 1 << extra
	}
	all[285] = 258 << valueShift
	all[286], all[287] = entryEnd|entryBad, entryEnd|entryBad
	return all
}

func entriesOfDist() (all [numDist]uint32) {
	base := uint32(1)
	for i := range uint32(30) {
		extra := max(i/2, 1) - 1
		all[i] = base<<valueShift | extra<<extraShift
		base += 1 << extra
	}
	all[30], all[31] = entryBad, entryBad
	return all
}

func entriesOfLens() (all [numLens]uint32) {
	for i := range all {
		all[i] = uint32(i)<<valueShift | entryLiteral
	}
	return all
}

// fixedTables are those of blocks that bring none (section 3.2.6).
var fixedTables = sync.OnceValue(func() *[2]codeTable {
	var lengths [numLit]uint8
	for i := range lengths {
		switch {
		case i < 144, i >= 280:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		default:
			lengths[i] = 7
		}
	}
	t := new([2]codeTable)
	t[0].build(lengths[:], litEntries[:])
	for i := range numDist {
		lengths[i] = 5
	}
	t[1].build(lengths[:numDist], distEntries[:])
	return t
})
