package main

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/app/settings"
)

// loopback are the networks of this computer alone.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// checkAllow finds an -allow that is of no use, because no address is
// listened on that other devices reach.
func (o *options) checkAllow(s *settings.Settings) error {
	if o.allow == nil {
		return nil
	}
	addrs := o.addrs(s)
	if o.listen == nil && s.LAN.Enabled {
		addrs = append(addrs, s.LAN.Listen...)
	}
	if slices.ContainsFunc(addrs, beyond) {
		return nil
	}
	for _, text := range *o.allow {
		p, err := settings.ParseAllow(text)
		if err == nil && slices.ContainsFunc(loopback, p.Overlaps) {
			return nil
		}
	}
	return fmt.Errorf("-allow lets other devices in, but %s can be reached from this computer alone: name its address in the network, "+
		"such as -listen 192.168.1.20:%d", strings.Join(addrs, ", "), settings.DefaultPort)
}

// addrs are the addresses that are listened on, but for those of the lan table.
func (o *options) addrs(s *settings.Settings) []string {
	if o.listen != nil {
		return slices.Clone(o.listen)
	}
	return s.Addrs()
}

// openToAll are the addresses where everybody who reaches them may use the proxy.
func (o *options) openToAll(s *settings.Settings) []string {
	if o.allow != nil {
		return nil
	}
	return slices.DeleteFunc(o.addrs(s), func(addr string) bool { return !beyond(addr) })
}

// beyond reports whether an address, with a port or without, is reached from elsewhere.
func beyond(addr string) bool {
	host := addr
	if h, _, err := net.SplitHostPort(addr); err == nil {
		host = h
	}
	return !backend.IsLoopback(host)
}
