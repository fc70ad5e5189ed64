package query

import (
	"net/netip"
	"strings"

	"posthouse/proxy/flow"
)

// The words for devices whose address does not matter.
const (
	deviceHere  = "here"  // this computer, by one of its loopback addresses
	deviceOther = "other" // any other one
)

// devices are those that a word means.
type devices struct {
	here, other bool
	exact       []netip.Addr
	networks    []netip.Prefix
	beginnings  []string
}

// device takes addresses of devices, whole or their beginnings, networks, and the words for those
// whose address does not matter.
func device(value string) (func(*flow.Row) bool, string) {
	const allowed = "write an address such as 192.168.1.20, its beginning, a network such as 192.168.1.0/24, here, or other"
	var d devices
	if name, whole := strings.CutPrefix(value, "="); whole {
		addr, err := netip.ParseAddr(name)
		if err != nil {
			return nil, allowed
		}
		value = addr.String()
	}
	names := parts(value)
	for _, name := range names {
		if !d.add(name) {
			return nil, allowed
		}
	}
	if len(names) == 0 {
		return nil, allowed
	}
	return func(r *flow.Row) bool { return d.has(r.Client.Addr().Unmap().WithZone("")) }, ""
}

func (d *devices) add(name string) bool {
	if addr, err := netip.ParseAddr(name); err == nil {
		d.exact = append(d.exact, addr.Unmap().WithZone(""))
		return true
	}
	if network, err := netip.ParsePrefix(name); err == nil {
		d.networks = append(d.networks, network.Masked())
		return true
	}
	switch {
	case name == deviceHere:
		d.here = true
	case name == deviceOther:
		d.other = true
	case strings.Trim(name, "0123456789abcdef.:") == "":
		d.beginnings = append(d.beginnings, name)
	default:
		return false
	}
	return true
}

func (d *devices) has(addr netip.Addr) bool {
	if !addr.IsValid() {
		return false
	}
	if d.here && addr.IsLoopback() || d.other && !addr.IsLoopback() {
		return true
	}
	for _, one := range d.exact {
		if one == addr {
			return true
		}
	}
	for _, network := range d.networks {
		if network.Contains(addr) {
			return true
		}
	}
	if len(d.beginnings) == 0 {
		return false
	}
	var space [64]byte
	text := addr.AppendTo(space[:0])
	for _, begin := range d.beginnings {
		if len(text) >= len(begin) && string(text[:len(begin)]) == begin {
			return true
		}
	}
	return false
}
