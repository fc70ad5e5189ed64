package http1

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// HostAddr reads a host, without brackets, as an address the way browsers and curl do
// (WHATWG URL Standard, host parsing): 127.1, 2130706433, 0x7f.1 and 0177.0.0.1 are
// IPv4 addresses, with a last dot or without. meant is true of a host that can be
// nothing else; one of these that is no valid address gives the zero Addr. A mapped
// address is in its IPv4 form. It allocates nothing for names and IPv4 addresses.
func HostAddr[T string | []byte](host T) (addr netip.Addr, meant bool) {
	n := len(host)
	for i := range n {
		if host[i] == ':' { // a zone may stand as it does in a URL (RFC 6874 section 2)
			a, err := netip.ParseAddr(strings.Replace(string(host), "%25", "%", 1))
			return a.Unmap(), err == nil
		}
	}
	if n > 1 && host[n-1] == '.' {
		n--
	}
	last := n
	for last > 0 && host[last-1] != '.' {
		last--
	}
	if !meantAsNumber(host[last:n]) {
		return netip.Addr{}, false
	}
	return ipv4(host[:n]), true
}

// meantAsNumber reports whether the last label of a host makes it an address: it
// consists of digits, or is a number in hexadecimal ones.
func meantAsNumber[T string | []byte](label T) bool {
	if len(label) == 0 || label[0] < '0' || label[0] > '9' {
		return false
	}
	for i := range len(label) {
		if label[i] < '0' || label[i] > '9' {
			_, ok := ipv4Number(label)
			return ok
		}
	}
	return true
}

// ipv4 reads up to four numbers, the last of which fills what is left of 32 bits.
func ipv4[T string | []byte](host T) netip.Addr {
	var value uint64
	start := 0
	for part := 0; ; part++ {
		end := start
		for end < len(host) && host[end] != '.' {
			end++
		}
		n, ok := ipv4Number(host[start:end])
		if !ok || part == 4 {
			return netip.Addr{}
		}
		if end == len(host) {
			if n >= 1<<(8*(4-part)) {
				return netip.Addr{}
			}
			var b [4]byte
			binary.BigEndian.PutUint32(b[:], uint32(value+n))
			return netip.AddrFrom4(b)
		}
		if n > 255 || part == 3 {
			return netip.Addr{}
		}
		value |= n << (8 * (3 - part))
		start = end + 1
	}
}

// ipv4Number reads a number in decimal digits, in octal ones behind 0, or in
// hexadecimal ones behind 0x. What is above 32 bits stays above them.
func ipv4Number[T string | []byte](b T) (n uint64, ok bool) {
	base, i := uint64(10), 0
	switch {
	case len(b) == 0:
		return 0, false
	case len(b) >= 2 && b[0] == '0' && b[1]|0x20 == 'x':
		base, i = 16, 2
	case len(b) >= 2 && b[0] == '0':
		base, i = 8, 1
	}
	for ; i < len(b); i++ {
		digit := uint64(unhex(b[i]))
		if digit >= base {
			return 0, false
		}
		n = min(n*base+digit, 1<<32)
	}
	return n, true
}
