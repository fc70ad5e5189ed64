package har

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"strconv"
	"time"

	"posthouse/proxy/flow"
)

// member is a member of _posthouse in both directions. put adds it where it is not zero;
// get takes it from a file, where anything may stand.
type member[T any] struct {
	name string
	put  func(b []byte, of *T) []byte
	get  func(d *decoder, of *T)
}

// group is an object of members, of a part of the whole.
func group[T, S any](n string, part func(*T) *S, members ...member[S]) member[T] {
	by := byName(members)
	return member[T]{n,
		func(b []byte, of *T) []byte {
			start := len(b)
			b = append(name(b, n), '{')
			inner := len(b)
			for i := range members {
				b = members[i].put(b, part(of))
			}
			if len(b) == inner {
				return b[:start]
			}
			return end(b, '}')
		},
		func(d *decoder, of *T) { readMembers(d, by, part(of)) }}
}

// lift makes members of a part those of the whole.
func lift[T, S any](members []member[S], part func(*T) *S) []member[T] {
	all := make([]member[T], 0, len(members))
	for _, m := range members {
		all = append(all, member[T]{m.name,
			func(b []byte, of *T) []byte { return m.put(b, part(of)) },
			func(d *decoder, of *T) { m.get(d, part(of)) }})
	}
	return all
}

// lookup finds members by their names.
type lookup[T any] map[string]func(*decoder, *T)

func byName[T any](members []member[T]) lookup[T] {
	by := make(lookup[T], len(members))
	for _, m := range members {
		by[m.name] = m.get
	}
	return by
}

func integer[T any, N ~int | ~int32 | ~int64 | ~uint16 | ~uint32 | ~uint64](n string, of func(*T) *N) member[T] {
	return member[T]{n,
		func(b []byte, v *T) []byte {
			switch i := *of(v); {
			case i == 0:
				return b
			case i < 0:
				return number(b, n, int64(i))
			default:
				return append(strconv.AppendUint(name(b, n), uint64(i), 10), ',')
			}
		},
		func(d *decoder, v *T) {
			digits := d.numeral()
			if i, err := strconv.ParseInt(digits, 10, 64); err == nil {
				*of(v) = N(i)
			} else if u, err := strconv.ParseUint(digits, 10, 64); err == nil {
				*of(v) = N(u)
			}
		}}
}

// nanoseconds are a duration.
func nanoseconds[T any](n string, of func(*T) *time.Duration) member[T] { return integer(n, of) }

func truth[T any](n string, of func(*T) *bool) member[T] {
	return member[T]{n,
		func(b []byte, v *T) []byte {
			if !*of(v) {
				return b
			}
			return append(name(b, n), "true,"...)
		},
		func(d *decoder, v *T) { *of(v) = d.truth() }}
}

// words are a text, of whatever bytes.
func words[T any, S ~string](n string, of func(*T) *S) member[T] {
	return member[T]{n,
		func(b []byte, v *T) []byte {
			if *of(v) == "" {
				return b
			}
			return exact(b, n, string(*of(v)))
		},
		func(d *decoder, v *T) { *of(v) = S(d.exact()) }}
}

// octets are bytes of a message.
func octets[T any](n string, of func(*T) *[]byte) member[T] {
	return member[T]{n,
		func(b []byte, v *T) []byte {
			if len(*of(v)) == 0 {
				return b
			}
			return exact(b, n, *of(v))
		},
		func(d *decoder, v *T) { *of(v) = d.exact() }}
}

// codes are the names of all values of a small type.
type codes[T ~uint8] struct {
	text [256]string
	by   map[string]T
}

func codesOf[T ~uint8](text func(T) string) *codes[T] {
	c := codes[T]{by: map[string]T{}}
	for i := range c.text {
		s := text(T(i))
		if _, twice := c.by[s]; !twice && s != "" && s != "unknown" {
			c.text[i], c.by[s] = s, T(i)
		}
	}
	return &c
}

// code is a value with a name. A file may hold no other: what shows an exchange relies on it.
func code[T any, C ~uint8](n string, all *codes[C], of func(*T) *C) member[T] {
	return member[T]{n,
		func(b []byte, v *T) []byte {
			if c := all.text[*of(v)]; c != "" {
				return text(b, n, c)
			}
			return b
		},
		func(d *decoder, v *T) {
			if c, known := all.by[string(d.text())]; known {
				*of(v) = c
			}
		}}
}

// set is a set of names, and of bits without one the number.
func set[T any, S ~uint8 | ~uint16](n string, codes func(S) []string, of func(*T) *S) member[T] {
	by := map[string]S{}
	for bit := S(1); bit != 0; bit <<= 1 {
		if c := codes(bit); len(c) == 1 {
			by[c[0]] = bit
		}
	}
	return member[T]{n,
		func(b []byte, v *T) []byte {
			s := *of(v)
			if s == 0 {
				return b
			}
			b = append(name(b, n), '[')
			for bit := S(1); bit != 0; bit <<= 1 {
				if c := codes(bit); s&bit != 0 && len(c) == 1 {
					b = append(quoted(b, c[0]), ',')
				} else if s&bit != 0 {
					b = append(strconv.AppendUint(b, uint64(bit), 10), ',')
				}
			}
			return end(b, ']')
		},
		func(d *decoder, v *T) {
			d.array(func() {
				s := string(d.text())
				if bit, known := by[s]; known {
					*of(v) |= bit
				} else if i, err := strconv.ParseUint(s, 10, 16); err == nil {
					*of(v) |= S(i)
				}
			})
		}}
}

// peer is an address with a port.
func peer[T any](n string, of func(*T) *netip.AddrPort) member[T] {
	return member[T]{n,
		func(b []byte, v *T) []byte {
			a := *of(v)
			if a == (netip.AddrPort{}) {
				return b
			}
			b = append(name(b, n), '{')
			if a.Addr().IsValid() {
				b = exact(b, "address", a.Addr().String())
			}
			return end(number(b, "port", int64(a.Port())), '}')
		},
		func(d *decoder, v *T) {
			var ip netip.Addr
			var port uint16
			d.object(func(n string) {
				switch n {
				case "address":
					ip, _ = netip.ParseAddr(string(d.exact()))
				case "port":
					i, _ := strconv.ParseUint(d.numeral(), 10, 16)
					port = uint16(i)
				default:
					d.skip()
				}
			})
			*of(v) = netip.AddrPortFrom(ip, port)
		}}
}

// fingerprint is a JA4.
func fingerprint[T any](n string, of func(*T) *flow.JA4) member[T] {
	return member[T]{n,
		func(b []byte, v *T) []byte {
			if *of(v) == (flow.JA4{}) {
				return b
			}
			return exact(b, n, of(v).String())
		},
		func(d *decoder, v *T) { *of(v) = flow.ParseJA4(string(d.exact())) }}
}

// encoded is bytes in base64.
func encoded[T any](n string, of func(*T) []byte, keep func(*T, []byte)) member[T] {
	return member[T]{n,
		func(b []byte, v *T) []byte {
			if len(of(v)) == 0 {
				return b
			}
			return base64Text(b, n, of(v))
		},
		func(d *decoder, v *T) { keep(v, unbase64(d.text())) }}
}

// unbase64 decodes what can be decoded, in a slice that is not b's: with or without
// padding, in either alphabet.
func unbase64(b []byte) []byte {
	b = bytes.TrimRight(b, "= \r\n\t")
	by := base64.RawStdEncoding
	if bytes.IndexByte(b, '-') >= 0 || bytes.IndexByte(b, '_') >= 0 {
		by = base64.RawURLEncoding
	}
	out := make([]byte, by.DecodedLen(len(b)))
	n, _ := by.Decode(out, b)
	return out[:n]
}

// raw is a JSON value as it stands.
func raw[T any](n string, of func(*T) *[]byte) member[T] {
	return member[T]{n,
		func(b []byte, v *T) []byte {
			if len(*of(v)) == 0 {
				return b
			}
			return append(append(name(b, n), *of(v)...), ',')
		},
		func(d *decoder, v *T) { *of(v) = bytes.Clone(d.raw()) }}
}

// readMembers gives each member of an object to what is made of it.
func readMembers[T any](d *decoder, by lookup[T], of *T) {
	d.object(func(n string) {
		if get := by[n]; get != nil {
			get(d, of)
		} else {
			d.skip()
		}
	})
}
