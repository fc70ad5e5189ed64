package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"posthouse/proxy/http1"
)

// Bounds of a bypass list.
const (
	MaxBypass      = 1000 // entries
	maxBypassEntry = 255  // bytes of one
)

// Chain says which requests go through another proxy. Its zero value sends all
// of them directly. It is immutable and safe for concurrent use.
type Chain struct {
	Proxy  *Proxy
	bypass *bypass
}

// NewChain goes through proxy, but for what the list names:
//
//	example.com        this host; with a port (example.com:8080) at this port only
//	*.example.com      every host below it; .example.com is the same
//	10.*               the * stands for anything, also inside an entry
//	10.0.0.0/8, ::1    addresses, as they stand in a request: no name is resolved
//	<local>            names without a dot
//	<-loopback>        loopback too goes through the proxy, which it otherwise never does
func NewChain(proxy *Proxy, list []string) (Chain, error) {
	b, err := parseBypass(list)
	if err != nil {
		return Chain{}, err
	}
	return Chain{Proxy: proxy, bypass: b}, nil
}

// For is the proxy that a request for host (without brackets) and port goes
// through, nil for none. It allocates nothing for names.
func (c *Chain) For(host []byte, port uint16) *Proxy {
	if c.Proxy == nil || c.bypass.holds(host, port) {
		return nil
	}
	return c.Proxy
}

// Same reports whether both chains lead through the same proxy with the same credentials.
func (c *Chain) Same(o *Chain) bool {
	if c.Proxy == nil || o.Proxy == nil {
		return c.Proxy == o.Proxy
	}
	return c.Proxy.id == o.Proxy.id
}

// BypassError says which entry of a list cannot be used.
type BypassError struct {
	Entry string
	Msg   string
}

func (e *BypassError) Error() string { return fmt.Sprintf("%q cannot be used: %s", e.Entry, e.Msg) }

type bypass struct {
	local    bool // names without a dot
	loopback bool // loopback too goes through the proxy
	patterns []pattern
	prefixes []prefix
}

// pattern is a host, in lower case, in which a * stands for anything.
type pattern struct {
	text string
	port uint16 // 0: any
}

type prefix struct {
	prefix netip.Prefix
	port   uint16 // 0: any
}

func parseBypass(list []string) (*bypass, error) {
	b := &bypass{}
	if len(list) > MaxBypass {
		return nil, &BypassError{fmt.Sprint(len(list), " entries"), fmt.Sprintf("there may be %d", MaxBypass)}
	}
	for _, entry := range list {
		if err := b.add(strings.TrimSpace(entry)); err != nil {
			return nil, &BypassError{entry, err.Error()}
		}
	}
	return b, nil
}

func (b *bypass) add(entry string) error {
	switch {
	case entry == "":
		return errors.New("it is empty")
	case len(entry) > maxBypassEntry:
		return fmt.Errorf("it is longer than %d bytes", maxBypassEntry)
	case strings.EqualFold(entry, "<local>"):
		b.local = true
		return nil
	case strings.EqualFold(entry, "<-loopback>"):
		b.loopback = true
		return nil
	case strings.Contains(entry, "/"):
		p, err := netip.ParsePrefix(entry)
		if err != nil {
			return errors.New("write a network such as 10.0.0.0/8, or a host without a scheme or path")
		}
		b.prefixes = append(b.prefixes, prefix{p.Masked(), 0})
		return nil
	}
	host, port, err := cutPort(entry)
	if err != nil {
		return err
	}
	if a, _ := http1.HostAddr(host); a.IsValid() {
		a = a.WithZone("")
		b.prefixes = append(b.prefixes, prefix{netip.PrefixFrom(a, a.BitLen()), port})
		return nil
	}
	if host == "" || strings.ContainsAny(host, " \t\r\n<>[]@:;,\"'\\") {
		return errors.New("write a host, *.suffix, an address, a network such as 10.0.0.0/8, <local> or <-loopback>")
	}
	if host[0] == '.' {
		host = "*" + host
	}
	b.patterns = append(b.patterns, pattern{strings.ToLower(host), port})
	return nil
}

// cutPort cuts host:port, [address]:port, host or address.
func cutPort(entry string) (host string, port uint16, err error) {
	rest := ""
	switch {
	case entry[0] == '[':
		end := strings.IndexByte(entry, ']')
		if end < 0 {
			return "", 0, errors.New("a bracket is not closed")
		}
		host, rest = entry[1:end], entry[end+1:]
	case strings.Count(entry, ":") == 1:
		i := strings.IndexByte(entry, ':')
		host, rest = entry[:i], entry[i:]
	default:
		return entry, 0, nil
	}
	if rest == "" {
		return host, 0, nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(rest, ":"), 10, 16)
	if err != nil || n == 0 || rest[0] != ':' {
		return "", 0, errors.New("the port must be a number from 1 to 65535")
	}
	return host, uint16(n), nil
}

func (b *bypass) holds(host []byte, port uint16) bool {
	if b == nil {
		b = &noBypass
	}
	if a, _ := http1.HostAddr(host); a.Zone() != "" {
		return true // a zone means something on this machine alone (RFC 4007 section 11.2)
	} else if a.IsValid() {
		return b.holdsAddress(a, port)
	}
	host = trimRootDot(host)
	if !b.loopback && (equalFold(host, "localhost") || hasSuffixFold(host, ".localhost")) {
		return true // RFC 6761 section 6.3
	}
	if b.local && len(host) > 0 && bytes.IndexByte(host, '.') < 0 {
		return true
	}
	for i := range b.patterns {
		p := &b.patterns[i]
		if (p.port == 0 || p.port == port) && glob(p.text, host) {
			return true
		}
	}
	return false
}

var noBypass bypass

func (b *bypass) holdsAddress(a netip.Addr, port uint16) bool {
	if !b.loopback && (a.IsLoopback() || a.IsUnspecified()) {
		return true
	}
	for i := range b.prefixes {
		p := &b.prefixes[i]
		if (p.port == 0 || p.port == port) && p.prefix.Contains(a) {
			return true
		}
	}
	var space [64]byte
	text := a.AppendTo(space[:0])
	for i := range b.patterns {
		p := &b.patterns[i]
		if (p.port == 0 || p.port == port) && glob(p.text, text) {
			return true
		}
	}
	return false
}

// glob matches host, whatever its case, against a pattern in lower case. It
// takes time by the product of both lengths at most.
func glob(pattern string, host []byte) bool {
	at, star, mark := 0, -1, 0
	for i := 0; i < len(host); {
		switch {
		case at < len(pattern) && pattern[at] == '*':
			star, mark = at, i
			at++
		case at < len(pattern) && pattern[at] == lower(host[i]):
			at++
			i++
		case star >= 0:
			mark++
			at, i = star+1, mark
		default:
			return false
		}
	}
	for at < len(pattern) && pattern[at] == '*' {
		at++
	}
	return at == len(pattern)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func trimRootDot(host []byte) []byte {
	if n := len(host); n > 1 && host[n-1] == '.' {
		return host[:n-1]
	}
	return host
}

func equalFold(b []byte, s string) bool { return len(b) == len(s) && hasSuffixFold(b, s) }

func hasSuffixFold(b []byte, s string) bool {
	if len(b) < len(s) {
		return false
	}
	b = b[len(b)-len(s):]
	for i := range b {
		if lower(b[i]) != s[i] {
			return false
		}
	}
	return true
}
