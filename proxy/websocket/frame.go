package websocket

import (
	"encoding/binary"
	"errors"

	"posthouse/proxy/reason"
)

// Header is what stands before the payload of a frame (RFC 6455 section 5.2).
type Header struct {
	Final    bool
	Reserved uint8 // the bits that extensions have a meaning for, as in the first byte
	Opcode   Opcode
	Masked   bool
	Key      [4]byte // where Masked
	Length   int64   // of the payload, in bytes
}

// MaxHeader bounds a header, in bytes.
const MaxHeader = 14

// Bits of the first two bytes.
const (
	bitFinal    = 0x80
	bitMasked   = 0x80
	bitReserved = 0x70
	bitDeflated = 0x40 // RFC 7692 section 6
)

// ErrShort says that a header goes on behind the bytes that are there.
var ErrShort = errors.New("websocket: a frame is cut in its header")

// ParseHeader reads a header from the begin of b; n is its length. It is ErrShort where b has
// not all of it, or an *Error where its length is not written as it must be.
func ParseHeader(b []byte) (h Header, n int, err error) {
	if len(b) < 2 {
		return h, 0, ErrShort
	}
	h = Header{Final: b[0]&bitFinal != 0, Reserved: b[0] & bitReserved, Opcode: Opcode(b[0] & 0x0f), Masked: b[1]&bitMasked != 0}
	size, least := uint64(b[1]&0x7f), uint64(0)
	n = 2
	switch size {
	case 126:
		if n, least = 4, 126; len(b) >= n {
			size = uint64(binary.BigEndian.Uint16(b[2:]))
		}
	case 127:
		if n, least = 10, 1<<16; len(b) >= n {
			size = binary.BigEndian.Uint64(b[2:])
		}
	}
	if h.Masked {
		n += len(h.Key)
	}
	switch {
	case len(b) < n:
		return h, 0, ErrShort
	case size < least, size > 1<<63-1:
		return h, n, broken(reason.SocketLength)
	}
	h.Length = int64(size)
	if h.Masked {
		h.Key = [4]byte(b[n-4 : n])
	}
	return h, n, nil
}

// Append writes a header behind b.
func (h *Header) Append(b []byte) []byte {
	first, second := byte(h.Opcode)|h.Reserved, byte(0)
	if h.Final {
		first |= bitFinal
	}
	if h.Masked {
		second = bitMasked
	}
	switch {
	case h.Length < 126:
		b = append(b, first, second|byte(h.Length))
	case h.Length < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, first, second|126), uint16(h.Length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, first, second|127), uint64(h.Length))
	}
	if h.Masked {
		b = append(b, h.Key[:]...)
	}
	return b
}

// Mask masks bytes of a payload, or undoes it (RFC 6455 section 5.3); at is where in the
// payload b begins.
func Mask(key [4]byte, at int, b []byte) {
	for i := range b {
		b[i] ^= key[(at+i)&3]
	}
}
