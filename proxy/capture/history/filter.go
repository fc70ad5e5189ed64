package history

import (
	"bytes"
	"hash/maphash"
	"math"
	"math/bits"
)

// trigrams is the set of all three bytes in a row of what was added, in ASCII and in lower
// case. Of other bytes it holds none, so that it rules nothing out for them, whatever a
// search takes for the same letter. It is kept as the largest filter, of which smaller ones are
// made: so it stays in the cache that is nearest to the processor.
type trigrams struct {
	set  [1 << (maxFilter - 6)]uint64
	seen [seenTexts]uint64 // hashes of what was added and may come again; 0 for none
	seed maphash.Seed
	url  []byte

	lacks bool // of something that was added not all is there

	decoded []byte // the memory of a body without its coding, for the next one
}

const (
	minFilter = 9  // log2 of the bits of a filter
	maxFilter = 18 // 32 KiB
	seenTexts = 1 << 9
)

func newTrigrams() *trigrams {
	t := &trigrams{seed: maphash.MakeSeed()}
	t.addAll(ruledMarks[:])
	return t
}

func (t *trigrams) reset() {
	clear(t.set[:])
	clear(t.seen[:])
	t.lacks = false
	t.addAll(ruledMarks[:])
}

// again reports whether a text was added before, as far as that is remembered.
func (t *trigrams) again(b []byte) bool {
	return t.againHash(maphash.Bytes(t.seed, b))
}

func (t *trigrams) againHash(hash uint64) bool {
	at := &t.seen[hash%seenTexts]
	if *at == hash {
		return true
	}
	*at = hash
	return false
}

// addHead adds a head line by line, for most lines of a head have come before.
func (t *trigrams) addHead(b []byte) {
	for from := 0; from < len(b); {
		end := len(b)
		if i := bytes.IndexByte(b[from:], '\n'); i >= 0 {
			end = from + i + 1
		}
		if line := b[max(0, from-2):end]; !t.again(line) {
			addText(t, line)
		}
		from = end
	}
}

// folded is the byte that stands for another; noLetter for those of no trigram.
var folded = func() (table [256]uint8) {
	for i := range table {
		switch {
		case i >= 'A' && i <= 'Z':
			table[i] = uint8(i + 'a' - 'A')
		case i < 0x80:
			table[i] = uint8(i)
		default:
			table[i] = noLetter
		}
	}
	return table
}()

const noLetter = 0x80

// kelvin and longS are letters beyond ASCII that fold to ones of it.
const (
	kelvin = "\u212a" // k
	longS  = "\u017f" // s
)

// addText adds the trigrams of a text.
func addText[T string | []byte](t *trigrams, b T) {
	var last uint32
	have := 0
	for i := 0; i < len(b); i++ {
		c := folded[b[i]]
		if c == noLetter {
			switch {
			case i+3 <= len(b) && string(b[i:i+3]) == kelvin:
				c, i = 'k', i+2
			case i+2 <= len(b) && string(b[i:i+2]) == longS:
				c, i = 's', i+1
			default:
				have = 0
				continue
			}
		}
		last = last<<7 | uint32(c)
		if have++; have < 3 {
			continue
		}
		t.add(last)
		for i+1 < len(b) && folded[b[i+1]] < noLetter { // most of a text
			i++
			last = last<<7 | uint32(folded[b[i]])
			t.add(last)
		}
	}
}

// add adds the lowest 21 bits.
func (t *trigrams) add(trigram uint32) {
	hash := trigram & (1<<trigramBits - 1) * spreading
	t.set[hash>>(32-maxFilter+6)] |= 1 << (hash >> (32 - maxFilter) & 63)
}

// filter is the set in a form for the disk, in which each trigram has a bit and some share
// one. It has at least two bits for each, up to 32 KiB, and more where it would say by chance that
// something lacks: the marks share their bits with what is in most texts.
func (t *trigrams) filter() []byte {
	set := 0
	for _, word := range &t.set {
		set += bits.OnesCount64(word)
	}
	// Of so many bits that many are set by how many trigrams, where they are spread evenly?
	const all = 1 << maxFilter
	count := all * -math.Log1p(-min(float64(set), all-1)/all)
	size := min(max(bits.Len(uint(count*2)), minFilter), maxFilter)
	for {
		b := t.filterOf(size)
		if t.lacks || size == maxFilter || !hasMarks(b, lackMarks[:]) {
			return b
		}
		size++
	}
}

// filterOf is the filter with 1<<size bits.
func (t *trigrams) filterOf(size int) []byte {
	b := make([]byte, 1+1<<(size-3))
	b[0] = byte(size)
	for i, word := range &t.set {
		for ; word != 0; word &= word - 1 {
			bit := (i<<6 | bits.TrailingZeros64(word)) >> (maxFilter - size)
			b[1+bit>>3] |= 1 << (bit & 7)
		}
	}
	return b
}

// spread is where a trigram's bit is.
func spread(trigram uint32, size int) uint32 { return trigram * spreading >> (32 - size) }

const (
	trigramBits = 21
	spreading   = 0x9e3779b1
)

// mayHold reports whether what a filter was made of may hold a text.
func mayHold(filter []byte, text string) bool {
	if !isFilter(filter) {
		return true
	}
	var last uint32
	have := 0
	for i := 0; i < len(text); i++ {
		c := folded[text[i]]
		if c == noLetter {
			have = 0
			continue
		}
		last = (last<<7 | uint32(c)) & (1<<trigramBits - 1)
		if have++; have < 3 {
			continue
		}
		if bit := spread(last, int(filter[0])); filter[1+bit>>3]&(1<<(bit&7)) == 0 {
			return false
		}
	}
	return true
}

// lackMarks stand in a filter, all of them, where of an exchange not all is there that a search
// would look at. They have large letters, so that no text brings them about; of four one that is
// there by chance does not matter.
var lackMarks = [...]uint32{filterMark('A'), filterMark('B'), filterMark('C'), filterMark('D')}

// ruledMarks stand in every filter that has bodies as rules made them too. Filters without are of
// a time that left those out. They are more, since here chance would hide something.
var ruledMarks = [...]uint32{filterMark('E'), filterMark('F'), filterMark('G'), filterMark('H'), filterMark('I'), filterMark('J'),
	filterMark('K'), filterMark('L')}

func filterMark(c uint32) uint32 { return c<<14 | c<<7 | c }

func (t *trigrams) addAll(marks []uint32) {
	for _, mark := range marks {
		t.add(mark)
	}
}

// addLack says that a search cannot know of something.
func (t *trigrams) addLack() {
	t.lacks = true
	t.addAll(lackMarks[:])
}

// mayLack reports whether of what a filter was made of something may be missing, so that nothing
// can be ruled out.
func mayLack(filter []byte) bool {
	return !isFilter(filter) || hasMarks(filter, lackMarks[:]) || !hasMarks(filter, ruledMarks[:])
}

func hasMarks(filter []byte, marks []uint32) bool {
	for _, mark := range marks {
		if bit := spread(mark, int(filter[0])); filter[1+bit>>3]&(1<<(bit&7)) == 0 {
			return false
		}
	}
	return true
}

// isFilter reports whether a filter is one that is known here.
func isFilter(b []byte) bool {
	return len(b) > 0 && b[0] >= minFilter && b[0] <= maxFilter && len(b) == 1+1<<(b[0]-3)
}

// addRecord adds all that is searched of an exchange.
func (t *trigrams) addRecord(record []byte) error {
	g, ok := glanceAt(record)
	if !ok {
		return errRecord
	}
	if g.partial() {
		t.addLack()
	}
	t.url = g.appendURL(t.url[:0])
	addText(t, t.url)
	for _, b := range [...][]byte{g.heads[0], g.heads[1], g.others[0], g.others[1], g.others[2], g.others[3], g.ruled[0], g.ruled[1]} {
		t.addHead(b)
	}
	for i, body := range g.bodies {
		t.addBody(g.headOf(i), body)
	}
	return nil
}

// appendFilter appends the frame of a filter for the block that was written before it.
func appendFilter(b, filter []byte, of frameHead) []byte {
	f := frameHead{kind: frameFilter, raw: uint32(len(filter)), size: uint32(len(filter)), count: of.count, first: of.first,
		last: of.last, oldest: of.oldest, newest: of.newest, sum: checksum(filter)}
	return append(f.append(b), filter...)
}
