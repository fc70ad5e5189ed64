package clientcheck

import (
	"context"
	"net"
	"net/url"
	"path/filepath"
	"regexp"

	"golang.org/x/net/http/httpproxy"
)

// How options for the virtual machine name a proxy.
var (
	javaProxyHost = regexp.MustCompile(`-Dhttps\.proxyHost=([^\s"']+)`)
	javaProxyPort = regexp.MustCompile(`-Dhttps\.proxyPort=(\d+)`)
)

// javaProxy is the proxy that the environment or the installation names.
func (o *routes) javaProxy(home string) named {
	for _, name := range []string{"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"} {
		text := o.computer.Get(name)
		if found := javaProxyHost.FindStringSubmatch(text); found != nil {
			port := "443"
			if p := javaProxyPort.FindStringSubmatch(text); p != nil {
				port = p[1]
			}
			return named{net.JoinHostPort(found[1], port), name}
		}
	}
	for _, place := range []string{"conf/net.properties", "lib/net.properties", "jre/lib/net.properties"} {
		all := options(readFile(filepath.Join(home, filepath.FromSlash(place))))
		if host := value(all, "https.proxyhost"); home != "" && host != "" {
			return named{hostPort(host + ":" + value(all, "https.proxyport")), "net.properties"}
		}
	}
	return named{}
}

// goRoute is what each Go program decides by the environment, with the code by
// which it does: the go command cannot be told to take any certificate.
func (o *routes) goRoute(ctx context.Context, r *Result) {
	n := proxyFrom(o.computer, "HTTPS_PROXY", "https_proxy")
	if o.elsewhere(ctx, r, n) {
		return
	}
	either := func(a, b string) string {
		if v := o.computer.Get(a); v != "" {
			return v
		}
		return o.computer.Get(b)
	}
	config := httpproxy.Config{HTTPSProxy: either("HTTPS_PROXY", "https_proxy"), NoProxy: either("NO_PROXY", "no_proxy")}
	to, err := config.ProxyFunc()(&url.URL{Scheme: "https", Host: Nowhere})
	r.Route = RouteDirect
	if err == nil && to != nil {
		r.Route = RouteThrough
	}
}

// firefoxRoute reads which proxy a profile uses.
func (o *routes) firefoxRoute(ctx context.Context, r *Result, prefs map[string]string) {
	switch prefs["network.proxy.type"] {
	case "0":
		r.Route, r.Via = RouteDirect, "network.proxy.type"
	case "1":
		host, port := prefs["network.proxy.ssl"], prefs["network.proxy.ssl_port"]
		if host == "" && prefs["network.proxy.share_proxy_settings"] == "true" {
			host, port = prefs["network.proxy.http"], prefs["network.proxy.http_port"]
		}
		if host == "" {
			r.Route, r.Via = RouteDirect, "network.proxy.ssl"
		} else if !o.elsewhere(ctx, r, named{net.JoinHostPort(host, port), "network.proxy.ssl"}) {
			r.Route = RouteThrough
		}
	case "2", "4":
		r.Route, r.Via = RouteOther, "network.proxy.type"
	default:
		o.bySystem(ctx, r)
	}
}
