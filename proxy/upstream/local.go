package upstream

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// Which addresses are this computer's alone. They are judged where they are
// dialed, each address of a name, so that no spelling of them and no name server
// makes a difference.

// thisNetwork are addresses that lead to this computer where they lead anywhere
// (RFC 1122 section 3.2.1.3).
var thisNetwork = netip.MustParsePrefix("0.0.0.0/8")

// IsLocal reports whether an address is reached from this computer alone:
// loopback, the unspecified ones, which lead there too, and link-local ones
// (RFC 3927, RFC 4291 section 2.5.6), behind which clouds keep a machine's own
// credentials.
func IsLocal(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.Is4() && thisNetwork.Contains(a)
}

// NamesLocal reports whether a host is local by what is written: an address for
// which IsLocal holds, or localhost. It is for hosts that another proxy resolves.
func NamesLocal(host string) bool {
	if a, ok := spelledAddress(host); ok {
		return IsLocal(a)
	}
	return isLocalhost(host)
}

// spelledAddress reads an address as resolvers do: besides the usual form, IPv4
// addresses of one to four numbers in decimal, octal or hexadecimal, the last of
// which fills the bytes that are left (inet_aton).
func spelledAddress(host string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Replace(host, "%25", "%", 1)); err == nil {
		return a, true
	}
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, part := range parts {
		n, err := number(part)
		last := i == len(parts)-1
		if err != nil || !last && n > 255 || last && n>>(8*(4-i)) > 0 {
			return netip.Addr{}, false
		}
		if last {
			sum |= n
		} else {
			sum |= n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}

// number reads a part of an IPv4 address as C does.
func number(part string) (uint64, error) {
	switch hex, is := strings.CutPrefix(strings.ToLower(part), "0x"); {
	case is:
		return strconv.ParseUint(hex, 16, 32)
	case len(part) > 1 && part[0] == '0':
		return strconv.ParseUint(part, 8, 32)
	}
	return strconv.ParseUint(part, 10, 32)
}

// permitted leaves out the addresses that Denied reports. The error says that
// none is left.
func (d *Dialer) permitted(addrs []netip.AddrPort) ([]netip.AddrPort, error) {
	if d.Denied == nil || len(addrs) == 0 {
		return addrs, nil
	}
	var left []netip.AddrPort
	for _, a := range addrs {
		if !d.Denied(a.Addr()) {
			left = append(left, a)
		}
	}
	if len(left) == 0 {
		return nil, errors.New("it leads to " + addrs[0].Addr().String())
	}
	return left, nil
}
