package history

import (
	"encoding/binary"
	"net/netip"
	"time"
	"unsafe"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// A record is an exchange in bytes: its fields, each with its number, what is zero left out.
// A reader passes over numbers that it does not know, and what is missing is zero, so that
// fields can be added. A number is never used for something else.

// wire says how the value of a field is written.
const (
	wireNumber = 0 // a uvarint
	wireBytes  = 1 // a uvarint with the length, then the bytes
)

var errRecord = reason.New(reason.HistoryRecord)

// value is a field's value while it is read.
type value struct {
	n     uint64
	b     []byte
	block []byte // that the record stands in
	alias bool   // bytes may stay where they are
}

// field is how one field of an exchange is written and read.
type field struct {
	number uint64
	wire   uint64
	put    func(e *encoder, number uint64, x *flow.Exchange)
	get    func(x *flow.Exchange, v value)
	none   emptiness
}

// emptiness tells quickly where an exchange has none of a field, as most have of most: where bytes of it are zero.
type emptiness struct{ at, size uintptr }

// emptyAt is the emptiness of a field that is empty where a part of an exchange is zero; skip is how many bytes lie
// before what tells it.
func emptyAt[T any](at func(*flow.Exchange) *T, skip, size uintptr) emptiness {
	return emptiness{uintptr(unsafe.Pointer(at(&blank))) - uintptr(unsafe.Pointer(&blank)) + skip, size}
}

var blank flow.Exchange

// of reports whether an exchange has none of the field; false where that is not known.
func (n emptiness) of(x *flow.Exchange) bool {
	p := unsafe.Add(unsafe.Pointer(x), n.at)
	switch n.size {
	case 1:
		return *(*uint8)(p) == 0
	case 2:
		return *(*uint16)(p) == 0
	case 4:
		return *(*uint32)(p) == 0
	case 8:
		return *(*uint64)(p) == 0
	}
	return false
}

// encoder appends records to a block.
type encoder struct {
	b      []byte
	chains map[string]int // where each certificate chain of this block stands
}

func (e *encoder) number(number, v uint64) {
	if v != 0 {
		e.b = binary.AppendUvarint(binary.AppendUvarint(e.b, number<<1|wireNumber), v)
	}
}

func (e *encoder) key(number uint64, size int) {
	e.b = binary.AppendUvarint(binary.AppendUvarint(e.b, number<<1|wireBytes), uint64(size))
}

func putBytes[T string | []byte](e *encoder, number uint64, v T) {
	if len(v) > 0 {
		e.key(number, len(v))
		e.b = append(e.b, v...)
	}
}

func zigzag(v int64) uint64   { return uint64(v)<<1 ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// unsigned is a field that is a number without a sign.
func unsigned[T ~uint8 | ~uint16 | ~uint32 | ~uint64](number uint64, at func(*flow.Exchange) *T) field {
	return field{number, wireNumber,
		func(e *encoder, number uint64, x *flow.Exchange) { e.number(number, uint64(*at(x))) },
		func(x *flow.Exchange, v value) { *at(x) = T(v.n) },
		emptyAt(at, 0, unsafe.Sizeof(T(0)))}
}

// signed is a field that is a number with a sign.
func signed[T ~int | ~int32 | ~int64](number uint64, at func(*flow.Exchange) *T) field {
	return field{number, wireNumber,
		func(e *encoder, number uint64, x *flow.Exchange) { e.number(number, zigzag(int64(*at(x)))) },
		func(x *flow.Exchange, v value) { *at(x) = T(unzigzag(v.n)) },
		emptyAt(at, 0, unsafe.Sizeof(T(0)))}
}

func flag(number uint64, at func(*flow.Exchange) *bool) field {
	return field{number, wireNumber,
		func(e *encoder, number uint64, x *flow.Exchange) {
			if *at(x) {
				e.number(number, 1)
			}
		},
		func(x *flow.Exchange, v value) { *at(x) = v.n == 1 },
		emptyAt(at, 0, 1)}
}

func text(number uint64, at func(*flow.Exchange) *string) field {
	return field{number, wireBytes,
		func(e *encoder, number uint64, x *flow.Exchange) { putBytes(e, number, *at(x)) },
		func(x *flow.Exchange, v value) { *at(x) = string(v.b) },
		emptyAt(at, lengthAt, unsafe.Sizeof(0))}
}

// octets is a field of bytes, which are copied out of the block but for those who do not keep them.
func octets(number uint64, at func(*flow.Exchange) *[]byte) field {
	return field{number, wireBytes,
		func(e *encoder, number uint64, x *flow.Exchange) { putBytes(e, number, *at(x)) },
		func(x *flow.Exchange, v value) {
			switch {
			case len(v.b) == 0:
			case v.alias:
				*at(x) = v.b[:len(v.b):len(v.b)]
			default:
				*at(x) = append([]byte(nil), v.b...)
			}
		},
		emptyAt(at, lengthAt, unsafe.Sizeof(0))}
}

// lengthAt is where the length of a string or slice lies.
const lengthAt = unsafe.Sizeof(uintptr(0))

func address(number uint64, at func(*flow.Exchange) *netip.AddrPort) field {
	return field{number, wireBytes,
		func(e *encoder, number uint64, x *flow.Exchange) {
			if a := *at(x); a != (netip.AddrPort{}) {
				b, _ := a.AppendBinary(make([]byte, 0, 32)) // never fails
				putBytes(e, number, b)
			}
		},
		func(x *flow.Exchange, v value) {
			if a := at(x); a.UnmarshalBinary(v.b) != nil {
				*a = netip.AddrPort{}
			}
		},
		emptiness{}}
}

// fixed is a field of a fixed number of bytes, as slice gives it; all zero is none.
func fixed(number uint64, slice func(*flow.Exchange) []byte) field {
	return field{number, wireBytes,
		func(e *encoder, number uint64, x *flow.Exchange) {
			for _, c := range slice(x) {
				if c != 0 {
					putBytes(e, number, slice(x))
					return
				}
			}
		},
		func(x *flow.Exchange, v value) {
			if to := slice(x); len(v.b) == len(to) {
				copy(to, v.b)
			}
		},
		emptiness{}}
}

// moment is a time: seconds, then nanoseconds.
func moment(number uint64, at func(*flow.Exchange) *time.Time) field {
	return field{number, wireBytes,
		func(e *encoder, number uint64, x *flow.Exchange) {
			if t := *at(x); !t.IsZero() {
				b := binary.AppendVarint(make([]byte, 0, 16), t.Unix())
				putBytes(e, number, binary.AppendUvarint(b, uint64(t.Nanosecond())))
			}
		},
		func(x *flow.Exchange, v value) {
			seconds, n := binary.Varint(v.b)
			if n <= 0 {
				return
			}
			nanoseconds, m := binary.Uvarint(v.b[n:])
			if m > 0 && nanoseconds < 1e9 && seconds > -1<<40 && seconds < 1<<40 {
				*at(x) = time.Unix(seconds, int64(nanoseconds))
			}
		},
		emptiness{}}
}

// because is a reason: its code, a zero, and packed arguments.
func because(number uint64, at func(*flow.Exchange) *flow.Reason) field {
	return field{number, wireBytes,
		func(e *encoder, number uint64, x *flow.Exchange) {
			if r := *at(x); !r.IsZero() {
				code, args := r.Packed()
				e.key(number, len(code)+1+len(args))
				e.b = append(append(append(e.b, code...), 0), args...)
			}
		},
		func(x *flow.Exchange, v value) {
			for i, c := range v.b {
				if c == 0 {
					*at(x) = flow.PackedReason(string(v.b[:i]), string(v.b[i+1:])).Cut()
					return
				}
			}
		},
		emptiness{}}
}

// chain is a list of certificates. It is written once in a block: others name its place.
func chain(number, elsewhere uint64, at func(*flow.Exchange) *[][]byte) []field {
	return []field{{number, wireBytes,
		func(e *encoder, number uint64, x *flow.Exchange) {
			all := *at(x)
			if len(all) == 0 {
				return
			}
			packed := binary.AppendUvarint(nil, uint64(len(all)))
			for _, der := range all {
				packed = append(binary.AppendUvarint(packed, uint64(len(der))), der...)
			}
			if place, known := e.chains[string(packed)]; known {
				e.number(elsewhere, uint64(place))
				return
			}
			e.key(number, len(packed))
			if e.chains != nil {
				e.chains[string(packed)] = len(e.b)
			}
			e.b = append(e.b, packed...)
		},
		func(x *flow.Exchange, v value) { *at(x) = unpackChain(v.b) },
		emptiness{},
	}, {elsewhere, wireNumber, nil,
		func(x *flow.Exchange, v value) {
			if v.n < uint64(len(v.block)) {
				*at(x) = unpackChain(v.block[v.n:])
			}
		},
		emptiness{}}}
}

const maxChain = 64 // certificates

func unpackChain(b []byte) (all [][]byte) {
	count, n := binary.Uvarint(b)
	if n <= 0 || count > maxChain {
		return nil
	}
	for b = b[n:]; count > 0; count-- {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return nil
		}
		all = append(all, append([]byte(nil), b[n:n+int(size)]...))
		b = b[n+int(size):]
	}
	return all
}

// put appends the fields of a list.
func (e *encoder) put(fields []field, x *flow.Exchange) {
	for i := range fields {
		if f := &fields[i]; f.put != nil && !f.none.of(x) {
			f.put(e, f.number, x)
		}
	}
}

// read reads fields of a record that stands in block into x. With alias its bytes stay there.
func read(record, block []byte, x *flow.Exchange, alias bool) error {
	for len(record) > 0 {
		key, n := binary.Uvarint(record)
		if n <= 0 {
			return errRecord
		}
		record = record[n:]
		v := value{block: block, alias: alias}
		if v.n, n = binary.Uvarint(record); n <= 0 {
			return errRecord
		}
		record = record[n:]
		if key&1 == wireBytes {
			if v.n > uint64(len(record)) {
				return errRecord
			}
			v.b, record = record[:v.n], record[v.n:]
			v.n = 0
		}
		if number := key >> 1; number < uint64(len(byNumber)) && byNumber[number].get != nil && byNumber[number].wire == key&1 {
			byNumber[number].get(x, v)
		}
	}
	return nil
}

// placeIn reads where the exchange of a session's row lies.
func placeIn(record []byte) (block int64, nth int) {
	for len(record) > 0 {
		key, n := binary.Uvarint(record)
		if n <= 0 {
			return 0, 0
		}
		record = record[n:]
		v, n := binary.Uvarint(record)
		if n <= 0 {
			return 0, 0
		}
		record = record[n:]
		switch {
		case key&1 == wireBytes:
			if v > uint64(len(record)) {
				return 0, 0
			}
			record = record[v:]
		case key>>1 == numberBlock:
			block = int64(v)
		case key>>1 == numberNth:
			nth = int(min(v, 1<<30))
		}
	}
	return block, nth
}

// did is what rules did.
func did(number uint64) field {
	return field{number, wireBytes,
		func(e *encoder, number uint64, x *flow.Exchange) {
			putBytes(e, number, flow.PackReasons(x.Ruled.Did, flow.MaxDid))
		},
		func(x *flow.Exchange, v value) {
			x.Ruled.Did = flow.UnpackReasons(string(v.b[:min(len(v.b), flow.MaxDid)]))
		},
		emptiness{}}
}
