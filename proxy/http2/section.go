package http2

import (
	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/reason"
)

// MaxTable bounds the HPACK table that a peer may fill here, in bytes.
const MaxTable = 1 << 20

// Limits bound one field section.
type Limits struct {
	Size   int // bytes as RFC 9113 section 6.5.2 counts them
	Fields int
}

// fieldOverhead is what each field counts above its bytes (RFC 9113 section 6.5.2).
const fieldOverhead = 32

// Section is a field section: the fields as they came, in order.
type Section struct {
	Fields []hpack.HeaderField
	Text   []byte // "name: value" lines, each with its CR LF, for people
	Over   bool   // it was longer than its limits; Fields and Text hold what came before
	ends   []int  // where each field's line ends in Text
	size   int
}

// Line is the line of field i.
func (s *Section) Line(i int) []byte {
	from := 0
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.Text[from:s.ends[i]]
}

// NeverIndexed are the fields that are never to be indexed, as flow.HTTP2 has them.
func (s *Section) NeverIndexed() (fields uint64) {
	for i := range s.Fields[:min(len(s.Fields), 64)] {
		if s.Fields[i].Sensitive {
			fields |= 1 << i
		}
	}
	return fields
}

func (s *Section) reset() {
	clear(s.Fields) // their strings are not held longer than they are needed
	s.Fields, s.Text, s.ends, s.size, s.Over = s.Fields[:0], s.Text[:0], s.ends[:0], 0, false
}

// keptText bounds the memory that an empty section keeps, in bytes.
const keptText = 16 << 10

// keptFields is the same of its fields.
const keptFields = 256

// Shrink gives back what an unusual section took.
func (s *Section) Shrink() {
	s.reset()
	if cap(s.Text) > keptText || cap(s.Fields) > keptFields {
		*s = Section{}
	}
}

// Decoder reads the field sections of one peer.
type Decoder struct {
	hpack   *hpack.Decoder
	allowed uint32
	limits  Limits
	into    *Section
}

// NewDecoder makes a decoder whose table begins with the size of RFC 9113.
func NewDecoder(limits Limits) *Decoder {
	d := &Decoder{allowed: defaultTable, limits: limits}
	d.hpack = hpack.NewDecoder(defaultTable, d.emit)
	return d
}

const defaultTable = 4096

// Allow lets the peer use a table of n bytes, as it was told it may; never less than
// it may have been using since before, and never more than MaxTable.
func (d *Decoder) Allow(n uint32) {
	if n = min(n, MaxTable); n > d.allowed {
		d.allowed = n
		d.hpack.SetAllowedMaxDynamicTableSize(n)
	}
}

// Table is how large the peer's table may become, in bytes.
func (d *Decoder) Table() uint32 { return d.allowed }

// Decode reads a whole field section into s.
func (d *Decoder) Decode(block []byte, s *Section) error {
	s.reset()
	d.into = s
	block, err := d.resize(block)
	if err != nil {
		return err
	}
	if resizes(block) {
		return connError(CompressionError, reason.H2TableInside.With())
	}
	d.hpack.SetEmitEnabled(true)
	_, err = d.hpack.Write(block)
	if closeErr := d.hpack.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return connError(CompressionError, reason.H2Compression.With(err.Error()))
	}
	return nil
}

// resize follows the changes of the table's size at the begin of a section. There may
// be two (RFC 7541 section 4.2), of which hpack understands one.
func (d *Decoder) resize(b []byte) ([]byte, error) {
	for len(b) > 0 && b[0]&0xe0 == 0x20 {
		n, rest, ok := varint(b, 5)
		if !ok {
			return nil, connError(CompressionError, reason.H2NumberShort.With())
		}
		if n > uint64(d.allowed) {
			return nil, connError(CompressionError, reason.H2TableLarge.With())
		}
		d.hpack.SetMaxDynamicTableSize(uint32(n))
		b = rest
	}
	return b, nil
}

// resizes reports whether a change of the table's size stands behind a field, which
// hpack lets pass while its table is empty. What is broken is left to hpack.
func resizes(b []byte) bool {
	for len(b) > 0 {
		var bits uint
		switch first := b[0]; {
		case first&0x80 != 0:
			bits = 7
		case first&0xc0 == 0x40:
			bits = 6
		case first&0xe0 == 0x20:
			return true
		default:
			bits = 4
		}
		n, rest, ok := varint(b, bits)
		if !ok {
			return false
		}
		b = rest
		if bits == 7 {
			continue
		}
		strings := 1
		if n == 0 {
			strings = 2
		}
		for range strings {
			if len(b) == 0 {
				return false
			}
			size, rest, ok := varint(b, 7)
			if !ok || size > uint64(len(rest)) {
				return false
			}
			b = rest[size:]
		}
	}
	return false
}

// varint reads an integer with a prefix of so many bits (RFC 7541 section 5.1).
func varint(b []byte, bits uint) (n uint64, rest []byte, ok bool) {
	most := uint64(1)<<bits - 1
	if n = uint64(b[0]) & most; n < most {
		return n, b[1:], true
	}
	for i, shift := 1, uint(0); i < len(b) && shift < 63; i, shift = i+1, shift+7 {
		n += uint64(b[i]&0x7f) << shift
		if b[i]&0x80 == 0 {
			return n, b[i+1:], true
		}
	}
	return 0, nil, false
}

// emit takes a decoded field.
func (d *Decoder) emit(f hpack.HeaderField) {
	s := d.into
	s.size += len(f.Name) + len(f.Value) + fieldOverhead
	if s.size > d.limits.Size || len(s.Fields) >= d.limits.Fields {
		s.Over = true
		d.hpack.SetEmitEnabled(false)
		return
	}
	s.Fields = append(s.Fields, f)
	s.Text = append(append(append(append(s.Text, f.Name...), ": "...), f.Value...), "\r\n"...)
	s.ends = append(s.ends, len(s.Text))
}

// Encoder writes field sections to one peer.
type Encoder struct {
	hpack *hpack.Encoder
	block []byte
}

// NewEncoder makes an encoder whose table has the size of RFC 9113.
func NewEncoder() *Encoder {
	e := &Encoder{}
	e.hpack = hpack.NewEncoder(e)
	return e
}

// Write takes what hpack has encoded.
func (e *Encoder) Write(p []byte) (int, error) {
	e.block = append(e.block, p...)
	return len(p), nil
}

// Limit makes the table no larger than the peer has room for. It never grows: a peer
// may take more only once it knows that its settings arrived.
func (e *Encoder) Limit(n uint32) {
	e.hpack.SetMaxDynamicTableSizeLimit(min(n, e.hpack.MaxDynamicTableSize()))
}

// Field adds a field to the section under way.
func (e *Encoder) Field(f hpack.HeaderField) { _ = e.hpack.WriteField(f) }

// keptBlock bounds the memory that an encoder keeps, in bytes.
const keptBlock = 16 << 10

// Append writes the section that the fields have made as frames: h is the first one's
// header without its length, with what f has before and behind the section. Each frame
// has at most most bytes; what does not fit follows as CONTINUATION.
func (e *Encoder) Append(out []byte, h Header, f *Fragment, most uint32) []byte {
	block := e.block
	e.block = e.block[:0]
	if cap(e.block) > keptBlock {
		e.block = nil
	}
	extra := len(f.Priority)
	if f.Padded {
		extra += 1 + f.Pad
	}
	if h.Type == PushPromise {
		extra += 4
	}
	first := block[:min(len(block), int(most)-extra)]
	block = block[len(first):]
	h.Length = uint32(len(first) + extra)
	h.Flags &^= FlagEndHeaders
	if len(block) == 0 {
		h.Flags |= FlagEndHeaders
	}
	out = h.Append(out)
	if f.Padded {
		out = append(out, byte(f.Pad))
	}
	out = append(out, f.Priority...)
	if h.Type == PushPromise {
		out = append(out, byte(f.Promised>>24), byte(f.Promised>>16), byte(f.Promised>>8), byte(f.Promised))
	}
	out = append(out, first...)
	if f.Padded {
		out = append(out, make([]byte, f.Pad)...)
	}
	for len(block) > 0 {
		piece := block[:min(len(block), int(most))]
		block = block[len(piece):]
		next := Header{Length: uint32(len(piece)), Type: Continuation, Stream: h.Stream}
		if len(block) == 0 {
			next.Flags = FlagEndHeaders
		}
		out = append(next.Append(out), piece...)
	}
	return out
}
