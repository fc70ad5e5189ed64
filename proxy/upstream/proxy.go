package upstream

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Scheme is how an upstream proxy is spoken to.
type Scheme uint8

const (
	SchemeHTTP   Scheme = iota + 1 // HTTP/1.1 in plain TCP
	SchemeHTTPS                    // HTTP/1.1 inside TLS
	SchemeSOCKS5                   // RFC 1928; names are resolved by the proxy
)

// Bounds of an upstream proxy's URL, in bytes. RFC 1929 gives user and password
// one length byte each; the rest keeps a request head small.
const (
	maxProxyURL   = 2048
	maxCredential = 255
)

// Proxy is another proxy that requests go through. It is immutable; nil is none.
type Proxy struct {
	Scheme Scheme
	Host   string // name or address, without brackets
	Port   uint16

	// Roots are the certificates that an HTTPS proxy may be signed by; nil: the system's.
	Roots *x509.CertPool

	user, password string
	hasUser        bool
	withheld       bool   // it has a user, who is left out here
	bare           *Proxy // the same without the user
	name           string // what people may read
	id             ProxyID
	authorization  string // value of Proxy-Authorization; "" without a user
}

// String is the proxy's URL without user and password, for logs and rows.
func (p *Proxy) String() string { return p.name }

// ID is equal for proxies of the same kind, address and credentials; nil has none.
func (p *Proxy) ID() ProxyID {
	if p == nil {
		return ProxyID{}
	}
	return p.id
}

// Authorization is the value of Proxy-Authorization (RFC 7617), "" where the URL has no user.
func (p *Proxy) Authorization() string { return p.authorization }

// WithoutLogin is the same proxy without its user and password, for clients that
// are not to use them. Connections are not shared between the two.
func (p *Proxy) WithoutLogin() *Proxy {
	if p.bare == nil {
		return p
	}
	if p.Roots == p.bare.Roots {
		return p.bare
	}
	bare := *p.bare
	bare.Roots = p.Roots
	return &bare
}

// Forwards reports whether plain requests are sent to the proxy in absolute-form;
// otherwise they go through it as through a tunnel.
func (p *Proxy) Forwards() bool { return p.Scheme != SchemeSOCKS5 }

// LeavesLogin reports whether the settings hold no user for a proxy that may ask for
// one in HTTP, so that logging in is left to the clients. nil does not.
func (p *Proxy) LeavesLogin() bool { return p != nil && p.Forwards() && !p.hasUser && !p.withheld }

var defaultPorts = map[Scheme]uint16{SchemeHTTP: 8080, SchemeHTTPS: 443, SchemeSOCKS5: 1080}

// ParseProxy reads a URL such as "http://user:password@proxy.example:3128".
// The schemes are http, https, and socks5 or socks5h, which are the same here.
// Its errors never repeat what may be a password.
func ParseProxy(text string) (*Proxy, error) {
	if len(text) > maxProxyURL {
		return nil, fmt.Errorf("it is longer than %d bytes", maxProxyURL)
	}
	scheme, _, found := strings.Cut(text, "://")
	if !found {
		return nil, errors.New("write a URL such as http://proxy.example:3128")
	}
	p := &Proxy{}
	switch strings.ToLower(scheme) {
	case "http":
		p.Scheme = SchemeHTTP
	case "https":
		p.Scheme = SchemeHTTPS
	case "socks5", "socks5h":
		p.Scheme = SchemeSOCKS5
	default:
		return nil, errors.New("the scheme must be http, https or socks5")
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("it is no valid URL; in user and password, write %40 for @, %3A for :, %2F for / and %25 for %")
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return nil, errors.New("nothing may follow host and port")
	}
	if err := p.setHost(u); err != nil {
		return nil, err
	}
	if err := p.setUser(u.User); err != nil {
		return nil, err
	}
	p.finish()
	return p, nil
}

func (p *Proxy) setHost(u *url.URL) error {
	p.Host = u.Hostname()
	if !validHost(p.Host) {
		return errors.New("the host must be an address, or a name of letters, digits, dots and dashes (in its xn-- form where it has " +
			"other letters)")
	}
	p.Port = defaultPorts[p.Scheme]
	if text := u.Port(); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return errors.New("the port must be a number from 1 to 65535")
		}
		p.Port = uint16(n)
	}
	return nil
}

func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	for i := range len(host) {
		c := host[i]
		if letter := c|0x20 >= 'a' && c|0x20 <= 'z'; !letter && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return len(host) > 0 && len(host) <= 253
}

func (p *Proxy) setUser(user *url.Userinfo) error {
	if user == nil {
		return nil
	}
	p.user, p.hasUser = user.Username(), true
	p.password, _ = user.Password()
	switch {
	case len(p.user) > maxCredential || len(p.password) > maxCredential:
		return fmt.Errorf("user and password may have %d bytes each", maxCredential)
	case p.Scheme == SchemeSOCKS5 && (p.user == "" || p.password == ""):
		return errors.New("a SOCKS5 proxy takes a user together with a password (RFC 1929)")
	case p.Scheme != SchemeSOCKS5 && strings.Contains(p.user, ":"):
		return errors.New("the user may hold no colon (RFC 7617)")
	}
	return nil
}

var schemeNames = map[Scheme]string{SchemeHTTP: "http", SchemeHTTPS: "https", SchemeSOCKS5: "socks5"}

// finish makes what is derived, once.
func (p *Proxy) finish() {
	p.name = schemeNames[p.Scheme] + "://" + net.JoinHostPort(p.Host, strconv.Itoa(int(p.Port)))
	if p.hasUser && p.Forwards() {
		p.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.password))
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %t %q %q", strings.ToLower(p.name), p.hasUser, p.user, p.password))
	copy(p.id[:], sum[:])
	if p.hasUser {
		p.bare = &Proxy{Scheme: p.Scheme, Host: p.Host, Port: p.Port, Roots: p.Roots, withheld: true}
		p.bare.finish()
	}
}

// Redact takes user and password out of what is, or should be, a proxy's URL.
func Redact(text string) string {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return text
	}
	start := 0
	if i := strings.Index(text[:at], "://"); i >= 0 {
		start = i + len("://")
	}
	return text[:start] + "***" + text[at:]
}
