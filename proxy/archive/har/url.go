package har

import (
	"net/netip"
	"strconv"
	"strings"

	"posthouse/proxy/flow"
)

// urlOf is the URL of an entry. A tunnel has none; it gets one that readers of HAR take,
// and its authority stands in _posthouse.
func urlOf(r *flow.Row) string {
	switch {
	case r.Kind != flow.KindTunnel:
		return r.URL()
	case r.TLS.Seen || strings.HasSuffix(r.Host, ":443"):
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

var defaultPorts = map[string]string{"http": "80", "ws": "80", "https": "443", "wss": "443"}

// cutURL takes an absolute URL apart, as a row has it: without a default port, user
// information and fragment. What is none is a path.
func cutURL(url string) (scheme, host, path string) {
	url, _, _ = strings.Cut(url, "#")
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || strings.ContainsAny(scheme, "/?") {
		return "", "", url
	}
	scheme = strings.ToLower(scheme)
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, path = rest[:end], rest[end:]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	if name, port, ok := cutPort(host); ok && (port == "" || port == defaultPorts[scheme]) {
		host = name
	}
	if path == "" || path[0] == '?' {
		path = "/" + path
	}
	return scheme, host, path
}

// cutPort takes host:port apart; ok is whether there is a port, which may be empty.
func cutPort(host string) (name, port string, ok bool) {
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || strings.HasSuffix(host, "]") || strings.Trim(host[colon+1:], "0123456789") != "" {
		return host, "", false
	}
	if strings.IndexByte(host[:colon], ':') >= 0 && host[0] != '[' {
		return host, "", false // an address of IPv6 without its brackets
	}
	return host[:colon], host[colon+1:], true
}

// remote is the address of a server, by its address and the port that the URL asks for.
func remote(address, scheme, host string) netip.AddrPort {
	ip, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(address), "[]"))
	if err != nil {
		return netip.AddrPort{}
	}
	_, port, ok := cutPort(host)
	if !ok || port == "" {
		port = defaultPorts[scheme]
	}
	n, _ := strconv.ParseUint(port, 10, 16)
	return netip.AddrPortFrom(ip, uint16(n))
}
