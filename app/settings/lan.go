package settings

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// LAN opens the proxy to chosen other devices.
type LAN struct {
	Enabled bool     `toml:"enabled"`
	Listen  []string `toml:"listen"` // IP addresses of this computer, beside those of the proxy table
	Allow   []string `toml:"allow"`  // addresses and networks that may use the proxy there; none: no one may

	// What other devices may use of this computer, wherever they come in.
	Loopback    bool `toml:"loopback"`    // what listens for this computer alone, and link-local addresses
	Credentials bool `toml:"credentials"` // client certificates, and the login of the upstream proxy
}

// maxAllow bounds how many addresses and networks are allowed.
const maxAllow = 256

func (l LAN) Clone() LAN {
	l.Listen, l.Allow = slices.Clone(l.Listen), slices.Clone(l.Allow)
	return l
}

// ParseAllow reads an address or a network, such as 192.168.1.42 or 192.168.1.0/24.
func ParseAllow(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, &ValueError{Key: "lan.allow", Value: strconv.Quote(text), Rule: RuleAllow,
			Remedy: "it must be an address such as 192.168.1.42, or a network such as 192.168.1.0/24"}
	}
	return p.Masked(), nil
}

// Allows reports whether a device may use the proxy.
func (l LAN) Allows(addr netip.Addr) bool {
	return slices.ContainsFunc(l.Allowed(), func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Allowed is Allow as the engine takes it.
func (l LAN) Allowed() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range l.Allow {
		if p, err := ParseAllow(text); err == nil { // validate has found it good
			all = append(all, p)
		}
	}
	return all
}

// validate finds what cannot be used; p is the table beside which it holds.
func (l LAN) validate(p *Proxy) error {
	if len(l.Listen) > maxListen {
		return &ValueError{Key: "lan.listen", Value: fmt.Sprint(l.Listen), Rule: RuleCount, Args: []any{maxListen},
			Remedy: fmt.Sprintf("name 1 to %d addresses, such as \"192.168.1.20\"", maxListen)}
	}
	for i, text := range l.Listen {
		if err := l.checkAddress(i, text, p); err != nil {
			return err
		}
	}
	if len(l.Allow) > maxAllow {
		return &ValueError{Key: "lan.allow", Value: strconv.Itoa(len(l.Allow)) + " entries", Rule: RuleAtMost, Args: []any{maxAllow},
			Remedy: fmt.Sprintf("at most %d are kept", maxAllow)}
	}
	for _, text := range l.Allow {
		if _, err := ParseAllow(text); err != nil {
			return err
		}
	}
	if l.Enabled && len(l.Listen) == 0 {
		return &ValueError{Key: "lan.enabled", Value: "true", Rule: RuleNowhere,
			Remedy: "name an address of this computer in lan.listen, such as \"192.168.1.20\""}
	}
	return nil
}

func (l LAN) checkAddress(i int, text string, p *Proxy) error {
	bad := &ValueError{Key: "lan.listen", Value: strconv.Quote(text)}
	addr, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		bad.Rule, bad.Remedy = RuleAddress, "it must be an IP address of this computer, such as \"192.168.1.20\""
	case addr.IsUnspecified():
		bad.Rule, bad.Remedy = RuleNamed, "name the address itself, such as \"192.168.1.20\": another network is not to be opened unawares"
	case slices.Contains(l.Listen[:i], text):
		bad.Rule, bad.Remedy = RuleTwice, "it appears more than once"
	case l.Enabled:
		open := slices.IndexFunc(p.Listen, func(other string) bool {
			o, err := netip.ParseAddr(other)
			return err == nil && (o.Unmap() == addr.Unmap() || o.IsUnspecified())
		})
		if open >= 0 {
			bad.Rule, bad.Args = RuleOpen, []any{p.Listen[open]}
			bad.Remedy = "proxy.listen has " + p.Listen[open] + ", where everybody may use the proxy. Take it out there"
		}
	}
	if bad.Rule == "" {
		return nil
	}
	return bad
}

// LANAddrs are the addresses for other devices to listen on, as host:port.
func (s Settings) LANAddrs() []string {
	if !s.LAN.Enabled {
		return nil
	}
	var addrs []string
	for _, host := range s.LAN.Listen {
		addrs = append(addrs, net.JoinHostPort(host, strconv.Itoa(s.Proxy.Port)))
	}
	return addrs
}
