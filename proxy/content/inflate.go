package content

import (
	"encoding/binary"
	"hash/crc32"
	"sync"
)

// A search decodes many small bodies, and for those the library takes most of its time to begin:
// tables with links, a window, a reader around a reader. Here a small body is inflated as a whole,
// from one slice into another (RFC 1951). What is unusual about a body, or wrong, is left to the
// library, which then says what it is: nothing here has a reason.

const (
	// smallCoded and smallDecoded bound the bodies that are inflated here, in bytes.
	smallCoded   = 64 << 10
	smallDecoded = 512 << 10
	// mostOfAByte is how many bytes one byte of deflate can become: two matches of 258 in two bits each.
	mostOfAByte = 1032

	gzipHead = 10 // bytes of a head without options (RFC 1952 section 2.3)
	gzipTail = 8  // bytes of the checksum and the size behind the data
	readAt   = 8  // bytes that are read at a time, also beyond the end
	slack    = 32 // bytes that may be written beyond the end

	maxBits = 15 // of a code (section 3.2.7)
	litBits = 10 // of a code are looked up; the few longer ones are counted out
	numLit  = 288
	numDist = 32
	numLens = 19
)

// An entry of a table: how many bits the code has, in the lowest byte; how many more belong to its
// value, in four bits above; the value in the upper half. 0 is a longer code, or none.
const (
	entryLiteral = 1 << 15
	entryEnd     = 1 << 14
	entryBad     = 1 << 13
	extraShift   = 8
	valueShift   = 16
)

// codeTable has the codes of one alphabet.
type codeTable struct {
	at     [1 << litBits]uint32 // by the next bits
	bits   uint                 // that are looked up
	count  [maxBits + 1]int     // of codes of each length
	sorted [numLit]uint32       // entries without their bits, in the order of their codes
}

// inflater inflates one body at a time. It belongs to one goroutine.
type inflater struct {
	in   [smallCoded + readAt]byte
	end  int    // of what is in it
	pos  int    // the next byte to be read
	buf  uint64 // bits that were read and not used, the next one lowest
	left uint   // how many

	lengths         [numLit + numDist]uint8
	lit, dist, lens codeTable
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// gunzipSmall undoes gzip of a small body that has one member, no options and no mistake, into a buffer
// where that is large enough; of all others ok is false.
func gunzipSmall(buf, body []byte) (decoded []byte, ok bool) {
	n := len(body)
	if n < gzipHead+gzipTail || n > smallCoded || body[0] != 0x1f || body[1] != 0x8b || body[2] != 8 || body[3] != 0 {
		return nil, false
	}
	sum, size := binary.LittleEndian.Uint32(body[n-8:]), int64(binary.LittleEndian.Uint32(body[n-4:]))
	if size > smallDecoded || size > mostOfAByte*int64(n) {
		return nil, false
	}
	out := buf[:cap(buf)]
	if size+slack > int64(len(out)) {
		out = make([]byte, size+slack)
	}
	out = out[:size+slack]
	z := inflaters.Get().(*inflater)
	ok = z.inflate(body[gzipHead:], gzipTail, out)
	inflaters.Put(z)
	out = out[:size]
	return out, ok && crc32.ChecksumIEEE(out) == sum
}

// inflate fills out, but for its slack, with what data decodes to. It reports whether that is as much
// as there is room for, and is followed by as many bytes as are said to be behind it, at least eight.
func (z *inflater) inflate(data []byte, behind int, out []byte) bool {
	z.end = copy(z.in[:smallCoded], data)
	clear(z.in[z.end : z.end+readAt])
	z.pos, z.buf, z.left = 0, 0, 0
	for at := 0; ; {
		if !z.refill() {
			return false
		}
		last, ok := z.take(1) == 1, false
		switch z.take(2) {
		case 0:
			at, ok = z.stored(out, at)
		case 1:
			fixed := fixedTables()
			at, ok = z.block(out, at, &fixed[0], &fixed[1])
		case 2:
			if ok = z.dynamic(); ok {
				at, ok = z.block(out, at, &z.lit, &z.dist)
			}
		}
		if !ok || last {
			return ok && at == len(out)-slack && z.pos-int(z.left/8) == z.end-behind
		}
	}
}

// refill reads until there are 56 bits; it reports whether there is anything to be read.
func (z *inflater) refill() bool {
	if z.pos > z.end {
		return false
	}
	z.buf |= binary.LittleEndian.Uint64(z.in[z.pos:]) << (z.left & 63)
	z.pos += int(63-z.left) >> 3
	z.left |= 56
	return true
}

func (z *inflater) take(n uint) int {
	v := int(z.buf & (1<<(n&63) - 1))
	z.buf >>= n & 63
	z.left -= n
	return v
}

// stored copies a block that is not compressed (section 3.2.4).
func (z *inflater) stored(out []byte, at int) (int, bool) {
	z.pos -= int(z.left / 8)
	z.buf, z.left = 0, 0
	if z.pos+4 > z.end {
		return at, false
	}
	size, check := int(binary.LittleEndian.Uint16(z.in[z.pos:])), int(binary.LittleEndian.Uint16(z.in[z.pos+2:]))
	z.pos += 4
	if size != check^0xffff || size > z.end-z.pos || size > len(out)-slack-at {
		return at, false
	}
	copy(out[at:], z.in[z.pos:z.pos+size])
	z.pos += size
	return at + size, true
}

// block decodes a compressed block (section 3.2.3). A match has at most 48 bits.
func (z *inflater) block(out []byte, at int, lit, dist *codeTable) (int, bool) {
	litMask, distMask := uint64(1)<<lit.bits-1, uint64(1)<<dist.bits-1
	buf, left, pos, size := z.buf, z.left, z.pos, len(out)-slack
next:
	for at <= size {
		if left < 48 {
			if pos > z.end {
				return at, false
			}
			buf |= binary.LittleEndian.Uint64(z.in[pos:]) << (left & 63)
			pos += int(63-left) >> 3
			left |= 56
		}
		e := lit.at[buf&litMask%(1<<litBits)]
		for e&entryLiteral != 0 { // at most 16, for which there is room behind the end
			out[at] = byte(e >> valueShift)
			at++
			buf, left = buf>>(e&31), left-uint(e&31)
			if left < 48 {
				continue next
			}
			e = lit.at[buf&litMask%(1<<litBits)]
		}
		if e == 0 {
			e = lit.long(buf)
		}
		buf, left = buf>>(e&31), left-uint(e&31)
		switch {
		case e&entryLiteral != 0:
			out[at] = byte(e >> valueShift)
			at++
			continue
		case e&entryEnd != 0:
			z.buf, z.left, z.pos = buf, left, pos
			return at, e&entryBad == 0 && at <= size
		case e == 0:
			return at, false
		}
		length, n := matchOf(e, buf)
		buf, left = buf>>(n&63), left-n
		if e = dist.at[buf&distMask%(1<<litBits)]; e == 0 {
			e = dist.long(buf)
		}
		buf, left = buf>>(e&31), left-uint(e&31)
		back, n := matchOf(e, buf)
		buf, left = buf>>(n&63), left-n
		if back == 0 || back > at || length > size-at {
			return at, false
		}
		if from := out[at-back:]; back >= 8 && length <= 16 {
			binary.LittleEndian.PutUint64(out[at:], binary.LittleEndian.Uint64(from))
			binary.LittleEndian.PutUint64(out[at+8:], binary.LittleEndian.Uint64(from[8:]))
		} else {
			repeat(from[:back+length], back)
		}
		at += length
	}
	return at, false
}

// matchOf is the value of an entry with its extra bits, and how many these are.
func matchOf(e uint32, buf uint64) (value int, extra uint) {
	extra = uint(e>>extraShift) & 15
	return int(e>>valueShift) + int(buf&(1<<extra-1)), extra
}

// repeat has the first bytes of b appear again and again until its end.
func repeat(b []byte, first int) {
	for first < len(b) {
		first += copy(b[first:], b[:first])
	}
}

// lensOrder is in which order the lengths of the codes for lengths come (section 3.2.7).
var lensOrder = [numLens]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes of a block.
func (z *inflater) dynamic() bool {
	lit, dist, lens := z.take(5)+257, z.take(5)+1, z.take(4)+4
	if lit > 286 || dist > 30 {
		return false
	}
	var ofLens [numLens]uint8
	for i := range lens {
		if i%16 == 0 && !z.refill() {
			return false
		}
		ofLens[lensOrder[i]] = uint8(z.take(3))
	}
	if !z.lens.build(ofLens[:], lensEntries[:]) {
		return false
	}
	all := z.lengths[:lit+dist]
	for i := 0; i < len(all); {
		if z.left < 14 && !z.refill() {
			return false
		}
		e := z.lens.at[z.buf&(1<<z.lens.bits-1)]
		_ = z.take(uint(e & 15))
		value, times := uint8(e>>valueShift), 1
		switch {
		case e == 0 || value == 16 && i == 0:
			return false
		case value == 16:
			value, times = all[i-1], 3+z.take(2)
		case value == 17:
			value, times = 0, 3+z.take(3)
		case value == 18:
			value, times = 0, 11+z.take(7)
		}
		if times > len(all)-i {
			return false
		}
		for range times {
			all[i] = value
			i++
		}
	}
	return z.lit.build(all[:lit], litEntries[:]) && z.dist.build(all[lit:], distEntries[:])
}
