package history

import (
	"math/bits"

	"posthouse/proxy/flow"
)

// trigrams is the set of all three bytes in a row of what was added, in ASCII and in lower
// case. Of other bytes it holds none, so that it rules nothing out for them, whatever a
// search takes for the same letter.
type trigrams struct {
	set   []uint64 // a bit for each of 1<<21
	count int
}

const (
	trigramBits = 21
	minFilter   = 9  // log2 of the bits of a filter
	maxFilter   = 18 // 32 KiB
)

func newTrigrams() *trigrams { return &trigrams{set: make([]uint64, 1<<(trigramBits-6))} }

func (t *trigrams) reset() {
	clear(t.set)
	t.count = 0
}

// folded is the byte that stands for another; noLetter for those of no trigram.
var folded = func() (table [256]uint32) {
	for i := range table {
		switch {
		case i >= 'A' && i <= 'Z':
			table[i] = uint32(i + 'a' - 'A')
		case i < 0x80:
			table[i] = uint32(i)
		default:
			table[i] = noLetter
		}
	}
	return table
}()

const noLetter = 1 << 31

// kelvin and longS are letters beyond ASCII that fold to ones of it.
const (
	kelvin = "\u212a" // k
	longS  = "\u017f" // s
)

// add adds the trigrams of a text.
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
		last = (last<<7 | c) & (1<<trigramBits - 1)
		if have++; have < 3 {
			continue
		}
		t.add(last)
	}
}

// filter is the set in a form for the disk, in which each trigram has a bit and some share
// one. It has at least two bits for each, up to 32 KiB.
func (t *trigrams) filter() []byte {
	size := min(max(bits.Len(uint(t.count*2)), minFilter), maxFilter)
	b := make([]byte, 1+1<<(size-3))
	b[0] = byte(size)
	for i, word := range t.set {
		for ; word != 0; word &= word - 1 {
			bit := spread(uint32(i<<6|bits.TrailingZeros64(word)), size)
			b[1+bit>>3] |= 1 << (bit & 7)
		}
	}
	return b
}

// spread is where a trigram's bit is.
func spread(trigram uint32, size int) uint32 { return trigram * 0x9e3779b1 >> (32 - size) }

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
		last = (last<<7 | c) & (1<<trigramBits - 1)
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
var lackMarks = [...]uint32{lackMark('A'), lackMark('B'), lackMark('C'), lackMark('D')}

func lackMark(c uint32) uint32 { return c<<14 | c<<7 | c }

// addLack says that a search cannot know of something.
func (t *trigrams) addLack() {
	for _, mark := range lackMarks {
		t.add(mark)
	}
}

func (t *trigrams) add(trigram uint32) {
	if word, bit := &t.set[trigram>>6], uint64(1)<<(trigram&63); *word&bit == 0 {
		*word |= bit
		t.count++
	}
}

// mayLack reports whether of what a filter was made of something may be missing, so that nothing
// can be ruled out.
func mayLack(filter []byte) bool {
	if !isFilter(filter) {
		return true
	}
	for _, mark := range lackMarks {
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

// addExchange adds all that is searched of an exchange.
func (t *trigrams) addExchange(x *flow.Exchange) {
	if g := glanceOf(x); g.partial() {
		t.addLack()
	}
	addText(t, x.URL())
	for _, b := range [...][]byte{x.RequestHead, x.ResponseHead, x.Interim, x.Unusable, x.RequestTrailer, x.ResponseTrailer,
		x.Ruled.Request, x.Ruled.Response} {
		addText(t, b)
	}
	t.addBody(x.RequestHead, x.RequestBody.Bytes)
	t.addBody(x.ResponseHead, x.ResponseBody.Bytes)
}

// appendFilter appends the frame of a filter for the block that was written before it.
func appendFilter(b, filter []byte, of frameHead) []byte {
	f := frameHead{kind: frameFilter, raw: uint32(len(filter)), size: uint32(len(filter)), count: of.count, first: of.first,
		last: of.last, oldest: of.oldest, newest: of.newest, sum: checksum(filter)}
	return append(f.append(b), filter...)
}
