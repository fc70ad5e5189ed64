package rules

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// Send has a request go to another origin than it was for. What is zero stays as it was.
type Send struct {
	Scheme   string `toml:"scheme,omitempty"` // http or https
	Host     string `toml:"host,omitempty"`   // a name, or an address
	Port     int    `toml:"port,omitempty"`   // 0: the scheme's own where scheme or host is given
	Path     string `toml:"path,omitempty"`   // in place of the path; the query stays
	Find     string `toml:"find,omitempty"`   // in path and query: a text, or a regular expression (RE2) between slashes
	With     string `toml:"with,omitempty"`   // what comes in its place; $1 is a group of a regular expression
	KeepHost bool   `toml:"keep_host,omitempty"`
	KeepSNI  bool   `toml:"keep_sni,omitempty"` // TLS asks for the host that the request was for
}

// Origin is where a request goes.
type Origin struct {
	Scheme string // http or https
	Host   string // without brackets
	Port   uint16
}

// Authority is host and port, without the port that is the scheme's own.
func (o Origin) Authority() string {
	if o.Port != defaultPort(o.Scheme) {
		return net.JoinHostPort(o.Host, strconv.Itoa(int(o.Port)))
	}
	if strings.IndexByte(o.Host, ':') >= 0 {
		return "[" + o.Host + "]"
	}
	return o.Host
}

func (o Origin) String() string { return o.Scheme + "://" + o.Authority() }

func defaultPort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

// Sends reports whether the rule names another origin.
func (c *Compiled) Sends() bool {
	return c.Send != nil && (c.Send.Scheme != "" || c.Send.Host != "" || c.Send.Port != 0)
}

// Target is where a request for an origin goes.
func (c *Compiled) Target(from Origin) Origin {
	s, to := c.Send, from
	if s.Scheme != "" && s.Scheme != from.Scheme {
		to.Scheme, to.Port = s.Scheme, defaultPort(s.Scheme)
	}
	if s.Host != "" {
		to.Host, to.Port = s.Host, defaultPort(to.Scheme)
	}
	if s.Port != 0 {
		to.Port = uint16(s.Port)
	}
	return to
}

// Address is what is dialled for an origin that the rule resolves: a name or an address, and
// the port, that of the origin where the rule names none.
func (c *Compiled) Address(port uint16) (string, uint16) {
	if c.address.port != 0 {
		port = c.address.port
	}
	return c.address.host, port
}

// address is a Resolve that was read.
type address struct {
	host string
	port uint16 // 0: none is named
}

// readAddress reads host, host:port, an address of IPv6 with or without brackets.
func readAddress(text string) (a address, ok bool) {
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return address{host: addr.String()}, true
	}
	host, port := text, ""
	if strings.IndexByte(text, ':') >= 0 {
		var err error
		if host, port, err = net.SplitHostPort(text); err != nil {
			return a, false
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return a, false
		}
		a.port = uint16(n)
	}
	a.host = host
	return a, isHost(host)
}

// isHost reports whether a text can be a host, without brackets.
func isHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == ""
	}
	var a http1.Authority
	return !strings.Contains(host, ":") && http1.ParseConnect(&a, []byte(host+":1")) == nil && len(a.Host) == len(host)
}

// readSend reads what says where a request goes.
func (c *Compiled) readSend() flow.Reason {
	if c.Resolve != "" {
		var ok bool
		if c.address, ok = readAddress(c.Resolve); !ok {
			return reason.RuleResolve.With(c.Resolve)
		}
	}
	s := c.Send
	switch {
	case s == nil:
		return flow.Reason{}
	case s.Scheme != "" && s.Scheme != "http" && s.Scheme != "https":
		return reason.RuleScheme.With(s.Scheme)
	case s.Host != "" && !isHost(s.Host):
		return reason.RuleHost.With(s.Host)
	case s.Port < 0 || s.Port > 65535:
		return reason.RulePort.With(s.Port)
	case s.Path != "" && (s.Path[0] != '/' || !isTarget(s.Path)):
		return reason.RulePath.With(s.Path)
	case !c.Sends() && s.Path == "" && s.Find == "":
		return reason.RuleSendNowhere.With()
	case s.Find == "":
		return flow.Reason{}
	}
	var why flow.Reason
	c.target.path, why = readReplace(Replace{Field: "path", Find: s.Find, With: s.With})
	c.target.finds = true
	return why
}

// targetEdit is how the path and the query of a request are changed.
type targetEdit struct {
	finds bool
	path  replacement
	query pairs
}

// maxTarget bounds a request target that a rule makes, in bytes.
const maxTarget = 64 << 10

// ChangesTarget reports whether the rule changes the path or the query of requests.
func (c *Compiled) ChangesTarget() bool {
	return c.target.finds || c.Send != nil && c.Send.Path != "" || c.target.query.changes()
}

// EditTarget changes path and query; what is not touched stays as it is, byte for byte. ok is
// false where what comes of it is none.
func (c *Compiled) EditTarget(target string) (out string, ok bool) {
	out = target
	if c.Send != nil && c.Send.Path != "" {
		out = c.Send.Path
		if i := strings.IndexByte(target, '?'); i >= 0 && strings.IndexByte(out, '?') < 0 {
			out += target[i:]
		}
	}
	if c.target.finds {
		if out, ok = c.target.path.in(out, maxTarget); !ok {
			return target, false
		}
	}
	if c.target.query.changes() {
		path, query, _ := strings.Cut(out, "?")
		switch edited, ok := c.target.query.apply(query, "&", maxTarget); {
		case !ok:
			return target, false
		case edited == query:
		case edited == "":
			out = path
		default:
			out = path + "?" + edited
		}
	}
	if out == target {
		return out, true
	}
	return out, out != "" && out[0] == '/' && len(out) <= maxTarget && isTarget(out)
}

// isTarget reports whether a text has no byte that ends or splits a request line.
func isTarget(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' })
}
