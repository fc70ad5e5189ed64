package upstream

import (
	"net/netip"

	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
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
	if a, _ := http1.HostAddr(host); a.IsValid() {
		return IsLocal(a)
	}
	return isLocalhost(host)
}

// permitted leaves out the addresses that Denied reports. The error says that
// none is left.
func (d *Dialer) permitted(addrs []netip.AddrPort) ([]netip.AddrPort, error) {
	if d.Denied == nil || len(addrs) == 0 {
		return addrs, nil
	}
	var left []netip.AddrPort
	for _, a := range addrs {
		if !d.denies(a) {
			left = append(left, a)
		}
	}
	if len(left) == 0 {
		return nil, reason.New(reason.LeadsTo, addrs[0].Addr().String())
	}
	return left, nil
}

func (d *Dialer) denies(a netip.AddrPort) bool { return d.Denied != nil && d.Denied(a.Addr()) }
