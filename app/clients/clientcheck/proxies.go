package clientcheck

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"posthouse/app/desktop/sysproxy"
)

// direct are the variables that tell a client to use the proxy for everything,
// whatever else the environment says.
func (c *Checkup) told() []string {
	at := "http://" + c.proxy
	return []string{"http_proxy=" + at, "https_proxy=" + at, "HTTPS_PROXY=" + at, "no_proxy=", "NO_PROXY=", "all_proxy=", "ALL_PROXY=", "LC_ALL=C"}
}

// named is a proxy that settings name.
type named struct {
	address string // host:port, "" for none
	from    string // the setting
}

// inEnv is the proxy for https that the environment names.
func (m *machine) inEnv(names ...string) named {
	for _, name := range names {
		if value := strings.TrimSpace(m.get(name)); value != "" {
			return named{hostPort(value), name}
		}
	}
	return named{}
}

// The variables that curl and what is built on it look at, and those of most others.
var (
	curlVariables = []string{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}
	mostVariables = []string{"https_proxy", "HTTPS_PROXY"}
)

// hostPort is a proxy's host and port, without user and password.
func hostPort(text string) string {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return "?"
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if port == "" {
		port = "1080" // SOCKS, and curl's own default
	}
	return printable(net.JoinHostPort(u.Hostname(), port))
}

// elsewhere sets the route where settings name a proxy that is not Posthouse;
// the client is not run then, for what it asks might leave this computer.
func (c *Checkup) elsewhere(ctx context.Context, r *Result, n named) bool {
	if n.address == "" || c.isPosthouse(ctx, n.address) {
		return false
	}
	r.Route, r.Via = RouteOther, n.address+" ("+n.from+")"
	return true
}

// probeTime bounds the question to a program on this computer.
const probeTime = time.Second

// isPosthouse reports whether a proxy is Posthouse: the one that is checked, or
// another one on this computer, which is asked for its own page.
func (c *Checkup) isPosthouse(ctx context.Context, address string) bool {
	if address == c.proxy {
		return true
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if _, own, _ := net.SplitHostPort(c.proxy); port == own && isLoopback(host) {
		return true
	}
	if !isLoopback(host) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(probeTime))
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "+address+"\r\nConnection: close\r\n\r\n"); err != nil {
		return false
	}
	said, _ := io.ReadAll(bufio.NewReader(io.LimitReader(conn, maxOutput)))
	return strings.Contains(string(said), "Posthouse")
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// bySystem sets the route of what follows the desktop's settings. Outside of a
// desktop the environment stands in for them, as browsers have it.
func (c *Checkup) bySystem(ctx context.Context, r *Result) {
	m := c.machine
	bare := m.os == "linux" && m.get("XDG_CURRENT_DESKTOP") == "" && m.get("DESKTOP_SESSION") == ""
	if len(c.desktops) == 0 || bare {
		if n := m.inEnv(mostVariables...); n.address != "" {
			if !c.elsewhere(ctx, r, n) {
				r.Route = RouteThrough
			}
			return
		}
		r.Route = RouteDirect
		return
	}
	r.Route = RouteDirect
	for _, d := range c.desktops { // the first that says something is the one that runs
		switch d.Mode {
		case sysproxy.ModeManual:
			at := d.HTTPS
			if at == "" {
				at = d.SOCKS
			}
			if at != "" && !c.elsewhere(ctx, r, named{at, d.Backend}) {
				r.Route = RouteThrough
			}
			return
		case sysproxy.ModePAC, sysproxy.ModeAuto:
			r.Route, r.Via = RouteOther, strings.TrimSpace(d.Mode.String()+" "+printable(d.PAC))
			return
		}
	}
}

// followsSystem sets the route of a client that looks at the environment, and
// where that says nothing at the system, as Python does on Windows and macOS. It
// reports whether the client need not be run.
func (c *Checkup) followsSystem(ctx context.Context, r *Result, variables []string) bool {
	n := c.machine.inEnv(variables...)
	if n.address == "" && (c.machine.os == "windows" || c.machine.os == "darwin") {
		c.bySystem(ctx, r)
		if r.Route == RouteOther {
			return true
		}
		r.Route = RouteUnknown
	}
	return c.elsewhere(ctx, r, n)
}
