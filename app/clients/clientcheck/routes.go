package clientcheck

import (
	"context"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"posthouse/app/clients/internal/host"
	"posthouse/app/desktop/sysproxy"
	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/bounded"
)

// routes tells which proxy a client's settings lead to.
type routes struct {
	computer *host.Computer
	proxy    string             // host:port of Posthouse, as clients reach it
	desktops []sysproxy.Summary // of the system, known for one run
}

// named is a proxy that settings name.
type named struct {
	address string // host:port, "" for none
	from    string // the setting
}

// proxyFrom is the proxy for https that the environment names.
func proxyFrom(m *host.Computer, names ...string) named {
	for _, name := range names {
		if value := strings.TrimSpace(m.Get(name)); value != "" {
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
func (o *routes) elsewhere(ctx context.Context, r *Result, n named) bool {
	if n.address == "" || o.isPosthouse(ctx, n.address) {
		return false
	}
	r.Route, r.Via = RouteOther, n.address+" ("+n.from+")"
	return true
}

// probeTime bounds the question to a program on this computer.
const probeTime = time.Second

// isPosthouse reports whether a proxy is Posthouse: the one that is checked, or
// another one on this computer, which is asked for its own page.
func (o *routes) isPosthouse(ctx context.Context, address string) bool {
	if address == o.proxy {
		return true
	}
	name, port, err := net.SplitHostPort(address)
	if err != nil || !backend.IsLoopback(name) {
		return false
	}
	if _, own, _ := net.SplitHostPort(o.proxy); port == own {
		return true
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
	said, _ := bounded.ReadHead(conn, host.MaxOutput) // what was read counts
	return strings.Contains(string(said), "Posthouse")
}

// bySystem sets the route of what follows the desktop's settings. Outside of a
// desktop the environment stands in for them, as browsers have it.
func (o *routes) bySystem(ctx context.Context, r *Result) {
	m := o.computer
	bare := m.OS == "linux" && m.Get("XDG_CURRENT_DESKTOP") == "" && m.Get("DESKTOP_SESSION") == ""
	if len(o.desktops) == 0 || bare {
		if n := proxyFrom(m, mostVariables...); n.address != "" {
			if !o.elsewhere(ctx, r, n) {
				r.Route = RouteThrough
			}
			return
		}
		r.Route = RouteDirect
		return
	}
	r.Route = RouteDirect
	for _, d := range o.desktops { // the first that says something is the one that runs
		switch d.Mode {
		case sysproxy.ModeManual:
			at := d.HTTPS
			if at == "" {
				at = d.SOCKS
			}
			if at != "" && !o.elsewhere(ctx, r, named{at, d.Backend}) {
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
func (o *routes) followsSystem(ctx context.Context, r *Result, variables []string) bool {
	n := proxyFrom(o.computer, variables...)
	if n.address == "" && (o.computer.OS == "windows" || o.computer.OS == "darwin") {
		o.bySystem(ctx, r)
		if r.Route == RouteOther {
			return true
		}
		r.Route = RouteUnknown
	}
	return o.elsewhere(ctx, r, n)
}
