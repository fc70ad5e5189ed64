package backend

import (
	"net"
	"net/netip"
	"strings"
)

// Reachable turns the address of a listener into one that a client can use.
func Reachable(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if err == nil && ip.Is6() && !ip.Is4In6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port), nil
}

// IsLoopback reports whether a host is this computer by name or address.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// OwnAddress reports whether a host:port is where Posthouse listens.
func OwnAddress(addr string) func(string) bool {
	_, port, _ := net.SplitHostPort(addr)
	return func(hostPort string) bool {
		host, p, err := net.SplitHostPort(hostPort)
		return hostPort == addr || err == nil && p == port && IsLoopback(host)
	}
}

// Extended is a list with those of more that it lacks.
func Extended(list []string, more ...string) []string {
	out := append([]string(nil), list...)
	for _, m := range more {
		found := false
		for _, have := range out {
			found = found || strings.EqualFold(have, m)
		}
		if !found {
			out = append(out, m)
		}
	}
	return out
}

// HostPort joins what desktops keep apart; empty where there is no host.
func HostPort(host, port string) string {
	if host == "" {
		return ""
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}
