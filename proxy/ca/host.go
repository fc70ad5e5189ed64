package ca

import (
	"net"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"posthouse/proxy/reason"
)

// ErrHost is what Leaf says for a host that no certificate can name.
var ErrHost = error(reason.New(reason.CAHost))

// host is one host in the form that certificates hold: an address, or a name
// in lower-case A-labels (RFC 5890) without the root's dot.
type host struct {
	name string
	addr netip.Addr // without a zone
}

// toASCII maps what people type (UTS 46) and is not strict about letters:
// names with an underscore are in use.
var toASCII = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false))

// parseHost reads a host in any of the forms that a target, a Host field or a
// ClientHello gives it. A usual name costs no allocation.
func parseHost(s string) (host, error) {
	if len(s) > 1024 || !utf8.ValidString(s) { // a name has 253 octets; U-labels take more to write
		return host{}, ErrHost
	}
	if addr, ok := parseAddr(s); ok {
		return host{addr: addr}, nil
	}
	lower := true
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			ascii, err := toASCII.ToASCII(s)
			if err != nil {
				return host{}, ErrHost
			}
			return parseHost(ascii)
		}
		if 'A' <= s[i] && s[i] <= 'Z' {
			lower = false
		}
	}
	if !lower {
		s = strings.ToLower(s)
	}
	if trimmed, rooted := strings.CutSuffix(s, "."); rooted {
		s = trimmed
		if addr, ok := parseAddr(s); ok && addr.Is4() { // browsers take 127.0.0.1. for the address
			return host{addr: addr}, nil
		}
	}
	if !validName(s) {
		return host{}, ErrHost
	}
	return host{name: s}, nil
}

// parseAddr reads an IPv4 literal, or an IPv6 literal with or without brackets
// (RFC 3986 section 3.2.2). A zone is of this computer only and is left out.
func parseAddr(s string) (netip.Addr, bool) {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		addr, err := netip.ParseAddr(s[1 : len(s)-1])
		return addr.WithZone(""), err == nil && addr.Is6()
	}
	// What cannot be an address is told here: ParseAddr allocates for its error.
	if strings.IndexByte(s, ':') < 0 && (s == "" || s[len(s)-1] < '0' || s[len(s)-1] > '9') {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(s)
	return addr.WithZone(""), err == nil
}

// validName reports whether s, in lower case, is a name that a dNSName can hold
// (RFC 5280 section 4.2.1.6): labels of 1 to 63 letters, digits, hyphens, and
// the underscore that is in use, 253 in all (RFC 1035 section 2.3.4).
func validName(s string) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	label := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	return label > 0
}

// family is what one leaf covers: a name, and with wildcard what is one label
// below it.
type family struct {
	name     string
	wildcard bool
}

// familyOf decides what a leaf for name covers. Siblings share one, so that a
// page with parts at many hosts of a domain costs one signature. A wildcard
// never lies at a public suffix, where its children belong to different people.
func (a *Authority) familyOf(name string) family {
	registrable := ""
	dot := strings.IndexByte(name, '.')
	if dot < 0 {
		return family{name: name}
	}
	if r, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		registrable = r
	}
	switch {
	case registrable == "": // a public suffix itself
		return family{name: name}
	case registrable == name:
		return family{name: name, wildcard: a.permitsName(name)}
	case !plainLabel(name[:dot]):
		return family{name: name}
	case !a.permitsName(name[dot+1:]):
		return family{name: name}
	}
	return family{name: name[dot+1:], wildcard: true}
}

// plainLabel reports whether all clients agree that a wildcard matches the
// label: some refuse A-labels (RFC 6125 section 7.2) and underscores.
func plainLabel(label string) bool {
	return !strings.HasPrefix(label, "xn--") && strings.IndexByte(label, '_') < 0 &&
		label[0] != '-' && label[len(label)-1] != '-'
}

func allAddresses() []*net.IPNet {
	return []*net.IPNet{
		{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
		{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
	}
}
