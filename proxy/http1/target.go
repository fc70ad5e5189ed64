package http1

import (
	"bytes"
	"net/netip"
)

// Authority is host and port of a target (RFC 3986 section 3.2), as sent.
type Authority struct {
	Text     []byte // host and port without userinfo, fit for a Host field
	Host     []byte // name or address; an IPv6 literal without its brackets
	Port     uint16 // 0 where none is given
	Userinfo []byte // what stood before an @
	Literal  bool   // Host stood in brackets
}

// Target is an absolute-form request target taken apart (RFC 9112 section 3.2.2).
type Target struct {
	Authority
	Path      []byte // path and query as sent, without fragment; may be empty or start with '?'
	WebSocket bool   // the scheme was ws (RFC 6455 section 3), which is http on the wire
}

// ParseAbsolute takes an absolute-form target apart. Only the schemes http and
// ws, which share their port, are taken; ErrScheme says that there is another one.
func ParseAbsolute(t *Target, target []byte) error {
	*t = Target{}
	i := bytes.IndexByte(target, ':')
	if i < 0 || !validScheme(target[:i]) {
		return ErrTargetForm
	}
	if t.WebSocket = EqualFold(target[:i], "ws"); !t.WebSocket && !EqualFold(target[:i], "http") {
		return ErrScheme
	}
	rest := target[i+1:]
	if len(rest) < 2 || rest[0] != '/' || rest[1] != '/' {
		return ErrAuthority
	}
	rest = rest[2:]
	end := authorityEnd(rest)
	if err := parseAuthority(&t.Authority, rest[:end]); err != nil {
		return err
	}
	t.Path = rest[end:]
	if i := bytes.IndexByte(t.Path, '#'); i >= 0 {
		t.Path = t.Path[:i]
	}
	return nil
}

// IsAbsolute reports whether the target in the request line of a head, whatever else is
// in it, has a scheme, as requests to proxies have.
func IsAbsolute(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	_, target, _ := bytes.Cut(line, []byte(" "))
	target, _, _ = bytes.Cut(target, []byte(" "))
	scheme, _, has := bytes.Cut(target, []byte("://"))
	return has && validScheme(scheme)
}

// ParseConnect takes the authority-form target of CONNECT apart; the port is
// needed (RFC 9110 section 9.3.6).
func ParseConnect(a *Authority, target []byte) error {
	*a = Authority{}
	if bytes.IndexByte(target, '@') >= 0 {
		return ErrUserinfo
	}
	if err := parseAuthority(a, target); err != nil {
		return err
	}
	if a.Port == 0 {
		return ErrPort
	}
	return nil
}

// authorityEnd is where path, query or fragment begin. Authorities are short:
// a plain loop is faster here than what bytes has for sets.
func authorityEnd(b []byte) int {
	for i, c := range b {
		if c == '/' || c == '?' || c == '#' {
			return i
		}
	}
	return len(b)
}

func validScheme(b []byte) bool {
	for i, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '+' && c != '-' && c != '.' && (c < '0' || c > '9')) {
			return false
		}
	}
	return len(b) > 0
}

func parseAuthority(a *Authority, b []byte) error {
	*a = Authority{}
	if i := bytes.LastIndexByte(b, '@'); i >= 0 {
		a.Userinfo, b = b[:i], b[i+1:]
		if len(a.Userinfo) == 0 {
			a.Userinfo = nil
		}
		if !cleanUserinfo(a.Userinfo) {
			return ErrUserinfo
		}
	}
	host, port, err := splitPort(a, b)
	if err != nil {
		return err
	}
	a.Host, a.Text = host, b
	if port == nil {
		return nil
	}
	if len(port) == 0 {
		a.Text = b[:len(b)-1] // "host:" means the scheme's default port; the colon goes
		return nil
	}
	n, ok := parseDecimal(port)
	if !ok || n < 1 || n > 65535 {
		return ErrPort
	}
	a.Port = uint16(n)
	return nil
}

// splitPort cuts b into host and port; port is nil without a colon.
func splitPort(a *Authority, b []byte) (host, port []byte, err error) {
	if len(b) > 0 && b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		if end < 2 || !validLiteral(b[1:end]) {
			return nil, nil, ErrAuthority
		}
		a.Literal = true
		host, port = b[1:end], b[end+1:]
		if len(port) == 0 {
			return host, nil, nil
		}
		if port[0] != ':' {
			return nil, nil, ErrAuthority
		}
		return host, port[1:], nil
	}
	n := 0
	for n < len(b) && classes[b[n]]&classHost != 0 {
		n++
	}
	host = b[:n]
	if n < len(b) && b[n] == ':' {
		port = b[n+1:]
	} else if n < len(b) {
		return nil, nil, ErrAuthority
	}
	if n > maxHost {
		return nil, nil, ErrHostLong
	}
	if n == 0 || !cleanEscapes(host) {
		return nil, nil, ErrAuthority
	}
	return host, port, nil
}

// maxHost is how long a name may be, in bytes: as long as one on the wire (RFC 1035 section 2.3.4).
const maxHost = 255

// cleanEscapes reports whether two hex digits follow each % (RFC 3986 section 2.1).
func cleanEscapes(host []byte) bool {
	for {
		i := bytes.IndexByte(host, '%')
		if i < 0 {
			return true
		}
		if len(host) < i+3 || unhex(host[i+1]) > 15 || unhex(host[i+2]) > 15 {
			return false
		}
		host = host[i+3:]
	}
}

// validLiteral takes IPv6 addresses, with a zone if need be (RFC 3986 section
// 3.2.2, RFC 4007 section 11). IPvFuture means nothing to a dialer.
func validLiteral(b []byte) bool {
	if len(b) > 64 {
		return false
	}
	if i := bytes.IndexByte(b, '%'); i >= 0 {
		if i+1 == len(b) || !isClass(b[i+1:], classHost) {
			return false
		}
		b = b[:i]
	}
	a, err := netip.ParseAddr(string(b))
	return err == nil && a.Is6()
}

func cleanUserinfo(b []byte) bool {
	for _, c := range b {
		if c == '@' || c == '[' || c == ']' || c == '\\' {
			return false
		}
	}
	return true
}
