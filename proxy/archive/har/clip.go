package har

import (
	"encoding/binary"
	"io"
	"math"
	"math/bits"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// clip passes JSON on and leaves out the end of texts that are longer than a bound, so
// that what is behind it never has to hold more. It also ends the reading where brackets
// lie too deep in each other, or a value that has to be held whole is too long. It looks
// at quotes and brackets, no further: what is no JSON passes as it is.
type clip struct {
	r     io.Reader
	most  int64 // bytes of a text, as it stands between its quotes
	depth int   // levels of nesting
	value int64 // bytes of any value that is held whole

	buffer []byte
	out    []byte // of buffer, what is to be passed on
	err    error  // what comes after it

	inText   bool
	escaped  bool // a backslash stands before
	dropping bool // the bound of this text is reached
	length   int64
	last     int64 // where in the text the last escape began
	level    int
	run      int64 // bytes of a number or a word

	floor   int64 // where in what was passed on the value begins that is held; math.MaxInt64 for none
	taken   int64 // bytes read and looked at
	passed  int64 // bytes passed on
	dropped int64 // bytes left out
	lost    int64 // of this text
	cuts    []cut
}

// cut is a text that was shortened.
type cut struct {
	end     int64 // where it ends in what is passed on, behind its quote
	dropped int64 // all that was left out up to there
	lost    int64 // of this one
}

const (
	clipBuffer  = 64 << 10
	longestWord = 4 << 10 // bytes of a number, true, false or null
	escapeSize  = 6       // bytes of \u0000
	heldTexts   = 5       // bodies that may stand in one value, _posthouse, with what is beside them
)

func newClip(r io.Reader, l archive.Limits) *clip {
	most := max(l.Body/3*4+4, l.Head) // base64 of a body
	return &clip{r: r, most: most, depth: l.Depth, value: heldTexts * most, floor: math.MaxInt64}
}

func (c *clip) Read(b []byte) (int, error) {
	for len(c.out) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		if c.passed-c.floor > c.value {
			c.fail(reason.ArchiveLong.With(c.value), c.place(c.floor))
			continue
		}
		if c.buffer == nil {
			c.buffer = make([]byte, clipBuffer)
		}
		var n int
		n, c.err = c.r.Read(c.buffer)
		c.out = c.buffer[:c.filter(c.buffer[:n])]
		c.taken += int64(n)
	}
	n := copy(b, c.out)
	c.out = c.out[n:]
	c.passed += int64(n)
	return n, nil
}

// fail ends the reading after what is passed on; at is the place in the file.
func (c *clip) fail(why flow.Reason, at int64) {
	c.err = &archive.BrokenError{Offset: at, Why: why, Err: archive.ErrLimit}
}

// filter moves what is to be passed on to the front, and returns how much it is.
func (c *clip) filter(b []byte) (kept int) {
	keep := func(from, to int) {
		if kept != from {
			copy(b[kept:], b[from:to])
		}
		kept += to - from
	}
	for i := 0; i < len(b); {
		if !c.inText {
			end, ok := c.outside(b, i)
			keep(i, end)
			if i = end; !ok {
				return kept
			}
			continue
		}
		limit := len(b)
		switch {
		case c.dropping:
		case c.length < c.most:
			limit = int(min(int64(limit), int64(i)+c.most-c.length))
		case c.escaped || c.length-c.last < escapeSize:
			limit = i + 1 // not inside of an escape
		default:
			c.dropping = true
			continue
		}
		end, ended := c.inside(b, i, limit)
		c.length += int64(end - i)
		if c.dropping {
			c.lost += int64(end - i)
			c.dropped += int64(end - i)
		} else {
			keep(i, end)
		}
		if i = end; ended {
			keep(i, i+1)
			i++
			c.endText(kept)
		}
	}
	return kept
}

// outside goes to behind the next quote; ok is false where the reading ends.
func (c *clip) outside(b []byte, i int) (end int, ok bool) {
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			c.inText, c.dropping, c.escaped = true, false, false
			c.length, c.last, c.lost, c.run = 0, -escapeSize, 0, 0
			return i + 1, true
		case '{', '[':
			c.run = 0
			if c.level++; c.level > c.depth {
				c.fail(reason.ArchiveDeep.With(c.depth), c.taken+int64(i))
				return i, false
			}
		case '}', ']':
			c.run = 0
			c.level--
		case ' ', '\n', '\r', '\t', ',', ':':
			c.run = 0
		default:
			if c.run++; c.run > longestWord {
				c.fail(reason.ArchiveLong.With(longestWord), c.taken+int64(i))
				return i, false
			}
		}
	}
	return i, true
}

// inside goes through a text to its closing quote, or to limit.
func (c *clip) inside(b []byte, i, limit int) (end int, ended bool) {
	start := i
	if c.escaped && i < limit {
		c.escape(b[i])
		i++
	}
	// Eight bytes together: in texts with many escapes, calls for each cost more.
	for i+8 <= limit {
		found := special(binary.LittleEndian.Uint64(b[i:]))
		next := 8
		for found != 0 {
			at := bits.TrailingZeros64(found) / 8
			if b[i+at] == '"' {
				return i + at, true
			}
			c.last = c.length + int64(i+at-start)
			if i+at+1 == limit {
				c.escaped = true
				return limit, false
			}
			c.escape(b[i+at+1])
			if at == 7 {
				next = 9
			}
			found &^= 0x8080 << (8 * at) // what is escaped is nothing else
		}
		i += next
	}
	for ; i < limit; i++ {
		switch {
		case c.escaped:
			c.escape(b[i])
		case b[i] == '"':
			return i, true
		case b[i] == '\\':
			c.last = c.length + int64(i-start)
			c.escaped = true
		}
	}
	return limit, false
}

// escape takes in what follows a backslash.
func (c *clip) escape(b byte) {
	if c.escaped = false; b != 'u' {
		c.last = -escapeSize // it is complete
	}
}

// special has the highest bit of each byte that is a quote or a backslash.
func special(w uint64) uint64 {
	const ones, lows = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	quote, backslash := w^('"'*ones), w^('\\'*ones)
	return ^((quote&lows + lows | quote | lows) & (backslash&lows + lows | backslash | lows))
}

// endText is called behind the closing quote; kept is what is passed on up to there.
func (c *clip) endText(kept int) {
	c.inText, c.dropping = false, false
	if c.lost > 0 {
		c.cuts = append(c.cuts, cut{c.passed + int64(kept), c.dropped, c.lost})
	}
}

// lostBefore is how much was left out of the text that ends at offset in what was passed
// on. It forgets about those before.
func (c *clip) lostBefore(offset int64) int64 {
	for len(c.cuts) > 0 && c.cuts[0].end <= offset {
		first := c.cuts[0]
		c.cuts = c.cuts[1:]
		if first.end == offset {
			return first.lost
		}
	}
	return 0
}

// place is where in the file an offset in what was passed on is.
func (c *clip) place(offset int64) int64 {
	before := c.dropped
	for _, cut := range c.cuts {
		if cut.end > offset {
			before = cut.dropped - cut.lost
			break
		}
	}
	return offset + before
}
