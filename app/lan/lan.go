// Package lan finds the addresses under which other devices may reach this
// computer, the likeliest first. It asks the system and sends nothing.
package lan

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Kind is what an address leads through, the likeliest for a phone first.
type Kind uint8

const (
	WiFi      Kind = iota // a wireless network
	Wired                 // a cable
	Other                 // an interface that its name does not tell
	VPN                   // a tunnel to another network
	Virtual               // virtual machines and containers of this computer
	LinkLocal             // an address that the computer gave itself: there is no network
)

// Interface is a network interface as the system describes it.
type Interface struct {
	Name         string
	Up           bool
	Loopback     bool
	PointToPoint bool
	Addrs        []netip.Prefix // its addresses, each with its network
}

// Address is an address of this computer.
type Address struct {
	Addr      netip.Addr
	Network   netip.Prefix // that it is in
	Interface string
	Kind      Kind
}

// Addresses are this computer's, ranked. An error means that there are none known.
func Addresses() ([]Address, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var known []Interface
	for _, i := range all {
		one := Interface{Name: i.Name, Up: i.Flags&net.FlagUp != 0, Loopback: i.Flags&net.FlagLoopback != 0,
			PointToPoint: i.Flags&net.FlagPointToPoint != 0}
		addrs, err := i.Addrs()
		if err != nil {
			continue // it went away meanwhile
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if addr, ok := netip.AddrFromSlice(n.IP); ok {
					ones, _ := n.Mask.Size()
					one.Addrs = append(one.Addrs, netip.PrefixFrom(addr.Unmap(), ones))
				}
			}
		}
		known = append(known, one)
	}
	return Rank(known), nil
}

// Rank lists the addresses that other devices may reach: real networks first, and
// in each kind IPv4 before IPv6, private addresses before public ones.
func Rank(all []Interface) []Address {
	var ranked []Address
	for _, i := range all {
		if !i.Up || i.Loopback {
			continue
		}
		for _, p := range i.Addrs {
			a := p.Addr()
			if !p.IsValid() || a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() {
				continue
			}
			if a.Is6() && a.IsLinkLocalUnicast() {
				continue // a phone cannot be told the zone that it would need
			}
			ranked = append(ranked, Address{Addr: a, Network: p.Masked(), Interface: i.Name, Kind: kindOf(&i, a)})
		}
	}
	slices.SortStableFunc(ranked, func(a, b Address) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(family(a.Addr), family(b.Addr)), strings.Compare(a.Interface, b.Interface),
			a.Addr.Compare(b.Addr))
	})
	return ranked
}

// family orders addresses by how well a person types them and a home router passes them.
func family(a netip.Addr) int {
	switch {
	case a.Is4() && a.IsPrivate():
		return 0
	case a.Is4():
		return 1
	case a.IsPrivate():
		return 2
	}
	return 3
}

// shared is what tailscale and some providers give out (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

func kindOf(i *Interface, a netip.Addr) Kind {
	kind := kindOfName(i.Name)
	switch {
	case a.IsLinkLocalUnicast():
		return LinkLocal
	case kind == Virtual:
		return Virtual
	case i.PointToPoint || shared.Contains(a):
		return VPN
	}
	return kind
}

// names tell kinds by how names of interfaces begin, in lower case: Linux,
// macOS and Windows, and what people install there.
var names = []struct {
	kind   Kind
	begins []string
}{
	{Virtual, []string{"docker", "br-", "veth", "virbr", "vnet", "vmnet", "vbox", "virtualbox", "vmware", "vethernet", "hyper-v", "lxc",
		"lxd", "incus",
		"cni", "flannel", "cali", "podman", "kube", "dummy", "bridge", "awdl", "llw", "anpi", "ap1", "waydroid", "multipass",
		"loopback pseudo"}},
	{VPN, []string{"tun", "tap", "wg", "utun", "ppp", "ipsec", "tailscale", "zt", "zerotier", "nordlynx", "nordvpn", "proton", "mullvad",
		"wireguard", "openvpn",
		"cloudflarewarp", "warp", "gpd", "cscotun", "vpn", "hamachi", "radmin", "sing-box", "clash", "mihomo", "meta"}},
	{WiFi, []string{"wl", "wi-fi", "wifi", "wireless", "drahtlos", "ath", "ra0"}},
	{Wired, []string{"eth", "en", "em", "usb", "lan", "以太网", "本地连接", "local area connection"}},
}

// contains tell kinds by words anywhere in a name, as on Windows.
var contains = []struct {
	kind  Kind
	words []string
}{
	{Virtual, []string{"virtual", "vmware", "hyper-v", "wsl", "docker"}},
	{VPN, []string{"vpn", "tap-windows", "wireguard", "tailscale", "zerotier"}},
	{WiFi, []string{"wlan", "wi-fi", "wireless", "无线"}},
}

func kindOfName(name string) Kind {
	name = strings.ToLower(name)
	for _, c := range contains {
		if slices.ContainsFunc(c.words, func(w string) bool { return strings.Contains(name, w) }) {
			return c.kind
		}
	}
	for _, n := range names {
		if slices.ContainsFunc(n.begins, func(b string) bool { return strings.HasPrefix(name, b) }) {
			return n.kind
		}
	}
	return Other
}
